"""How a stack of runs is trained: one folder an engine.

base            what an engine is, what training costs, and which engine trains an experiment
autograd/       any model, each step by its gradient
moments/        committee machines, by the closed dynamics of their first two moments
_recorder       what the probes measure, step by step, as histories
_cuda_graph     a training step as one CUDA graph
_data           the data sets of a stack
"""
