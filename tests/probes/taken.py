"""A small network on modular addition, what probes take of it, and its weights and data."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
from experiments import experiment

from grokspec.engines.base import engine_of

MODULUS = 7
DESCRIBED: dict[str, Any] = {
    "task": {"kind": "modular_addition", "modulus": MODULUS, "train_share": 0.6},
    "model": {"kind": "perceptron", "hidden": [6]},
    "optimizer": {"kind": "gradient_descent", "learning_rate": 0.1},
    "training": {"steps": 1, "loss": "cross_entropy"},
}


def network(*probes, **changes):
    """The experiment with these probes and fields changed."""
    record = {"steps": {"log": 0}, "probes": list(probes)}
    return experiment(**deepcopy(DESCRIBED | {"record": record} | changes))


def at_start(*probes, **changes):
    """What probes take at the first record, by name."""
    described = network(*probes, **changes)
    (history,) = engine_of(described).train([described], "cpu")
    return {name: values[0] for name, values in history.quantities.items()}


def initial(described):
    """The data and the initial weights of a run."""
    data = described.task.draw(described.seed)
    return data, described.model.initial_weights(data, described.seed)


def outputs(weights, inputs):
    """The outputs of the network, by numpy."""
    hidden = np.maximum(inputs @ weights["weight_1"].T + weights["bias_1"], 0)
    return hidden @ weights["weight_2"].T + weights["bias_2"]
