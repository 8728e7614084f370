from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from experiments import WHOLE, experiment
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grokspec.engines.base import History
from grokspec.errors import GrokspecError
from grokspec.figures.base import part_at
from grokspec.results import MissingResults, Results, load_results
from grokspec.results.dataset import dataset
from grokspec.runner import train_runs
from grokspec.spec import Run, SpecFile, read_spec
from grokspec.store import DamagedShard, Store

SPEC = """
extends = "base.toml"
[optimizer]
learning_rate = 0.1
[training]
steps = 20
[record]
steps = { log = 3 }
probes = ["loss", "baseline"]
"""


@pytest.fixture
def read(tmp_path) -> Callable[[str], SpecFile]:
    """Reads a small spec with a sweep."""

    def read(sweep: str) -> SpecFile:
        path = tmp_path / "specs" / "small.toml"
        path.parent.mkdir(exist_ok=True)
        path.with_name("base.toml").write_text(WHOLE)
        path.write_text(f"{SPEC}\n{sweep}")
        return read_spec(path)

    return read


@pytest.fixture
def trained(read, store) -> Callable[[str], xr.Dataset]:
    """Trains a sweep and reads its results."""

    def results(sweep: str) -> xr.Dataset:
        spec = read(sweep)
        train_runs(spec.runs, store, device="cpu", workers=0)
        return load_results(spec, store)

    return results


def run(seed: int = 0, **coordinates) -> Run:
    """A run at some coordinates; the first underscore stands for the dot of a path."""
    paths = {name.replace("_", ".", 1): value for name, value in coordinates.items()}
    name = "-".join(map(str, coordinates.values()))
    return Run(f"s/{name}", f"{name}-{seed}", experiment(seed=seed), {**paths, "seed": seed})


def history(*values: float, steps: list[int] | None = None, **fields) -> History:
    steps = list(range(len(values))) if steps is None else steps
    return History(np.array(steps), {"train_loss": np.array(values, dtype=float)}, **fields)


GRID = (
    '[sweep]\nseed = [3, 1]\n[sweep.grid]\n"model.alpha" = [8.0, 0.5, 1]\n"model.epsilon" = [0, 1]'
)


def test_every_run_lies_at_its_own_labels(trained, read, store):
    results = trained(GRID)
    spec = read(GRID)
    assert len(spec.runs) == 12
    found = store.read([run.key for run in spec.runs])
    for run in spec.runs:
        e, own = run.experiment, found[run.key].history
        cell = results.sel(alpha=e.model.alpha, epsilon=e.model.epsilon, seed=e.seed)
        assert cell.train_loss.values.tolist() == own.quantities["train_loss"].tolist()
        assert cell.baseline.item() == own.quantities["baseline"].item()
        assert cell.status.item() == "finished"
        assert cell.step.values.tolist() == own.steps.tolist()


def test_dimensions_are_the_sweeps_axes_in_its_order_then_seed_and_record(trained):
    results = trained(GRID)
    assert results.train_loss.dims == ("alpha", "epsilon", "seed", "record")
    assert results.baseline.dims == ("alpha", "epsilon", "seed")
    assert results.alpha.values.tolist() == [8.0, 0.5, 1.0]
    assert results.seed.values.tolist() == [3, 1]
    assert results.train_loss.dtype == np.float64
    assert results.seed.dtype == np.int64


def test_steps_that_all_runs_share_have_one_dimension(trained):
    step = trained(GRID).step
    assert step.dims == ("record",)
    assert step.dtype == np.int64
    assert step.values.tolist() == [0, 1, 2, 4, 9, 20]


def test_there_is_a_seed_dimension_even_if_no_seed_is_swept(trained):
    results = trained("")
    assert dict(results.sizes) == {"seed": 1, "record": 6}
    assert results.seed.values.tolist() == [0]


def test_coordinates_have_the_path_and_the_description_of_the_field(trained):
    results = trained(GRID)
    assert results.alpha.attrs["path"] == "model.alpha"
    assert results.alpha.attrs["long_name"] == "Laziness α"
    assert results.alpha.attrs["description"].startswith("Laziness α: the factor")
    assert results.seed.attrs["path"] == "seed"
    assert results.seed.attrs["long_name"] == "seed"


def test_a_test_loss_that_is_an_estimate_says_so(trained):
    assert trained("").test_loss.attrs == {"test_set": "sampled"}


def test_results_name_their_spec_and_profile(trained):
    assert trained("").attrs == {"spec": "small", "profile": "quick", "stale": []}


def test_numbers_that_are_not_varied_are_coordinates_without_a_dimension(trained):
    results = trained(GRID)
    assert results.sigma.item() == 1.0
    assert results.sigma.attrs["path"] == "model.sigma"


def test_time_is_the_step_times_the_learning_rate(trained):
    results = trained('[sweep.grid]\n"optimizer.learning_rate" = [0.1, 0.5]')
    assert results.time.sel(learning_rate=0.5).values.tolist() == [0, 0.5, 1, 2, 4.5, 10]


def test_zipped_paths_share_a_dimension_named_by_the_first(trained):
    sweep = '[sweep.zip]\n"model.alpha" = [1, 1, 2]\n"model.sigma" = [1.0, 2.0, 0.5]'
    results = trained(sweep)
    assert results.train_loss.dims == ("alpha", "seed", "record")
    assert results.alpha.values.tolist() == [1, 1, 2]
    assert results.sigma.dims == ("alpha",)
    assert results.sigma.values.tolist() == [1.0, 2.0, 0.5]
    assert results.sigma.attrs["path"] == "model.sigma"


def test_paths_that_are_zipped_in_only_a_part_of_the_sweep_have_a_dimension_each(trained):
    sweep = (
        '[[sweep.concat]]\nzip = { "model.alpha" = [1, 2], "model.sigma" = [1.0, 2.0] }\n'
        '[[sweep.concat]]\ngrid = { "model.alpha" = [4] }\n'
    )
    results = trained(sweep)
    assert results.train_loss.dims == ("alpha", "sigma", "seed", "record")
    assert results.status.sel(alpha=4, sigma=1.0).item() == "finished"
    assert results.status.sel(alpha=4, sigma=2.0).item() == "absent"


def test_a_point_without_an_axis_lies_at_the_value_it_has(trained):
    sweep = (
        '[sweep.grid]\n"model.alpha" = [1, 8]\n'
        '[[sweep.when]]\nif = { "model.alpha" = 8 }\ngrid = { "model.epsilon" = [0.1, 0.5] }\n'
    )
    status = trained(sweep).status.isel(seed=0)
    assert status.epsilon.values.tolist() == [0.25, 0.1, 0.5]
    assert status.sel(alpha=1).values.tolist() == ["finished", "absent", "absent"]
    assert status.sel(alpha=8).values.tolist() == ["absent", "finished", "finished"]


def test_cells_without_a_run_are_absent_and_nan():
    runs = [run(model_alpha=1, model_sigma=1), run(model_alpha=2, model_sigma=2)]
    results = dataset(
        runs, [history(5, 6), history(7, 8)], [("model.alpha",), ("model.sigma",), ("seed",)]
    )
    hole = results.sel(alpha=1, sigma=2, seed=0)
    assert hole.status.item() == "absent"
    assert np.isnan(hole.train_loss).all()
    assert np.isnan(hole.diverged_at)
    assert results.train_loss.sel(alpha=2, sigma=2, seed=0).values.tolist() == [7, 8]


def test_runs_that_recorded_fewer_steps_have_their_last_record_repeated():
    runs = [run(training_steps=2), run(training_steps=4)]
    short = history(1, 2, steps=[0, 2])
    long = history(3, 4, 5, steps=[0, 1, 4])
    results = dataset(runs, [short, long], [("training.steps",), ("seed",)]).isel(seed=0)
    assert results.step.dims == ("steps", "record")
    assert results.step.values.tolist() == [[0, 2, 2], [0, 1, 4]]
    assert results.step.dtype == np.int64
    assert results.train_loss.values.tolist() == [[1, 2, 2], [3, 4, 5]]


def test_a_diverged_run_has_the_step_at_which_it_diverged():
    runs = [run(seed=0), run(seed=1)]
    histories = [history(1, 2), history(1, np.nan, status="diverged", diverged_at=7)]
    results = dataset(runs, histories, [("seed",)])
    assert results.status.values.tolist() == ["finished", "diverged"]
    assert np.array_equal(results.diverged_at, [np.nan, 7], equal_nan=True)


def test_quantities_of_several_numbers_have_dimensions_of_their_own():
    values = np.arange(12.0).reshape(2, 3, 2)
    one = History(np.array([0, 1]), {"moments": values, "baseline": np.array(4.0)})
    results = dataset([run()], [one], [("seed",)])
    assert results.moments.dims == ("seed", "record", "moments_1", "moments_2")
    assert results.moments.isel(seed=0).values.tolist() == values.tolist()
    assert results.baseline.dims == ("seed",)


def test_dimensions_have_the_names_that_the_probe_gives():
    errors = np.arange(6.0).reshape(2, 3)
    one = History(np.array([0, 1]), {"test_squared_errors": errors})
    of = Run("s/e", "e", experiment(record__probes=["example_errors"]), {"seed": 0})
    results = dataset([of], [one], [("seed",)])
    assert results.test_squared_errors.dims == ("seed", "record", "test_example")
    assert results.test_squared_errors.isel(seed=0).values.tolist() == errors.tolist()


def test_a_quantity_that_only_some_runs_recorded_is_nan_for_the_others():
    other = History(np.array([0, 1]), {"norm": np.array([1.0, 2.0])})
    results = dataset([run(seed=0), run(seed=1)], [history(5, 6), other], [("seed",)])
    assert np.isnan(results.norm.sel(seed=0)).all()
    assert results.norm.sel(seed=1).values.tolist() == [1, 2]


def test_a_path_is_named_in_full_where_its_last_part_is_ambiguous():
    runs = [run(model_width=1, task_width=2, task_train_loss=3, task_record=4)]
    axes = [("model.width",), ("task.width",), ("task.train_loss",), ("task.record",), ("seed",)]
    results = dataset(runs, [history(1, 2)], axes)
    assert results.train_loss.dims == (
        "model.width",
        "task.width",
        "task.train_loss",
        "task.record",
        "seed",
        "record",
    )


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2], "i"),
        ([1, 2.5], "f"),
        ([True, False], "b"),
        (["adam", "momentum"], "U"),
        ([50, "infinite"], "O"),
    ],
)
def test_labels_have_the_type_of_the_values(values, kind):
    runs = [run(model_width=value) for value in values]
    labels = dataset(runs, [history(1, 2)] * 2, [("model.width",), ("seed",)]).width
    assert labels.dtype.kind == kind
    assert labels.values.tolist() == values


@pytest.mark.parametrize(
    "values", [[2**63, 1], [2**53 + 1, 0.5], ["a\0", "a"], [True, 0], ["1", 1], [1e-300, 0.1]]
)
def test_labels_are_kept_as_they_are(values):
    runs = [run(model_width=value) for value in values]
    results = dataset(runs, [history(1, 2), history(3, 4)], [("model.width",), ("seed",)])
    assert results.width.values.tolist() == values
    kept = zip(results.width.values.tolist(), values, strict=True)
    assert all(float(one) == float(other) for one, other in kept if not isinstance(other, str))


@pytest.mark.parametrize("values", [[1, 1], [1, 1.0], [1, True], [0.0, -0.0], ["a", "a"]])
def test_no_cell_is_written_twice(values):
    runs = [run(model_width=value) for value in values]
    with pytest.raises(GrokspecError, match=r"s/.* and s/.* have the same coordinates, so that"):
        dataset(runs, [history(1, 2), history(3, 4)], [("model.width",), ("seed",)])


def test_time_is_that_of_each_run_if_the_learning_rate_differs_within_tables(trained):
    results = trained(
        '[sweep.grid]\noptimizer = [{ name = "fast", kind = "adam", learning_rate = 0.5 }, '
        '{ name = "slow", kind = "adam", learning_rate = 0.125 }]'
    ).isel(seed=0)
    assert results.learning_rate.sel(optimizer="slow").item() == 0.125
    assert results.time.sel(optimizer="fast").values.tolist() == [0, 0.5, 1, 2, 4.5, 10]
    assert results.time.sel(optimizer="slow").values.tolist() == [0, 0.125, 0.25, 0.5, 1.125, 2.5]


def test_a_named_point_is_selected_by_its_name(trained):
    optimizer = 'kind = "adam", learning_rate = 0.25, weight_decay = 0.125'
    results = trained(
        f'[sweep.grid]\noptimizer = [{{ name = "far", {optimizer}, epsilon = 1e6 }}, '
        f'{{ name = "near", {optimizer}, epsilon = 1e-8 }}]'
    )
    assert dict(results.sizes) == {"optimizer": 2, "seed": 1, "record": 6}
    far, near = (results.train_loss.sel(optimizer=name).values[0] for name in ("far", "near"))
    assert far[-1] == pytest.approx(far[0], rel=1e-4)
    assert near[-1] < 0.9 * near[0]


FLOATS = st.floats(1e-300, 1e300) | st.sampled_from(
    [0.1234567, 0.12345678, 0.1, 0.1 + 2**-56, 1, 2]
)
OPTIMIZERS = st.builds(
    lambda kind, epsilon, rate: (
        f'kind = "{kind}", learning_rate = {rate!r}, weight_decay = 0.0, epsilon = {epsilon!r}'
    ),
    st.sampled_from(["adam", "adamw"]),
    FLOATS.map(float),
    st.sampled_from([0.5, 0.25]),
)
PROBES = st.lists(
    st.sampled_from(["loss", "baseline", "decomposition", "weight_norm"]), min_size=1, unique=True
).map(json.dumps)
AXES = {"model.alpha": FLOATS.map(repr), "record.probes": PROBES, "optimizer": OPTIMIZERS}


@st.composite
def sweeps(draw) -> str:
    """A grid or a zip over some paths, alone or as a part of several, some values with names."""
    parts = draw(st.integers(1, 2))
    named = {path: draw(st.booleans()) for path in AXES}
    blocks = []
    for _ in range(parts):
        length = draw(st.integers(1, 3))
        paths = draw(st.lists(st.sampled_from(list(AXES)), unique=True, max_size=3))
        axes = [
            f'"{path}" = [{", ".join(_written(path, v, named[path]) for v in values)}]'
            for path in paths
            for values in [
                draw(st.lists(AXES[path], min_size=length, max_size=length, unique=True))
            ]
        ]
        blocks.append(f"{draw(st.sampled_from(['grid', 'zip']))} = {{ {', '.join(axes)} }}")
    return "[sweep]\nseed = 2\n" + "".join(f"[[sweep.concat]]\n{block}\n" for block in blocks)


def _written(path: str, value: str, named: bool) -> str:
    name = f"name = {json.dumps(value)}" if named else ""
    if path == "optimizer":
        return f"{{ {', '.join(filter(None, [name, value]))} }}"
    return f"{{ {name}, value = {value} }}" if named else value


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None
)
@given(sweeps())
def test_distinct_points_have_ids_and_coordinates_at_which_their_own_history_lies(read, sweep):
    try:
        spec = read(sweep)
    except GrokspecError as error:
        if "the same run twice" in str(error):
            return
        raise
    assert len({run.id.lower() for run in spec.runs}) == len(spec.runs)
    histories = tuple(history(i, i + 1) for i in range(len(spec.runs)))
    results = Results(spec, histories).to_xarray()
    table = Results(spec, histories).to_pandas("run")
    assert (results.status != "absent").sum() == len(spec.runs)
    names = [name for name in table if name in results.coords and results[name].ndim]
    rows = table[names].astype(object).where(table[names].notnull(), None)
    assert len(set(rows.itertuples(index=False))) == len(spec.runs)
    for i, row in enumerate(rows.to_dict("records")):
        cell = results
        for name, label in row.items():
            cell = part_at(cell, name, label)
        assert cell.train_loss.values.ravel().tolist() == [i, i + 1]


def test_a_sweep_too_sparse_for_an_array_is_refused():
    runs = [run(seed=i, model_alpha=i, model_sigma=i, model_width=i) for i in range(101)]
    axes = [("model.alpha",), ("model.sigma",), ("model.width",), ("seed",)]
    with pytest.raises(GrokspecError, match="101 runs in a grid of 101 alpha × 101"):
        dataset(runs, [history(1)] * 101, axes)


def test_missing_results_are_named(read, store):
    spec = read("[sweep]\nseed = 13")
    with pytest.raises(MissingResults) as caught:
        load_results(spec, store)
    assert caught.value.runs == spec.runs
    first, *lines = str(caught.value).splitlines()
    assert first.startswith("small: 13 of 13 runs have no result that the current code made")
    assert "`grokspec run` trains them" in first
    assert lines[0] == f"  {spec.runs[0].id}"
    assert lines[-1] == "  … and 3 more"


def test_a_spec_with_some_results_is_missing_the_others(trained, read, store):
    trained("[sweep]\nseed = 2")
    spec = read("[sweep]\nseed = 3")
    with pytest.raises(MissingResults, match="small: 1 of 3 runs") as caught:
        load_results(spec, store)
    assert caught.value.runs == spec.runs[2:]


def test_results_of_other_code_are_missing_unless_they_are_kept(trained, read, store):
    trained("[sweep]\nseed = 2")
    spec = read("[sweep]\nseed = 2")
    results = store.read([run.key for run in spec.runs])
    for shard in store.files():
        shard.unlink()
    first, second = (results[run.key] for run in spec.runs)
    sources = first.sources | {"grokspec.models.base": "earlier"}
    store.write([replace(first, fingerprint="earlier", sources=sources), second])
    with pytest.raises(MissingResults, match="1 of 2 runs"):
        load_results(spec, store)
    with pytest.raises(GrokspecError, match="1 of 2 results were made by other code"):
        load_results(spec, store, stale="fail")
    kept = load_results(spec, store, stale="keep")
    assert kept.attrs["stale"] == [spec.runs[0].id]
    assert (kept.status == "finished").all()


def test_reading_results_opens_each_shard_once_for_its_header_and_once_whole(
    trained, read, store, monkeypatch
):
    trained("[sweep]\nseed = 2")
    opened = []
    genuine = os.open

    def counted(path, *args, **kwargs):
        opened.append(Path(path).name)
        return genuine(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", counted)
    load_results(read("[sweep]\nseed = 2"), Store(store.folder))
    assert [opened.count(shard.name) for shard in store.files()] == [2]


def test_damaged_results_are_missing(trained, read, store):
    trained("[sweep]\nseed = 2")
    shard = Path(store.files()[0])
    *before, last = shard.read_bytes()
    shard.write_bytes(bytes([*before, last ^ 1]))
    with (
        pytest.warns(DamagedShard, match=shard.name),
        pytest.raises(MissingResults, match="2 of 2 runs"),
    ):
        load_results(read("[sweep]\nseed = 2"), store)


def test_swapping_the_results_of_two_runs_swaps_their_cells():
    alphas, seeds = [1, 2], [0, 1]
    points = list(itertools.product(alphas, seeds))
    runs = [run(seed=seed, model_alpha=alpha) for alpha, seed in points]
    histories = [history(10 * alpha + seed) for alpha, seed in points]
    axes = [("model.alpha",), ("seed",)]
    right = dataset(runs, histories, axes)
    swapped = dataset(runs, histories[::-1], axes)
    assert right.train_loss.values[..., 0].tolist() == [[10, 11], [20, 21]]
    assert swapped.train_loss.values[..., 0].tolist() == [[21, 20], [11, 10]]
