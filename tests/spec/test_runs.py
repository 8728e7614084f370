"""The ids of runs: for people, and different for each run of a spec."""

import pytest

from grokspec.spec import read_spec, runs
from grokspec.spec.runs import name_runs


@pytest.fixture
def ids(write, whole):
    return lambda sweep: [
        run.id for run in read_spec(write(f'extends = "base.toml"\n{sweep}')).runs
    ]


def test_runs_whose_short_ids_are_the_same_have_their_whole_key(write, whole, monkeypatch):
    path = write('extends = "base.toml"\n[sweep]\nseed = 3\n[sweep.grid]\n"model.alpha" = [1, 2]\n')
    points = [(run.experiment, {}) for run in read_spec(path).runs]
    keys = iter(["0" * 63 + "1", "1" * 64, "2" * 64, "0" * 63 + "2", "0" * 8 + "4" * 56, "5" * 64])
    monkeypatch.setattr(runs, "identity", lambda experiment: next(keys))
    named = name_runs("x", points)
    assert [run.id for run in named] == [
        f"x/s0-{'0' * 63}1",
        "x/s1-11111111",
        "x/s2-22222222",
        f"x/s0-{'0' * 63}2",
        "x/s1-00000000",
        "x/s2-55555555",
    ]


def test_values_that_print_alike_are_distinct_texts(ids):
    found = ids('[sweep.grid]\n"model.alpha" = [0.1234567, 0.12345678, 1e-300, 1048576, 1048577]')
    assert [id.split("-s0")[0] for id in found] == [
        "x/a0.1234567",
        "x/a0.12345678",
        "x/a1e-300",
        "x/a1048576",
        "x/a1048577",
    ]


def test_a_long_point_leaves_room_for_the_key_in_the_name_of_a_file(ids):
    paths = [
        *(f"model.{name}" for name in ("alpha", "sigma", "epsilon")),
        *(f"optimizer.{name}" for name in ("learning_rate", "weight_decay")),
        "task.label_scale",
    ]
    values = (0.123456789012345678 + i / 1000 for i in range(6))
    axes = "\n".join(f'"{path}" = [{value}]' for path, value in zip(paths, values, strict=True))
    (only,) = ids(
        f'[sweep.grid]\n{axes}\n[[sweep.when]]\nif = {{ "model.alpha" = 0.12345678901234568 }}'
        '\ngrid = { "training" = [{ name = "' + "long " * 40 + '", steps = 3 }] }\n'
    )
    name = only.removeprefix("x/")
    assert len(name) <= 159
    assert name.split("-")[-2] == "s0"
