from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from experiments import experiment
from pydantic import Field

import grokspec
from grokspec.errors import GrokspecError
from grokspec.experiment import Experiment
from grokspec.files.python import PythonName, run_file
from grokspec.kinds import SpecModel
from grokspec.spec.runs import identity
from grokspec.store.fingerprint import (
    changes,
    digest,
    fingerprint,
    loaded_sources,
    look_again,
    sources,
)

SHIPPED = Path(grokspec.__file__).parent


class Package:
    """A copy of grokspec's source that a test may edit."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._originals: dict[Path, str] = {}

    def edit(self, module: str, change: Callable[[str], str]) -> None:
        file = self.folder / module
        text = file.read_text(encoding="utf-8")
        self._originals.setdefault(file, text)
        file.write_text(change(text), encoding="utf-8")
        look_again()

    def append(self, module: str, code: str = "\nANOTHER = 1\n") -> None:
        self.edit(module, lambda text: text + code)

    def restore(self) -> None:
        """Undo every edit."""
        for file, text in self._originals.items():
            file.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def copied(tmp_path_factory) -> Path:
    """One copy for all tests: of each file that no test edits, the source is parsed once."""
    folder = tmp_path_factory.mktemp("copy") / "grokspec"
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture
def package(copied, monkeypatch):
    monkeypatch.setattr(grokspec, "__path__", [str(copied)])
    look_again()
    package = Package(copied)
    yield package
    package.restore()
    look_again()


def small(probe: str = "loss", **changes) -> Experiment:
    """A small run that takes one probe."""
    return experiment(record={"probes": [probe]}, **changes)


MOMENTS = small(engine="moments")
AUTOGRAD = small(engine="autograd")
RUNS = {
    "moments": MOMENTS,
    "autograd": AUTOGRAD,
    "adam": small(optimizer={"kind": "adam", "learning_rate": 0.1}),
    "baseline": small("baseline", engine="moments"),
}


def changed_by(edit) -> set[str]:
    """Names of the runs above whose fingerprint an edit changes."""
    before = {name: fingerprint(run) for name, run in RUNS.items()}
    edit()
    return {name for name, run in RUNS.items() if fingerprint(run) != before[name]}


def test_the_same_code_has_the_same_fingerprint_wherever_it_lies(package, tmp_path, monkeypatch):
    here = fingerprint(MOMENTS)
    shutil.copytree(package.folder, tmp_path / "moved")
    monkeypatch.setattr(grokspec, "__path__", [str(tmp_path / "moved")])
    look_again()
    assert fingerprint(MOMENTS) == here


@pytest.mark.parametrize("module", sorted(sources(MOMENTS).keys() - {"recorded steps"}))
def test_a_comment_changes_no_fingerprint(package, module):
    path = module.replace(".", "/").removeprefix("grokspec/")
    file = f"{path}/__init__.py" if (package.folder / path).is_dir() else f"{path}.py"
    assert changed_by(lambda: package.append(file, "\n# a remark at the end\n")) == set()


@pytest.mark.parametrize("module", ["engines/moments/engine.py", "engines/base.py"])
def test_a_docstring_changes_no_fingerprint(package, module):
    opening = r'"""(?=\w)'
    assert len(re.findall(opening, (package.folder / module).read_text(encoding="utf-8"))) > 3

    def edit():
        package.edit(module, lambda text: re.sub(opening, '"""Edited. ', text))

    assert changed_by(edit) == set()


@pytest.mark.parametrize("module", ["engines/moments/engine.py", "engines/moments/dynamics.py"])
def test_editing_an_engine_changes_what_it_made_and_nothing_else(package, module):
    assert changed_by(lambda: package.append(module)) == {"moments", "baseline"}


def test_editing_the_other_engine_leaves_this_one_alone(package):
    assert changed_by(lambda: package.append("engines/autograd/network.py")) == {"autograd", "adam"}


def test_editing_a_probe_changes_only_the_runs_that_take_it(package):
    assert changed_by(lambda: package.append("probes/baseline.py")) == {"baseline"}
    assert changed_by(lambda: package.append("probes/loss.py")) == {"moments", "autograd", "adam"}


def test_editing_an_optimizer_changes_only_the_runs_that_use_it(package):
    assert changed_by(lambda: package.append("optimizers/adam.py")) == {"adam"}


@pytest.mark.parametrize("module", ["tasks/polynomial.py", "models/committee.py"])
def test_editing_the_task_or_the_model_changes_every_run_of_it(package, module):
    assert changed_by(lambda: package.append(module)) == set(RUNS)


@pytest.mark.parametrize("module", ["tasks/base.py", "optimizers/base.py", "rng.py"])
def test_base_classes_and_what_is_imported_count_as_well(package, module):
    assert changed_by(lambda: package.append(module)) == set(RUNS)


def test_editing_what_no_kind_imports_changes_nothing(package):
    """Claims, measures, figures, statistics, the command line, the store, the runner, ..."""
    counted = {name for run in RUNS.values() for name in sources(run)}

    def module(file: Path) -> str:
        parts = file.relative_to(package.folder.parent).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    others = [f for f in package.folder.rglob("*.py") if module(f) not in counted]
    names = {module(file) for file in others}
    assert names >= {"grokspec.claims", "grokspec.figures.base", "grokspec.store.folder"}
    assert names >= {"grokspec.runner.run", "grokspec.results.dataset", "grokspec.statistics"}
    assert any(name.startswith("grokspec.measures") for name in names)

    def edit():
        for file in others:
            package.append(str(file.relative_to(package.folder)))

    assert changed_by(edit) == set()


@pytest.mark.parametrize(
    "module",
    [
        "errors.py",
        "kinds.py",
        "files/inputs.py",
        "formatting.py",
        "spec/__init__.py",
        "spec/schema.py",
        "experiment.py",
        "training.py",
        "store/fingerprint.py",
        "store/folder.py",
        "runner/training.py",
        "results/dataset.py",
        "claims/claim.py",
    ],
)
def test_what_describes_runs_or_handles_results_does_not_count(package, module):
    assert changed_by(lambda: package.append(module)) == set()


def test_other_recorded_steps_make_another_fingerprint():
    class Sparser(Experiment):
        """As if the schema had come to space the recorded steps otherwise."""

        @property
        def recorded_steps(self) -> tuple[int, ...]:
            return (0, 10)

    same = Sparser.model_validate(MOMENTS.model_dump())
    assert identity(same) == identity(MOMENTS)
    assert fingerprint(same) != fingerprint(MOMENTS)


def test_changes_are_named_by_module(package):
    before = sources(MOMENTS)
    package.append("rng.py")
    assert changes(before, sources(MOMENTS)) == ("grokspec.rng",)
    assert changes(before, {}) == tuple(sorted(before))


def test_the_fingerprint_is_the_digest_of_the_sources():
    assert fingerprint(MOMENTS) == digest(sources(MOMENTS))


def test_what_a_process_has_loaded_does_not_change_with_the_file(package):
    before = loaded_sources(MOMENTS)
    package.append("engines/moments/engine.py")
    assert loaded_sources(MOMENTS) == before
    assert sources(MOMENTS) != before


def test_a_file_that_does_not_parse_is_named_with_the_line(package):
    package.append("engines/moments/engine.py", "\ndef broken(:\n")
    with pytest.raises(GrokspecError, match=r"engines/moments/engine\.py:\d+:\d+  invalid syntax"):
        fingerprint(MOMENTS)


class Task:
    """Stands for a user's task, without becoming a kind that other tests would find."""


class Outside:
    """A package of a user's own, on the path for one test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, module: str, code: str) -> None:
        file = self.folder / "outside" / module
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code, encoding="utf-8")
        look_again()

    def run_with(self, task: type) -> SimpleNamespace:
        """A run of the user's own task."""
        return SimpleNamespace(
            parts=(task(), MOMENTS.model, MOMENTS.optimizer, *MOMENTS.record.probes),
            needs=(),
            engine=MOMENTS.engine,
            recorded_steps=MOMENTS.recorded_steps,
        )


@pytest.fixture
def outside(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    yield Outside(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "outside"]:
        del sys.modules[name]
    look_again()


def test_a_users_task_counts_with_what_it_imports_from_its_own_package(outside):
    outside.write("__init__.py", "from .teacher import slope\n")
    outside.write("teacher.py", "slope = 1\n")
    outside.write("noise.py", "level = 1\n")
    outside.write("unused.py", "level = 1\n")
    outside.write(
        "task.py",
        "import outside.noise\nfrom outside import slope\nimport json\n\nclass Task: ...\n",
    )
    from outside.task import Task

    run = outside.run_with(Task)
    before = fingerprint(run)
    assert {n for n in sources(run) if n.startswith("outside")} == {
        "outside.task",
        "outside.teacher",
        "outside.noise",
    }
    outside.write("unused.py", "level = 2\n")
    assert fingerprint(run) == before
    outside.write("teacher.py", "slope = 2\n")
    assert fingerprint(run) != before


def test_imports_for_type_checkers_are_not_followed(outside):
    outside.write("__init__.py", "")
    outside.write("types.py", "Width = int\n")
    outside.write("late.py", "x = 1\n")
    outside.write(
        "task.py",
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from .types import Width\nelse:\n    from . import late\n"
        "class Task: ...\n",
    )
    from outside.task import Task

    names = set(sources(outside.run_with(Task)))
    assert "outside.types" not in names
    assert "outside.late" in names


def test_a_name_from_grokspecs_front_door_counts_where_it_is_defined(outside):
    outside.write("__init__.py", "")
    outside.write("task.py", "from grokspec import open_store\nclass Task: ...\n")
    from outside.task import Task

    assert "grokspec.store.folder" in sources(outside.run_with(Task))


def test_input_files_do_not_count_as_the_runs_identity_knows_them(tmp_path):
    """A result made from another file is another run's, and no stale one of this run."""
    inputs = np.eye(6)
    task = {"kind": "arrays", "file": str(tmp_path / "data.npz"), "train": 4}
    runs = []
    for scale in (1, 2):
        np.savez(tmp_path / "data.npz", inputs=inputs, targets=scale * inputs[:, 0])
        runs.append(small(task=task))
    assert identity(runs[0]) != identity(runs[1])
    assert fingerprint(runs[0]) == fingerprint(runs[1])


def test_a_class_without_a_file_is_refused():
    typed_in = type("Task", (), {"__module__": "typed_in"})
    with pytest.raises(GrokspecError, match="module 'typed_in' has no file"):
        fingerprint(Outside(Path()).run_with(typed_in))


# Classes and functions that fields name, and kinds of Python files.

NETS = """
from grokspec.rng import generator

class Net:
    width = 1

class Other:
    width = 2

class Noisy:
    def draw(self):
        return generator(0, "train")
"""


class Naming(SpecModel):
    """Stands for a part whose fields name classes and functions."""

    call: PythonName
    more: dict[str, object] = Field(default_factory=dict)


@pytest.fixture
def nets(tmp_path):
    """A Python file in a folder of its own, and a run with a part that names what is in it."""
    outside = Outside(tmp_path)
    path = tmp_path / "nets.py"
    path.write_text(NETS, encoding="utf-8")

    def edit(old: str, new: str) -> None:
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        look_again()

    def run(name: str = "Net", **more: object) -> SimpleNamespace:
        part = Naming(call=PythonName.find(f"nets.py:{name}", tmp_path), more=more)
        return outside.run_with(lambda: part)

    yield SimpleNamespace(path=path, edit=edit, run=run, run_with=outside.run_with)
    look_again()


def own(sources: dict[str, str]) -> set[str]:
    """The names of sources that are no module's."""
    return {name for name in sources if ".py" in name}


def test_what_a_field_names_counts_with_what_it_needs_of_its_file(nets):
    before = fingerprint(nets.run())
    assert own(sources(nets.run())) == {"nets.py:Net"}
    nets.edit("width = 2", "width = 3")
    assert fingerprint(nets.run()) == before
    nets.edit("width = 1", "width = 3")
    assert fingerprint(nets.run()) != before


def test_what_is_named_within_tables_and_lists_counts(nets):
    other = PythonName.find("nets.py:Other", nets.path.parent)
    nested = {"inner": ({"deep": [Naming(call=other)]},)}
    assert own(sources(nets.run(**nested))) == {"nets.py:Net", "nets.py:Other"}


def test_what_a_file_imports_of_grokspec_counts_where_it_is_needed(nets, package):
    noisy, quiet = nets.run("Noisy"), nets.run("Net")
    before = fingerprint(noisy), fingerprint(quiet)
    assert "grokspec.rng" in sources(noisy)
    package.append("rng.py")
    assert fingerprint(noisy) != before[0]


def test_files_of_one_name_in_two_folders_both_count(nets, tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "nets.py").write_text("class Net: ...\n")
    there = PythonName.find("more/nets.py:Net", tmp_path)
    before = sources(nets.run(there=there))
    nets.edit("width = 1", "width = 3")
    assert changes(before, sources(nets.run(there=there))) == ("nets.py:Net",)


def test_a_class_of_a_file_counts_with_what_it_needs_and_not_as_a_module(nets):
    run = nets.run_with(run_file(nets.path).Net)
    before = sources(run)
    assert own(before) == {"nets.py:Net"}
    assert not any("grokspec_file" in name for name in before)
    nets.edit("width = 2", "width = 3")
    assert sources(run) == before


def test_a_result_is_recorded_with_the_text_that_was_run(nets):
    run = nets.run_with(run_file(nets.path).Net)
    before = loaded_sources(run)
    assert before == sources(run)
    nets.edit("width = 1", "width = 3")
    assert sources(run) != before
    assert loaded_sources(run) == before


def test_a_named_file_is_run_again_after_an_edit(nets):
    before = loaded_sources(nets.run())
    nets.edit("width = 1", "width = 3")
    assert loaded_sources(nets.run()) == sources(nets.run()) != before


def test_what_is_named_of_an_installed_package_counts_with_its_modules(outside, tmp_path):
    package = tmp_path / "mylab"
    package.mkdir()
    (package / "__init__.py").write_text("raise SystemExit('was imported')\n")
    (package / "nets.py").write_text("from .layers import Block\nclass Net: ...\n")
    (package / "layers.py").write_text("class Block: ...\n")
    run = outside.run_with(lambda: Naming(call=PythonName.find("mylab.nets:Net")))
    before = sources(run)
    assert {name for name in before if name.startswith("mylab")} == {"mylab.nets", "mylab.layers"}
    (package / "layers.py").write_text("class Block(dict): ...\n")
    look_again()
    assert changes(before, sources(run)) == ("mylab.layers",)


@pytest.mark.parametrize("name", ["torch.nn:Linear", "json:loads", "numpy.linalg:norm"])
def test_python_torch_and_numpy_do_not_count(outside, name):
    run = outside.run_with(lambda: Naming(call=PythonName.find(name)))
    assert {s.partition(".")[0] for s in sources(run)} == {"grokspec", "recorded steps", __name__}


def test_a_module_that_is_not_installed_is_named(outside):
    run = outside.run_with(lambda: Naming(call=PythonName.find("nothing_of_the_kind:Net")))
    with pytest.raises(GrokspecError, match="nothing_of_the_kind: no such module; install it"):
        sources(run)
