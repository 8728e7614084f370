"""Which runs a spec has, what they are called, and how they are stacked."""

import re
from pathlib import Path

import pytest
from experiments import WHOLE
from hypothesis import given
from hypothesis import strategies as st

from grokspec.errors import GrokspecError
from grokspec.plan import _shape, stack_runs
from grokspec.spec import SpecFile, read_spec
from grokspec.spec.runs import identity

SPEC = f"""\
{WHOLE}
[profile.paper]
task = {{ inputs = 9 }}

"""


@pytest.fixture
def read(tmp_path: Path):
    """Reads the spec above with a sweep."""

    def read(sweep: str = "", **options) -> SpecFile:
        path = tmp_path / "specs" / "system" / "x.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SPEC + sweep)
        return read_spec(path, **options)

    return read


def test_a_spec_has_a_run_for_each_point_with_its_identity_as_key(read):
    spec = read('[sweep]\nseed = 2\n[sweep.grid]\n"model.alpha" = [1, 2]\n')
    assert (spec.name, spec.profile) == ("system/x", "quick")
    assert [run.coordinates for run in spec.runs] == [
        {"model.alpha": 1.0, "seed": 0},
        {"model.alpha": 1.0, "seed": 1},
        {"model.alpha": 2.0, "seed": 0},
        {"model.alpha": 2.0, "seed": 1},
    ]
    assert [run.key for run in spec.runs] == [identity(run.experiment) for run in spec.runs]
    assert all(re.fullmatch("[0-9a-f]{64}", run.key) for run in spec.runs)


def ids(spec: SpecFile) -> list[str]:
    return [run.id for run in spec.runs]


def test_an_id_reads_as_the_spec_the_point_and_the_start_of_the_key(read):
    spec = read(
        '[sweep]\nseed = [3]\n[sweep.grid]\n"model.alpha" = [4]\n"model.epsilon" = [0.25]\n'
    )
    assert ids(spec) == [f"system/x/a4-e0.25-s3-{spec.runs[0].key[:8]}"]


def test_an_id_names_the_seed_also_where_it_does_not_vary(read):
    spec = read("")
    assert ids(spec) == [f"system/x/s0-{spec.runs[0].key[:8]}"]


@pytest.mark.parametrize(
    ("sweep", "parts"),
    [
        ('"model.sigma" = [2]', "si2-s0"),
        ('"model.alpha" = [2]\n"model.sigma" = [3]\n"training.steps" = [5]', "a2-si3-st5-s0"),
        ('"task.inputs" = [3]\n"task.train" = [7]', "i3-t7-s0"),
        ('"task.kind" = ["polynomial"]\n"model.kind" = ["committee"]', "tpolynomial-mcommittee-s0"),
        ('"model.centered" = [true]', "ctrue-s0"),
        ('"model.alpha" = [0.000001]', "a1e-06-s0"),
        ('"model.alpha" = [0.123456789]', "a0.123456789-s0"),
        ('record = [{ probes = ["loss"] }]', "rprobes_loss-s0"),
    ],
)
def test_an_id_has_a_short_part_for_each_axis(read, sweep, parts):
    (found,) = ids(read(f"[sweep.grid]\n{sweep}\n"))
    assert found.removeprefix("system/x/").rsplit("-", 1)[0] == parts


def test_ids_are_distinct_and_safe_in_file_names_and_on_command_lines(read):
    spec = read(
        '[sweep]\nseed = 3\n[sweep.grid]\n"model.alpha" = { log = [1e-3, 1e3], count = 9 }\n'
        '"training.precision" = ["float32", "float64"]\n'
    )
    assert len(set(ids(spec))) == len(spec.runs) == 54
    assert all(re.fullmatch(r"[A-Za-z0-9._+/-]+", found) for found in ids(spec))


def test_a_profile_is_read_by_its_name(read):
    spec = read(profile="paper")
    assert spec.profile == "paper"
    assert spec.runs[0].experiment.task.inputs == 9
    assert spec.runs[0].key != read().runs[0].key


def test_a_sweep_over_the_limit_is_refused(read):
    with pytest.raises(GrokspecError, match=r"more than 10,000 runs; thin the sweep, .* --limit"):
        read("[sweep]\nseed = 20_000\n")
    with pytest.raises(GrokspecError, match="more than 2 runs;"):
        read("[sweep]\nseed = 3\n", limit=2)


def test_a_run_keeps_its_key_when_points_and_seeds_are_added(read):
    few = read('[sweep]\nseed = 2\n[sweep.grid]\n"model.alpha" = [1, 2]\n')
    more = read('[sweep]\nseed = 3\n[sweep.grid]\n"model.alpha" = [0.5, 1, 2, 4]\n')
    assert set(ids(few)) < set(ids(more))


SHAPES = (
    '[sweep]\nseed = 4\n[sweep.grid]\n"model.alpha" = [1, 2, 4]\n"model.width" = [8, 16]\n'
    '"model.epsilon" = [0.1, 0.2]\n'
)


def test_runs_of_one_shape_make_one_stack(read):
    stacks = stack_runs(read(SHAPES).runs)
    assert [len(stack.runs) for stack in stacks] == [24, 24]
    assert [{r.experiment.model.width for r in stack.runs} for stack in stacks] == [{8}, {16}]


def test_a_stack_costs_as_much_as_its_runs(read):
    spec = read(SHAPES)
    for stack in stack_runs(spec.runs, memory=stack_runs(spec.runs)[0].cost.memory / 5):
        costs = [run.engine.cost(run.experiment) for run in stack.runs]
        assert stack.cost.flops == pytest.approx(sum(cost.flops for cost in costs))
        assert stack.cost.memory == pytest.approx(sum(cost.memory for cost in costs))


def test_only_the_given_runs_are_stacked(read):
    spec = read(SHAPES)
    (stack,) = stack_runs(spec.runs[:3])
    assert stack.runs == spec.runs[:3]
    assert stack_runs([]) == ()


def test_a_run_that_needs_more_memory_is_a_stack_of_its_own(read):
    spec = read(SHAPES)
    assert [len(stack.runs) for stack in stack_runs(spec.runs, memory=1)] == [1] * 48


def test_a_stack_is_split_if_more_stacks_are_wanted_than_there_are_shapes(read):
    spec = read("[sweep]\nseed = 10\n")
    assert [len(stack.runs) for stack in stack_runs(spec.runs, at_least=3)] == [3, 3, 4]
    assert [len(stack.runs) for stack in stack_runs(spec.runs, at_least=99)] == [1] * 10


def test_a_large_stack_is_split_so_that_no_worker_has_more_than_its_share(read):
    spec = read(
        "[[sweep.concat]]\n[sweep.concat.grid]\nseed = { linear = [0, 99], count = 100 }\n"
        '[[sweep.concat]]\ngrid = { "model.width" = [9] }\n'
    )
    assert [len(stack.runs) for stack in stack_runs(spec.runs, at_least=2)] == [50, 50, 1]


@given(st.integers(1, 60), st.integers(1, 12))
def test_stacks_fit_in_memory_and_hold_every_run_once(tmp_path_factory, most, at_least):
    path = tmp_path_factory.getbasetemp() / "x.toml"
    path.write_text(SPEC + SHAPES)
    spec = read_spec(path)
    each = spec.runs[0].engine.cost(spec.runs[0].experiment).memory
    stacks = stack_runs(spec.runs, memory=most * each, at_least=at_least)
    assert len(stacks) >= at_least
    assert sorted(r.id for s in stacks for r in s.runs) == sorted(r.id for r in spec.runs)
    for stack in stacks:
        assert stack.cost.memory <= most * each or len(stack.runs) == 1
        assert len({_shape(run) for run in stack.runs}) == 1
