"""What every engine must do, and the agreement of the two."""

import numpy as np
import pytest
import torch
from experiments import experiment
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from shape_checks import unchecked

from grokspec.engines.base import NoEngineError, engine_of, names_of_engines
from grokspec.engines.moments.engine import _inputs_key
from grokspec.kinds import discover
from grokspec.losses.cross_entropy import CrossEntropy
from grokspec.tasks.polynomial import Polynomial

discover()
ENGINES = sorted(names_of_engines())
MOMENTUM = {
    "kind": "momentum",
    "momentum": 0.8,
    "learning_rate": 0.1,
    "rate_over_alpha_squared": True,
    "rate_times_width": True,
}


def train(stack, device="cpu"):
    return engine_of(stack[0]).train(stack, device)


def largest_difference(one, other):
    """Over all quantities of two histories, relative to each quantity's largest value."""
    assert one.quantities.keys() == other.quantities.keys()
    return max(
        np.abs(values - other.quantities[name]).max() / np.abs(values).max()
        for name, values in one.quantities.items()
    )


of_a_stack = st.fixed_dictionaries(
    {
        "task__inputs": st.integers(2, 8),
        "task__train": st.integers(1, 30),
        "task__directions": st.sampled_from([1, 2]),
        "model__width": st.integers(9, 20),
        "model__centered": st.booleans(),
    }
)
of_a_run = st.fixed_dictionaries(
    {
        "task__label_scale": st.sampled_from([0.5, 1.0]),
        "task__label_noise": st.sampled_from([0.0, 0.2]),
        "task__corrupted_labels": st.sampled_from([0.0, 0.3]),
        "model__alpha": st.sampled_from([0.5, 1.0, 4.0]),
        "model__sigma": st.sampled_from([0.5, 1.0]),
        "model__epsilon": st.sampled_from([0.0, 0.25, 0.5]),
        "optimizer__learning_rate": st.sampled_from([0.02, 0.1]),
        "optimizer__weight_decay": st.sampled_from([0.0, 1e-3]),
        "seed": st.integers(0, 1000),
    }
)


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("linearized", [False, True])
@settings(
    max_examples=2,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate],  # a smaller counterexample is not worth its minutes
)
@given(of_a_stack, st.lists(of_a_run, min_size=4, max_size=4), st.booleans())
@unchecked()
def test_moments_agree_with_autograd_to_eight_digits_over_many_steps(
    linearized, fresh, shared, runs, with_momentum
):
    shared |= {
        "model__linearized": linearized,
        "training__fresh": fresh,
        # steps that expand the network or draw examples are slow; fewer show the same
        "training__steps": 500 if linearized else 1000 if fresh else 5000,
        "record__probes": ["loss", "decomposition", "baseline", "movement"],
    }
    if with_momentum:
        runs = [with_momentum_instead(changes) for changes in runs]
    histories = (
        train([experiment(**shared, **changes, engine=name) for changes in runs])
        for name in ("moments", "autograd")
    )
    for moments, autograd in zip(*histories, strict=True):
        assert moments.status == autograd.status == "finished"
        assert largest_difference(moments, autograd) < 1e-8


def with_momentum_instead(changes):
    """The changes of a run, with momentum in the place of gradient descent."""
    others = {field: v for field, v in changes.items() if not field.startswith("optimizer")}
    decay = changes["optimizer__weight_decay"]
    return others | {"optimizer": MOMENTUM | {"learning_rate": 0.01, "weight_decay": decay}}


def test_moments_agree_with_autograd_from_aligned_weights():
    changes = {"model__aligned": 0.3, "task__directions": 2, "record__probes": ["decomposition"]}
    pair = [experiment(**changes, engine=name) for name in ("moments", "autograd")]
    moments, autograd = (train([one])[0] for one in pair)
    assert largest_difference(moments, autograd) < 1e-10


def test_moments_agree_with_autograd_on_eigenvector_labels():
    changes = {"task__eigenvector": 4, "record__probes": ["loss", "baseline"]}
    pair = [experiment(**changes, engine=name) for name in ("moments", "autograd")]
    moments, autograd = (train([one])[0] for one in pair)
    assert largest_difference(moments, autograd) < 1e-10


@pytest.mark.parametrize("engine", ENGINES)
def test_fresh_examples_are_met_before_they_are_trained_on(engine):
    """The training loss is then that of unseen examples, and tends to the population's."""
    described = experiment(
        engine=engine,
        training={"steps": 300, "fresh": True},
        record__steps={"log": 120},
        task__train=400,
    )
    quantities = train([described])[0].quantities
    seen, all_inputs = quantities["train_loss"], quantities["population_loss"]
    assert np.median(np.abs(seen / all_inputs - 1)) < 0.2
    assert np.median(seen / all_inputs) == pytest.approx(1, abs=0.05)
    assert not np.array_equal(seen[1:], np.sort(seen[1:])[::-1])  # it varies from draw to draw


@pytest.mark.parametrize("engine", ENGINES)
def test_movement_is_the_distance_that_a_plain_loop_covers(engine):
    described = experiment(engine=engine, record__probes=["movement"], model__centered=True)
    moved = train([described])[0].quantities["movement"]
    weights, first = plain_weights(described)
    assert moved[0] == 0
    assert moved[-1] == pytest.approx(((weights - first) ** 2).mean() ** 0.5, rel=1e-9)


def plain_weights(described):
    """The final and the initial weights of the plain loop."""
    found = {}
    plain_loop(described, found)
    return found["last"], found["first"]


def plain_loop(described, found=None):
    """The usual PyTorch training loop; only the draw of the data is shared with the engines."""
    data = described.task.draw(described.seed)
    x, y = (torch.from_numpy(a) for a in (data.train_inputs, data.train_targets[:, 0]))
    model, training = described.model, described.training
    draw = model.draw_weights(described.task.inputs, 1, described.seed)["hidden"]
    weights = torch.from_numpy(model.sigma * draw).requires_grad_()
    rate = described.optimizer.learning_rate * model.width / model.alpha**2
    optimizer = torch.optim.SGD([weights], lr=rate)

    def network():
        hidden = x @ weights.T
        return model.alpha * (hidden + 0.5 * model.epsilon * hidden**2).mean(1)

    drawn, first = weights.detach().numpy().copy(), network().detach() * model.centered
    losses = []
    for _ in range(training.steps + 1):
        loss = ((network() - first - y) ** 2).mean()
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        if len(losses) <= training.steps:
            optimizer.step()
    if found is not None:
        found.update(first=drawn, last=weights.detach().numpy())
    return np.array(losses)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("centered", [False, True])
def test_an_engine_follows_the_plain_pytorch_loop(engine, centered):
    described = experiment(
        engine=engine, model__centered=centered, model__alpha=2.0, model__sigma=0.7
    )
    history = train([described])[0]
    expected = plain_loop(described)[history.steps]
    assert history.quantities["train_loss"] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_run_alone_is_the_same_run_in_a_stack(engine):
    stack = [
        experiment(engine=engine, model__alpha=alpha, model__epsilon=epsilon, seed=seed)
        for alpha in (0.5, 2.0)
        for epsilon in (0.1, 0.5)
        for seed in (0, 1)
    ]
    for alone, stacked in zip((train([one])[0] for one in stack), train(stack), strict=True):
        assert largest_difference(alone, stacked) < 1e-12


@pytest.mark.parametrize("engine", ENGINES)
def test_a_diverged_run_is_reported_and_disturbs_no_other(engine):
    calm = experiment(engine=engine, seed=0)
    wild = experiment(engine=engine, seed=0, optimizer__learning_rate=1e6)
    alone = train([calm])[0]
    diverged, beside = train([wild, calm])
    assert diverged.status == "diverged"
    assert diverged.diverged_at in diverged.steps
    after = diverged.steps >= diverged.diverged_at
    assert np.isnan(diverged.quantities["train_loss"][after]).all()
    assert np.isfinite(diverged.quantities["train_loss"][~after]).all()
    assert np.isfinite(diverged.quantities["baseline"])
    assert beside.status == "finished"
    assert largest_difference(alone, beside) < 1e-12


@pytest.mark.parametrize("engine", ENGINES)
def test_divergence_is_noticed_whatever_is_recorded(engine):
    wild = experiment(engine=engine, optimizer__learning_rate=1e6, record__probes=["baseline"])
    assert train([wild])[0].status == "diverged"


@pytest.mark.parametrize("engine", ENGINES)
def test_training_stops_early_when_every_run_has_diverged(engine):
    wild = experiment(engine=engine, optimizer__learning_rate=1e6, training__steps=10**9)
    history = train([wild])[0]
    assert history.status == "diverged"
    assert len(history.steps) == len(history.quantities["train_loss"])


@pytest.mark.parametrize("engine", ENGINES)
def test_float32_stays_close_to_float64(engine):
    double, single = (
        train([experiment(engine=engine, training__precision=p)])[0] for p in ("float64", "float32")
    )
    assert 1e-12 < largest_difference(double, single) < 1e-4


@pytest.mark.parametrize("engine", ENGINES)
def test_first_and_last_steps_are_recorded_and_progress_is_reported(engine):
    reported = []
    described = experiment(engine=engine)
    history = engine_of(described).train([described], "cpu", reported.append)[0]
    assert history.steps[0] == 0
    assert history.steps[-1] == described.training.steps
    assert reported == sorted(reported)
    assert reported[-1] == described.training.steps


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
@pytest.mark.parametrize("engine", ENGINES)
def test_a_gpu_gives_what_the_cpu_gives(engine):
    stack = [
        experiment(engine=engine, seed=seed, model__alpha=a) for seed in (0, 1) for a in (1.0, 2.0)
    ]
    for cpu, gpu in zip(train(stack), train(stack, "cuda"), strict=True):
        assert largest_difference(cpu, gpu) < 1e-9


def test_groups_trained_together_are_the_groups_trained_one_by_one():
    """What the moments engine does on a GPU, shown on the CPU."""
    from grokspec.engines.moments.dynamics import train_groups

    groups = [[experiment(seed=seed, model__alpha=a) for a in (1.0, 2.0)] for seed in (0, 1, 2)]
    together = train_groups(groups, "cpu", lambda step: None)
    singly = [h for group in groups for h in train_groups([group], "cpu", lambda step: None)]
    for one, other in zip(together, singly, strict=True):
        assert largest_difference(one, other) < 1e-12


def test_moments_of_a_wide_network_approach_the_infinite_one():
    infinite, wide = (
        train([experiment(model__width=width, engine="moments")])[0].quantities["population_loss"]
        for width in ("infinite", 1_000_000)
    )
    assert wide == pytest.approx(infinite, rel=0.01)


def test_auto_takes_moments_where_they_work_and_autograd_elsewhere():
    assert experiment().engine == "moments"
    assert experiment(training__batch=5).engine == "autograd"
    adam = {"kind": "adam", "learning_rate": 0.01}
    assert experiment(optimizer=adam).engine == "autograd"


def test_moments_leave_a_network_with_fewer_units_than_inputs_to_autograd():
    narrow = experiment(model__width=6, task__inputs=6)
    assert narrow.engine == "autograd"
    with pytest.raises(NoEngineError, match=r"needs model\.width above the task's 6 inputs"):
        experiment(model__width=6, task__inputs=6, engine="moments")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"training__batch": 5}, "full-batch"),
        ({"optimizer": {"kind": "adam", "learning_rate": 0.01}}, "adam"),
    ],
)
def test_moments_say_what_they_do_not_work_with(changes, reason):
    with pytest.raises(NoEngineError, match=f"works with.*{reason}"):
        experiment(engine="moments", **changes)


def test_moments_work_with_mean_squared_error_only():
    """A spec is refused before: cross-entropy needs several outputs, and a committee has one."""
    run = experiment(engine="moments")
    training = run.training.model_copy(update={"loss": CrossEntropy()})
    reason = engine_of(run).incompatibility(run.model_copy(update={"training": training}))
    assert reason == 'works with training.loss = "mse" only, not with "cross_entropy"'


def test_an_infinite_width_that_no_engine_can_train_is_refused_with_each_reason():
    with pytest.raises(NoEngineError, match="none can train this") as caught:
        experiment(model__width="infinite", training__batch=5)
    assert "needs weights" in str(caught.value)
    assert "full-batch" in str(caught.value)


def test_minibatches_pass_through_the_training_set_in_an_order_of_the_seed():
    history, again = (train([experiment(training__batch=5)])[0] for _ in range(2))
    full = train([experiment(engine="autograd")])[0]
    assert largest_difference(history, again) == 0
    assert largest_difference(history, full) > 1e-3
    assert history.quantities["train_loss"][-1] < 0.5 * history.quantities["train_loss"][0]


@pytest.mark.parametrize(
    "model", [{}, {"model": {"kind": "two_layer", "width": 12, "epsilon": 0.2}}]
)
def test_the_cost_of_a_model_that_never_forms_its_hidden_layer_is_that_of_what_it_does(model):
    """Its arithmetic is a sum over examples and units; that of a layer is their product."""
    one = experiment(engine="autograd", **model)
    two = experiment(engine="autograd", **(model | {"task__train": 40, "model__width": 24}))
    assert engine_of(two).cost(two).flops == pytest.approx(2 * engine_of(one).cost(one).flops)


def test_moments_share_inputs_between_runs_that_differ_in_what_every_task_has_only(monkeypatch):
    """A stackable field of a task of one's own may change its inputs."""
    fields = ("label_scale", "eigenvector", "label_noise", "corrupted_labels", "directions")
    monkeypatch.setattr(Polynomial, "stackable_fields", classmethod(lambda task: fields))
    first, other, *same = (
        _inputs_key(experiment(**changes))
        for changes in (
            {},
            {"task__directions": 2},
            {"task__label_scale": 2.0},
            {"task__label_noise": 0.1},
            {"task__corrupted_labels": 0.1},
        )
    )
    assert [first] * 3 == same
    assert first != other
