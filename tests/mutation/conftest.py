"""A project with a claim that every fault of a small file of faults is tried on."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from claims_project import Project

from grokspec.runner import train_runs
from grokspec.spec import read_spec

CLAIM = """
from grokspec.measures import first_fall

@claim("P01", "§1, Fig. 1", spec="tiny/alpha", control=reversed_in_time())
def test_it_falls(results):
    "The loss falls at once."
    assert estimate(first_fall(results)).above(0)
"""

FAULTS = """
[[fault]]
id = "fall-reversed"
says = "A fall is a rise."
file = "measures/curves.py"
old = 'return -loss.diff("record")'
new = 'return loss.diff("record")'
claims = ["test_it_falls"]

[[fault]]
id = "uphill"
says = "Training goes uphill."
file = "optimizers/base.py"
old = "rate = self.learning_rate"
new = "rate = -self.learning_rate"

[[fault]]
id = "renamed"
says = "A name is another."
file = "measures/base.py"
old = "differs from nothing"
new = "differs from nothing at all"

[[fault]]
id = "crashing"
says = "A measure cannot be computed."
file = "measures/curves.py"
old = 'return -loss.diff("record")'
new = 'return -loss.diff("no such dimension")'
"""


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose store has all results; its claims are in order."""
    made = Project(tmp_path_factory.mktemp("project"))
    made.claims(CLAIM)
    with ThreadPoolExecutor(1) as here:
        plan = read_spec(made.folder / "specs" / "tiny" / "alpha.toml")
        train_runs(plan, made.store, executor=here)
    return made


@pytest.fixture(scope="session")
def file(project: Project) -> Path:
    """A file of faults, one of each outcome."""
    old = "NaN for a run whose loss is not finite throughout."
    text = FAULTS.replace("differs from nothing at all", f"{old} So it is.")
    path = project.folder / "faults.toml"
    path.write_text(text.replace("differs from nothing", old))
    return path
