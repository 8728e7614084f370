"""Plans: which runs a spec has, what they are called, and how they are stacked."""

import re
from pathlib import Path

import pytest
from experiments import WHOLE
from hypothesis import given
from hypothesis import strategies as st

from grokspec.engines.base import engine_of
from grokspec.errors import GrokspecError
from grokspec.spec import SpecFile, read_spec

SPEC = f"""\
{WHOLE}
[profile.paper]
task = {{ inputs = 9 }}

"""


@pytest.fixture
def plan(tmp_path: Path):
    def plan(sweep: str = "", name: str = "specs/system/x.toml", **options) -> SpecFile:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SPEC + sweep)
        return read_spec(path, **options)

    return plan


def test_a_plan_has_a_run_for_each_point_with_its_identity_as_key(plan):
    made = plan('[sweep]\nseed = 2\n[sweep.grid]\n"model.alpha" = [1, 2]\n')
    assert (made.name, made.profile) == ("system/x", "quick")
    assert [run.coordinates for run in made.runs] == [
        {"model.alpha": 1.0, "seed": 0},
        {"model.alpha": 1.0, "seed": 1},
        {"model.alpha": 2.0, "seed": 0},
        {"model.alpha": 2.0, "seed": 1},
    ]
    assert [run.key for run in made.runs] == [run.experiment.identity for run in made.runs]
    assert all(re.fullmatch("[0-9a-f]{64}", run.key) for run in made.runs)


def ids(made: SpecFile) -> list[str]:
    return [run.id for run in made.runs]


def test_an_id_reads_as_the_spec_the_point_and_the_start_of_the_key(plan):
    made = plan(
        '[sweep]\nseed = [3]\n[sweep.grid]\n"model.alpha" = [4]\n"model.epsilon" = [0.25]\n'
    )
    assert ids(made) == [f"system/x/a4-e0.25-s3-{made.runs[0].key[:8]}"]


def test_an_id_names_the_seed_also_where_it_does_not_vary(plan):
    made = plan("")
    assert ids(made) == [f"system/x/s0-{made.runs[0].key[:8]}"]


@pytest.mark.parametrize(
    ("sweep", "bits"),
    [
        ('"model.sigma" = [2]', "si2-s0"),
        ('"model.alpha" = [2]\n"model.sigma" = [3]\n"training.steps" = [5]', "a2-si3-st5-s0"),
        ('"task.inputs" = [3]\n"task.train" = [7]', "i3-t7-s0"),
        ('"task.kind" = ["polynomial"]\n"model.kind" = ["committee"]', "tpolynomial-mcommittee-s0"),
        ('"model.centered" = [true]', "ctrue-s0"),
        ('"model.alpha" = [0.000001]', "a1e-06-s0"),
        ('"model.alpha" = [0.123456789]', "a0.123457-s0"),
        ('record = [{ probes = ["loss"] }]', "rprobes_loss-s0"),
    ],
)
def test_the_bits_of_an_id_are_short_and_tell_the_axes_apart(plan, sweep, bits):
    (found,) = ids(plan(f"[sweep.grid]\n{sweep}\n"))
    assert found.removeprefix("system/x/").rsplit("-", 1)[0] == bits


def test_ids_are_distinct_and_safe_in_file_names_and_on_command_lines(plan):
    made = plan(
        '[sweep]\nseed = 3\n[sweep.grid]\n"model.alpha" = { log = [1e-3, 1e3], count = 9 }\n'
        '"training.precision" = ["float32", "float64"]\n'
    )
    assert len(set(ids(made))) == len(made.runs) == 54
    assert all(re.fullmatch(r"[A-Za-z0-9._+/-]+", found) for found in ids(made))


def test_a_profile_is_planned_by_its_name(plan):
    made = plan(profile="paper")
    assert made.profile == "paper"
    assert made.runs[0].experiment.task.inputs == 9
    assert made.runs[0].key != plan().runs[0].key


def test_a_plan_over_the_limit_is_refused_with_its_count(plan):
    with pytest.raises(GrokspecError, match=r"20,000 runs are more than 10,000; .* --limit 20000"):
        plan("[sweep]\nseed = 20_000\n")
    with pytest.raises(GrokspecError, match="3 runs are more than 2"):
        plan("[sweep]\nseed = 3\n", limit=2)


def test_a_run_keeps_its_key_when_points_and_seeds_are_added(plan):
    few = plan('[sweep]\nseed = 2\n[sweep.grid]\n"model.alpha" = [1, 2]\n')
    more = plan('[sweep]\nseed = 3\n[sweep.grid]\n"model.alpha" = [0.5, 1, 2, 4]\n')
    assert set(ids(few)) < set(ids(more))


SHAPES = (
    '[sweep]\nseed = 4\n[sweep.grid]\n"model.alpha" = [1, 2, 4]\n"model.width" = [8, 16]\n'
    '"model.epsilon" = [0.1, 0.2]\n'
)


def test_runs_of_one_shape_make_one_stack(plan):
    stacks = plan(SHAPES).stacks()
    assert [len(stack.runs) for stack in stacks] == [24, 24]
    assert [{r.experiment.model.width for r in stack.runs} for stack in stacks] == [{8}, {16}]


def test_a_stacks_price_is_that_of_its_runs(plan):
    made = plan(SHAPES)
    for stack in made.stacks(memory=made.stacks()[0].cost.memory / 5):
        prices = engine_of([run.experiment).cost(run.experiment) for run in stack.runs]
        assert stack.cost.flops == pytest.approx(sum(price.flops for price in prices))
        assert stack.cost.memory == pytest.approx(sum(price.memory for price in prices))


def test_only_the_runs_that_are_asked_for_are_stacked(plan):
    made = plan(SHAPES)
    (stack,) = made.stacks(made.runs[:3])
    assert stack.runs == made.runs[:3]
    assert made.stacks([]) == ()


def test_a_run_that_alone_takes_too_much_memory_is_a_stack_of_its_own(plan):
    made = plan(SHAPES)
    assert [len(stack.runs) for stack in made.stacks(memory=1)] == [1] * 48


def test_a_stack_is_cut_where_more_are_wanted_than_there_are_shapes(plan):
    made = plan("[sweep]\nseed = 10\n")
    assert [len(stack.runs) for stack in made.stacks(at_least=3)] == [3, 3, 4]
    assert [len(stack.runs) for stack in made.stacks(at_least=99)] == [1] * 10


def test_a_large_stack_is_cut_so_that_no_worker_has_more_than_its_share(plan):
    made = plan(
        "[[sweep.concat]]\n[sweep.concat.grid]\nseed = { linear = [0, 99], count = 100 }\n"
        '[[sweep.concat]]\ngrid = { "model.width" = [9] }\n'
    )
    assert [len(stack.runs) for stack in made.stacks(at_least=2)] == [50, 50, 1]


@given(st.integers(1, 60), st.integers(1, 12))
def test_stacks_fit_in_memory_and_hold_every_run_once(tmp_path_factory, most, at_least):
    path = tmp_path_factory.getbasetemp() / "x.toml"
    path.write_text(SPEC + SHAPES)
    made = read_spec(path)
    each = engine_of(made.runs[0].experiment).cost(made.runs[0].experiment).memory
    stacks = made.stacks(memory=most * each, at_least=at_least)
    assert len(stacks) >= at_least
    assert sorted(r.id for s in stacks for r in s.runs) == sorted(r.id for r in made.runs)
    for stack in stacks:
        assert stack.cost.memory <= most * each or len(stack.runs) == 1
        assert len({run.experiment.stack_key for run in stack.runs}) == 1
