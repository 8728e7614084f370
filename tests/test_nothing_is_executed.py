"""Opening a spec, a store or a results file runs no code but grokspec's, unless the spec names it.

Python says what it compiles, imports, runs and opens (`sys.addaudithook`). The folder is full of
traps: Python files of any name that an import could take, and pickles in every kind of file that
is read. What is sprung leaves a mark.
"""

from __future__ import annotations

import ast
import pickle
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from archives import ABOUT
from executors import Inline
from experiments import WHOLE

import grokspec
from grokspec.runner import train_runs
from grokspec.spec import read_spec
from grokspec.store import Store
from grokspec.store.archive.project import Project
from grokspec.store.archive.selection import everything
from grokspec.store.archive.writing import write_archive

ROOT = Path(grokspec.__file__).parents[1]

AUDIT = """
import functools
import sys
import sysconfig
from pathlib import Path

FOLDERS = [sys.argv[1], *{sysconfig.get_path(n) for n in ("stdlib", "platstdlib", "purelib")}]
TRUSTED = (str(Path(__file__).resolve()), *(str(Path(folder).resolve()) for folder in FOLDERS))
NEVER = ("os.exec", "os.fork", "os.posix_spawn", "os.system", "subprocess.Popen")
seen = []


@functools.cache
def is_trusted(file):
    return file.startswith("<frozen") or str(Path(file).resolve()).startswith(TRUSTED)


def file_of(event, arguments):
    "The file that an event is about; empty if it is about a text."
    if event == "exec":
        return arguments[0].co_filename
    named = str(arguments[0] if event == "open" else arguments[1] or "")
    return named if event != "open" or named.endswith((".py", ".pyc", ".so")) else None


def is_dasks_own():
    "Whether dask, which xarray imports, unpickles what it has just pickled, to name it."
    return sys._getframe(2).f_code.co_filename.endswith("dask/tokenize.py")


def note(event, arguments):
    if event in NEVER or (event == "pickle.find_class" and not is_dasks_own()):
        seen.append((event, str(arguments[0])))
    if event not in ("compile", "exec", "import", "open"):
        return
    file = file_of(event, arguments)
    if file is not None and (not file or file.startswith("<")):
        file = sys._getframe(1).f_code.co_filename  # a text is trusted as the code that runs it
    if file is not None and not is_trusted(file):
        seen.append((event, file))


sys.addaudithook(note)
"""

OPEN = """
import warnings

warnings.simplefilter("ignore")
from grokspec.errors import GrokspecError
from grokspec.plan import make_plan
from grokspec.results import read_results
from grokspec.spec import read_spec
from grokspec.store import Store
from grokspec.store.inventory import take_inventory

refused = []
for file in sorted(Path("specs").rglob("*.toml")):
    try:
        spec = read_spec(file)
        for run in spec.runs[:1]:
            if hasattr(run.experiment, "task"):
                run.experiment.task.draw(0)
        make_plan(spec)
    except GrokspecError as error:
        refused.append((file.as_posix(), str(error)))
store = Store("store")
current = read_spec("specs/tiny/alpha.toml")
take_inventory(current.runs, store)
results = read_results(current, store).to_xarray()
assert results.sizes["record"] > 1
"""

REPORT = """
print([[*seen], refused])
"""


TRAPS = [
    f"specs/{name}{ending}.toml"
    for name in ("objects.npz", "raw.npz", "trap.npz", "trap.safetensors")
    for ending in ("", "-recorded")
]
"""Specs that name a file with pickles."""


class Trap:
    """What leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (self.mark,)


@dataclass
class Trapped:
    """A folder of specs, files and a store, with traps."""

    folder: Path

    @property
    def mark(self) -> Path:
        return self.folder / "sprung"

    @property
    def code(self) -> str:
        return f"open({str(self.mark)!r}, 'a').write(__name__)\n"

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def open(self, code: str = OPEN) -> tuple[list[tuple[str, str]], dict[str, str]]:
        """What ran that should not have, and what was refused; in a process of its own."""
        script = self.folder.parent / "elsewhere" / "audit.py"
        script.parent.mkdir(exist_ok=True)
        script.write_text(AUDIT + code + REPORT, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(script), str(ROOT / "grokspec")],
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "HOME": str(script.parent)},
        )
        assert done.returncode == 0, done.stderr
        seen, refused = ast.literal_eval(done.stdout.splitlines()[-1])
        return seen, dict(refused)


def data_of(task: str) -> str:
    return WHOLE.replace(WHOLE.split("[model]")[0], f"[task]\n{task}\n\n")


@pytest.fixture
def trapped(tmp_path) -> Trapped:
    trapped = Trapped(tmp_path / "project")
    specs = trapped.folder / "specs"
    shutil.copytree(ROOT / "specs", specs)
    tiny = WHOLE + '[sweep]\nseed = 2\n[sweep.grid]\n"model.alpha" = [1, 2]\n'
    spec = read_spec(trapped.write("specs/tiny/alpha.toml", tiny))
    store = Store(trapped.folder / "store")
    train_runs(spec.runs, store, label="x", device="cpu", workers=1, executor=Inline())

    trap = pickle.dumps(Trap(trapped.mark))
    for folder in {path.parent for path in specs.rglob("*.toml")} | {trapped.folder, specs}:
        here = folder.relative_to(trapped.folder).as_posix()
        for name in ("sitecustomize", "usercustomize", "conftest", "base", "__init__", "arrays"):
            trapped.write(f"{here}/{name}.py", trapped.code)
        for name in ("json", "numpy", "torch", "xarray", "pickle", "grokspec", "polynomial"):
            trapped.write(f"{here}/{name}.py", trapped.code)
    objects = np.array([Trap(trapped.mark)], dtype=object)
    np.savez(trapped.folder / "specs/objects.npz", inputs=objects, targets=objects)
    with zipfile.ZipFile(trapped.folder / "specs/raw.npz", "w") as archive:
        archive.writestr("inputs.npy", trap)
        archive.writestr("targets.npy", trap)
    for name in ("trap.npz", "trap.safetensors", "trap.npy"):
        trapped.write(f"specs/{name}", trap)
    for name in ("objects.npz", "raw.npz", "trap.npz", "trap.safetensors"):
        task = f'kind = "arrays"\nfile = "{name}"\ntrain = 1'
        trapped.write(f"specs/{name}.toml", data_of(task))
        recorded = f'[results]\nfiles = "{name}"\nquantities = {{ train_loss = "inputs" }}\n'
        trapped.write(f"specs/{name}-recorded.toml", recorded)
    whole = next(file for file in store.files())
    for name in ("trap", "0" * 64):
        (whole.parent / f"{name}{whole.suffix}").write_bytes(trap)
    return trapped


def test_opening_what_names_no_python_file_runs_nothing(trapped):
    seen, refused = trapped.open()
    assert not trapped.mark.exists()
    assert seen == []
    assert set(TRAPS) < set(refused)
    for name in refused.keys() - {*TRAPS}:
        assert name.endswith("base.toml") or "GROKSPEC_DATA" in refused[name], refused[name]


IMPORT = """
from grokspec.store import Store
from grokspec.store.archive.importing import import_archive, states
from grokspec.store.archive.opening import open_archive

refused = []
with open_archive(Path("x.zip")) as archive:
    found = states(archive, archive.entries())
    import_archive(archive, Store("theirs"), Path("review"))
assert [state.current for state in found] == [4]
assert Path("review/specs/tiny/conftest.py").exists()
"""


def test_importing_an_archive_runs_nothing_that_is_in_it(trapped):
    files = [*(trapped.folder / "specs" / "tiny").iterdir()]
    below = {path.relative_to(trapped.folder).as_posix(): path for path in files}
    results = everything(Store(trapped.folder / "store"))
    write_archive(trapped.folder / "x.zip", results, Project(below, {}), ABOUT)
    seen, _ = trapped.open(IMPORT)
    assert not trapped.mark.exists()
    assert seen == []


PARTS = """
import layers
from typing import Literal
from grokspec.tasks.polynomial import Polynomial

class Mine(Polynomial):
    kind: Literal["mine"] = "mine"
"""


def test_a_spec_that_names_a_file_runs_it_and_what_it_imports_beside_it_and_nothing_else(trapped):
    own = trapped.write("own/my_parts.py", trapped.code + PARTS)
    beside = trapped.write("own/layers.py", trapped.code)
    for name in ("other.py", "sitecustomize.py", "xarray.py"):
        trapped.write(f"own/{name}", trapped.code)
    trapped.write("own/x.toml", 'parts = ["my_parts.py"]\n' + WHOLE.replace("polynomial", "mine"))
    seen, _ = trapped.open(OPEN + "\nread_spec('own/x.toml')\n")
    assert {what for event, what in seen} == {str(own), str(beside)}
    assert {event for event, what in seen} >= {"compile", "exec"}
    assert trapped.mark.read_text().count("layers") == 1


@pytest.mark.parametrize(
    ("code", "event"),
    [
        ("sys.path.insert(0, 'specs'); import arrays", "exec"),
        ("exec(open('specs/base.py').read())", None),
        ("exec(compile(open('specs/base.py').read(), 'specs/base.py', 'exec'))", "compile"),
        (
            "import numpy; numpy.load('specs/objects.npz', allow_pickle=True)['inputs']",
            "pickle.find_class",
        ),
        ("import pickle; pickle.load(open('specs/trap.npz', 'rb'))", "pickle.find_class"),
        ("import os; os.system('true')", "os.system"),
    ],
)
def test_every_trap_can_be_sprung(trapped, code, event):
    seen, _ = trapped.open(f"refused = []\n{code}\n")
    assert event is None or event in {found for found, _ in seen}
    assert trapped.mark.exists() or event == "os.system"
