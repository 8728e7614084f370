"""First weights from a file: every seed starts from them, in both engines, and they have to fit."""

import numpy as np
import pytest
from array_data import write_arrays
from experiments import experiment
from pydantic import ValidationError

from grokspec.engines.base import NoEngineError, engine_of
from grokspec.experiment import Experiment
from grokspec.files.inputs import InputFile
from grokspec.models.base import Model
from grokspec.models.committee import Committee
from grokspec.tasks.polynomial import Polynomial

HIDDEN = np.random.default_rng(5).standard_normal((12, 6))
FIELDS = {
    "committee": {"width": 12, "epsilon": 0.25},
    "diagonal_linear": {},
    "hermite_committee": {"width": 12, "epsilon": 0.25, "degree": 3},
    "linear": {},
    "perceptron": {"hidden": [12]},
    "two_layer": {"width": 12, "epsilon": 0.25},
}
MODELS = {kind: Model.alternatives[kind](kind=kind, **fields) for kind, fields in FIELDS.items()}


def test_every_model_of_real_inputs_is_tested_here():
    ours = {k: m for k, m in Model.alternatives.items() if m.__module__.startswith("grokspec")}
    assert set(MODELS) == {kind for kind, model in ours.items() if not model.takes_tokens}


@pytest.fixture
def hidden(tmp_path) -> InputFile:
    return write_arrays(tmp_path / "first.safetensors", hidden=HIDDEN)


def run(file: InputFile, **changes) -> Experiment:
    return experiment(model__weights_file=file, **changes)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_every_model_starts_from_the_file_where_it_would_start_from_a_draw(tmp_path, model):
    """Training from the draw of a seed, written to a file, is training from that seed."""
    draw = model.draw_weights(6, 1, seed=3)
    file = write_arrays(tmp_path / "draw.npz", **draw)
    given = model.model_copy(update={"weights_file": file, "sigma": 0.5})
    data = Polynomial(inputs=6, train=4).draw(0)
    for seed in (0, 1):
        first = given.initial_weights(data, seed)
        assert first.keys() == draw.keys()
        assert all(np.array_equal(first[name], 0.5 * draw[name]) for name in draw)


@pytest.mark.parametrize("engine", ["moments", "autograd"])
def test_the_draw_of_a_seed_in_a_file_trains_as_that_seed_does(tmp_path, engine):
    drawn = experiment(engine=engine, model__sigma=0.5)
    draw = drawn.model.draw_weights(6, 1, drawn.seed)
    given = run(write_arrays(tmp_path / "w.npz", **draw), engine=engine, model__sigma=0.5)
    one, other = (engine_of(e).train([e], "cpu")[0].quantities for e in (drawn, given))
    assert all(np.array_equal(one[name], other[name]) for name in one)


def test_both_engines_train_alike_from_a_file(hidden):
    pair = [run(hidden, engine=engine) for engine in ("moments", "autograd")]
    one, other = (engine_of(e).train([e], "cpu")[0].quantities for e in pair)
    for name, values in one.items():
        assert values == pytest.approx(other[name], rel=1e-9, abs=1e-12)


def test_seeds_differ_in_their_data_alone(hidden):
    runs = [run(hidden, seed=seed) for seed in (0, 1)]
    first, second = (e.model.initial_weights(e.task.draw(e.seed), e.seed) for e in runs)
    assert np.array_equal(first["hidden"], second["hidden"])
    assert not np.array_equal(*(e.task.draw(e.seed).train_inputs for e in runs))


def test_moments_and_kernel_are_those_of_the_file(hidden):
    model = Committee(width=12, epsilon=0.25, sigma=2.0, weights_file=hidden)
    data = Polynomial(inputs=6, train=4).draw(0)
    mean, second = model.initial_moments(data, 0)
    assert mean == pytest.approx(2 * HIDDEN.mean(0))
    assert second == pytest.approx(4 * HIDDEN.T @ HIDDEN / 12)
    assert model.draw_moments(6, 0)[0] == pytest.approx(HIDDEN.mean(0))


@pytest.mark.parametrize(
    ("arrays", "why"),
    [
        ({"weight": HIDDEN}, 'has no array "hidden"; it has weight'),
        ({"hidden": HIDDEN.T}, '"hidden" has the shape [6, 12]; it must be [12, 6]'),
        ({"hidden": HIDDEN, "bias": np.ones(2)}, 'has "bias", but should have only'),
        ({"hidden": HIDDEN * np.inf}, '"hidden" has'),
        ({"hidden": HIDDEN > 0}, '"hidden" has elements of type'),
    ],
)
@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_weights_that_do_not_fit_are_refused_where_they_are_named(tmp_path, arrays, why, ending):
    file = write_arrays(tmp_path / f"w.{ending}", **arrays)
    with pytest.raises(ValidationError) as caught:
        run(file)
    (error,) = caught.value.errors()
    assert error["ctx"]["at"] == ("model", "weights_file")
    assert error["msg"].startswith(why)


def test_an_infinite_width_has_no_weights_to_be_given(hidden):
    why = r'needs weights to draw, and model\.width = "infinite" has none'
    with pytest.raises(ValidationError, match=why):
        run(hidden, model__width="infinite")


def test_moments_leave_weights_that_lack_a_direction_to_autograd(tmp_path):
    """Z would be singular, and rounding would fill it."""
    flat = np.where(np.arange(6) == 2, 1.0, HIDDEN)
    file = write_arrays(tmp_path / "flat.npz", hidden=flat)
    probes = {"probes": ["loss"]}
    assert run(file, record=probes).engine == "autograd"
    with pytest.raises(NoEngineError, match="units differ in every direction of the inputs"):
        run(file, record=probes, engine="moments")


@pytest.mark.parametrize("kind", ["two_layer", "perceptron"])
def test_a_column_is_no_vector(tmp_path, kind):
    """Which would broadcast against the other weights."""
    draw = MODELS[kind].draw_weights(6, 1, seed=3)
    name = next(name for name, weight in draw.items() if weight.ndim == 1)
    file = write_arrays(tmp_path / "w.npz", **draw | {name: draw[name][:, None]})
    with pytest.raises(
        ValidationError, match=rf'"{name}" has the shape \[12, 1\]; it must be \[12\]'
    ):
        experiment(model={"kind": kind, "weights_file": file} | FIELDS[kind])


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_the_shapes_of_weights_are_those_of_a_draw_and_known_without_one(model, monkeypatch):
    draw = model.draw_weights(6, 1, seed=3)
    monkeypatch.setattr(type(model), "draw_weights", None)
    assert model.weight_shapes(6, 1) == {name: array.shape for name, array in draw.items()}
