"""Trains any model: a stack of runs of one shape moves together, each step by its gradient."""

from grokspec.engines.autograd.engine import AutogradEngine

__all__ = ["AutogradEngine"]
