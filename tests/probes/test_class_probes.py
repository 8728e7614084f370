"""Probes of classes: logits, collapse of the softmax, accuracy of a part of the network."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from taken import DESCRIBED, at_start, initial, network, outputs

from grokspec.engines._data import draw_data
from grokspec.engines.base import engine_of
from grokspec.losses.cross_entropy import CrossEntropy
from grokspec.probes._snapshot import Snapshot
from grokspec.probes.logits import margins
from grokspec.probes.pruned_accuracy import pruned
from grokspec.probes.softmax_collapse import SoftmaxCollapse

PARITY = {"kind": "sparse_parity", "inputs": 5, "train": 20}
DATA, WEIGHTS = initial(network("logits"))


@pytest.mark.parametrize("split", ["train", "test"])
def test_logits_and_margins_are_those_of_each_example(split):
    taken = at_start("logits")
    logits = outputs(WEIGHTS, getattr(DATA, f"{split}_inputs"))
    right = getattr(DATA, f"{split}_targets").argmax(1)
    margin = [z[c] - max(np.delete(z, c)) for z, c in zip(logits, right, strict=True)]
    assert taken[f"{split}_absolute_logit"] == pytest.approx(np.abs(logits).mean())
    assert taken[f"{split}_logit_norm"] == pytest.approx(np.linalg.norm(logits, axis=1).mean())
    assert taken[f"{split}_margin"] == pytest.approx(np.mean(margin))
    assert taken[f"{split}_smallest_margin"] == pytest.approx(np.min(margin))


def test_a_tie_for_the_largest_output_has_no_margin():
    assert margins(torch.ones(1, 2, 3), torch.eye(3)[None, :2]).tolist() == [[0, 0]]


class Given(Snapshot):
    """Outputs that were written down, one right class and no other."""

    def __init__(self, logits, dtype, **loss):
        logits = torch.tensor(logits, dtype=getattr(torch, dtype))[None]
        own = {"training.loss": CrossEntropy(**loss)}
        super().__init__([network("loss").with_values(own)], [], logits)
        self._logits = logits

    def outputs(self, split):
        return self._logits

    def targets(self, split):
        targets = torch.zeros_like(self._logits)
        targets[..., 0] = 1
        return targets

    def mean_squared_weight(self):
        raise AssertionError("not read")

    kernel = mean_squared_weight


# Half the distance from 1 to the next number is 2⁻¹¹, 2⁻²⁴ or 2⁻⁵³, so exp(−margin) is lost in a
# sum with 1 from margins of 7.62, 16.64 or 36.74 on.
EDGE = {"float16": 7.62, "float32": 16.64, "float64": 36.74}


@pytest.mark.parametrize("precision", EDGE)
def test_a_softmax_collapses_where_the_other_class_is_lost_in_rounding(precision):
    edge = EDGE[precision]
    logits = [[edge + 0.1, 0.0], [0.0, edge + 0.1], [edge - 0.1, 0.0], [0.0, 0.0]]
    probe = SoftmaxCollapse(precision=precision)
    taken = probe.take(Given(logits, "float64"))
    assert taken["collapsed_share"].item() == 0.5
    assert taken["collapsed_correct_share"].item() == 0.25
    if precision != "float16":
        by_default = SoftmaxCollapse().take(Given(logits, precision))
        assert by_default["collapsed_share"].item() == 0.5


@pytest.mark.parametrize(
    ("loss", "share"),
    [({}, 0), ({"softmax_precision": "float16"}, 0.5), ({"temperature": 0.1}, 0.5)],
)
def test_the_softmax_is_that_of_the_loss(loss, share):
    """With a tenth of the temperature, margins are ten times as large."""
    edge = EDGE["float16"]
    taken = SoftmaxCollapse().take(Given([[edge + 0.1, 0.0], [edge / 10, 0.0]], "float64", **loss))
    assert taken["collapsed_share"].item() == share


def test_a_gradient_is_zero_where_the_other_classes_underflow():
    logits = [[800.0, 0.0, 0.0], [0.0, 800.0, 0.0], [40.0, 0.0, 0.0]]
    taken = SoftmaxCollapse().take(Given(logits, "float64"))
    assert taken["collapsed_correct_share"].item() == pytest.approx(2 / 3)
    assert taken["zero_gradient_share"].item() == pytest.approx(1 / 3)


def test_saturation_is_the_mean_of_the_largest_probability():
    logits = outputs(WEIGHTS, DATA.train_inputs)
    largest = torch.softmax(torch.from_numpy(logits), 1).amax(1).mean().item()
    assert at_start("softmax_collapse")["saturation"] == pytest.approx(largest)


def accuracy(weights, split):
    right = getattr(DATA, f"{split}_targets").argmax(1)
    return (outputs(weights, getattr(DATA, f"{split}_inputs")).argmax(1) == right).mean()


def test_pruned_accuracy_is_that_of_the_weights_of_largest_magnitude():
    taken = at_start({"kind": "pruned_accuracy", "keep": [0.3, 1]}, "accuracy")
    every = np.sort(np.abs(np.concatenate([w.ravel() for w in WEIGHTS.values()])))
    bound = every[-round(0.3 * len(every))]
    kept = {name: np.where(np.abs(w) >= bound, w, 0) for name, w in WEIGHTS.items()}
    for split in ("train", "test"):
        assert taken[f"pruned_to_0.3_{split}_accuracy"] == accuracy(kept, split)
        assert taken[f"pruned_to_1_{split}_accuracy"] == taken[f"{split}_accuracy"]


def test_of_equal_weights_no_more_are_kept_than_the_share():
    weights = {"a": torch.ones(2, 3, 2), "b": -torch.ones(2, 4)}
    kept = pruned(weights, 0.3)
    assert [sum(int((w[run] != 0).sum()) for w in kept.values()) for run in (0, 1)] == [3, 3]


def test_units_of_largest_incoming_norm_are_kept_with_their_biases():
    probe = {"kind": "largest_neurons_accuracy", "neurons": [2, 6]}
    probe |= {"incoming": "weight_1", "outgoing": "weight_2"}
    taken = at_start(probe, "accuracy")
    best = np.linalg.norm(WEIGHTS["weight_1"], axis=1).argsort()[-2:]
    units = {"weight_1": WEIGHTS["weight_1"][best], "bias_1": WEIGHTS["bias_1"][best]}
    kept = WEIGHTS | units | {"weight_2": WEIGHTS["weight_2"][:, best]}
    for split in ("train", "test"):
        assert taken[f"largest_2_neurons_{split}_accuracy"] == accuracy(kept, split)
        assert taken[f"largest_6_neurons_{split}_accuracy"] == taken[f"{split}_accuracy"]


def test_without_outgoing_weights_the_incoming_ones_of_other_units_are_zero():
    probe = {"kind": "largest_neurons_accuracy", "incoming": "hidden", "neurons": [3]}
    changes = {"task": PARITY, "training": {"steps": 1}}
    changes["model"] = {"kind": "committee", "width": 8, "epsilon": 1.0}
    data, weights = initial(network(probe, **changes))
    taken, hidden = at_start(probe, **changes), weights["hidden"]
    kept = data.train_inputs @ hidden[np.linalg.norm(hidden, axis=1).argsort()[-3:]].T
    value = (kept + 0.5 * kept**2).sum(1)
    right = (value * data.train_targets[:, 0] > 0).mean()
    assert taken["largest_3_neurons_train_accuracy"] == right


@pytest.mark.parametrize("probe", ["logits", "softmax_collapse"])
def test_what_has_one_output_has_no_classes(probe):
    with pytest.raises(ValidationError, match="an output for each class"):
        network(probe, task=PARITY, training={"steps": 1})


def test_pruning_changes_nothing_in_the_training():
    plain, probed = (
        network("loss", *more, training={"steps": 5, "loss": "cross_entropy"})
        for more in ((), ("pruned_accuracy", "gradient", "kernel_movement"))
    )
    one, other = (engine_of(e).train([e], "cpu")[0].quantities for e in (plain, probed))
    assert other["test_loss"].tolist() == one["test_loss"].tolist()


WRONG = DESCRIBED["task"] | {"corrupted_labels": 0.4}


def test_accuracy_on_wrong_labels_is_by_those_and_by_the_true_ones():
    described = network("corrupted_accuracy", task=WRONG)
    data = draw_data(described)
    given, true = data.train_targets.argmax(1), DATA.train_targets.argmax(1)
    predicted = outputs(WEIGHTS, data.train_inputs).argmax(1)
    wrong = given != true
    assert wrong.mean() == pytest.approx(0.4, abs=0.02)
    taken = at_start("corrupted_accuracy", task=WRONG)
    assert taken["corrupted_given_accuracy"] == (predicted == given)[wrong].mean()
    assert taken["corrupted_true_accuracy"] == (predicted == true)[wrong].mean()
    assert taken["uncorrupted_accuracy"] == (predicted == true)[~wrong].mean()


def test_runs_of_a_stack_may_have_other_shares_of_wrong_labels():
    stack = [network("corrupted_accuracy", task=WRONG | {"corrupted_labels": c}) for c in (0, 0.4)]
    none, some = engine_of(stack[0]).train(stack, "cpu")
    assert none.quantities["corrupted_given_accuracy"].tolist() == [0, 0]
    (alone,) = engine_of(stack[1]).train(stack[1:], "cpu")
    for name, values in alone.quantities.items():
        assert some.quantities[name].tolist() == values.tolist()


def test_wrong_labels_of_signs_are_found_by_the_sign():
    task = PARITY | {"corrupted_labels": 1.0}
    changes = {"task": task, "training": {"steps": 1}}
    taken = at_start("corrupted_accuracy", **changes)
    assert taken["corrupted_given_accuracy"] + taken["corrupted_true_accuracy"] == 1
