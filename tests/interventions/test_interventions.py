"""Every intervention is what a loop by hand does at the same step, alone and in a stack."""

import zlib
from dataclasses import replace

import numpy as np
import pytest
import torch
from loops import STEPS, Loop, described, recorded, train
from pydantic import ValidationError

from grokspec.engines._data import draw_data
from grokspec.engines.base import NoEngineError
from grokspec.rng import generator

CLOSE = {"rtol": 1e-10, "atol": 1e-13}


def scaled_to(loop, norm, names=None):
    names = list(loop.weights) if names is None else names
    now = torch.cat([loop.weights[name].flatten() for name in names]).norm()
    for name in names:
        loop.weights[name] = loop.weights[name] * norm / now


def on_initial_sphere(loop, step):
    initial = torch.cat([w.flatten() for w in loop.initial.values()]).norm()
    scaled_to(loop, 0.7 * initial)


def each_on_its_sphere(loop, step):
    for name, initial in loop.initial.items():
        scaled_to(loop, initial.norm(), [name])


def inside_a_ball(loop, step):
    if step >= 5 and loop.norm > 1.5:
        scaled_to(loop, 1.5)


def as_at_the_start(loop, step):
    if step == 7:
        loop.start = loop.norm
    if step >= 7 and (step - 7) % 3 == 0 and step <= 16:
        scaled_to(loop, 0.5 * loop.start)


def without_decay(loop, step):
    if step == 6:
        loop.decay = 0.0


def slower(loop, step):
    if step == 6:
        loop.rate = 0.01


def lazier(loop, step):
    if step == 4:
        loop.scalars["alpha"] = torch.tensor(3.0, dtype=torch.float64)


def pruned(loop, step):
    """Half of the weights of each layer, the smallest at step 5, are zero from then on."""
    if step == 5:
        loop.kept = {}
        for name, w in loop.weights.items():
            smallest = w.flatten().abs().topk(round(0.5 * w.numel()), largest=False).indices
            loop.kept[name] = torch.ones(w.numel(), dtype=w.dtype).index_fill(0, smallest, 0)
    if step >= 5:
        for name, w in loop.weights.items():
            loop.weights[name] = w * loop.kept[name].view_as(w)


def reset(loop, step):
    if step == 8:
        loop.weights["weight_1"] = loop.initial["weight_1"].clone()


def redrawn(loop, step):
    if step in (4, 14):
        loop.source = getattr(loop, "source", None) or source_of(loop)
        drawn = loop.one.model.initial_weights(loop.data, int(loop.source.integers(2**31)))
        loop.weights = {name: torch.tensor(w) for name, w in drawn.items()}


def doubled(loop, step):
    if step == 9:
        for name in ("weight_1", "weight_2", "weight_3"):
            loop.weights[name] = 2 * loop.weights[name]


def corrupted_then_restored(loop, step):
    """Six of the twenty numbers become those of other examples."""
    if step == 5:
        source, right = source_of(loop), loop.data.train_targets
        wrong = source.permutation(20)[:6]
        away = source.integers(1, 20, 20)
        targets = right.copy()
        targets[wrong] = right[(wrong + away[wrong]) % 20]
        loop.data = replace(loop.data, train_targets=targets)
    if step == 12:
        loop.data = replace(loop.data, train_targets=draw_data(loop.one).train_targets)


def swapped(loop, step):
    if step == 6:
        source, old = source_of(loop), loop.data
        leaving, coming = source.permutation(20)[:5], source.permutation(10)[:5]
        arrays = {}
        for name in ("inputs", "targets"):
            train, test = (getattr(old, f"{part}_{name}").copy() for part in ("train", "test"))
            train[leaving], test[coming] = test[coming], train[leaving]
            arrays |= {f"train_{name}": train, f"test_{name}": test}
        loop.data = replace(old, **arrays)


def enlarged(loop, step):
    if step == 6:
        order, old = source_of(loop).permutation(10), loop.data
        arrays = {}
        for name in ("inputs", "targets"):
            train, test = (getattr(old, f"{part}_{name}") for part in ("train", "test"))
            arrays[f"train_{name}"] = np.concatenate([train, test[order[:4]]])
            arrays[f"test_{name}"] = test[np.sort(order[4:])]
        loop.data = replace(old, **arrays)


def without_units(loop, step):
    """Two of the five units of the first layer are out from step 5 on."""
    if step == 5:
        rows = torch.cat([loop.weights["weight_1"], loop.weights["bias_1"][:, None]], 1)
        loop.out = rows.norm(dim=1).argsort()[:2]
    if step >= 5:
        for name in ("weight_1", "bias_1"):
            loop.weights[name] = loop.weights[name].index_fill(0, loop.out, 0.0)


def source_of(loop):
    return generator(loop.one.seed, "intervention", zlib.crc32(b"i0"))


CASES = {
    "pruned for good": (
        [{"kind": "prune_weights", "share": 0.5, "by": "layer", "at": 5, "every": 1}],
        pruned,
    ),
    "a layer back at its start": (
        [{"kind": "reset_weights", "weights": ["weight_1"], "at": 8}],
        reset,
    ),
    "drawn anew twice": (
        [{"kind": "reset_weights", "to": "fresh", "at": 4, "every": 10, "last": 15}],
        redrawn,
    ),
    "matrices doubled": (
        [{"kind": "scale_weights", "factor": 2.0, "weights": ["weight_*"], "at": 9}],
        doubled,
    ),
    "labels wrong for some time": (
        [{"kind": "corrupt_labels", "share": 0.3, "at": 5}, {"kind": "restore_labels", "at": 12}],
        corrupted_then_restored,
    ),
    "examples swapped": ([{"kind": "swap_examples", "share": 0.25, "at": 6}], swapped),
    "more examples": ([{"kind": "add_examples", "examples": 4, "at": 6}], enlarged),
    "units taken out": (
        [
            {
                "kind": "prune_units",
                "share": 0.4,
                "weights": ["weight_1", "bias_1"],
                "at": 5,
                "every": 1,
            }
        ],
        without_units,
    ),
    "clamp to a share of the initial norm": (
        [{"kind": "clamp_norm", "ratio": 0.7, "every": 1}],
        on_initial_sphere,
    ),
    "clamp by layer": (
        [{"kind": "clamp_norm", "ratio": 1.0, "by": "layer", "every": 1}],
        each_on_its_sphere,
    ),
    "clamp only above a norm": (
        [{"kind": "clamp_norm", "norm": 1.5, "only_above": True, "at": 5, "every": 1}],
        inside_a_ball,
    ),
    "clamp to a share of a norm": (
        [{"kind": "clamp_norm", "norm": 2.0, "ratio": 0.75, "every": 1}],
        lambda loop, step: scaled_to(loop, 1.5),
    ),
    "clamp to a share of the norm at the start": (
        [{"kind": "clamp_norm", "ratio": 0.5, "of": "start", "at": 7, "every": 3, "last": 16}],
        as_at_the_start,
    ),
    "decay off": (
        [{"kind": "change", "field": "optimizer.weight_decay", "to": 0.0, "at": 6}],
        without_decay,
    ),
    "another rate": (
        [{"kind": "change", "field": "optimizer.learning_rate", "to": 0.01, "at": 6}],
        slower,
    ),
    "another alpha": ([{"kind": "change", "field": "model.alpha", "to": 3.0, "at": 4}], lazier),
    "two in order": (
        [
            {"kind": "clamp_norm", "norm": 1.5, "only_above": True, "at": 5, "every": 1},
            {"kind": "change", "field": "optimizer.weight_decay", "to": 0.0, "at": 6},
        ],
        lambda loop, step: (inside_a_ball(loop, step), without_decay(loop, step)),
    ),
}


def named(interventions):
    return {f"i{number}": own for number, own in enumerate(interventions)}


@pytest.mark.parametrize("case", CASES)
def test_an_intervention_is_what_a_loop_by_hand_does(case):
    interventions, by_hand = CASES[case]
    one = described(interventions=named(interventions))
    (history,) = train(one)
    np.testing.assert_allclose(recorded(history), Loop(one).trained(by_hand), **CLOSE)


@pytest.mark.parametrize(
    "intervention",
    [
        {"kind": "clamp_norm", "ratio": 0.5, "of": "start", "every": 2},
        {"kind": "change", "field": "optimizer.weight_decay", "to": 0.5},
        {"kind": "prune_weights", "share": 0.5, "every": 1},
        {"kind": "prune_units", "share": 0.5, "weights": ["*_1"], "every": 1},
        {"kind": "reset_weights", "to": "fresh"},
        {"kind": "corrupt_labels", "share": 0.5},
        {"kind": "swap_examples", "share": 0.5},
    ],
)
def test_runs_of_a_stack_act_when_their_own_condition_holds_as_they_do_alone(intervention):
    when = {"train_loss": 1.0, "every": 1}
    stack = [
        described(
            optimizer={"kind": "momentum", "learning_rate": rate, "momentum": 0.5},
            interventions={"own": intervention | {"when": when}},
            record={"probes": ["loss", "weight_norm"], "steps": {"every": 4}},
            seed=seed,
        )
        for rate in (0.001, 0.2)
        for seed in (0, 1)
    ]
    for together, one in zip(train(*stack), stack, strict=True):
        (alone,) = train(one)
        np.testing.assert_allclose(recorded(together), recorded(alone), **CLOSE)


def test_a_condition_lets_a_run_act_at_the_step_where_it_holds():
    def act(loop, step):
        loop.first = getattr(loop, "first", None)
        if loop.first is None and loop.loss(loop.weights) <= 1.0:
            loop.first, loop.decay = step, 0.5

    when = {"train_loss": 1.0, "every": 1}
    change = {"kind": "change", "field": "optimizer.weight_decay", "to": 0.5, "when": when}
    one = described(
        interventions={"decay": change},
        optimizer={"kind": "gradient_descent", "learning_rate": 0.15},
    )
    loop = Loop(one)
    by_hand = loop.trained(act)
    assert 0 < loop.first < STEPS
    np.testing.assert_allclose(recorded(train(one)[0]), by_hand, **CLOSE)


def test_a_linear_model_on_a_sphere_follows_the_gradient_of_its_least_squares():
    one = described(
        model={"kind": "linear"},
        optimizer={"kind": "gradient_descent", "learning_rate": 0.4},
        interventions={"clamp": {"kind": "clamp_norm", "norm": 2.0, "every": 1}},
    )
    data = Loop(one).data
    inputs, targets = data.train_inputs, data.train_targets[:, 0]
    weights = one.model.initial_weights(data, one.seed)["weight_1"][0]
    losses = []
    for _ in range(STEPS + 1):
        weights = 2.0 * weights / np.linalg.norm(weights)
        residual = inputs @ weights - targets
        losses.append((residual**2).mean())
        weights = weights - 0.4 * 2 * inputs.T @ residual / len(inputs)
    (history,) = train(one)
    norms = history.quantities["weight_norm"] * len(weights) ** 0.5
    np.testing.assert_allclose(norms, 2.0, rtol=1e-14)
    np.testing.assert_allclose(history.quantities["train_loss"], losses, **CLOSE)


def test_a_stack_may_have_a_norm_in_one_run_and_a_ratio_in_another():
    clamps = [{"kind": "clamp_norm", "every": 1} | own for own in ({"norm": 1.0}, {"ratio": 0.9})]
    stack = [described(interventions={"clamp": clamp}) for clamp in clamps]
    assert stack[0].shape == stack[1].shape
    for together, one in zip(train(*stack), stack, strict=True):
        np.testing.assert_allclose(recorded(together), recorded(train(one)[0]), **CLOSE)


def test_the_examples_of_batches_stay_the_same_when_a_number_changes():
    change = {"kind": "change", "field": "model.alpha", "to": 1.0, "at": 7}
    batches = {"steps": STEPS, "batch": 6}
    plain, changed = (
        train(described(training=batches, interventions=own))[0] for own in ({}, {"alpha": change})
    )
    np.testing.assert_array_equal(recorded(plain), recorded(changed))


def test_data_that_are_drawn_at_every_step_cannot_be_changed():
    committee = {"kind": "committee", "width": 12, "epsilon": 0.25}
    with pytest.raises(ValidationError, match=r"with training\.fresh there is none"):
        described(
            model=committee,
            training={"steps": STEPS, "fresh": True},
            interventions={"own": {"kind": "restore_labels"}},
        )


def test_batches_go_on_with_the_data_of_now():
    """Labels that are restored where none is wrong change nothing, whatever a batch has."""
    batches = {"steps": STEPS, "batch": 6}
    plain, restored = (
        train(described(training=batches, interventions=own))[0]
        for own in ({}, {"labels": {"kind": "restore_labels", "at": 7, "every": 4}})
    )
    np.testing.assert_array_equal(recorded(plain), recorded(restored))


def test_the_order_of_interventions_is_part_of_a_run():
    from grokspec.spec.runs import identity

    clamp = {"kind": "clamp_norm", "norm": 1.0}
    change = {"kind": "change", "field": "optimizer.weight_decay", "to": 0.0}
    one = described(interventions={"a": clamp, "b": change})
    other = described(interventions={"b": change, "a": clamp})
    assert identity(one) != identity(other)
    assert one.shape != other.shape


def test_a_run_without_interventions_is_described_as_it_always_was():
    assert not {"interventions", "order"} & described().described.keys()


REFUSED = [
    ({"kind": "clamp_norm"}, (), "neither norm nor ratio"),
    ({"kind": "clamp_norm", "norm": 1.0, "weights": ["hiden*"]}, (), 'no weight "hiden*"'),
    ({"kind": "clamp_norm", "norm": 1.0, "last": 3}, ("last",), "give every"),
    ({"kind": "clamp_norm", "norm": 1.0, "at": STEPS + 1}, ("at",), "after the last step"),
    (
        {"kind": "clamp_norm", "norm": 1.0, "at": 1, "when": {"train_loss": 1.0}},
        ("at",),
        "give one",
    ),
    (
        {"kind": "clamp_norm", "norm": 1.0, "when": {"train_los": 1.0}},
        ("when", "train_los"),
        'did you mean "train_loss"?',
    ),
    ({"kind": "swap_examples", "share": 0.9}, (), "18 examples, and the test set has 10"),
    ({"kind": "add_examples", "examples": 10}, (), "the test set has 10, and keeps one at least"),
    ({"kind": "add_examples", "examples": 1, "every": 2}, ("every",), "adds examples once"),
    (
        {"kind": "add_examples", "examples": 1, "when": {"train_loss": 1.0}},
        ("when",),
        "another step in each run",
    ),
    (
        {"kind": "prune_units", "share": 0.5, "weights": ["weight_*"]},
        (),
        "several layers: weight_1 has 5, weight_2 has 4, weight_3 has 1 units; name those into one",
    ),
    ({"kind": "change", "field": "model.dropout", "to": 0.5}, (), "no number that can change"),
    ({"kind": "change", "field": "model.sigma", "to": 1.0}, (), "no number that can change"),
    ({"kind": "change", "field": "task.label_scale", "to": 1.0}, (), "read at every step"),
    ({"kind": "change", "field": "optimizer.weight_decy", "to": 1.0}, (), '"weight_decay"?'),
    ({"kind": "change", "field": "optimizer.weight_decay", "to": -1.0}, (), "= -1: "),
]


@pytest.mark.parametrize(("intervention", "at", "message"), REFUSED)
def test_what_cannot_act_is_refused_when_the_spec_is_read(intervention, at, message):
    with pytest.raises(ValidationError) as caught:
        described(interventions={"own": intervention})
    (error,) = caught.value.errors()
    assert message in error["msg"]
    where = tuple(
        name for name in (*error["loc"], *error["ctx"]["at"]) if name != intervention["kind"]
    )
    assert where == ("interventions", "own", *at)


@pytest.mark.parametrize("batches", [{}, {"batch": 5}, {"batch": 5, "batches": "replacement"}])
def test_more_examples_come_to_each_run_of_a_stack_as_they_do_alone(batches):
    more = {"own": {"kind": "add_examples", "examples": 3, "at": 7}}
    training = {"steps": STEPS, **batches}
    stack = [described(interventions=more, training=training, seed=seed) for seed in (0, 1)]
    for one, history in zip(stack, train(*stack), strict=True):
        np.testing.assert_allclose(recorded(history), recorded(train(one)[0]), rtol=1e-10)


def test_single_examples_are_not_recorded_where_their_number_changes():
    more = {"own": {"kind": "add_examples", "examples": 3, "at": 7}}
    with pytest.raises(ValidationError, match="intervention own changes how many there are"):
        described(interventions=more, record={"probes": ["example_errors"]})


def test_an_engine_that_takes_no_interventions_says_so():
    committee = {"kind": "committee", "width": 12, "epsilon": 0.25}
    with pytest.raises(NoEngineError, match="takes no interventions"):
        described(
            model=committee,
            engine="moments",
            interventions={"clamp": {"kind": "clamp_norm", "norm": 1.0}},
        )
