"""Array files for tests, written by numpy and safetensors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from grokspec.files.inputs import InputFile


def examples(count: int = 12, inputs: int = 4, seed: int = 0) -> dict[str, np.ndarray]:
    """Inputs and targets of a smooth function, not divided into parts."""
    x = np.random.default_rng(seed).standard_normal((count, inputs))
    return {"inputs": x, "targets": x[:, 0] * x[:, 1]}


def divided(**changed: Any) -> dict[str, np.ndarray]:
    """The same in parts of 8 and 4 examples; a changed part is replaced, or left out if None."""
    whole = examples()
    parts = {
        "train_inputs": whole["inputs"][:8],
        "train_targets": whole["targets"][:8],
        "test_inputs": whole["inputs"][8:],
        "test_targets": whole["targets"][8:],
    } | changed
    return {name: np.asarray(part) for name, part in parts.items() if part is not None}


def write_arrays(path: Path, **arrays: Any) -> InputFile:
    """Write a file in the format of its ending."""
    arrays = {name: np.asarray(array) for name, array in arrays.items()}
    if path.suffix == ".npz":
        np.savez(path, **arrays)
    else:
        save_file({n: np.asarray(array, order="C") for n, array in arrays.items()}, path)
    return InputFile.find(str(path))
