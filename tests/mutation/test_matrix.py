import pytest

from grokspec.errors import GrokspecError
from grokspec.mutation.matrix import (
    Kill,
    KillMatrix,
    MutantOutcome,
    killed_by_claim,
    matrix_as_json,
    matrix_as_markdown,
    read_matrix,
)

KILL = Kill(id="P06", test="claims/test_x.py::test_y", verdict="refuted", expected="supported")


FOUND = [("kumar2024", "P06"), ("levi2023", "P06"), ("kumar2024", "P07"), ("kumar2024", "P06")]


def outcome(status, **fields):
    return MutantOutcome(
        id=f"is-{status}",
        description="A | b.",
        file="c.py",
        status=status,
        killed_by=(KILL,) if status == "killed" else (),
        seconds=2.0,
        **fields,
    )


MATRIX = KillMatrix(
    mutants=(
        outcome("killed"),
        outcome("survived"),
        outcome("error", errors=("claims/test_x.py::test_y",)),
        outcome("equivalent", equivalent="It is the same."),
    )
)


def test_what_is_written_as_json_is_read_back(tmp_path):
    path = tmp_path / "kills.json"
    path.write_text(matrix_as_json(MATRIX), encoding="utf-8")
    assert read_matrix(path) == MATRIX


def test_the_summary_counts_what_was_killed_of_what_could_be():
    assert MATRIX.summary == "1 of 3 mutants killed (33%), 1 with errors, 1 survived, 1 equivalent"
    one = KillMatrix(mutants=(outcome("equivalent", equivalent="So."),))
    assert one.summary == "0 of 0 mutants killed, 1 equivalent"


def test_the_markdown_has_a_line_for_each_mutant_and_the_summary():
    lines = matrix_as_markdown(MATRIX).splitlines()
    assert lines[2] == "| is-killed | A \\| b. | `c.py` | P06 | 2 |"
    assert lines[3].endswith("| **survived** | 2 |")
    assert lines[5].endswith("| equivalent: It is the same. | 2 |")
    assert lines[-1] == f"{MATRIX.summary}."


def test_the_claims_that_killed_it_are_below_their_packs():
    killers = [KILL.model_copy(update={"pack": pack, "id": id}) for pack, id in FOUND]
    one = outcome("killed").model_copy(update={"killed_by": tuple(killers)})
    assert one.killers == "kumar2024 P06, P07; levi2023 P06"


def test_only_mutants_that_go_unnoticed_without_a_reason_show_a_hole():
    assert [one.shows_a_hole for one in MATRIX.mutants] == [False, True, True, False]


def test_each_claim_has_the_mutants_that_it_killed():
    assert killed_by_claim(MATRIX) == {KILL.test: [MATRIX.mutants[0]]}


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"id": "a"}]', '[{"status": "x"}]'])
def test_a_file_that_is_no_kill_matrix_is_an_error(tmp_path, text):
    path = tmp_path / "kills.json"
    path.write_text(text)
    with pytest.raises(GrokspecError, match=r"is not a kill matrix .*grokspec mutants --output"):
        read_matrix(path)
