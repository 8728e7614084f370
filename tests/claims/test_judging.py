"""Claims judged by pytest in a process of its own."""

import pytest

from grokspec.claims.judging import judge
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


def test_what_came_of_it_is_read_back_with_what_pytest_said(claims):
    judged = judge([claims], "--controls")
    (row,) = judged.checklist.rows()
    assert (row.id, row.verdict) == ("T01", "supported")
    assert [t.outcome for t in judged.checklist.trials(row)] == ["bites"]
    assert "2 passed" in judged.output


def test_a_claim_that_turned_is_on_the_checklist_too(claims):
    (row,) = judge([claims], environment={"BASE": "4"}).checklist.rows()
    assert row.turned


def test_where_no_claim_came_to_be_judged_the_end_of_what_pytest_said_is_told(claims):
    claims.write_text("import no_such_module")
    with pytest.raises(GrokspecError, match=r"judged no claim \(exit code 2\)[^$]*no_such_module"):
        judge([claims])
