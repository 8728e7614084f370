"""What all tests share: shape annotations are checked, and one thread is enough."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import shape_checks  # noqa: F401  (before anything that it checks is imported)

if TYPE_CHECKING:
    from grokspec.store import Store

os.environ.setdefault("OMP_NUM_THREADS", "1")

pytest_plugins = ["pytester"]  # pytest within pytest, for the plugin's own tests


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store of the test's own, with nothing in it."""
    from grokspec.store import Store

    return Store(tmp_path / "store")
