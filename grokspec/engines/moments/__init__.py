"""Trains committee machines through the moments of their weights, free of the width."""

from grokspec.engines.moments.engine import MomentsEngine

__all__ = ["MomentsEngine"]
