"""Trains by calling a function of the user's own, once a run."""

from grokspec.engines.function.engine import FunctionEngine

__all__ = ["FunctionEngine"]
