"""A project with a claim that judges every mutant of a small file of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from claims_project import Project

CLAIM = """
from grokspec.measures import first_fall

@claim("P01", "§1, Fig. 1", spec="tiny/alpha", control=reversed_in_time())
def test_it_falls(results):
    "The loss falls at once."
    assert estimate(first_fall(results)).above(0)
"""

MUTANTS = """
[[mutant]]
id = "fall-reversed"
description = "A fall is a rise."
file = "measures/losses.py"
old = "return over(first - second, first)"
new = "return over(second - first, first)"
claims = ["test_it_falls"]

[[mutant]]
id = "uphill"
description = "Training goes uphill."
file = "optimizers/base.py"
old = "rate = self.learning_rate"
new = "rate = -self.learning_rate"

[[mutant]]
id = "renamed"
description = "A name is another."
file = "measures/base.py"
old = "NaN for a run whose loss is not finite throughout."
new = "NaN for a run whose loss is not finite throughout. So it is."

[[mutant]]
id = "crashing"
description = "A measure cannot be computed."
file = "measures/losses.py"
old = "return over(first - second, first)"
new = 'return over(first - second, first).max("no such dimension")'

[[mutant]]
id = "unimportable"
description = "The program cannot be imported."
file = "statistics/verdict.py"
old = "class Verdict(str, Enum):"
new = "class Verdict(str, Enumm):"
"""


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose store has all results; its claims are in order."""
    made = Project(tmp_path_factory.mktemp("project"))
    made.claims(CLAIM)
    made.train("tiny/alpha")
    return made


@pytest.fixture(scope="session")
def file(project: Project) -> Path:
    """A file of mutants, at least one of each status."""
    path = project.folder / "mutants.toml"
    path.write_text(MUTANTS)
    return path
