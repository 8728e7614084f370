"""Trains any model: the runs of a stack take each step together, by their gradients."""

from grokspec.engines.autograd.engine import AutogradEngine

__all__ = ["AutogradEngine"]
