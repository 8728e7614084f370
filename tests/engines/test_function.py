"""A spec may call a training function of the user's own: what it gets, and what becomes of it."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch

from grokspec.errors import GrokspecError
from grokspec.results import read_results
from grokspec.runner import TrainingError, train_runs
from grokspec.spec import read_spec
from grokspec.store import Store

SPEC = """
[function]
call = "train.py:train"
arguments = { rate = 0.5 }

[sweep]
seed = 2

[sweep.grid]
"arguments.rate" = [0.25, 0.5]
"""

LOOP = """
import torch

def train(*, rate, seed, log, steps=20):
    weight = torch.randn(3, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=rate)
    for step in range(steps + 1):
        loss = (weight**2).sum()
        if step % 5 == 0:
            log(step, train_loss=loss, weight=weight)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
"""


class Project:
    """A folder with a spec and a training function, and a store."""

    def __init__(self, folder: Path, spec: str = SPEC, loop: str = LOOP) -> None:
        self.spec, self.loop = folder / "mine.toml", folder / "train.py"
        self.spec.write_text(spec)
        self.loop.write_text(loop)
        self.store = Store(folder / "store")

    def train(self, **options):
        return train_runs(
            read_spec(self.spec).runs, self.store, device="cpu", **{"workers": 0, **options}
        )

    def results(self):
        return read_results(read_spec(self.spec), self.store).to_xarray()


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_a_run_is_what_the_same_loop_gives_by_hand(project):
    project.train()
    results = project.results()
    assert results["train_loss"].dims == ("rate", "seed", "record")
    np.testing.assert_array_equal(results["step"], [0, 5, 10, 15, 20])
    for rate in (0.25, 0.5):
        for seed in (0, 1):
            torch.manual_seed(seed)
            weight = torch.randn(3, dtype=torch.float64)
            own = results.sel(rate=rate, seed=seed)
            for i, step in enumerate((0, 5, 10, 15, 20)):
                at = weight * (1 - 2 * rate) ** step  # gradient descent on a square
                np.testing.assert_allclose(own["weight"][i], at, atol=1e-15)
                np.testing.assert_allclose(own["train_loss"][i], (at**2).sum(), atol=1e-15)


def test_worker_processes_give_the_same_and_each_run_is_trained_once(project, tmp_path):
    project.train()
    here = project.results()
    project.store = Store(tmp_path / "other")
    assert len(project.train(workers=2).trained) == 4
    assert len(project.train(workers=2).kept) == 4
    np.testing.assert_array_equal(project.results()["weight"], here["weight"])


def test_an_edit_of_the_function_makes_its_results_stale_and_a_comment_does_not(project):
    project.train()
    project.loop.write_text("# A comment.\n" + project.loop.read_text())
    assert not project.train().trained
    project.loop.write_text(project.loop.read_text().replace("weight**2", "2 * weight**2"))
    assert len(project.train().trained) == 4


def test_seeds_are_set_for_every_library_and_nothing_stays_set(tmp_path):
    loop = """
import random, numpy, torch
def train(rate, log):
    torch.set_default_dtype(torch.float32)
    log(0, drawn=[random.random(), numpy.random.rand(), float(torch.rand(()))])
"""
    project = Project(tmp_path, loop=loop)
    torch.manual_seed(5)
    random.seed(5)
    before = torch.get_rng_state(), random.getstate(), torch.get_default_dtype()
    project.train()
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (random.getstate(), torch.get_default_dtype()) == before[1:]
    drawn = project.results()["drawn"]
    for seed in (0, 1):
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        by_hand = [random.random(), np.random.rand(), float(torch.rand(()))]
        np.testing.assert_array_equal(drawn.sel(rate=0.25, seed=seed)[0], by_hand)


def test_what_a_file_sets_holds_for_each_of_its_runs_and_for_no_other(tmp_path):
    loop = """
import torch
torch.set_default_dtype(torch.float64)
def train(rate, log):
    log(0, is_double=torch.zeros(1).dtype == torch.float64)
"""
    project = Project(tmp_path, loop=loop)
    project.train()
    assert (project.results()["is_double"] == 1).all()
    assert torch.get_default_dtype() == torch.float32


def test_a_function_gets_the_device_if_it_asks_for_it(tmp_path):
    loop = "def train(*, rate, device, log):\n    log(0, is_cpu=device == 'cpu')\n"
    project = Project(tmp_path, loop=loop)
    project.train()
    assert (project.results()["is_cpu"] == 1).all()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("log(3, x=1.0)\n    log(2, x=1.0)", r"train.py:3: step 2: comes after step 3"),
        ("log(0, x=1.0)\n    log(1, x=[1.0, 2.0])", r"train.py:3: step 1: x has the shape"),
        ("log(0, x='a')", r"train.py:2: step 0: x is"),
        ("pass", "nothing was logged"),
        ("log(7, x=1.0)\n    undefined", r"failed after step 7: NameError"),
        ("raise SystemExit(3)", "failed: SystemExit: 3"),
    ],
)
def test_what_goes_wrong_is_told_with_the_run_and_the_line(tmp_path, body, message):
    project = Project(tmp_path, loop=f"def train(*, rate, log):\n    {body}\n")
    with pytest.raises(TrainingError, match=message) as caught:
        project.train()
    assert "mine/r0.25-s0" in str(caught.value)


def test_an_exception_is_shown_with_its_traceback_in_the_file(tmp_path):
    loop = "def inner():\n    raise ValueError('no')\ndef train(*, rate, log):\n    inner()\n"
    with pytest.raises(TrainingError) as caught:
        Project(tmp_path, loop=loop).train()
    text = str(caught.value)
    assert 'train.py", line 4, in train' in text
    assert 'train.py", line 2, in inner' in text
    assert "calling.py" not in text  # no line of ours


def test_other_runs_are_trained_though_some_fail(tmp_path):
    loop = LOOP.replace("weight =", "assert rate < 0.4\n    weight =")
    project = Project(tmp_path, loop=loop)
    with pytest.raises(TrainingError):
        project.train()
    assert len(project.store.index()) == 2


def test_a_number_that_is_not_finite_ends_the_run_as_diverged(tmp_path):
    project = Project(tmp_path, loop=LOOP.replace("lr=rate", "lr=1e200 * rate"))
    summary = project.train()
    assert len(summary.diverged) == 4
    assert (project.results()["diverged_at"] == 5).all()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rate = 0.5", "rat = 0.5", r'mine.toml:4:\d+  arguments.rat = 0.5: .*did you mean "rate"'),
        ("rate = 0.5", "rate = 0.5, log = 1", "arguments.log = 1: grokspec gives log"),
        ('"arguments.rate"', '"arguments.rat"', r"arguments.rat.*did you mean"),
        ('"arguments.rate"', '"argument.rate"', "not a field of a run"),
        (":train", ":trian", r'call = .*train.py: defines no trian; did you mean "train"'),
        ("train.py", "trian.py", r'no such file in .*; did you mean "train.py"'),
        ("[function]", "[functions]", "did you mean"),
        ("arguments = { rate = 0.5 }", "argument = {}", 'did you mean "arguments"'),
        ('call = "train.py:train"', "", "call is missing"),
        ("[sweep]", '[model]\nkind = "committee"\n[sweep]', "model"),
    ],
)
def test_mistakes_in_the_spec_are_placed(tmp_path, old, new, message):
    project = Project(tmp_path, spec=SPEC.replace(old, new))
    with pytest.raises(GrokspecError, match=message):
        read_spec(project.spec)


def test_reading_a_spec_does_not_run_the_file(tmp_path):
    project = Project(tmp_path, loop="raise RuntimeError('run')\n" + LOOP)
    assert len(read_spec(project.spec).runs) == 4
    with pytest.raises(TrainingError, match="RuntimeError: run"):
        project.train()


def test_an_argument_that_is_only_on_an_axis_is_no_missing_one(tmp_path):
    project = Project(tmp_path, spec=SPEC.replace("arguments = { rate = 0.5 }", ""))
    assert len(read_spec(project.spec).runs) == 4


def test_a_missing_argument_is_named(tmp_path):
    spec = SPEC.replace("rate = 0.5", "").replace('"arguments.rate"', '"arguments.steps"')
    with pytest.raises(GrokspecError, match=r"train.py:train needs rate; write"):
        read_spec(Project(tmp_path, spec=spec.replace("[0.25, 0.5]", "[5, 10]")).spec)


def test_two_files_of_one_name_are_not_taken_for_one(tmp_path):
    spec = SPEC.replace("arguments.rate", "call").replace(
        "[0.25, 0.5]", '["train.py:train", "other/train.py:train"]'
    )
    project = Project(tmp_path, spec=spec)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "train.py").write_text(LOOP)
    with pytest.raises(GrokspecError, match=r"known by their names, and two have the same"):
        read_spec(project.spec)


def test_a_function_on_an_axis_is_known_by_its_name(tmp_path):
    spec = SPEC.replace("arguments.rate", "call").replace(
        "[0.25, 0.5]", '["train.py:train", "train.py:other"]'
    )
    project = Project(tmp_path, spec=spec, loop=f"{LOOP}\nother = train\n")
    axes = read_spec(project.spec).axes
    assert axes["call"] == {"call": ["train.py:train", "train.py:other"]}


def test_profiles_change_arguments(tmp_path):
    project = Project(tmp_path, spec=SPEC + "[profile.paper.function.arguments]\nsteps = 5\n")
    run = read_spec(project.spec, "paper").runs[0]
    assert run.experiment.value_at("arguments.steps") == 5
