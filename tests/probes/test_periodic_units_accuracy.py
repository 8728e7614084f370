"""Accuracies without the least or the most periodic units, against a network pruned by hand."""

import numpy as np
import pytest
from taken import DESCRIBED, MODULUS, at_start, initial, network, outputs

from grokspec.engines._data import draw_data

PROBE = {
    "kind": "periodic_units_accuracy",
    "incoming": "weight_1",
    "outgoing": "weight_2",
    "remove": [0.5],
}
WRONG = {"task": DESCRIBED["task"] | {"corrupted_labels": 0.4, "train_share": 0.8}}
DATA = draw_data(network("loss", **WRONG))
WEIGHTS = initial(network("loss", **WRONG))[1]


def participation(numbers):
    power = np.abs(np.fft.rfft(numbers)[1:]) ** 2
    return (power**2).sum() / power.sum() ** 2


def in_order():
    """The six units, the least periodic first."""
    rows = WEIGHTS["weight_1"]
    periodic = [
        np.mean([participation(row[:MODULUS]), participation(row[MODULUS:]), participation(out)])
        for row, out in zip(rows, WEIGHTS["weight_2"].T, strict=True)
    ]
    return np.argsort(periodic)


@pytest.mark.parametrize(("which", "gone"), [("least", slice(0, 3)), ("most", slice(3, 6))])
def test_accuracies_are_those_without_the_units(which, gone):
    left = WEIGHTS | {"weight_2": WEIGHTS["weight_2"].copy()}
    left["weight_2"][:, in_order()[gone]] = 0
    test = outputs(left, DATA.test_inputs).argmax(1) == DATA.test_targets.argmax(1)
    train = outputs(left, DATA.train_inputs).argmax(1) == DATA.train_targets.argmax(1)

    taken = at_start(PROBE, **WRONG)

    assert taken[f"without_0.5_{which}_periodic_test_accuracy"] == pytest.approx(test.mean())
    memorized = taken[f"without_0.5_{which}_periodic_memorized"]
    assert memorized == pytest.approx(train[DATA.corrupted].mean())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"outgoing": None}, "name the weights out of the layer"),
        ({"incoming": "bias_1"}, "is a vector"),
    ],
)
def test_a_layer_that_has_no_periodic_units_is_refused(changes, reason):
    probe = {name: value for name, value in (PROBE | changes).items() if value is not None}
    with pytest.raises(ValueError, match=reason):
        network(probe)
