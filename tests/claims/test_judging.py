"""Claims judged by pytest in a process of its own."""

import pytest

from grokspec.claims.judging import checklist_of
from grokspec.errors import GrokspecError

CLAIMS = """
import os
import xarray
from grokspec.claims import claim
from grokspec.claims.controls import instead
from grokspec.statistics import agreement

@claim("T01", "Eq. 1", given=2, control=instead("a third power", 3))
def test_square(given):
    "A square is a product."
    base = float(os.environ.get("BASE", "3"))
    assert agreement(xarray.DataArray(base**given), xarray.DataArray(9.0), rtol=1e-12)
"""


@pytest.fixture
def claims(tmp_path):
    path = tmp_path / "test_square.py"
    path.write_text(CLAIMS)
    return path


def test_the_verdict_and_the_outcomes_of_controls_are_read_back(claims):
    (record,) = checklist_of([claims], "--controls").records()
    assert (record.id, record.verdict) == ("T01", "supported")
    assert [control.outcome for control in record.controls] == ["effective"]


SECOND = """
@claim("T02", "Eq. 2", given=3, expected="refuted", positive_control=instead("a square", 2))
def test_cube(given):
    "A cube is a product."
    assert agreement(xarray.DataArray(3.0**given), xarray.DataArray(9.0), rtol=1e-12)
"""


@pytest.mark.parametrize(
    "lines",
    [
        [
            "addopts = --strict-config --strict-markers --lf --lfnf=none --stepwise -x --co -q "
            "-n 1 --dist=each",
            "cache_dir = .cache/pytest",
            "filterwarnings = error",
        ],
        [
            "addopts = --strict-config -p no:cacheprovider -p no:xdist -p no:terminal --setup-plan "
            "--pdb --ff --maxfail=1 -W error",
        ],
    ],
    ids=["options", "without plugins"],
)
def test_claims_are_all_judged_however_the_project_has_configured_pytest(claims, lines):
    claims.write_text(CLAIMS + SECOND)
    configuration = claims.with_name("pytest.ini")
    configuration.write_text("\n".join(["[pytest]", *lines]))
    before = {path.name for path in claims.parent.iterdir()}
    options = ["--controls", *(["-n0"] if "no:xdist" in lines[0] else [])]
    records = checklist_of([claims], *options, environment={"BASE": "4"}).records()
    assert [(r.id, r.unexpected, len(r.controls)) for r in records] == [
        ("T01", True, 1),
        ("T02", False, 1),
    ]
    assert {path.name for path in claims.parent.iterdir()} - before <= {"__pycache__"}


LISTING = """
import sys
from pathlib import Path

def pytest_unconfigure(config):
    Path(__file__).with_name("modules").write_text("\\n".join(sys.modules))
"""


def test_what_claims_do_not_use_is_not_loaded_for_the_summary_either(claims):
    claims.with_name("conftest.py").write_text(LISTING)
    checklist_of([claims])
    modules = claims.with_name("modules").read_text().split()
    assert "_hypothesis_pytestplugin" in modules
    assert "hypothesis" not in modules


def test_where_no_claim_was_judged_the_error_has_the_end_of_pytests_output(claims):
    claims.write_text("import no_such_module")
    with pytest.raises(GrokspecError, match=r"judged no claim \(exit code 2\)[^$]*no_such_module"):
        checklist_of([claims])
