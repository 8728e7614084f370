"""``parts``: what Python files define is known to the specs that name them."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from experiments import WHOLE

from grokspec.engines.base import Engine
from grokspec.errors import GrokspecError
from grokspec.figures.base import Figure
from grokspec.files.inputs import FileError
from grokspec.measures.base import why_no_measure
from grokspec.models.base import Model
from grokspec.optimizers.base import Optimizer
from grokspec.probes.base import Probe
from grokspec.spec import SpecFile, read_spec
from grokspec.spec.runs import identity
from grokspec.store.fingerprint import loaded_sources, look_again, sources
from grokspec.tasks.base import Task

FAMILIES = [Task, Model, Optimizer, Probe, Figure]

TASK = """
from typing import Literal

from grokspec.tasks.polynomial import Polynomial


class Mine(Polynomial):
    '''A task of one's own.'''

    kind: Literal["mine"] = "mine"
    extra: int = 1
"""
ALL = """
from typing import Literal

from grokspec.figures.curves import Curves
from grokspec.models.committee import Committee
from grokspec.optimizers.gradient_descent import GradientDescent
from grokspec.probes.loss import LossProbe
from grokspec.tasks.polynomial import Polynomial


class MyTask(Polynomial):
    kind: Literal["my_task"] = "my_task"

class MyModel(Committee):
    kind: Literal["my_model"] = "my_model"

class MyOptimizer(GradientDescent):
    kind: Literal["my_optimizer"] = "my_optimizer"

class MyProbe(LossProbe):
    kind: Literal["my_probe"] = "my_probe"

class MyFigure(Curves):
    kind: Literal["my_figure"] = "my_figure"
"""
MEASURE = """
from grokspec.measures import measure

@measure("my number")
def my_number(results):
    return results["train_loss"].isel(record=-1)
"""
MAP = """
[sweep.grid]
"model.alpha" = [1, 2]
"model.width" = [8, 10]
[figure]
kind = "map"
measures = ["my_number"]
x = "alpha"
y = "width"
"""
SPEC = 'parts = ["my_parts.py"]\n' + WHOLE.replace("polynomial", "mine")


class Folder:
    """A folder of specs and Python files."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def read(self, text: str = SPEC, name: str = "x.toml", **choice: str) -> SpecFile:
        return read_spec(self.write(name, text), **choice)

    def mistake(self, text: str = SPEC) -> str:
        with pytest.raises(GrokspecError) as raised:
            self.read(text)
        return str(raised.value)


@pytest.fixture
def folder(tmp_path) -> Folder:
    folder = Folder(tmp_path)
    folder.write("my_parts.py", TASK)
    return folder


def task_of(spec: SpecFile) -> Task:
    return spec.runs[0].experiment.task


def test_a_kind_of_a_file_is_known_to_the_spec_that_names_the_file(folder):
    assert type(task_of(folder.read())).__name__ == "Mine"


def test_it_is_known_to_no_other_spec(folder):
    folder.read()
    with pytest.raises(GrokspecError, match=r'task\.kind = "mine": not a task; there are'):
        folder.read(SPEC.split("\n", 1)[1])
    assert all("mine" not in family.alternatives for family in FAMILIES)


def test_kinds_of_every_family_but_engines_may_come_from_a_file(folder):
    folder.write("my_parts.py", ALL)
    text = SPEC.replace('kind = "mine"', 'kind = "my_task"').replace("committee", "my_model")
    text = text.replace("gradient_descent", "my_optimizer").replace('"loss"', '"my_probe"')
    figure = '\n[sweep.grid]\n"model.alpha" = [1, 2]\n[figure]\nkind = "my_figure"\n'
    spec = folder.read(text + figure + 'panels = [["train_loss"]]\nacross = "alpha"\n')
    experiment = spec.runs[0].experiment
    parts = [experiment.task, experiment.model, experiment.optimizer, *experiment.record.probes]
    kinds = [*parts, spec.content.figure]
    assert [type(part).__name__ for part in kinds] == [f"My{f.__name__}" for f in FAMILIES]


def test_two_projects_may_have_kinds_of_one_name(folder):
    for name, value in (("a", 1), ("b", 2)):
        folder.write(f"{name}/my_parts.py", TASK.replace("extra: int = 1", f"extra: int = {value}"))
    a, b = (folder.read(name=f"{name}/x.toml") for name in ("a", "b"))
    assert (task_of(a).extra, task_of(b).extra) == (1, 2)
    assert type(task_of(a)) is type(task_of(folder.read(name="a/x.toml")))


def test_a_file_is_found_from_the_file_that_names_it(folder):
    folder.write("shared/my_parts.py", TASK.replace("extra: int = 1", "extra: int = 5"))
    folder.write("shared/base.toml", SPEC)
    assert task_of(folder.read('extends = "shared/base.toml"\nseed = 1\n')).extra == 5


def test_a_list_replaces_that_of_the_base_and_a_profile_may_replace_it(folder):
    folder.write("base.toml", SPEC)
    folder.write("others.py", TASK.replace("extra: int = 1", "extra: int = 7"))
    text = 'extends = "base.toml"\n[profile.paper]\nparts = ["others.py"]\n'
    assert task_of(folder.read(text)).extra == 1
    assert task_of(folder.read(text, profile="paper")).extra == 7


def test_which_files_are_named_is_no_part_of_what_a_run_is(folder):
    folder.write("more.py", TASK.replace("mine", "unused"))
    spec = folder.read()
    more = folder.read(SPEC.replace('"my_parts.py"', '"my_parts.py", "more.py"'))
    assert [run.key for run in more.runs] == [run.key for run in spec.runs]
    assert "my_parts" not in str(spec.runs[0].experiment.model_dump(mode="json"))
    assert identity(spec.runs[0].experiment) == spec.runs[0].key


def test_a_file_may_import_a_kind_from_beside_it(folder):
    folder.write("shared.py", TASK)
    folder.write("my_parts.py", "from shared import Mine")
    run = folder.read().runs[0]
    assert pickle.loads(pickle.dumps(run)) == run
    assert {"my_parts.py:Mine", "shared.py:Mine"} <= sources(run.experiment).keys()
    assert loaded_sources(run.experiment) == sources(run.experiment)


def test_a_file_may_import_what_another_one_defines(folder):
    folder.write("more.py", f"from my_parts import Mine\n{TASK.replace('mine', 'more')}")
    names = SPEC.replace('"my_parts.py"', '"my_parts.py", "more.py"')
    assert type(task_of(folder.read(names))).__name__ == "Mine"
    assert task_of(folder.read(names.replace('kind = "mine"', 'kind = "more"'))).kind == "more"


def test_a_base_class_in_the_file_is_no_kind(folder):
    code = "from grokspec.tasks.base import Task\nclass Base(Task):\n    shared: int = 3\n"
    folder.write("my_parts.py", code + TASK)
    assert task_of(folder.read()).kind == "mine"
    assert 'kind = "Base": not a task' in folder.mistake(
        SPEC.replace('kind = "mine"', 'kind = "Base"')
    )


def test_a_file_that_was_edited_gives_new_kinds_and_else_the_same(folder):
    first = folder.read()
    assert type(task_of(folder.read())) is type(task_of(first))
    folder.write("my_parts.py", TASK.replace("extra: int = 1", "extra: int = 2"))
    assert task_of(folder.read()).extra == 2
    assert task_of(first).extra == 1


def test_mistakes_in_the_spec_know_the_kinds_of_the_file(folder):
    assert 'task "mine" has no such field; did you mean "extra"?' in folder.mistake(
        SPEC.replace("[model]", "exta = 3\n[model]")
    )
    assert 'task.kind = "mina": not a task; did you mean "mine"?' in folder.mistake(
        SPEC.replace('kind = "mine"', 'kind = "mina"')
    )
    assert "task.extra = 1.5: must be a whole number" in folder.mistake(
        SPEC.replace("[model]", "extra = 1.5\n[model]")
    )


def test_a_mistake_in_a_kind_of_a_file_is_told_as_in_any_other(folder):
    own, shipped = (
        folder.mistake(text.replace("inputs = 6", "inputs = -6").replace("width = 8", ""))
        for text in (SPEC, SPEC.replace('"mine"', '"polynomial"'))
    )
    assert own == shipped.replace('"polynomial"', '"mine"')


# Mistakes in the file


def broken(folder: Folder, code: str) -> str:
    folder.write("my_parts.py", code)
    return folder.mistake()


def test_a_mistake_is_placed_at_the_name_of_the_file(folder):
    text = "# the parts\n" + SPEC.replace('"my_parts.py"', '"my_parts.py", "nothing.py"')
    mistake = folder.mistake(text)
    assert "x.toml:2:25  parts = " in mistake
    assert f"no such file in {folder.path}" in mistake


def test_an_exception_is_shown_with_its_traceback_from_the_users_file(folder):
    mistake = broken(folder, "def half(x):\n    return x / 0\n\nHALF = half(1)\n")
    assert 'parts = "my_parts.py": my_parts.py could not be run: ZeroDivisionError' in mistake
    assert 'my_parts.py", line 4, in <module>' in mistake
    assert 'my_parts.py", line 2, in half' in mistake
    assert "grokspec/files" not in mistake


@pytest.mark.parametrize("code", ["raise SystemExit(0)", "import sys; sys.exit('no')"])
def test_a_file_that_ends_the_process_is_a_mistake(folder, code):
    assert "could not be run: SystemExit" in broken(folder, code)


def test_a_file_that_is_no_python_is_named_with_the_line(folder):
    assert "line 2: invalid syntax (class:)" in broken(folder, "x = 1\nclass:\n")


ABSTRACT = """
from typing import Literal
from grokspec.tasks.base import Task

class Mine(Task):
    kind: Literal["mine"] = "mine"
"""


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (ABSTRACT, "line 5: task kind 'mine' has no draw, input_size, output_size, sizes, which"),
        ("x = 1", "defines no kind and no measure: a kind is a subclass of Task"),
        ("from grokspec.tasks.base import Task", "defines no kind and no measure"),
        (TASK.replace("mine", "hermite"), 'kind "hermite" of class Mine: there is one already'),
        (TASK.replace('    kind: Literal["mine"] = "mine"\n', ""), '"polynomial" of class Mine'),
        (MEASURE.replace("my_number", "final_loss"), 'measure "final_loss": there is one already'),
    ],
)
def test_what_cannot_be_used_is_told(folder, code, message):
    assert message in broken(folder, code)


def test_an_engine_needs_an_installed_plugin(folder):
    code = """
from typing import Literal
from grokspec.engines.moments import MomentsEngine
class Mine(MomentsEngine):
    kind: Literal["mine"] = "mine"
"""
    assert 'defines the engine "mine"' in broken(folder, code)
    assert "an engine comes with an installed plugin" in folder.mistake()
    assert "mine" not in Engine.alternatives


def test_two_files_may_not_have_kinds_of_one_name(folder):
    folder.write("more.py", TASK)
    mistake = folder.mistake(SPEC.replace('"my_parts.py"', '"my_parts.py", "more.py"'))
    assert 'parts = "more.py": task "mine" is defined in another file of parts as well' in mistake


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ('"my_parts.py"', 'parts = "my_parts.py": must be a list; write ["my_parts.py"]'),
        ("3", "parts = 3: must be a list"),
        ("[3]", "parts[0] = 3: must be text in quotes"),
        ("{ a = 1 }", "parts: must be a list"),
        ('["my_part.py"]', "no such file in"),
        ('["x.toml"]', 'is no .py file; name one, such as "my_parts.py"'),
        ('["."]', "is a folder; name one file in it"),
        ('[""]', "is not a path"),
    ],
)
def test_what_is_no_list_of_python_files_is_told(folder, written, message):
    assert message in folder.mistake(SPEC.replace('["my_parts.py"]', written))


def test_the_nearest_file_is_suggested(folder):
    assert 'did you mean "my_parts.py"?' in folder.mistake(SPEC.replace("my_parts", "mypart"))


# Measures


def test_a_measure_of_a_file_is_known_to_the_figure_of_the_spec(folder, store):
    from executors import Inline

    from grokspec.results import read_results
    from grokspec.runner import train_runs

    folder.write("my_parts.py", MEASURE)
    text = SPEC.replace('"mine"', '"polynomial"') + MAP
    spec = folder.read(text)
    assert why_no_measure("my_number") is not None
    train_runs(spec.runs, store, label="x", device="cpu", workers=1, executor=Inline())
    drawn = spec.content.figure.draw(read_results(spec, store).to_xarray())
    assert "my number" in [axes.get_title() for axes in drawn.axes]
    with pytest.raises(
        GrokspecError, match=r'figure\.measures\[0\] = "my_number": no such measure'
    ):
        folder.read(text.split("\n", 1)[1])


RECORDED = """
parts = ["my_parts.py"]
[results]
files = "runs.csv"
step = "step"
seed = "seed"
axes = ["alpha", "width"]
[results.quantities]
train_loss = "loss"
[figure]
kind = "map"
measures = ["my_number"]
x = "alpha"
y = "width"
"""


def test_a_measure_of_a_file_is_known_where_results_were_recorded_elsewhere(folder, store):
    from grokspec.results import read_results

    rows = [f"{a},{w},0,{step},{a * w}" for a in (1, 2) for w in (8, 10) for step in (0, 1)]
    folder.write("runs.csv", "\n".join(["alpha,width,seed,step,loss", *rows]) + "\n")
    folder.write("my_parts.py", MEASURE)
    spec = folder.read(RECORDED)
    drawn = spec.content.figure.draw(read_results(spec, store).to_xarray())
    assert "my number" in [axes.get_title() for axes in drawn.axes]


def test_a_function_may_stand_in_the_same_file_as_parts(folder):
    train = "def train(*, alpha, seed, log):\n    log(0, train_loss=alpha)\n"
    folder.write("my_parts.py", MEASURE + train)
    call = '[function]\ncall = "my_parts.py:train"\narguments = { alpha = 1.0 }\n'
    spec = folder.read(f'parts = ["my_parts.py"]\n{call}')
    own = {name for name in sources(spec.runs[0].experiment) if ".py" in name}
    assert own == {"my_parts.py:train"}


# Other processes


@pytest.fixture
def forgotten(monkeypatch) -> Callable[[], None]:
    """Forgets which files this process has run, as a process that starts."""

    def forget() -> None:
        from grokspec.files import python

        for name in [*python._LOADED]:
            del python._LOADED[name], sys.modules[name]

    return forget


def test_a_run_goes_to_another_process_whole(folder, forgotten):
    run = folder.read().runs[0]
    sent = pickle.dumps(run)
    forgotten()
    come = pickle.loads(sent)
    task = come.experiment.task
    assert type(task) is not type(run.experiment.task)
    assert task.model_dump() == run.experiment.task.model_dump()
    assert (
        task.model_fields_set == run.experiment.task.model_fields_set == {"kind", "inputs", "train"}
    )
    assert come.experiment.model_dump() == run.experiment.model_dump()
    assert loaded_sources(come.experiment) == loaded_sources(run.experiment)
    assert pickle.loads(pickle.dumps(come)) == come


def test_private_state_goes_along(folder, forgotten):
    private = "    _note: str = ''\n"
    folder.write("my_parts.py", TASK + private)
    task = task_of(folder.read())
    task._note = "kept"
    sent = pickle.dumps(task)
    forgotten()
    assert pickle.loads(sent)._note == "kept"
    assert task.model_copy(deep=True)._note == "kept"


def test_an_edited_file_is_refused_by_another_process(folder, forgotten):
    sent = pickle.dumps(folder.read().runs[0])
    folder.write("my_parts.py", TASK + "\nx = 1\n")
    assert pickle.loads(sent).experiment.task.kind == "mine"  # it is in memory
    forgotten()
    with pytest.raises(FileError, match=r"my_parts\.py: has changed since the spec that names it"):
        pickle.loads(sent)


def test_a_run_whose_file_was_read_anew_is_not_trained_by_the_old_class(folder):
    run = folder.read().runs[0]
    folder.write("my_parts.py", TASK + "\nx = 1\n")
    folder.read()
    with pytest.raises(FileError, match="has changed since the spec that names it was read"):
        loaded_sources(run.experiment)


def test_worker_processes_train_kinds_of_a_file(folder, store):
    from grokspec.runner import train_runs
    from grokspec.runner.script import workers_know_kinds
    from grokspec.store.inventory import take_inventory

    runs = folder.read(SPEC + '[sweep]\nseed = 2\n[sweep.grid]\n"model.width" = [8, 10]\n').runs
    assert workers_know_kinds(runs)
    train_runs(runs, store, label="x", device="cpu", workers=2)
    look_again()
    assert not take_inventory(runs, store).to_train()
    folder.write("my_parts.py", TASK + "\ndef unrelated():\n    return 1\n")
    look_again()
    assert not take_inventory(runs, store).to_train()
    folder.write("my_parts.py", TASK + "\n    def late(self):\n        return 1\n")
    look_again()
    assert len(take_inventory(runs, store).to_train()) == len(runs)


@pytest.mark.usefixtures("kinds_as_before")
def test_a_script_may_name_its_own_kinds_in_parts(folder, monkeypatch):
    """Its class in ``__main__`` is then known to every spec, and that of the file to this one."""
    module = type(sys)("__main__")
    module.__file__ = str(folder.path / "my_parts.py")
    monkeypatch.setitem(sys.modules, "__main__", module)
    exec(TASK, vars(module))
    assert Task.alternatives["mine"] is module.Mine
    assert type(task_of(folder.read())) is not module.Mine


@pytest.mark.usefixtures("kinds_as_before")
def test_a_class_that_derives_from_a_kind_of_a_file_is_not_taken_for_it(folder, monkeypatch):
    kind = type(task_of(folder.read()))
    derived = type("Derived", (kind,), {"__module__": __name__, "__annotations__": {}})
    monkeypatch.setattr(sys.modules[__name__], "Derived", derived, raising=False)
    part = derived(inputs=6, train=20)
    assert type(pickle.loads(pickle.dumps(part))) is derived
