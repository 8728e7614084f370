"""`grokspec diff` where the terminal lacks its arrow: the exit code and the output are the same."""

import io
import sys
from pathlib import Path

import pytest

from grokspec.claims.checklist import Checklist, write_checklist
from grokspec.claims.record import JudgedClaim
from grokspec.cli import main
from grokspec.statistics.verdict import Verdict

CLAIM = JudgedClaim(
    test="claims/test_x.py::test_x",
    id="F1 \x1b[31m",
    sentence="It falls → 0.",
    source="§1",
    specs={},
    negative_controls=(),
    positive_controls=(),
    headline=False,
    expected="supported",
    verdict="supported",
)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8"])
@pytest.mark.parametrize(("verdict", "code"), [("supported", 0), ("refuted", 1)])
def test_what_the_terminal_lacks_changes_no_exit_code(
    tmp_path, monkeypatch, encoding, verdict, code
):
    monkeypatch.chdir(tmp_path)
    before, after = (Path(f"{name}.json") for name in "ab")
    write_checklist(Checklist([CLAIM]), before)
    write_checklist(Checklist([CLAIM.model_copy(update={"verdict": Verdict(verdict)})]), after)
    printed = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(printed, encoding))
    with pytest.raises(SystemExit) as ended:
        main(["diff", "a.json", "b.json", "--output", "d.md"])
    assert ended.value.code == code
    sys.stdout.flush()
    assert "a.json → b.json" in Path("d.md").read_text(encoding="utf-8")
    assert printed.getvalue()
    assert b"\x1b[31m" not in printed.getvalue()
