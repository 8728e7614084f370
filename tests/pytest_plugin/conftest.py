"""Projects with claims, and a store with the results of their specs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import pytest
from claims_project import SPECS, Project

from grokspec.runner import train_runs
from grokspec.spec import read_spec

# A test that runs pytest in this process forgets the modules that the run has loaded, and numpy
# and torch cannot be loaded twice, nor urllib3 be mixed with itself.
for module in (
    "torch",
    "requests",
    "matplotlib.backends.backend_svg",
    "matplotlib.figure",
    "grokspec.results.dataset",
    "grokspec.runner.training",
    "grokspec.statistics",
):
    import_module(module)


@pytest.fixture
def cold(pytester: pytest.Pytester) -> Project:
    """A project without any results."""
    return Project(pytester.path, pytester)


@pytest.fixture
def warm(cold: Project, full_store: Path) -> Project:
    """A project with all results."""
    cold.store_folder = full_store
    return cold


@pytest.fixture(scope="session")
def full_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the results of every spec; not to be written to."""
    project = Project(tmp_path_factory.mktemp("full"))
    with ThreadPoolExecutor(1) as here:
        for name in SPECS:
            plan = read_spec(project.folder / "specs" / f"{name}.toml")
            train_runs(plan, project.store, executor=here)
    return project.store_folder


class Here(ThreadPoolExecutor):
    """Trains in this process, which has torch loaded already."""

    def __init__(self, count: int) -> None:
        super().__init__(1)

    def kill(self) -> None:
        """Finish what is being trained: a thread cannot be killed."""
        self.shutdown()


@pytest.fixture
def trained_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have pytest runs in this process train in it, which saves seconds."""
    monkeypatch.setattr("grokspec.runner.run.LocalProcesses", Here)
