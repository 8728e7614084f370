"""Small experiments for the tests to vary, as a spec file and as an object."""

from __future__ import annotations

from typing import Any

from grokspec.engines.base import with_engine
from grokspec.experiment import Experiment

WHOLE = """\
[task]
kind = "polynomial"
inputs = 6
train = 20

[model]
kind = "committee"
width = 8
epsilon = 0.25

[optimizer]
kind = "gradient_descent"
learning_rate = 0.5

[training]
steps = 50

[record]
probes = ["loss"]
"""
"""The text of a spec with the required sections, and their required fields."""

EXPERIMENT: dict[str, Any] = {
    "task": {"kind": "polynomial", "inputs": 6, "train": 20, "test": 10},
    "model": {"kind": "committee", "width": 12, "epsilon": 0.25},
    "optimizer": {
        "kind": "gradient_descent",
        "learning_rate": 0.5,
        "rate_over_alpha_squared": True,
        "rate_times_width": True,
    },
    "training": {"steps": 50},
    "record": {"steps": {"log": 6}, "probes": ["loss", "decomposition", "baseline"]},
}


def experiment(**changes: Any) -> Experiment:
    """The small experiment with fields changed (``model__alpha=2.0``) and its engine chosen."""
    described = {
        name: dict(part) if isinstance(part, dict) else part for name, part in EXPERIMENT.items()
    }
    for path, value in changes.items():
        table, _, field = path.partition("__")
        if not field:
            described[table] = value
        else:
            described[table][field] = value
    return with_engine(Experiment.model_validate(described))
