import numpy as np
import pytest
import xarray as xr

from grokspec.claims.controls import (
    Control,
    exchanged,
    held,
    mirrored,
    permuted,
    retrained,
    reversed_in_time,
    shuffled,
    swapped,
    train_read_as_test,
)
from grokspec.pytest_plugin.effects import is_unchanged

SIZES = {"alpha": 4, "linearized": 2, "seed": 5}
POINTS = {"alpha": [0.125, 1.0, 8.0, 64.0], "linearized": [False, True], "seed": range(100, 105)}


@pytest.fixture
def results():
    """Results in which every number says which run and record it is of."""
    run = np.arange(40).reshape(tuple(SIZES.values()))
    record = 100 * run[..., None] + np.arange(3)
    dims = (*SIZES, "record")
    return xr.Dataset(
        {
            "train_loss": (dims, record + 0.1, {"units": "nats"}),
            "test_loss": (dims, record + 0.2),
            "baseline": (tuple(SIZES), run + 0.5),
            "status": (tuple(SIZES), np.full(run.shape, "finished")),
        },
        coords={
            **POINTS,
            "step": (dims, record),
            "sigma": ("alpha", [1.0, 2.0, 3.0, 4.0]),  # zipped with α
        },
    )


EVERY_MOVE = [
    permuted("alpha"),
    swapped("alpha", 1, 64),
    mirrored("alpha"),
    held("alpha"),
    held("linearized", at=True),
    shuffled(),
]


@pytest.mark.parametrize("control", EVERY_MOVE, ids=str)
def test_runs_are_moved_whole(control, results):
    moved = control.transform(results)
    run = moved["baseline"].to_numpy()[..., None] - 0.5
    assert (moved["step"].to_numpy() == 100 * run + np.arange(3)).all()
    assert np.allclose(moved["train_loss"], moved["step"] + 0.1)
    assert np.allclose(moved["test_loss"], moved["step"] + 0.2)


@pytest.mark.parametrize("control", EVERY_MOVE, ids=str)
def test_the_axes_and_what_is_known_of_a_quantity_stay(control, results):
    moved = control.transform(results)
    for name in (*SIZES, "sigma"):
        assert (moved[name] == results[name]).all()
    assert moved["train_loss"].dims == results["train_loss"].dims
    assert moved["train_loss"].attrs == {"units": "nats"}


@pytest.mark.parametrize(
    "control", [*EVERY_MOVE, reversed_in_time(), train_read_as_test()], ids=str
)
def test_a_control_changes_the_results_and_leaves_those_it_was_given(control, results):
    before = results.copy(deep=True)
    assert not control.transform(results).identical(before)
    assert results.identical(before)


@pytest.mark.parametrize("control", EVERY_MOVE, ids=str)
def test_a_control_does_the_same_every_time(control, results):
    assert control.transform(results).identical(control.transform(results))


def test_permuted_keeps_the_runs_of_a_seed_with_the_seed(results):
    moved = permuted("alpha").transform(results)["baseline"]
    for seed in results["seed"]:
        here, there = moved.sel(seed=seed), results["baseline"].sel(seed=seed)
        assert (np.sort(here, axis=0) == np.sort(there, axis=0)).all()


def test_permuted_differs_between_seeds(results):
    moved = permuted("alpha").transform(results)["baseline"] - results["baseline"]
    assert len({tuple(order) for order in moved.isel(linearized=0).transpose().to_numpy()}) > 1


def test_swapped_exchanges_two_points_and_no_others(results):
    before, after = results["baseline"], swapped("alpha", 1, 64).transform(results)["baseline"]
    assert (after.sel(alpha=1.0) == before.sel(alpha=64.0)).all()
    assert (after.sel(alpha=64.0) == before.sel(alpha=1.0)).all()
    assert (after.sel(alpha=[0.125, 8.0]) == before.sel(alpha=[0.125, 8.0])).all()


def test_mirrored_reverses_the_order_of_the_points(results):
    moved = mirrored("alpha").transform(results)["baseline"]
    assert (moved.to_numpy() == results["baseline"].to_numpy()[::-1]).all()


def test_held_gives_every_point_the_results_of_one(results):
    after = held("linearized", at=True).transform(results)["baseline"]
    for point in (False, True):
        assert (after.sel(linearized=point) == results["baseline"].sel(linearized=True)).all()


def test_held_takes_the_middle_if_no_point_is_named(results):
    after = held("alpha").transform(results)["baseline"]
    assert (after.sel(alpha=0.125) == results["baseline"].sel(alpha=8.0)).all()


def test_shuffled_keeps_every_run_but_not_where_it_was(results):
    after = shuffled().transform(results)["baseline"]
    assert sorted(after.to_numpy().ravel()) == sorted(results["baseline"].to_numpy().ravel())


def test_train_is_read_as_test(results):
    after = train_read_as_test().transform(results)
    assert (after["test_loss"] == results["train_loss"]).all()
    assert (after["train_loss"] == results["train_loss"]).all()


def test_the_population_loss_is_a_test_quantity_too(results):
    after = train_read_as_test().transform(results.rename(test_loss="population_loss"))
    assert (after["population_loss"] == results["train_loss"]).all()


def test_train_cannot_be_read_as_test_where_there_is_no_such_pair(results):
    with pytest.raises(
        ValueError, match="no test quantity here has a counterpart on the training set"
    ):
        train_read_as_test().transform(results.drop_vars("test_loss"))


def test_histories_are_reversed_in_time_and_steps_are_not(results):
    after = reversed_in_time().transform(results)
    assert (after["train_loss"].to_numpy() == results["train_loss"].to_numpy()[..., ::-1]).all()
    assert (after["step"] == results["step"]).all()
    assert (after["baseline"] == results["baseline"]).all()


def test_two_quantities_are_exchanged(results):
    after = exchanged("train_loss", "test_loss").transform(results)
    assert (after["train_loss"] == results["test_loss"]).all()
    assert (after["test_loss"] == results["train_loss"]).all()


def test_an_axis_that_is_not_swept_is_an_error_with_those_that_are(results):
    with pytest.raises(ValueError, match=r"along 'sigma'; the axes are \('alpha', 'linearized'"):
        permuted("sigma").transform(results)


def test_a_point_that_is_not_on_the_axis_is_an_error_with_those_that_are(results):
    with pytest.raises(ValueError, match=r"alpha = 3 is not a point .* has 0\.125, 1, 8, 64"):
        swapped("alpha", 1, 3).transform(results)


@pytest.mark.parametrize(
    ("alphas", "at", "kept"),
    [
        ([0.5, 0.5000001, 1, 2], 0.5000001, 1),  # the nearest, if they are that near
        ([0.5, 1, 2, 1 / 3], 0.3333333, 3),
        (["adam", "lion", "plain", "1"], "lion", 1),
        (["adam", "lion", "plain", "1"], "loin", 'alpha = loin is .*; did you mean "lion"?'),
        ([0.5, 1, 2, 4], "lion", "alpha = lion is not a point of this sweep; it has 0.5, 1, 2, 4"),
        (["adam", "lion", "plain", "1"], 1, "alpha = 1 is not a point .* has adam, lion, plain, 1"),
    ],
)
def test_a_point_is_found_by_its_label_alone(results, alphas, at, kept):
    named = results.assign_coords(alpha=alphas)
    control = held("alpha", at)
    if isinstance(kept, str):
        with pytest.raises(ValueError, match=kept):
            control.transform(named)
    else:
        after = control.transform(named)["train_loss"].to_numpy()
        assert (after == results["train_loss"].isel(alpha=[kept]).to_numpy()).all()


@pytest.mark.parametrize(
    ("control", "part"),
    [
        (permuted("alpha"), {"alpha": [0]}),
        (mirrored("alpha"), {"alpha": [2]}),
        (held("alpha"), {"alpha": [1]}),
        (held("alpha", at=8), {"alpha": [2]}),
        (shuffled(), {"alpha": [0], "linearized": [0], "seed": [0]}),
        (reversed_in_time(), {"record": [1]}),
        (Control("nothing", lambda results: results), {}),
        (Control("a name", lambda results: results.assign_attrs(name="x")), {}),
    ],
    ids=str,
)
def test_a_control_may_leave_what_a_claim_reads_as_it_was(control, part, results):
    here = results.isel(part)
    assert is_unchanged(here, control.transform(here))
    assert is_unchanged({"a": here, "b": results}, {"a": control.transform(here), "b": results})
    unknown = here.assign(train_loss=here["train_loss"] * np.nan)
    assert is_unchanged(unknown, control.transform(unknown))


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        (2, 2, True),
        (2, 2.0, False),
        (np.array([1, np.nan]), np.array([1, np.nan]), True),
        (np.array([1, 2]), np.array([1, 3]), False),
        (np.array(["a"]), np.array(["a", "b"]), False),
        (abs, abs, True),
        (lambda x: x, lambda x: x, False),
        (xr.DataArray([1.0]), xr.DataArray([1.0]), True),
        ({"a": 1}, {"b": 1}, False),
    ],
)
def test_what_a_claim_on_theory_is_given_may_be_the_same(before, after, same):
    assert is_unchanged(before, after) is same


@pytest.mark.parametrize("control", EVERY_MOVE, ids=str)
def test_a_control_that_moves_runs_does_not_leave_them(control, results):
    assert not is_unchanged(results, control.transform(results))


def test_a_control_says_what_it_does():
    assert [str(control) for control in EVERY_MOVE] == [
        "alpha permuted across runs",
        "results of alpha = 1 and 64 exchanged",
        "alpha in reverse order",
        "alpha held fixed",
        "linearized held fixed at True",
        "runs shuffled over the whole sweep",
    ]


def test_retrained_says_what_is_changed_and_leaves_the_results_alone(results):
    control = retrained("model.alpha = 2\n  training.steps = 5\n")
    assert str(control) == "trained with model.alpha = 2, training.steps = 5"
    assert control.apply(results) is results


def test_retrained_may_be_for_one_of_several_specs():
    control = retrained("seed = 1").of("a", "b")
    assert str(control) == "trained with seed = 1 in a, b"
    assert [control.change_of(spec) for spec in "abc"] == ["seed = 1", "seed = 1", ""]
