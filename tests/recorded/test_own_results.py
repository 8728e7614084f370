"""What grokspec wrote of its own results is read again as it was."""

import numpy as np
import pytest
from recorded_files import recording


def as_events(results, folder):
    pytest.importorskip("tensorboard")
    results.to_tensorboard(folder / "events")
    return {"files": "events/*/*/*"}


def as_csv(results, folder):
    results.export(folder / "runs.csv")
    return {"files": "runs.csv"}


def as_jsonl(results, folder):
    results.export(folder / "runs.jsonl")
    return {"files": "runs.jsonl"}


def as_parquet(results, folder):
    pytest.importorskip("pyarrow")
    results.export(folder / "runs.parquet")
    return {"files": "runs.parquet"}


def as_a_dataset(results, folder):
    pytest.importorskip("h5netcdf")
    results.to_xarray().to_netcdf(folder / "runs.nc", engine="h5netcdf")
    return {"files": "runs.nc"}


@pytest.mark.parametrize("write", [as_events, as_csv, as_jsonl, as_parquet, as_a_dataset])
def test_results_are_the_same_after_writing_and_reading(write, results, tmp_path):
    fields = write(results, tmp_path)
    losses = {name: name for name in ("train_loss", "test_loss")}
    read = recording(tmp_path, **fields, quantities=losses, gaps="keep")
    there = results.to_xarray()
    assert len(read.runs) == there.sizes["alpha"] * there.sizes["seed"]
    for run in read.runs:
        own = there.sel(alpha=run.coordinates["alpha"], seed=run.seed)
        finite = np.isfinite(own["train_loss"].to_numpy())
        length = len(run.history.steps)
        assert finite.sum() <= length <= len(finite)
        assert np.array_equal(run.history.steps, own["step"][:length])
        for name in losses:
            with np.errstate(over="ignore"):  # events have float32
                found, expected = np.float32(run.history.quantities[name]), np.float32(own[name])
            assert np.allclose(found, expected[:length], rtol=1e-6, equal_nan=True)
