import pytest

from grokspec.errors import GrokspecError
from grokspec.mutation.matrix import Kill
from grokspec.mutation.rule_matrix import (
    RuleMatrix,
    RuleOutcome,
    read_rule_matrix,
    rule_matrix_as_json,
    rule_matrix_as_markdown,
)

KILL = Kill(id="P06", test="claims/test_x.py::test_y", verdict="refuted", expected="supported")


def outcome(number, status, rule="sign", **fields):
    return RuleOutcome(
        id=f"room/m/f/{rule}-{number}",
        description="- → + in a - b | c",
        file="room/m.py",
        line=number,
        rule=rule,
        status=status,
        **fields,
    )


MATRIX = RuleMatrix(
    mutants=(
        outcome(1, "killed", claim=KILL),
        outcome(2, "killed", test="tests/test_m.py::test_z"),
        outcome(3, "survived", reached=4),
        outcome(1, "error", rule="index", reason="does not end"),
        outcome(2, "equivalent", rule="index", equivalent="It is the same."),
    )
)


def test_the_summary_counts_what_can_be_killed():
    assert MATRIX.summary == (
        "2 of 4 mutants killed (50%; 1 by a claim), 1 with errors, 1 survived, 1 equivalent"
    )
    assert MATRIX.share_killed == 0.5


def test_there_is_a_line_for_each_rule_of_a_room_and_one_for_what_is_left():
    lines = rule_matrix_as_markdown(MATRIX).splitlines()
    assert lines[2:5] == [
        "| room | index | 2 | 0 | 0 | 1 | 1 | 0% |",
        "| room | sign | 3 | 1 | 1 | 0 | 1 | 67% |",
        "| **room** | **all** | 5 | 1 | 1 | 1 | 2 | 50% |",
    ]
    assert lines[-2:] == [
        "| - → + in a - b \\| c | `room/m/f/sign-3` | survived |",
        "| - → + in a - b \\| c | `room/m/f/index-1` | error: does not end |",
    ]


def test_what_is_written_as_json_is_read_back(tmp_path):
    path = tmp_path / "by-rule.json"
    path.write_text(rule_matrix_as_json(MATRIX))
    assert read_rule_matrix(path) == MATRIX


def test_a_file_that_is_none_is_an_error(tmp_path):
    path = tmp_path / "by-rule.json"
    path.write_text("[1]")
    with pytest.raises(GrokspecError, match="matrix of mutants by rule"):
        read_rule_matrix(path)
