"""Files of the weights that runs kept, beside the shards: ``weights/<sha256>.safetensors``.

Weights are far larger than what is recorded of them, so the shard of a run only says where they
are: ``<sha256>/<position>``. The tensors of a file are called ``<position>/steps`` and
``<position>/weight/<name>``, and ``<position>/state/<name>`` if the training can go on from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from grokspec.engines.base import Kept

if TYPE_CHECKING:
    import numpy as np


class NoWeightsError(ValueError):
    """The file is not one that grokspec wrote, or lacks a run's weights."""


def to_bytes(kept: Iterable[tuple[int, Kept]]) -> bytes:
    """The content of a file with the weights of some runs, each with its position."""
    import numpy as np
    from safetensors.numpy import save

    tensors = {}
    for position, own in kept:
        tensors[f"{position}/steps"] = own.steps
        for name, values in own.weights.items():
            tensors[f"{position}/weight/{name}"] = np.asarray(values, order="C")
        for name, values in (own.state or {}).items():
            tensors[f"{position}/state/{name}"] = np.asarray(values, order="C")
    return save(tensors)


def from_bytes(content: bytes, position: str) -> Kept:
    """The weights of the run at a position; raises a NoWeightsError."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        tensors = load(content)
        steps = tensors[f"{position}/steps"]
        return Kept(
            steps, *(_below(f"{position}/{part}/", tensors) for part in ("weight", "state"))
        )
    except (SafetensorError, ValueError, LookupError) as error:
        raise NoWeightsError("has no weights that grokspec wrote") from error


def _below(prefix: str, tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The tensors whose names begin with a prefix, by the rest of their names."""
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
