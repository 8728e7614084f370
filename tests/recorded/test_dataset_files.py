"""Runs in datasets with named axes: netCDF files and Zarr folders."""

import json

import numpy as np
import pytest
import xarray as xr
from recorded_files import mistake, points, recording, values

from grokspec.recorded import datasets

NETCDF = {"files": "*.nc", "quantities": {"train_loss": "loss"}}
LOSS = np.arange(24.0).reshape(2, 3, 4)


def grid(**changed):
    """Losses of two values of α and three seeds at four steps."""
    return xr.Dataset(
        {"loss": (("alpha", "seed", "step"), LOSS)} | changed,
        {"alpha": [2.0, 0.5], "seed": [7, 8, 9], "step": [0, 1, 5, 9]},
    )


@pytest.fixture
def write(tmp_path):
    def write_one(dataset, name="a.nc"):
        dataset.to_netcdf(tmp_path / name, engine="scipy")
        return tmp_path / name

    return write_one


def test_a_grid_has_a_run_at_each_point_and_seed(tmp_path, write):
    write(grid())
    read = recording(tmp_path, **NETCDF)
    assert points(read) == [(a, s) for a in (0.5, 2.0) for s in (7, 8, 9)]
    assert values(read) == [*LOSS[1].tolist(), *LOSS[0].tolist()]
    assert read.runs[0].history.steps.tolist() == [0, 1, 5, 9]


def test_the_order_of_the_axes_does_not_matter(tmp_path, write):
    write(grid())
    plain = [run.key for run in recording(tmp_path, **NETCDF).runs]
    write(grid().transpose("step", "seed", "alpha"))
    assert [run.key for run in recording(tmp_path, **NETCDF).runs] == plain


@pytest.mark.parametrize(
    ("seed", "expected"), [({"from": 4}, [4, 5, 6]), (3, [0, 1, 2]), ([3, 2, 1], [1, 2, 3])]
)
def test_seeds_without_numbers_are_numbered_by_the_spec(tmp_path, write, seed, expected):
    write(grid().drop_vars("seed").isel(alpha=0))
    read = recording(tmp_path, **NETCDF | {"seed": seed})
    assert [run.seed for run in read.runs] == expected


def test_an_axis_may_be_an_attribute(tmp_path, write):
    write(grid().isel(alpha=0, drop=True).assign_attrs(alpha=0.125, arm="clamp"))
    read = recording(tmp_path, **NETCDF | {"axes": ["alpha", "arm"]})
    assert points(read)[0] == (0.125, "clamp", 7)


def test_runs_may_have_steps_of_their_own_and_further_axes(tmp_path, write):
    own = np.arange(12).reshape(3, 4)
    inner = np.arange(48.0).reshape(2, 4, 2, 3)
    data = grid(norms=(("alpha", "step", "layer", "seed"), inner)).drop_vars("step")
    write(data.assign(at=(("seed", "step"), own)))
    norms = {"from": "norms", "along": ["layer"]}
    fields = NETCDF | {"step": "at", "quantities": {"norms": norms}}
    read = recording(tmp_path, **fields)
    assert [run.history.steps.tolist() for run in read.runs] == [*own.tolist(), *own.tolist()]
    assert values(read, "norms")[0] == inner[1, :, :, 0].tolist()


def test_a_cell_of_the_grid_without_numbers_is_no_run_if_gaps_are_skipped(tmp_path, write):
    loss = LOSS.copy()
    loss[0, 1] = np.nan
    write(grid(loss=(("alpha", "seed", "step"), loss)))
    assert "train_loss has no number in 4 of the 4 records of alpha = 2, seed = 8" in mistake(
        tmp_path, **NETCDF
    )
    read = recording(tmp_path, **NETCDF, gaps="skip")
    assert points(read) == [(0.5, 7), (0.5, 8), (0.5, 9), (2.0, 7), (2.0, 9)]


@pytest.mark.parametrize(
    ("dataset", "fields", "reason"),
    [
        (grid(), {"quantities": {"x": "los"}}, 'has no variable "los"; did you mean "loss"?'),
        (grid().drop_vars("seed"), {}, "an axis of this name without numbers; write seed = { from"),
        (grid(), {"seed": 16}, "has 3 seeds, and not 16; correct seed"),
        (grid().isel(seed=0), {"seed": 1}, 'has no axis "seed" whose seeds could be numbered; its'),
        (grid().mean("seed"), {"seed": {}}, 'has no axis "seed"'),
        (
            grid(m=("step", [1.0, 2, 3, 4])),
            {"quantities": {"m": "m"}},
            "axes step but no alpha, se",
        ),
        (grid(m=("seed", [1.0, 2, 3])), {"quantities": {"m": "m"}}, "axes seed but no alpha: a nu"),
        (grid(), {"step": None}, '"loss" has the further axes step, but none of steps'),
        (grid(), {"axes": None}, '"loss" has the further axes alpha'),
        (grid().assign_coords(step=[0, 1, 1, 2]), {}, '"step" has 1 after 1, at [2], counted from'),
        (grid().assign_coords(seed=[1, 1, 2]), {}, "has two runs with alpha = 2, seed = 1"),
        (grid().assign_coords(alpha=[1.0, np.nan]), {}, '"alpha" is empty or NaN'),
        (
            grid(),
            {"axes": None, "quantities": {"x": {"from": "loss", "along": ["seed"]}}},
            "axes alpha; name",
        ),
        (grid().isel(alpha=slice(0)), {}, "an axis is empty"),
    ],
)
def test_a_mistake_in_a_dataset_is_told(tmp_path, write, dataset, fields, reason):
    path = write(dataset)
    message = mistake(tmp_path, **NETCDF | fields)
    assert message.startswith(str(path))
    assert reason in message


def test_what_is_no_netcdf_is_told(tmp_path):
    (tmp_path / "a.nc").write_bytes(b"something else")
    assert "is no netCDF file; xarray's to_netcdf writes one" in mistake(tmp_path, **NETCDF)


def test_arrays_that_would_not_fit_into_memory_are_not_read(tmp_path, write, monkeypatch):
    write(grid())
    monkeypatch.setattr(datasets, "MOST_BYTES", 100)
    assert "of numbers, more than 100 B" in mistake(tmp_path, **NETCDF)


ZARR = NETCDF | {"files": "*.zarr"}


@pytest.mark.parametrize("name", ["pickle", "numcodecs.pickle"])
@pytest.mark.parametrize("version", [2, 3])
def test_a_zarr_folder_that_would_be_unpickled_is_refused(tmp_path, version, name):
    pytest.importorskip("zarr")
    grid().to_zarr(tmp_path / "a.zarr", zarr_format=version, consolidated=False)
    path = tmp_path / "a.zarr/alpha" / (".zarray" if version == 2 else "zarr.json")
    metadata = json.loads(path.read_text())
    metadata["filters" if version == 2 else "codecs"] = [{"id": name, "name": name}]
    path.write_text(json.dumps(metadata))
    message = mistake(tmp_path, **ZARR)
    assert f"alpha/{path.name} says that an array has objects, which would have to be" in message


@pytest.mark.parametrize("damage", [b"", b"{", b"[" * 100_000])
def test_a_damaged_zarr_folder_is_told(tmp_path, damage):
    pytest.importorskip("zarr")
    grid().to_zarr(tmp_path / "a.zarr", zarr_format=3, consolidated=False)
    (tmp_path / "a.zarr/zarr.json").write_bytes(damage)
    assert "is not a complete Zarr folder" in mistake(tmp_path, **ZARR)


def test_numbers_of_a_damaged_zarr_folder_are_told(tmp_path):
    pytest.importorskip("zarr")
    grid().to_zarr(tmp_path / "a.zarr", zarr_format=3, consolidated=False)
    for path in (tmp_path / "a.zarr/loss/c").rglob("*"):
        if path.is_file():
            path.write_bytes(b"xx")
    assert '"loss" cannot be read (' in mistake(tmp_path, **ZARR)
