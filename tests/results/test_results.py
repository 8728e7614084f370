"""What results are turned into: arrays and tables."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import grokspec
from grokspec.engines.base import History
from grokspec.results import Results, load_results


def made_up(spec, **quantities):
    """Results of the first two runs of a spec; the second stopped after two of three records."""
    steps = np.array([0, 1, 10])
    whole = History(steps, quantities, seconds=1.5)
    cut = {name: v[:2] if v.ndim else v for name, v in quantities.items()}
    cut_off = History(steps[:2], cut, "diverged", diverged_at=1)
    return Results(replace(spec, runs=spec.runs[:2]), (whole, cut_off))


def test_the_dataset_is_the_one_that_claims_read(results, store):
    xr.testing.assert_identical(results.to_xarray(), load_results(results.spec, store))


def test_a_table_has_a_row_for_each_record_of_each_run(results):
    table = results.to_pandas()
    assert list(table) == ["run", "alpha", "seed", "step", "test_loss", "train_loss"]
    assert len(table) == sum(len(history.steps) for history in results.histories)
    dataset = results.to_xarray()
    one = table[(table.alpha == 2) & (table.seed == 1)]
    np.testing.assert_array_equal(one.train_loss, dataset["train_loss"].sel(alpha=2, seed=1))
    np.testing.assert_array_equal(one.step, dataset["step"])


def test_a_table_of_runs_has_what_was_measured_once_and_how_they_ended(results):
    table = results.to_pandas(each="run")
    ended = ["status", "diverged_at", "ended_at", "seconds"]
    ends = ["end/test_loss", "end/train_loss"]
    assert list(table) == ["run", "alpha", "seed", *ended, "baseline", *ends]
    assert list(table.run) == [run.id for run in results.spec.runs]
    np.testing.assert_array_equal(
        table.set_index(["alpha", "seed"]).baseline.unstack(), results.to_xarray()["baseline"]
    )


def test_a_table_of_runs_has_the_last_record(results):
    table = results.to_pandas(each="run")
    last = [history.quantities["train_loss"][-1] for history in results.histories]
    np.testing.assert_array_equal(table["end/train_loss"], last)


def test_both_tables_go_together_by_the_run(results):
    both = results.to_pandas().merge(results.to_pandas("run"), on=["run", "alpha", "seed"])
    assert len(both) == len(results.to_pandas())


def test_nothing_is_padded_where_a_run_stopped_early(results):
    short = made_up(results.spec, loss=np.array([3.0, 2.0, 1.0]), once=np.array(7.0))
    assert list(short.to_pandas().step) == [0, 1, 10, 0, 1]
    ended = short.to_pandas("run")
    assert list(ended.status) == ["finished", "diverged"]
    assert pd.isna(ended.diverged_at[0])
    assert (ended.diverged_at[1], ended.once[1], ended.seconds[0]) == (1, 7, 1.5)


def test_a_quantity_with_dimensions_of_its_own_has_a_column_for_each_number(results):
    power = np.arange(12.0).reshape(3, 2, 2)
    table = made_up(results.spec, power=power).to_pandas()
    assert list(table.columns[4:]) == ["power[0,0]", "power[0,1]", "power[1,0]", "power[1,1]"]
    assert list(table["power[1,0]"]) == [2, 6, 10, 2, 6]


def test_a_row_is_for_a_record_or_for_a_run(results):
    with pytest.raises(grokspec.GrokspecError) as caught:
        results.to_pandas(each="seed")
    assert str(caught.value) == 'each = "seed": must be "record" or "run"'


def test_reading_results_loads_no_pandas_and_no_torch(spec):
    program = (
        f"import grokspec, sys; print(grokspec.plan({str(spec)!r})); "
        "print({'torch', 'pandas', 'xarray', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    line, loaded = done.stdout.splitlines()
    assert line.startswith("<Plan tiny/alpha, profile quick: 6 runs, 3 alpha × 2 seed; 1 stack, ")
    assert (loaded, done.stderr) == ("set()", "")
