"""A small model of every kind, for tests over all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from grokspec.kinds import discover
from grokspec.models.base import Model
from grokspec.spec.template import _required

discover()

SMALLER: dict[str, dict[str, Any]] = {
    "committee": {"width": 5},
    "deep_transformer": {"layers": 2, "width": 4, "mlp_width": 5, "heads": 2},
    "embedding_mlp": {"embedding": 3, "hidden": [5]},
    "hermite_committee": {"width": 5},
    "matrix_factorization": {"side": 2, "hidden": [3]},
    "perceptron": {"hidden": [5]},
    "module": {"class": f"{Path(__file__).with_name('nets.py')}:OnAnything"},
    "symmetric_factorization": {"side": 2},
    "two_layer": {"width": 5},
    "transformer": {"width": 4, "mlp_width": 5, "heads": 2},
}
"""Fields of grokspec's own kinds that make them quick; others have those of a starter."""


def described(kind: str) -> dict[str, Any]:
    """The fields of a small model that is not centered."""
    required = _required(Model.alternatives[kind])
    return {"kind": kind} | required | SMALLER.get(kind, {}) | {"centered": False}


def stacked(
    model: Model, sizes: tuple[int, int], runs: int = 2, spread: float = 0.0
) -> dict[str, torch.Tensor]:
    """The initial weights of several runs; noise makes biases count, as after some training."""
    draws = [model.draw_weights(*sizes, seed) for seed in range(runs)]
    noise = np.random.default_rng(0)
    return {
        name: torch.from_numpy(
            np.stack([draw[name] + spread * noise.normal(size=draw[name].shape) for draw in draws])
        )
        for name in draws[0]
    }
