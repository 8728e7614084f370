"""Runs in npz and safetensors files, whose axes are known by their lengths."""

import numpy as np
import pytest
from array_data import write_arrays
from recorded_files import mistake, points, recording, table, values

from grokspec.recorded import labeled_arrays
from grokspec.recorded.formats import array_files

SEEDS, STEPS = 3, 4
LOSS = np.arange(12.0).reshape(SEEDS, STEPS)
STEP = np.array([0, 1, 10, 100])

ARRAYS = {"files": "*.npz", "step": "steps", "seed": SEEDS, "axes": ["alpha"]}
"""Reads files with a seed axis that has no numbers."""


@pytest.fixture
def write(tmp_path):
    def write_one(name="a.npz", **changed):
        arrays = {"steps": STEP, "loss/train": LOSS, "alpha": 0.5} | changed
        kept = {key: array for key, array in arrays.items() if array is not None}
        return write_arrays(tmp_path / name, **kept).path

    return write_one


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_an_array_has_a_run_for_each_seed(tmp_path, write, ending):
    path = write(f"a.{ending}")
    read = recording(tmp_path, **ARRAYS | {"files": f"*.{ending}"})
    assert points(read) == [(0.5, 0), (0.5, 1), (0.5, 2)]
    assert values(read) == LOSS.tolist()
    assert all(np.array_equal(run.history.steps, STEP) for run in read.runs)
    (source,) = read.sources
    assert (source.path, source.rows) == (path, 0)
    assert source.columns == ("steps", "alpha", "loss/train")


def test_axes_are_known_by_their_lengths_in_any_order(tmp_path, write):
    write(**{"loss/train": LOSS.T})
    assert values(recording(tmp_path, **ARRAYS)) == LOSS.tolist()


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        (3, [0, 1, 2]),
        ([7, 5, 6], [5, 6, 7]),
        ({"count": 3, "from": 4}, [4, 5, 6]),
        ({"from": 4}, [4, 5, 6]),
        ({}, [0, 1, 2]),
        ("seeds", [2, 5, 9]),
    ],
)
def test_seeds_are_numbered_by_the_spec_or_in_the_file(tmp_path, write, seed, expected):
    write(seeds=[5, 2, 9])
    read = recording(tmp_path, **ARRAYS | {"seed": seed})
    assert [run.seed for run in read.runs] == expected


def test_files_may_have_different_numbers_of_seeds_and_steps(tmp_path, write):
    write()
    write("b.npz", alpha=1.0, steps=STEP[:2], **{"loss/train": LOSS[:, :2][:1]})
    read = recording(tmp_path, **ARRAYS | {"seed": {"from": 0}})
    assert [len(run.history.steps) for run in read.runs] == [4, 4, 4, 2]


def test_numbers_of_a_run_and_of_the_file_lie_beside_curves(tmp_path, write):
    write(grok=[5, -1, 7], wc=2.5, groks=[True, False, True])
    quantities = {
        "train_loss": "loss/train",
        "grok_step": {"from": "grok", "never": "<= 0"},
        "wc": "wc",
        "groks": "groks",
    }
    read = recording(tmp_path, **ARRAYS, quantities=quantities)
    assert values(read, "grok_step") == [5, np.inf, 7]
    assert values(read, "wc") == [2.5, 2.5, 2.5]
    assert values(read, "groks") == [1, 0, 1]


def test_further_axes_that_the_spec_names_stay_dimensions_of_the_quantity(tmp_path, write):
    layers = np.arange(24.0).reshape(SEEDS, STEPS, 2)
    write(norms=layers)
    own = {"norms": {"from": "norms", "along": ["seed", "step", "layer"]}}
    assert values(recording(tmp_path, **ARRAYS, quantities=own), "norms") == layers.tolist()
    assert table(tmp_path, **ARRAYS, quantities=own).dimensions == {"norms": ("layer",)}
    message = mistake(tmp_path, **ARRAYS, quantities={"norms": "norms"})
    assert "no axis but theirs may be 2 long, or along of quantities.norms must name all" in message


SQUARE = np.arange(16.0).reshape(4, 4)


def test_as_many_seeds_as_steps_are_told_apart_by_the_spec(tmp_path, write):
    path = write(**{"loss/train": SQUARE})
    message = mistake(tmp_path, **ARRAYS | {"seed": 4})
    assert message == (
        f'{path}: "loss/train" has the shape [4, 4], and there are 4 steps and 4 seeds: which axis '
        'is which is unclear; add along = ["seed", "step"], or another order, to '
        "quantities.train_loss"
    )
    for along, expected in ((["seed", "step"], SQUARE), (["step", "seed"], SQUARE.T)):
        quantities = {"train_loss": {"from": "loss/train", "along": along}}
        for seed in (4, {"from": 0}):
            read = recording(tmp_path, **ARRAYS | {"seed": seed}, quantities=quantities)
            assert values(read) == expected.tolist()


def test_an_axis_may_be_an_axis_of_the_arrays(tmp_path, write):
    losses = np.stack([LOSS, LOSS + 100])
    write(alpha=[2.0, 0.5], **{"loss/train": losses})
    read = recording(tmp_path, **ARRAYS)
    assert points(read) == [(a, s) for a in (0.5, 2.0) for s in (0, 1, 2)]
    assert values(read) == [*(LOSS + 100).tolist(), *LOSS.tolist()]


def test_an_axis_may_have_a_value_for_each_seed(tmp_path, write):
    write(alpha=["c", "a", "b"])
    read = recording(tmp_path, **ARRAYS)
    assert points(read) == [("a", 1), ("b", 2), ("c", 0)]
    assert values(read) == LOSS[[1, 2, 0]].tolist()


def test_an_axis_as_long_as_the_seeds_is_told_apart_by_the_spec(tmp_path, write):
    losses = np.arange(36.0).reshape(3, SEEDS, STEPS)
    write(alpha=[1, 2, 3], **{"loss/train": losses})
    assert "which axis is which is unclear" in mistake(tmp_path, **ARRAYS)
    own = {"from": "loss/train", "along": ["alpha", "seed", "step"]}
    read = recording(tmp_path, **ARRAYS, quantities={"train_loss": own})
    assert values(read) == losses.reshape(9, STEPS).tolist()


def test_seeds_may_have_steps_of_their_own(tmp_path, write):
    steps = np.array([STEP, STEP * 2, STEP * 3])
    write(steps=steps)
    read = recording(tmp_path, **ARRAYS)
    assert [run.history.steps.tolist() for run in read.runs] == steps.tolist()


def test_a_file_without_a_seed_axis_is_one_run(tmp_path, write):
    write("a_s7.npz", **{"loss/train": LOSS[0]})
    read = recording(tmp_path, **ARRAYS | {"files": "*_s{seed}.npz", "seed": None})
    assert points(read) == [(0.5, 7)]
    write("b.npz", seed=9, **{"loss/train": LOSS[0]})
    read = recording(tmp_path, **ARRAYS | {"files": "b.npz", "seed": "seed"})
    assert points(read) == [(0.5, 9)]


def test_a_value_in_float32_is_the_shortest_decimal_number(tmp_path, write):
    write(alpha=np.float32(0.85))
    assert points(recording(tmp_path, **ARRAYS))[0] == (0.85, 0)


def test_a_value_that_is_also_in_the_name_must_be_the_same(tmp_path, write):
    path = write("rho0.50.npz", alpha=np.float32(0.5))
    fields = ARRAYS | {"files": "rho{alpha}.npz"}
    assert points(recording(tmp_path, **fields))[0] == (0.5, 0)
    write("rho0.50.npz", alpha=0.75)
    assert mistake(tmp_path, **fields) == (
        f"{path}: has alpha = 0.5 in its name, but 0.75 inside; correct one of them, or write * "
        "for {alpha}"
    )


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"loss/train": None}, 'has no array "loss/train"'),
        ({"steps": None, "step": STEP}, 'has no array "steps"; did you mean "step"?'),
        ({"steps": [0, 1, 10, 10]}, '"steps" has 10 after 10, at [3], counted from 0; steps must'),
        ({"steps": [0, 5, 2, 10]}, '"steps" has 2 after 5, at [2], counted from 0; steps must'),
        ({"steps": [-1, 0, 1, 2]}, '"steps" has -1 at [0], counted from 0; it must be a whole'),
        ({"steps": [0, 0.5, 1, 2]}, '"steps" has 0.5 at [1], counted from 0; it must be a whole'),
        ({"steps": [0, 1, 2, np.nan]}, '"steps" has nothing at [3]'),
        ({"steps": 4}, '"steps" has the shape []; it must be [steps], or [seeds, steps]'),
        ({"steps": ["a"] * 4}, '"steps" has elements of type <U1, not whole numbers'),
        ({"loss/train": LOSS[:, :3]}, "has the shape [3, 3], and there are 4 steps and 3 seeds"),
        ({"loss/train": LOSS[:2]}, "[2, 4], but there are 4 steps and 3 seeds; no axis but theirs"),
        ({"loss/train": np.ones((3, 5))}, "theirs may be 5 long"),
        ({"loss/train": LOSS[0]}, '"loss/train" has the axes step but no seed: a number that'),
        ({"loss/train": LOSS.astype(str)}, '"loss/train" has elements of type <U32'),
        ({"loss/train": np.array([None])}, "object, which would have to be unpickled; save it as"),
        ({"alpha": np.nan}, '"alpha" is empty or NaN; every run must have a value'),
        ({"alpha": np.inf}, '"alpha" is inf; the values of an axis must be finite'),
        ({"alpha": np.ones((3, 1))}, '"alpha" has the shape [3, 1]; the values of an axis are one'),
        ({"alpha": 1j}, '"alpha" has elements of type complex128; save it as numbers'),
        ({"alpha": np.array([]), "loss/train": np.ones((0, 3, 4))}, "an axis is empty"),
        ({"loss/train": np.full((3, 4), np.nan)}, "train_loss has no number in 4 of the 4 records"),
    ],
)
def test_a_mistake_in_arrays_is_told_with_the_remedy(tmp_path, write, changed, reason):
    path = write(**changed)
    message = mistake(tmp_path, **ARRAYS)
    assert message.startswith(f"{path}: ")
    assert reason in message


@pytest.mark.parametrize(
    ("changed", "seed", "reason"),
    [
        ({"seeds": [0, 1, 1]}, "seeds", "has two runs with alpha = 0.5, seed = 1; remove one"),
        ({"seeds": [0, -1, 1]}, "seeds", '"seeds" has -1 at [1], counted from 0; it must be'),
        ({"seeds": [[0, 1, 1]]}, "seeds", '"seeds" has the shape [1, 3]; the seeds are one number'),
        ({}, "seeds", 'has no array "seeds"'),
        ({}, None, "[3, 4], but there are 4 steps; no axis but theirs may be 3 long"),
        ({}, 16, "[3, 4], but there are 4 steps and 16 seeds; no axis but theirs may be 3 long"),
        ({"loss/train": LOSS[0]}, {}, "how many seeds there are does not follow from the shapes"),
    ],
)
def test_a_mistake_in_the_seeds_is_told(tmp_path, write, changed, seed, reason):
    write(**changed)
    assert reason in mistake(tmp_path, **ARRAYS | {"seed": seed})


def test_the_axes_that_the_spec_names_must_fit(tmp_path, write):
    write()
    for along in (["step", "seed"], ["seed"]):
        own = {"train_loss": {"from": "loss/train", "along": along}}
        message = mistake(tmp_path, **ARRAYS, quantities=own)
        assert f"has the shape [3, 4], which is not along [{', '.join(along)}]: there" in message


def test_a_quantity_without_steps_has_no_further_axes(tmp_path, write):
    write(per_layer=np.ones((3, 2)))
    own = {"n": {"from": "per_layer", "along": ["seed", "layer"]}}
    message = mistake(tmp_path, **ARRAYS, quantities=own)
    assert '"per_layer" has the further axes layer, but none of steps' in message


def test_arrays_have_no_wildcards_in_their_names(tmp_path, write):
    write()
    message = mistake(tmp_path, **ARRAYS, quantities={"x": "loss/{part}"})
    assert 'has arrays, whose names "loss/{part}" cannot match' in message


def test_gaps_in_arrays_are_kept_or_skipped_as_the_spec_says(tmp_path, write):
    gaps = LOSS.copy()
    gaps[0, 2:] = np.nan  # this seed ended early
    gaps[2] = np.nan  # there is no such run
    write(**{"loss/train": gaps})
    read = recording(tmp_path, **ARRAYS, gaps="skip")
    assert points(read) == [(0.5, 0), (0.5, 1)]
    assert values(read) == [[0, 1], [4, 5, 6, 7]]
    kept = recording(tmp_path, **ARRAYS, gaps="keep")
    assert np.array_equal(values(kept), gaps, equal_nan=True)
    assert {run.history.status for run in kept.runs} == {"finished"}


def test_a_last_record_that_is_repeated_counts_once(tmp_path, write):
    steps = np.array([STEP, [0, 3, 3, 3], STEP])
    losses = LOSS.copy()
    losses[1, 2:] = losses[1, 1]
    write(steps=steps, **{"loss/train": losses})
    read = recording(tmp_path, **ARRAYS)
    assert [run.history.steps.tolist() for run in read.runs] == [[*STEP], [0, 3], [*STEP]]
    write(steps=steps, **{"loss/train": LOSS})
    assert '"steps" has 3 after 3, at [2], counted from 0' in mistake(tmp_path, **ARRAYS)


@pytest.mark.parametrize("bound", ["MOST_RUNS", "MOST_ROWS"])
def test_too_many_runs_or_records_are_refused(tmp_path, write, monkeypatch, bound):
    write()
    monkeypatch.setattr(labeled_arrays, bound, 2)
    assert "split it" in mistake(tmp_path, **ARRAYS)


def test_arrays_that_would_not_fit_into_memory_are_refused_by_their_header(
    tmp_path, write, monkeypatch
):
    write()
    monkeypatch.setattr(array_files, "MOST_BYTES", 50)
    assert "of numbers, more than 50 B" in mistake(tmp_path, **ARRAYS)


@pytest.mark.parametrize("cut", [0, 10, 100, -30])
def test_a_file_that_was_cut_short_is_told(tmp_path, write, cut):
    path = write()
    path.write_bytes(path.read_bytes()[:cut])
    assert f"{path}: is not a complete npz file" in mistake(tmp_path, **ARRAYS)


def test_an_array_of_objects_is_refused_and_not_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("it was unpickled",))

    np.savez(tmp_path / "a.npz", **{"steps": STEP, "alpha": 1, "loss/train": np.array([Trap()])})
    assert "would have to be unpickled" in mistake(tmp_path, **ARRAYS)
