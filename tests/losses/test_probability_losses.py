"""The settings of the cross-entropies: temperature, label smoothing and precision."""

import pytest
import torch
from experiments import experiment
from small_losses import computing
from torch.nn import functional

from grokspec.engines.base import engine_of
from grokspec.losses.cross_entropy import CrossEntropy, PlainCrossEntropy
from grokspec.losses.stablemax import Stablemax

PRECISIONS = ["float16", "bfloat16", "float32", "float64"]
TRAINED = [torch.float32, torch.float64]
LOSSES = [CrossEntropy, Stablemax]
torch.manual_seed(1)
OUTPUTS = 3 * torch.randn(2, 6, 4, dtype=torch.float64)
TARGETS = functional.one_hot(torch.arange(6) % 4, 4).double().expand(2, 6, 4)


def run(loss, seed=0, **changes):
    return experiment(
        task={"kind": "modular_addition", "modulus": 3, "train_share": 0.6},
        model={"kind": "perceptron", "hidden": [4]},
        optimizer={"kind": "gradient_descent", "learning_rate": 0.5},
        training={"steps": 6, "loss": loss},
        record={"steps": {"log": 3}, "probes": ["loss"]},
        seed=seed,
        **changes,
    )


# Precision


@pytest.mark.parametrize("trained", TRAINED)
@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("kind", LOSSES)
def test_value_and_gradient_are_the_automatic_ones_through_the_casts(kind, precision, trained):
    loss = kind(softmax_precision=precision)
    criterion, scalars = computing(loss, loss, dtype=trained)
    leaf, targets = OUTPUTS.to(trained).requires_grad_(), TARGETS.to(trained)
    logs = loss.exponents(leaf.to(getattr(torch, precision))).log_softmax(-1).to(trained)
    value = -(targets * logs).sum(-1).mean(-1)
    (expected,) = torch.autograd.grad(value.sum(), leaf)
    found = criterion.gradient(leaf.detach(), targets, scalars)
    assert torch.equal(criterion.value(leaf.detach(), targets, scalars), value)
    exact = 0 if kind is CrossEntropy else 4 * torch.finfo(getattr(torch, precision)).eps
    torch.testing.assert_close(found, expected, rtol=exact, atol=exact)


@pytest.mark.parametrize("kind", LOSSES)
def test_the_trainings_own_precision_makes_no_difference(kind):
    own, named = computing(kind()), computing(kind(softmax_precision="float64"))
    for what in ("value", "gradient"):
        one, other = (
            getattr(criterion, what)(OUTPUTS[:1], TARGETS[:1], scalars)
            for criterion, scalars in (own, named)
        )
        torch.testing.assert_close(one, other, rtol=1e-13, atol=1e-16)


def at_a_lead(loss, lead, trained=torch.float32):
    """The gradient at an example whose right class, the first, leads two others."""
    outputs = torch.tensor([[[lead, 0.0, 0.0]]], dtype=trained)
    targets = torch.tensor([[[1.0, 0.0, 0.0]]], dtype=trained)
    criterion, scalars = computing(loss, dtype=trained)
    return criterion.gradient(outputs, targets, scalars)[0, 0]


@pytest.mark.parametrize(
    ("precision", "collapses"),
    [(None, True), ("float16", True), ("bfloat16", True), ("float32", True), ("float64", False)],
)
def test_softmax_collapses_at_a_lead_of_twenty_unless_it_is_computed_in_float64(
    precision, collapses
):
    """The probability of the right class rounds to 1, and its gradient is exactly zero."""
    gradient = at_a_lead(CrossEntropy(softmax_precision=precision), 20.0)
    assert (gradient[0] == 0) == collapses


def test_in_float16_nothing_is_left_of_the_gradient():
    assert (at_a_lead(CrossEntropy(softmax_precision="float16"), 20.0) == 0).all()


@pytest.mark.parametrize("precision", [None, *PRECISIONS])
def test_stablemax_does_not_collapse(precision):
    assert (at_a_lead(Stablemax(softmax_precision=precision), 20.0) != 0).all()


def test_a_collapsed_run_stands_still_where_a_finer_one_moves_on():
    """In float16 the gradients of all examples underflow once their lead is large enough."""
    trained = {}
    for precision in ("float16", "float64"):
        loss = {"kind": "cross_entropy", "softmax_precision": precision, "temperature": 0.01}
        described = experiment(
            task={"kind": "modular_addition", "modulus": 3, "train_share": 0.6},
            model={"kind": "perceptron", "hidden": [20]},
            optimizer={"kind": "gradient_descent", "learning_rate": 0.01},
            training={"steps": 60, "loss": loss},
            record={"steps": [0, 50, 60], "probes": ["loss", "accuracy", "weight_norm"]},
        )
        (trained[precision],) = engine_of(described).train([described], "cpu")
    norms = {name: h.quantities["weight_norm"] for name, h in trained.items()}
    assert trained["float16"].quantities["train_accuracy"][1] == 1
    assert norms["float16"][1] == norms["float16"][2]
    assert norms["float64"][1] != norms["float64"][2]


# Settings


def test_without_settings_the_plain_loss_is_taken_and_is_the_same_bit_for_bit():
    loss = CrossEntropy()
    plain, scalars = computing(loss, loss)
    assert isinstance(plain, PlainCrossEntropy)
    for what in ("value", "gradient"):
        one, other = (getattr(each, what)(OUTPUTS, TARGETS, scalars) for each in (plain, loss))
        assert torch.equal(one, other)


@pytest.mark.parametrize("kind", ["cross_entropy", "stablemax"])
def test_runs_with_other_temperatures_and_smoothing_train_together_as_alone(kind):
    settings = [(1.0, 0.0), (2.0, 0.0), (0.5, 0.2)]
    runs = [
        run({"kind": kind, "temperature": temperature, "label_smoothing": smoothing})
        for temperature, smoothing in settings
    ]
    assert all(each.shape == runs[0].shape for each in runs)
    together = engine_of(runs[0]).train(runs, "cpu")
    for described, history in zip(runs, together, strict=True):
        (alone,) = engine_of(described).train([described], "cpu")
        for name, values in alone.quantities.items():
            assert history.quantities[name] == pytest.approx(values, rel=1e-12)


@pytest.mark.parametrize("kind", ["cross_entropy", "stablemax", "multi_margin"])
def test_a_loss_at_its_defaults_is_described_by_its_name(kind):
    named, table = run(kind), run({"kind": kind})
    assert named.described["training"]["loss"] == table.described["training"]["loss"] == kind


def test_settings_are_described_and_separate_stacks_unless_they_are_numbers():
    plain, coarse, warm = (
        run({"kind": "cross_entropy", **settings})
        for settings in ({}, {"softmax_precision": "float16"}, {"temperature": 2.0})
    )
    assert coarse.described["training"]["loss"]["softmax_precision"] == "float16"
    assert warm.described["training"]["loss"]["temperature"] == 2
    assert plain.shape == warm.shape != coarse.shape
    assert plain.numbers["training.loss.temperature"] == 1


def test_a_temperature_that_changes_at_the_start_is_as_one_from_the_start():
    """Without settings the plain loss is taken, which knows no temperature."""
    warmer = {"kind": "change", "field": "training.loss.temperature", "to": 2.0, "at": 0}
    changed = run("cross_entropy", interventions={"warmer": warmer})
    same = run({"kind": "cross_entropy", "temperature": 2.0})
    one, other = (engine_of(each).train([each], "cpu")[0] for each in (changed, same))
    assert one.quantities["train_loss"][-1] == other.quantities["train_loss"][-1]
