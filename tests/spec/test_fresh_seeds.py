"""A spec on fresh seeds has the runs that it would have with other seeds in its file."""

import pytest
from experiments import WHOLE

from grokspec.errors import GrokspecError
from grokspec.spec import read_spec
from grokspec.spec.bounds import LARGEST_SEED
from grokspec.spec.runs import identity

ALPHA = '[sweep.grid]\n"model.alpha" = [0.5, 2.0]\n'
CLAMPED = """
[interventions.clamp]
kind = "clamp_norm"
every = 1
norm = { run = { interventions = {}NAMED }, quantity = "total_norm" }

[sweep]
seed = 2
concat = [{ grid.interventions = [{}] }, { grid."interventions.clamp.ratio" = [2.0] }]
"""
AXIS = '"optimizer.learning_rate" = [0.1, 0.2]\n'


@pytest.mark.parametrize(
    ("written", "moved"),
    [
        ("", "seed = 1000\n"),
        ("seed = 7\n", "seed = 1007\n"),
        ("sweep.seed = 3\n", "sweep.seed = [1000, 1001, 1002]\n"),
        ("sweep.seed = [4, 2]\n", "sweep.seed = [1004, 1002]\n"),
        (
            f"seed = 9\n{ALPHA}[sweep]\nseed = {{ count = 2, from = 100 }}\n",
            f"seed = 9\n{ALPHA}[sweep]\nseed = {{ count = 2, from = 1100 }}\n",
        ),
        ("[sweep.grid]\nseed = [1, 2]\n", "[sweep.grid]\nseed = [1001, 1002]\n"),
        (f"[sweep.zip]\nseed = [1, 2]\n{AXIS}", f"[sweep.zip]\nseed = [1001, 1002]\n{AXIS}"),
    ],
)
def test_its_runs_are_those_of_a_file_with_other_seeds(write, whole, written, moved):
    extends = 'extends = "base.toml"\n'
    fresh = read_spec(write(extends + written), seeds_moved_by=1000)
    assert fresh.runs == read_spec(write(extends + moved)).runs


def test_a_seed_with_a_name_keeps_it(write, whole):
    text = 'extends = "base.toml"\n[sweep.grid]\nseed = [{ name = "first", value = 1 }]\n'
    (run,) = read_spec(write(text), seeds_moved_by=10).runs
    assert (run.experiment.seed, run.coordinates) == (11, {"seed": "first"})


def test_the_change_of_a_control_is_moved_too(write, whole):
    path = write('extends = "base.toml"\nsweep.seed = 2\n')
    fresh = read_spec(path, change="sweep.seed = [5]", seeds_moved_by=10)
    assert [run.experiment.seed for run in fresh.runs] == [15]


@pytest.mark.parametrize(("named", "seeds"), [("", [10, 11]), (", seed = 1", [11, 11])])
def test_a_number_comes_from_a_moved_run_of_the_spec(write, named, seeds):
    taking = CLAMPED.replace("NAMED", named)
    whole = WHOLE.replace('["loss"]', '["total_norm"]')
    fresh = read_spec(write(whole + taking), seeds_moved_by=10)
    sources = [other for run in fresh.runs for other in run.experiment.needs]
    assert [other.seed for other in sources] == seeds
    assert {identity(other) for other in sources} <= {run.key for run in fresh.runs}


def test_no_other_seed_is_moved(write):
    write("def train(seed, data_seed, log): ...\n", "mine.py")
    text = '[function]\ncall = "mine.py:train"\narguments = { data_seed = 3 }\n[sweep]\nseed = 2\n'
    last = read_spec(write(text), seeds_moved_by=10).runs[-1].experiment
    assert (last.seed, dict(last.arguments)) == (11, {"data_seed": 3})


def test_seeds_that_are_the_specs_own_would_not_be_fresh(write, whole):
    path = write('extends = "base.toml"\n[sweep]\nseed = { count = 10, from = 100 }\n')
    with pytest.raises(GrokspecError) as caught:
        read_spec(path, seeds_moved_by=4)
    assert str(caught.value) == (
        "x.toml: moved by 4, seed 100 is 104, which is among the spec's own, so it would not be "
        "fresh; move them by 10 or more"
    )
    assert len(read_spec(path, seeds_moved_by=10).runs) == 10


def test_a_seed_is_not_moved_beyond_the_largest(write, whole):
    path = write('extends = "base.toml"\nseed = 1\n')
    assert read_spec(path, seeds_moved_by=LARGEST_SEED - 1).runs[0].experiment.seed == LARGEST_SEED
    with pytest.raises(GrokspecError, match="its seed 1 is more than 2\\^53; move it by less"):
        read_spec(path, seeds_moved_by=LARGEST_SEED)


def test_a_spec_says_by_how_much_it_is_moved(whole):
    assert read_spec(whole).title == "base · profile quick"
    assert read_spec(whole, seeds_moved_by=10).title == "base · profile quick · seeds + 10"
