"""A dataset that was recorded elsewhere becomes what the results of a spec are, or is refused."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from grokspec.errors import GrokspecError
from grokspec.measures import final_loss, grokking_delay
from grokspec.results.adopted import adopt

SEEDS, STEPS = 4, [0, 10, 100]


def recorded(dims=("alpha", "seed", "step"), **coordinates):
    """Losses of two α, four seeds and three steps."""
    rng = np.random.default_rng(0)
    sizes = {"alpha": 2, "seed": SEEDS, "step": len(STEPS), "record": len(STEPS), "example": 5}
    shape = [sizes.get(dim, 4) for dim in dims]
    given = {"alpha": [0.5, 2.0], "step": STEPS, **coordinates}
    return xr.Dataset(
        {name: (dims, rng.random(shape)) for name in ("train_loss", "test_loss")},
        {name: values for name, values in given.items() if name in dims or name in coordinates},
    )


def refused(dataset, **names):
    with pytest.raises(GrokspecError) as caught:
        adopt(dataset, **names)
    return str(caught.value)


# What is adopted


def test_the_results_of_a_spec_are_themselves(results):
    own = results.to_xarray()
    assert set(np.unique(own["status"])) == {"finished", "diverged"}
    xr.testing.assert_identical(adopt(own), own)
    assert list(adopt(own).dims) == list(own.dims)


def test_what_was_adopted_is_adopted_as_it_is():
    once = adopt(recorded())
    xr.testing.assert_identical(adopt(once), once)


def test_a_dimension_of_steps_becomes_the_record():
    found = adopt(recorded())
    assert found["test_loss"].dims == ("alpha", "seed", "record")
    assert found["step"].dims == ("record",)
    assert found["step"].values.tolist() == STEPS
    assert "step" in found.coords
    assert found["time"].values.tolist() == STEPS


def test_dimensions_are_put_in_order():
    found = adopt(recorded(("step", "seed", "alpha")))
    assert found["test_loss"].dims == ("alpha", "seed", "record")
    assert found["status"].dims == found["diverged_at"].dims == ("alpha", "seed")


def test_measures_and_claims_find_all_that_they_read():
    dataset = recorded().assign(baseline=1.0)
    assert final_loss(adopt(dataset)).dims == ("alpha", "seed")
    assert grokking_delay(adopt(dataset)).dims == ("alpha", "seed")


def test_the_seed_and_the_step_may_have_other_names():
    dataset = recorded().rename(seed="trial", step="epoch")
    xr.testing.assert_identical(
        adopt(dataset, seed="trial", step="epoch"), adopt(recorded(seed=np.arange(SEEDS)))
    )


def test_a_seed_without_a_coordinate_is_numbered():
    assert adopt(recorded())["seed"].values.tolist() == [0, 1, 2, 3]
    assert adopt(recorded(seed=[5, 6, 7, 9]))["seed"].values.tolist() == [5, 6, 7, 9]


def test_runs_may_have_steps_of_their_own():
    dataset = recorded(("alpha", "seed", "record"))
    steps = np.broadcast_to([0, 10, 100], (2, 3)).copy()
    steps[1] = [0, 5, 5]
    found = adopt(dataset.assign(step=(("alpha", "record"), steps)))
    assert found["step"].values.tolist() == steps.tolist()
    assert found["time"].dims == ("alpha", "record")


def test_a_step_of_runs_that_are_not_there_has_no_time():
    steps = np.array([[0, 10, 100], [-1, -1, -1]])
    dataset = recorded(("alpha", "seed", "record"))
    found = adopt(dataset.assign_coords(step=(("alpha", "record"), steps)))
    np.testing.assert_array_equal(found["time"], [[0, 10, 100], [np.nan] * 3])


def test_numbers_of_any_type_become_float64_and_keep_their_attributes():
    dataset = recorded().astype(np.float32)
    dataset["correct"] = dataset["test_loss"] > 0.5
    dataset["test_loss"].attrs["units"] = "bits"
    found = adopt(dataset)
    assert {found[name].dtype for name in dataset.data_vars} == {np.dtype(float)}
    assert found["test_loss"].attrs == {"units": "bits"}


def test_a_dataset_without_records_has_numbers_of_runs():
    found = adopt(recorded(("alpha", "seed")))
    assert "record" not in found.dims
    assert "time" not in found


def test_the_time_is_kept_where_it_is_given():
    dataset = recorded()
    assert adopt(dataset.assign(time=dataset["step"] * 0.5))["time"].values.tolist() == [0, 5, 50]
    as_coordinate = dataset.assign_coords(time=("step", [0, 1, 2]))
    assert adopt(as_coordinate)["time"].values.tolist() == [0, 1, 2]


def test_a_run_without_any_number_is_absent():
    dataset = recorded().assign(baseline=("alpha", [1.0, 2.0]))
    dataset["train_loss"][0, 1] = np.nan
    dataset["test_loss"][0, 1] = np.nan
    dataset["test_loss"][1, 2] = np.nan
    found = adopt(dataset)
    assert np.argwhere(found["status"].values == "absent").tolist() == [[0, 1]]
    assert (found["status"] == "finished").sum() == 2 * SEEDS - 1
    assert found["diverged_at"].isnull().all()


def test_a_run_is_diverged_where_it_is_known_when():
    at = np.full((2, SEEDS), np.nan)
    at[1, 3] = 10
    found = adopt(recorded().assign(diverged_at=(("alpha", "seed"), at)))
    assert np.argwhere(found["status"].values == "diverged").tolist() == [[1, 3]]


def test_a_status_for_each_seed_is_that_of_the_axes_that_it_has():
    status = ("seed", np.array(["finished"] * 3 + ["diverged"], dtype=object))
    found = adopt(recorded().assign_coords(status=status))
    assert found["status"].dims == ("seed",)
    assert found["status"].values.tolist() == ["finished"] * 3 + ["diverged"]
    assert found["status"].dtype == "U8"


@pytest.mark.parametrize("has_coordinate", [True, False])
def test_a_dimension_of_one_quantity_is_an_axis_only_with_a_coordinate(has_coordinate):
    dataset = recorded()
    values = np.zeros((2, SEEDS, 3, 5))
    dataset["errors"] = (("alpha", "seed", "step", "example"), values)
    if has_coordinate:
        dataset["example"] = list("abcde")
    found = adopt(dataset)
    assert found["status"].dims == (
        ("alpha", "example", "seed") if has_coordinate else ("alpha", "seed")
    )
    assert ("example" in found.coords) == has_coordinate


def test_an_axis_without_a_coordinate_is_numbered():
    found = adopt(recorded().drop_vars("alpha"))
    assert found["status"].dims == ("alpha", "seed")
    assert found["alpha"].values.tolist() == [0, 1]


def test_a_long_table_can_be_adopted():
    rows = [(a, s, t, a + s + t) for a in (1.0, 2.0) for s in range(3) for t in (0, 5)]
    table = pd.DataFrame(rows, columns=["optimizer", "seed", "step", "loss"])
    table["optimizer"] = table["optimizer"].map({1.0: "SGD", 2.0: "Adam"})
    found = adopt(table.set_index(["optimizer", "seed", "step"]).to_xarray())
    assert found["optimizer"].dtype.kind == "U"
    assert found["loss"].sel(optimizer="Adam", seed=2).values.tolist() == [4, 9]


def test_a_named_array_is_a_dataset_of_one_quantity():
    assert list(adopt(recorded())["test_loss"].dims) == list(
        adopt(recorded()["test_loss"])["test_loss"].dims
    )


# What is refused, with its remedy


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (recorded().to_dataframe(), r"is a DataFrame, not a dataset; table\.set_index\(\["),
        (xr.DataArray([1.0], dims="seed"), r"is a DataArray, not a dataset; array\.to_dataset"),
        ({"loss": [1, 2]}, "is a dict, not a dataset; give an xarray.Dataset"),
    ],
)
def test_what_is_no_dataset_is_refused(given, message):
    with pytest.raises(GrokspecError, match=f"^the dataset: {message}"):
        adopt(given)


def test_messages_name_the_dataset():
    assert refused({}, name="alpha").startswith("alpha: is a dict")


def test_a_dataset_without_seeds_is_refused():
    assert refused(recorded(("alpha", "step"))) == (
        'the dataset: there is no dimension "seed", which counts the runs of a point; the '
        'dimensions: alpha, step. Name the one that does, as seed="…"; if every point has one run, '
        "dataset.expand_dims(seed=[0]) adds it"
    )
    assert adopt(recorded(("alpha", "step")).expand_dims(seed=[0])).sizes["seed"] == 1


def test_a_dataset_without_a_quantity_of_runs_is_refused():
    dataset = recorded(("alpha", "step")).assign_coords(seed=[0, 1])
    assert 'no quantity has the dimension "seed"; the quantities: train_loss' in refused(dataset)


def test_an_empty_dimension_is_refused():
    assert 'the dimension "seed" is empty; there is no run' in refused(
        recorded().isel(seed=slice(0))
    )


@pytest.mark.parametrize(
    ("names", "taken"),
    [({"seed": "alpha"}, "seed"), ({"step": "alpha"}, "step")],
)
def test_a_name_that_is_taken_is_refused(names, taken):
    message = f'"alpha" is to be the {taken}, and something else is called "{taken}"; rename that'
    dataset = recorded().drop_dims("record", errors="ignore")
    assert message in refused(dataset, **names)


@pytest.mark.parametrize(
    ("dim", "values"), [("alpha", [1.0, 1.0]), ("seed", [0, 1, 1, 2]), ("alpha", ["a", "a"])]
)
def test_points_that_cannot_be_told_apart_are_refused(dim, values):
    found = refused(recorded(**{dim: values}))
    assert f'the coordinate "{dim}" has {values[1]} more than once, so its runs cannot be' in found


def test_several_coordinates_in_one_index_are_refused():
    stacked = recorded().stack(seeds=("alpha", "seed"))
    assert "has several coordinates in one index; dataset.unstack() makes a" in refused(stacked)


@pytest.mark.parametrize("name", [5, "", " ", ("a", "b")])
def test_names_that_are_none_are_refused(name):
    message = f"has something called {name!r}, which is no name; rename it to a text"
    assert message in refused(recorded().rename(test_loss=name))


def test_a_dimension_without_a_name_is_refused():
    assert "has something called ''" in refused(recorded().rename(alpha=""))


def test_all_mistakes_in_names_are_told_at_once():
    found = refused(recorded().rename(test_loss=5, train_loss="record", alpha="time"))
    assert "called 5" in found
    assert '"record" is the dimension of the records in results; rename this quantity' in found
    assert 'the dimension "time" has a name that means something else in results' in found


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.full((2, 4, 3), 1j), "complex128"),
        (np.full((2, 4, 3), "0.5"), "<U3"),
        (np.full((2, 4, 3), 0.5, dtype=object), "object"),
        (np.full((2, 4, 3), "2026-01-01", dtype="M8[s]"), "datetime64"),
    ],
)
def test_quantities_that_are_no_real_numbers_are_refused_all_at_once(values, kind):
    dims = ("alpha", "seed", "step")
    found = refused(recorded().assign(one=(dims, values), two=(dims, values)))
    for name in ("one", "two"):
        assert f'the values of "{name}" are {kind}' in found
        assert f'dataset["{name}"].astype(float) makes them so where that is possible' in found


@pytest.mark.parametrize(
    ("label", "shown"),
    [((1, 2), "(1, 2)"), (b"SGD", "b'SGD'"), (np.datetime64("NaT"), "an unknown time")],
)
def test_labels_that_are_none_are_refused(label, shown):
    labels = np.empty(2, dtype=object)
    labels[:] = [label, label]
    if isinstance(label, np.datetime64):
        labels = labels.astype("M8[ns]")
    found = refused(recorded(alpha=labels))
    assert f'the coordinate "alpha" has {shown}; labels are numbers, texts, True or False' in found


def test_steps_that_are_not_known_are_refused():
    found = refused(recorded().drop_vars("step"))
    assert 'the dimension "step" has no coordinate "step", so the steps are not known' in found
    assert 'dataset.assign_coords(step=("step", …)) adds them' in found
    assert 'dataset.assign_coords(step=("record", …))' in refused(
        recorded(("alpha", "seed", "record"))
    )
    assert 'step = "epoch": there is no such dimension; the dimensions: alpha, seed' in refused(
        recorded(("alpha", "seed")), step="epoch"
    )


def test_two_dimensions_of_records_are_refused():
    assert 'there are the dimensions "step" and "record", and only one of them' in refused(
        recorded().expand_dims(record=2)
    )


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [([0, 0.5, 1], "0.5"), ([0, 1, np.nan], "nan"), ([-5, 0, 1], "-5"), (["0", "1", "2"], "<U1")],
)
def test_steps_that_are_not_whole_are_refused(steps, wrong):
    found = refused(recorded(step=steps))
    assert f'"step" has {wrong}' in found
    assert "steps are whole numbers from 0: number the records, and give their times as a" in found


@pytest.mark.parametrize(
    ("steps", "wrong"), [([0, 10, 5], "5 after 10"), ([0, 10, 10], "10 after 10")]
)
def test_steps_that_do_not_increase_are_refused(steps, wrong):
    message = f'"step" has {wrong}; steps must increase: dataset.sortby("step") sorts them'
    assert message in refused(recorded(step=steps))
    assert message in refused(recorded(step=np.array(steps, dtype=np.uint8)))


def test_only_the_last_step_of_a_run_of_its_own_is_repeated():
    dataset = recorded(("alpha", "seed", "record"))
    steps = (("alpha", "record"), np.array([[0, 10, 100], [5, 5, 6]]))
    assert '"step" has 5 after 5; steps must increase' in refused(dataset.assign_coords(step=steps))


def test_steps_along_other_dimensions_are_refused():
    dataset = recorded().assign(
        errors=(("alpha", "seed", "step", "example"), np.ones((2, 4, 3, 5)))
    )
    dataset = dataset.rename_dims(step="record").drop_vars("step")
    steps = (("example", "record"), np.tile(STEPS, (5, 1)))
    assert '"step" must have the dimension "record" and' in refused(dataset.assign(step=steps))


def test_a_run_with_a_step_at_which_it_ended_has_ended():
    at = np.full((2, SEEDS), np.nan)
    at[0, 1] = 10
    found = adopt(recorded().assign(ended_at=(("alpha", "seed"), at)))
    assert found["status"].isel(alpha=0, seed=1) == "ended"
    assert (found["status"] == "finished").sum() == found["status"].size - 1


def test_a_status_that_there_is_not_is_refused():
    status = (("alpha", "seed"), np.full((2, SEEDS), "finished with errors"))
    assert (
        '"status" has finished with errors; it must be one of finished, ended, diverged, absent'
        in refused(recorded().assign(status=status))
    )


@pytest.mark.parametrize("dims", [("alpha",), ("alpha", "seed", "step")])
def test_a_status_that_is_not_of_runs_is_refused(dims):
    status = xr.full_like(recorded()["test_loss"], 1).astype(str).copy()
    status[:] = "finished"
    keep = {dim: 0 for dim in status.dims if dim not in dims}
    assert '"status" must have one value a run' in refused(
        recorded().assign(status=status.isel(keep, drop=True))
    )
