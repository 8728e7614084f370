"""A small project with specs and claims, for tests that run pytest on it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from grokspec.runner import train_runs
from grokspec.spec import read_spec
from grokspec.store import Store, open_store

OUTSIDE = Path(__file__).parent / "outside"
"""Has the engine "patient", which sleeps instead of training, and fails at some widths."""

WITHOUT_OTHERS = ["-p", "no:benchmark", "-p", "no:hypothesispytest", "-p", "no:jaxtyping"]
"""Loading other plugins takes longer than everything else."""

BASE = """
[task]
kind = "polynomial"
inputs = 6
train = 20
test = 10
[model]
kind = "committee"
width = 12
epsilon = 0.25
[optimizer]
kind = "gradient_descent"
learning_rate = 0.5
rate_over_alpha_squared = true
rate_times_width = true
[training]
steps = 60
[record]
steps = { log = 4 }
probes = ["loss", "baseline"]
[sweep]
seed = 6
"""

SPECS = {
    "tiny/base": BASE,
    "tiny/alpha": 'extends = "base.toml"\n[sweep.grid]\n"model.alpha" = [1.0, 4.0]\n',
    "tiny/epsilon": 'extends = "base.toml"\n[sweep.grid]\n"model.epsilon" = [0.25, 1.0]\n',
}

HEAD = """
import pytest
from grokspec.claims import Control, claim
from grokspec.claims.controls import held, instead, permuted, retrained, reversed_in_time
from grokspec.statistics import agreement, estimate, trend

def fall(results):
    loss = results["train_loss"]
    named = loss.assign_attrs(long_name="train loss", units="")
    return (named.isel(record=-1) / named.isel(record=0)).assign_attrs(long_name="loss left")
"""


class Project:
    """Specs and claims in a folder, and pytest run on them."""

    def __init__(self, folder: Path, pytester: pytest.Pytester | None = None) -> None:
        self.folder = folder
        self.store_folder = folder / "store"
        self._pytester = pytester
        self.configure()
        for name, text in SPECS.items():
            self.spec(name, text)

    @property
    def store(self) -> Store:
        """The store that the project's pytest runs use."""
        return open_store(self.store_folder)

    def configure(self, *lines: str) -> None:
        """Write pytest's configuration."""
        (self.folder / "pytest.ini").write_text("\n".join(["[pytest]", *lines]))

    def spec(self, name: str, text: str) -> None:
        """Write a spec file."""
        path = self.folder / "specs" / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def claims(self, text: str, name: str = "test_tiny") -> Path:
        """Write a file of claims."""
        path = self.folder / "claims" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(HEAD + textwrap.dedent(text))
        return path

    def run(self, *options: str) -> pytest.RunResult:
        """Run pytest in this process, which trains, too: it has torch loaded already."""
        assert self._pytester is not None
        return self._pytester.runpytest_inprocess(*self.arguments("--grokspec-workers=0", *options))

    def train(self, *specs: str) -> None:
        """Train specs in this process."""
        for name in specs:
            read = read_spec(self.folder / "specs" / f"{name}.toml")
            train_runs(read.runs, self.store, workers=0)

    def run_apart(self, *options: str, **environment: str) -> Finished:
        """Run pytest in a process of its own, which pytest-xdist needs."""
        process = self.start(*options, **environment)
        output, _ = process.communicate(timeout=120)
        return Finished(process.returncode, output)

    def start(
        self, *options: str, stdout: int = subprocess.PIPE, **environment: str
    ) -> subprocess.Popen[str]:
        """Start pytest as the leader of a group of processes."""
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", *self.arguments(*options)],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": python_path(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.STDOUT if stdout == subprocess.PIPE else stdout,
            text=True,
            start_new_session=True,
        )

    def arguments(self, *options: str) -> list[str]:
        """The command line of pytest, on all claims if none are named."""
        where = [] if any("claims" in option for option in options) else ["claims"]
        store = f"--grokspec-store={self.store_folder}"  # with "=", or it would move the rootdir
        return [*WITHOUT_OTHERS, store, *where, *options]


def python_path() -> str:
    """Where Python looks for modules: with the engine from outside before all else."""
    return os.pathsep.join(filter(None, [str(OUTSIDE), os.environ.get("PYTHONPATH")]))


class Finished:
    """The exit code and the output of pytest in a process of its own."""

    def __init__(self, ret: int, output: str) -> None:
        self.ret = ret
        self.output = output
        self.stdout = pytest.LineMatcher(output.splitlines())
