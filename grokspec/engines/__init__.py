"""How a stack of runs is trained: what each engine accepts, offers and costs.

The part that computes is in `grokspec.dynamics`.
"""
