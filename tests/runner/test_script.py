"""Training of kinds that a script or a notebook defines."""

from __future__ import annotations

import subprocess
import sys
from types import ModuleType

import pytest
from experiments import WHOLE

from grokspec.runner import script, train_runs
from grokspec.runner.script import workers_know_kinds
from grokspec.spec import read_spec

KIND = """
import sys
from typing import Literal

import grokspec
from grokspec.tasks.polynomial import Polynomial


class Mine(Polynomial):
    kind: Literal["mine"] = "mine"

"""

TRAIN = """
for _ in range(2):
    summary = grokspec.run(sys.argv[1], store=sys.argv[2], device="cpu", workers=1)
    results = grokspec.results(sys.argv[1], store=sys.argv[2])
    print(len(summary.trained), len(summary.kept), len(results.spec.runs))
"""

GUARDED = 'if __name__ == "__main__":' + TRAIN.replace("\n", "\n    ")


@pytest.fixture
def spec(tmp_path):
    """A spec whose task is of the kind that the script defines."""
    path = tmp_path / "mine.toml"
    path.write_text(WHOLE.replace("polynomial", "mine"))
    return path


def test_a_kind_of_a_script_is_trained_once_and_its_results_are_current(tmp_path, spec):
    file = tmp_path / "train.py"
    file.write_text(KIND + GUARDED)
    command = [sys.executable, str(file), str(spec), str(tmp_path / "store")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["1 0 1", "0 1 1"], done.stderr


@pytest.fixture
def define(monkeypatch, tmp_path, kinds_as_before):
    """Defines the kind in a stand-in for the module that Python runs."""

    def define(text: str | None) -> None:
        module = ModuleType("__main__")
        if text is not None:
            module.__file__ = str(tmp_path / "script.py")
            (tmp_path / "script.py").write_text(text)
        monkeypatch.setitem(sys.modules, "__main__", module)
        exec(KIND, vars(module))

    return define


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (KIND + GUARDED, True),
        (KIND + "if '__main__' == __name__ and True:\n    pass", True),
        (KIND + TRAIN, False),
        ("not Python (", False),
        (None, False),  # a notebook
    ],
)
def test_workers_know_the_kinds_of_a_script_that_can_be_imported(define, spec, text, known):
    define(text)
    assert workers_know_kinds(read_spec(spec).runs) is known


def test_kinds_defined_anywhere_else_are_known(tmp_path):
    path = tmp_path / "spec.toml"
    path.write_text(WHOLE)
    assert workers_know_kinds(read_spec(path).runs)


def test_a_notebooks_kind_trains_in_its_own_process_and_is_current(
    define, spec, store, monkeypatch
):
    define(None)
    monkeypatch.setattr("grokspec.store.running._cells", lambda: [KIND])
    runs = read_spec(spec).runs
    assert train_runs(runs, store, device="cpu", workers=3).trained
    assert train_runs(runs, store, device="cpu", workers=3).kept
    monkeypatch.setattr("grokspec.store.running._cells", lambda: [KIND + "    label: int = 1\n"])
    assert train_runs(runs, store, device="cpu", workers=3).trained
    assert script.script() is None


def test_a_kind_defined_again_is_the_one_that_specs_choose(define, spec):
    define(None)
    first = type(read_spec(spec).runs[0].experiment.task)
    define(None)
    second = type(read_spec(spec).runs[0].experiment.task)
    assert second is sys.modules["__main__"].Mine
    assert second is not first
