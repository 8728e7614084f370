"""From a file to its runs: names, coordinates, identities."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grokspec.errors import GrokspecError
from grokspec.spec import read_spec
from grokspec.spec.reader import spec_name


def test_a_spec_without_a_sweep_is_one_run(whole):
    spec = read_spec(whole)
    (run,) = spec.runs
    assert run.coordinates == {}
    assert run.experiment.seed == 0
    assert (spec.name, spec.path, spec.profile) == ("base", whole, "quick")


def test_a_path_may_be_a_string(whole):
    assert read_spec(str(whole)).runs == read_spec(whole).runs


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("specs/polynomial/alpha.toml", "polynomial/alpha"),
        ("specs/alpha.toml", "alpha"),
        ("specs/old/specs/a/b.toml", "a/b"),
        ("elsewhere/alpha.toml", "alpha"),
        ("specs.toml", "specs"),
        ("specs/dotted.name.toml", "dotted.name"),
    ],
)
def test_a_spec_is_named_by_its_path_below_the_nearest_specs_folder(tmp_path, path, name):
    assert spec_name(tmp_path / path) == name


def test_a_relative_path_has_the_same_name(tmp_path, monkeypatch):
    folder = tmp_path / "specs" / "polynomial"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    assert spec_name(Path("alpha.toml")) == "polynomial/alpha"


def test_coordinates_are_the_values_that_the_experiments_have(write, whole):
    path = write(
        'extends = "base.toml"\n[sweep]\nseed = { count = 2, from = 7 }\n'
        '[sweep.grid]\n"model.alpha" = { log2 = [-1, 1], every = 2 }\n'
    )
    runs = read_spec(path).runs
    assert [run.coordinates for run in runs] == [
        {"model.alpha": 0.5, "seed": 7},
        {"model.alpha": 0.5, "seed": 8},
        {"model.alpha": 2.0, "seed": 7},
        {"model.alpha": 2.0, "seed": 8},
    ]
    assert {type(run.coordinates["model.alpha"]) for run in runs} == {float}
    assert [(run.experiment.model.alpha, run.experiment.seed) for run in runs] == [
        (0.5, 7),
        (0.5, 8),
        (2.0, 7),
        (2.0, 8),
    ]


def test_a_point_has_coordinates_only_for_what_varies_at_it(write, whole):
    path = write(
        'extends = "base.toml"\n[[sweep.concat]]\n[[sweep.concat]]\n'
        'grid = { "model.alpha" = [2, 3] }\n'
    )
    assert [run.coordinates for run in read_spec(path).runs] == [
        {},
        {"model.alpha": 2.0},
        {"model.alpha": 3.0},
    ]


def test_kinds_and_whole_tables_and_nested_fields_can_be_varied(write, whole):
    path = write(
        'extends = "base.toml"\n[sweep.zip]\n'
        '"optimizer.kind" = ["gradient_descent", "momentum"]\n'
        '"record.steps.log" = [3, 4]\n'
        'training = [{ steps = 5 }, { steps = 6, precision = "float32" }]\n'
    )
    first, second = read_spec(path).runs
    assert (first.experiment.optimizer.kind, second.experiment.optimizer.kind) == (
        "gradient_descent",
        "momentum",
    )
    assert second.experiment.record.steps.log == 4
    assert second.experiment.training.precision == "float32"
    assert second.coordinates == {
        "optimizer.kind": "momentum",
        "record.steps.log": 4,
        "training": '{ steps = 6, precision = "float32" }',
    }


def test_a_table_and_a_field_in_it_can_be_varied_together(write, whole):
    path = write(
        'extends = "base.toml"\n[sweep.grid]\n"training.steps" = [5, 6]\n'
        'training = [{ steps = 1, precision = "float32" }]\n'
    )
    found = [run.experiment.training for run in read_spec(path).runs]
    assert [(t.steps, t.precision) for t in found] == [(5, "float32"), (6, "float32")]


def test_a_required_field_may_come_from_an_axis(write, whole):
    write(whole.read_text().replace('kind = "polynomial"\n', ""), "base.toml")
    path = write('extends = "base.toml"\n[sweep.grid]\n"task.kind" = ["polynomial"]\n')
    assert read_spec(path).content.task.kind == "polynomial"


def test_the_specs_figure_is_read(write, whole):
    path = write('extends = "base.toml"\n[figure]\nkind = "curves"\npanels = [["train_loss"]]\n')
    assert read_spec(path).content.figure.panels == (("train_loss",),)
    assert read_spec(whole).content.figure is None


def test_the_engine_is_chosen_for_each_point(write, whole):
    path = write(
        'extends = "base.toml"\n[sweep.grid]\n"optimizer.kind" = ["gradient_descent", "adam"]\n'
    )
    assert [run.experiment.engine for run in read_spec(path).runs] == ["moments", "autograd"]


def test_the_limit_can_be_raised(write, whole):
    path = write('extends = "base.toml"\n[sweep]\nseed = 12\n')
    with pytest.raises(GrokspecError, match=r"more than 11 runs; .* --limit"):
        read_spec(path, limit=11)
    assert len(read_spec(path, limit=12).runs) == 12
    assert len(read_spec(path, limit=None).runs) == 12


def identities(path: Path) -> dict[tuple, str]:
    return {tuple(sorted(run.coordinates.items())): run.key for run in read_spec(path).runs}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.randoms(use_true_random=False))
def test_a_runs_identity_does_not_depend_on_the_order_of_keys(write, random):
    tables = {
        "task": ['kind = "polynomial"', "inputs = 6", "train = 20"],
        "model": ['kind = "committee"', "width = 8", "epsilon = 0.25", "alpha = 2"],
        "optimizer": ['kind = "gradient_descent"', "learning_rate = 0.5"],
        "training": ["steps = 50", 'loss = "mse"'],
        "record": ['probes = ["loss"]', "steps = { log = 4 }"],
        "sweep": ["seed = 2"],
        "sweep.grid": ['"model.sigma" = [1, 2]', '"model.epsilon" = [0.5, 1.0]'],
    }

    def text(tables):
        return "".join(f"[{name}]\n" + "\n".join(lines) + "\n" for name, lines in tables)

    ordered = identities(write(text(tables.items()), "ordered.toml"))
    shuffled = list(tables.items())
    random.shuffle(shuffled)
    shuffled = [(name, random.sample(lines, len(lines))) for name, lines in shuffled]
    assert identities(write(text(shuffled), "shuffled.toml")) == ordered


def test_a_runs_identity_depends_on_neither_comments_nor_file_nor_other_points(write, whole):
    few = write('extends = "base.toml"\n[sweep.grid]\n"model.alpha" = [1, 2]\n', "few.toml")
    more = write(
        '# A comment.\nextends = "base.toml"\n[sweep]\nseed = 3\n'
        '[sweep.grid]\n"model.alpha" = [0.5, 2, 1, 8]   # more\n[profile.paper]\nseed = 3\n',
        "elsewhere/more.toml",
    )
    write(whole.read_text(), "elsewhere/base.toml")
    assert set(identities(few).values()) < set(identities(more).values())


def test_a_value_is_the_same_run_however_it_is_written(write, whole):
    plain = write('extends = "base.toml"\nmodel.alpha = 8.0\n', "plain.toml")
    axis = write('extends = "base.toml"\n[sweep.grid]\n"model.alpha" = [8]\n', "axis.toml")
    default = write('extends = "base.toml"\nmodel.alpha = 8\nmodel.sigma = 1\n', "default.toml")
    found = {*identities(plain).values(), *identities(axis).values(), *identities(default).values()}
    assert len(found) == 1


def test_ten_thousand_points_are_ten_thousand_runs(write, whole):
    path = write(
        'extends = "base.toml"\n[sweep]\nseed = 100\n'
        '[sweep.grid]\n"model.alpha" = { linear = [1, 100], count = 100 }\n'
    )
    assert len({run.key for run in read_spec(path).runs}) == 10_000
