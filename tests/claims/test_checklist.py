import json
import math
from dataclasses import replace

import pytest

from grokspec.claims.checklist import Checklist, Row, Trial
from grokspec.claims.claim import claim
from grokspec.claims.controls import permuted
from grokspec.errors import GrokspecError
from grokspec.statistics.finding import Finding
from grokspec.statistics.verdict import Verdict


def row(id="P06", verdict=Verdict.SUPPORTED, recorded="supported", headline=False, **changes):
    """A row as a claim's test would make it."""

    def test(results):
        """It does."""

    fields = {"measured": 0.83, "interval": (0.7, 0.95), "n": 8, "p_value": 0.01, **changes}
    made = claim(
        id,
        "Fig. 3a",
        spec="polynomial/alpha",
        verdict=recorded,
        control=permuted("alpha"),
        headline=headline,
    )(test)
    finding = Finding(verdict, "delay: median 0.83", unit="decades", **fields) if verdict else None
    return Row.of(made.pytestmark[0].args[0], f"claims/test_x.py::test_{id}", finding)


def checklist(*rows, trials=()):
    made = Checklist()
    for told in (*rows, *trials):
        made.hear(told.properties())
    return made


def text(made, width=100):
    return "\n".join(line for line, _ in made.lines(width))


# What is gathered


def test_a_row_survives_as_test_properties():
    (heard,) = checklist(row()).rows()
    assert replace(heard, q=None) == row()


def test_other_tests_properties_are_passed_over():
    made = Checklist()
    made.hear([("worker", "gw0"), ("verdict", "supported")])
    assert not made


def test_claims_that_are_expected_and_never_heard_of_are_not_run():
    made = Checklist()
    made.expect([row(verdict=None), row("P07", verdict=None)])
    made.hear(row().properties())
    assert [r.verdict for r in made.rows()] == ["supported", "not run"]
    assert made.rows()[1].statement == "not reached"


def test_what_was_heard_is_not_forgotten_for_what_was_expected():
    made = checklist(row())
    made.expect([row(verdict=None)])
    assert made.rows()[0].verdict == "supported"


def test_headlines_come_first_and_then_ids_in_their_natural_order():
    made = checklist(row("P10"), row("P2"), row("C02", headline=True), row("E01"))
    assert [r.id for r in made.rows()] == ["C02", "E01", "P2", "P10"]


def test_p_values_are_adjusted_over_the_whole_checklist():
    made = checklist(row("a", p_value=0.01), row("b", p_value=0.04), row("c", p_value=None))
    assert [r.q for r in made.rows()] == [pytest.approx(0.02), pytest.approx(0.04), None]


@pytest.mark.parametrize(
    ("verdict", "recorded", "turned"),
    [
        (Verdict.SUPPORTED, "supported", False),
        (Verdict.REFUTED, "refuted", False),
        (Verdict.REFUTED, "supported", True),
        (Verdict.SUPPORTED, "refuted", True),
        (Verdict.INCONCLUSIVE, "supported", True),
        (None, "supported", False),
    ],
)
def test_a_claim_has_turned_if_a_verdict_was_reached_that_is_not_on_record(
    verdict, recorded, turned
):
    assert row(verdict=verdict, recorded=recorded).turned is turned


# On the terminal


def test_a_line_tells_verdict_id_sentence_and_place_and_what_was_measured_is_below():
    lines = text(checklist(row())).splitlines()
    assert lines[0] == "✓ SUPPORTED  P06  It does. (Fig. 3a)"
    assert lines[1].strip() == "delay: median 0.83 (p = 0.01, q = 0.01)"


def test_columns_line_up():
    lines = text(checklist(row("P06"), row("headline7", Verdict.INCONCLUSIVE))).splitlines()
    assert len({line.index("It does.") for line in lines if "It does." in line}) == 1


def test_lines_keep_to_the_width_of_the_terminal():
    assert max(map(len, text(checklist(row()), width=60).splitlines())) <= 60


def test_a_claim_that_turned_is_marked_and_named_at_the_end():
    made = checklist(row(), row("P07", Verdict.REFUTED))
    assert "TURNED: on record SUPPORTED" in text(made)
    assert "turned from the verdict on record: P07" in text(made)
    assert "red" in {color for line, color in made.lines(100) if "P07" in line}


def test_verdicts_are_counted():
    rows = [row("a"), row("b"), row("c", Verdict.REFUTED, "refuted"), row("d", verdict=None)]
    assert "4 claims: 2 supported, 1 refuted, 1 not run" in text(checklist(*rows))


def test_it_says_so_if_every_verdict_is_the_one_on_record():
    made = checklist(row("a"), row("b", Verdict.REFUTED, "refuted"))
    assert "every verdict is the one on record" in text(made)
    assert "every verdict is the one on record" not in text(checklist(row(verdict=None)))


def test_a_control_that_bites_is_told():
    trial = Trial(row().test, "alpha permuted across runs", "supported", "refuted")
    told = text(checklist(row(), trials=[trial]))
    assert "control, alpha permuted across runs: the claim is then refuted" in told


def test_a_control_that_passes_makes_the_claim_toothless():
    trial = Trial(row().test, "alpha permuted across runs", "supported", "supported")
    told = text(checklist(row(), trials=[trial]))
    assert "TOOTHLESS, the claim is then supported" in told
    assert "toothless, for a control does not turn them: P06" in told


def test_a_refuted_claim_bites_if_its_counter_experiment_supports_it():
    trial = Trial(row().test, "the other sign", "refuted", "supported")
    told = text(checklist(row(verdict=Verdict.REFUTED, recorded="refuted"), trials=[trial]))
    assert "counter-experiment, the other sign: the claim is then supported" in told
    assert "toothless" not in told.lower()


@pytest.mark.parametrize("verdict", ["refuted", "inconclusive"])
def test_a_refuted_claim_that_nothing_supports_is_toothless(verdict):
    trial = Trial(row().test, "the other sign", "refuted", verdict)
    told = text(checklist(row(verdict=Verdict.REFUTED, recorded="refuted"), trials=[trial]))
    assert f"counter-experiment, the other sign: TOOTHLESS, the claim is then {verdict}" in told


# As JSON


def objects(made):
    def refuse(constant):
        raise ValueError(constant)

    return json.loads(made.as_json(), parse_constant=refuse)


def test_an_object_has_what_is_known_of_a_claim():
    (told,) = objects(checklist(row()))
    assert (
        told
        | {
            "id": "P06",
            "claim": "It does.",
            "source": "Fig. 3a",
            "spec": "polynomial/alpha",
            "verdict": "supported",
            "recorded": "supported",
            "measured": 0.83,
            "unit": "decades",
            "n": 8,
            "interval": [0.7, 0.95],
            "p": 0.01,
            "q": 0.01,
            "control": "alpha permuted across runs",
            "counter": None,
            "controls": [],
            "turned": False,
            "test": "claims/test_x.py::test_P06",
        }
        == told
    )


def test_what_was_not_measured_is_null():
    (told,) = objects(checklist(row(verdict=None)))
    assert (told["verdict"], told["measured"], told["interval"], told["n"]) == (
        "not run",
        None,
        None,
        None,
    )


def test_infinities_and_nan_are_strings_so_that_the_json_is_strict():
    made = checklist(row(measured=math.nan, interval=(-math.inf, math.inf)))
    (told,) = objects(made)
    assert (told["measured"], told["interval"]) == ("nan", ["-inf", "inf"])


def test_controls_are_told_with_how_they_came_out():
    verdicts = {"one": "refuted", "two": "supported", "three": "not run"}
    trials = [Trial(row().test, name, "supported", verdict) for name, verdict in verdicts.items()]
    (told,) = objects(checklist(row(), trials=trials))
    assert [c["outcome"] for c in told["controls"]] == ["bites", "toothless", "not run"]


def test_the_file_is_written_whole_with_its_folder(tmp_path):
    checklist(row()).write(tmp_path / "new" / "checklist.json")
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["checklist.json"]
    assert json.loads((tmp_path / "new" / "checklist.json").read_text())[0]["id"] == "P06"


def test_a_file_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(GrokspecError, match="the checklist could not be written"):
        checklist(row()).write(tmp_path / "file" / "checklist.json")


# Many claims


def test_supported_claims_are_said_to_remain_so_for_their_number():
    assert "what is supported is so at a false discovery rate of 5%" in text(checklist(row()))


def test_a_claim_supported_by_itself_but_not_among_many_is_named():
    many = [row(f"Q{i}", Verdict.REFUTED, "refuted", p_value=1.0) for i in range(9)]
    said = text(checklist(row("P01", p_value=1e-4), row("P02", p_value=0.02), *many))
    assert "supported, but not at a false discovery rate of 5%: P02" in said


def test_a_checklist_without_chances_says_nothing_of_discoveries():
    assert "discovery" not in text(checklist(row(p_value=None)))


# Read back


def test_what_was_written_is_read_back_as_it_was(tmp_path):
    made = checklist(
        row("P02", measured=math.nan, interval=(-math.inf, math.inf)),
        row("P10", verdict=None),
        trials=[Trial(row("P02").test, "time reversed", "supported", "refuted")],
    )
    made.write(tmp_path / "checklist.json")
    assert Checklist.read(tmp_path / "checklist.json").as_json() == made.as_json()


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"id": "P01"}]', '{"a": '])
def test_what_is_no_checklist_is_told(tmp_path, text):
    (tmp_path / "list.json").write_text(text)
    with pytest.raises(GrokspecError, match=r"list\.json is not a checklist that could be read"):
        Checklist.read(tmp_path / "list.json")
