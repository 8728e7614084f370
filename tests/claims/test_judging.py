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


def test_the_verdict_and_the_outcomes_of_controls_are_read_back(claims):
    (record,) = judge([claims], "--controls").records()
    assert (record.id, record.verdict) == ("T01", "supported")
    assert [control.outcome for control in record.controls] == ["effective"]


def test_a_claim_with_an_unexpected_verdict_is_on_the_checklist(claims):
    (record,) = judge([claims], environment={"BASE": "4"}).records()
    assert record.unexpected


def test_where_no_claim_was_judged_the_error_has_the_end_of_pytests_output(claims):
    claims.write_text("import no_such_module")
    with pytest.raises(GrokspecError, match=r"judged no claim \(exit code 2\)[^$]*no_such_module"):
        judge([claims])
