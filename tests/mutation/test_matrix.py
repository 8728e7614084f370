import pytest

from grokspec.errors import GrokspecError
from grokspec.mutation.matrix import KillTable, Tried, Turned, caught_by

TURNED = Turned("P06", "claims/test_x.py::test_y", "refuted", "supported")


def tried(outcome, **fields):
    turned = (TURNED,) if outcome == "caught" else ()
    told = {"id": f"is-{outcome}", "says": "A | b.", "file": "c.py", "seconds": 2.0, **fields}
    return Tried(outcome=outcome, caught_by=turned, **told)


TABLE = KillTable(
    (
        tried("caught"),
        tried("survived"),
        tried("broken", broken=("claims/test_x.py::test_y",)),
        tried("explained", explained="It is the same."),
    )
)


def test_what_is_written_as_json_is_read_back(tmp_path):
    path = tmp_path / "kills.json"
    path.write_text(TABLE.as_json(), encoding="utf-8")
    assert KillTable.read(path) == TABLE


def test_the_summary_counts_what_was_caught_of_what_could_be():
    assert TABLE.summary == "1 of 3 caught (33%), 1 broken, 1 survived, 1 explained"
    assert KillTable((tried("explained", explained="So."),)).summary == "0 of 0 caught, 1 explained"


def test_the_markdown_has_a_line_for_each_fault_and_the_summary():
    lines = TABLE.as_markdown().splitlines()
    assert lines[2] == "| is-caught | A \\| b. | `c.py` | P06 | 2 |"
    assert lines[3].endswith("| **survived** | 2 |")
    assert lines[5].endswith("| explained: It is the same. | 2 |")
    assert lines[-1] == f"{TABLE.summary}."


def test_only_faults_that_go_unnoticed_without_a_reason_count_as_failed():
    assert [one.failed for one in TABLE.faults] == [False, True, True, False]


def test_each_claim_has_the_faults_that_it_caught():
    assert caught_by(TABLE) == {TURNED.test: ["is-caught"]}


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"id": "a"}]', '[{"outcome": "x"}]'])
def test_a_file_that_is_no_kill_table_is_told(tmp_path, text):
    path = tmp_path / "kills.json"
    path.write_text(text)
    with pytest.raises(GrokspecError, match=r"is not a kill table .*grokspec mutants --output"):
        KillTable.read(path)
