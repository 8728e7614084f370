"""Projects with claims, and a store with the results of their specs."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from pkgutil import walk_packages

import pytest
from claims_project import SPECS, Project

import grokspec

# A test that runs pytest in this process forgets the modules that the run has loaded. Numpy and
# torch cannot be loaded twice, urllib3 cannot be mixed with itself, and all others take time.
# The backport of importlib.metadata, which dask loads, takes over the search for plugins.
OTHERS = ["requests", "matplotlib.backends.backend_svg", "matplotlib.figure", "torch._dynamo"]
OTHERS += ["importlib_metadata"] if find_spec("importlib_metadata") else []
for module in (*OTHERS, *(m.name for m in walk_packages(grokspec.__path__, "grokspec."))):
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
    project.train(*SPECS)
    return project.store_folder
