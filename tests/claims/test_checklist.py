import contextlib
import json
import math
import os

import pytest
from well_formed import read

from grokspec.claims.checklist import Checklist, read_checklist, write_checklist
from grokspec.claims.claim import claim
from grokspec.claims.controls import permuted
from grokspec.claims.packs import Pack, Paper
from grokspec.claims.record import ControlOutcome, JudgedClaim, judged_by, record_of
from grokspec.claims.summary import lines
from grokspec.errors import GrokspecError
from grokspec.regression.changes import compare
from grokspec.regression.rendering import changes_as_json, changes_as_markdown
from grokspec.statistics.evidence import Cell, Intervals
from grokspec.statistics.finding import Finding
from grokspec.statistics.verdict import Verdict


def judged(
    id="P06",
    verdict: Verdict | None = Verdict.SUPPORTED,
    expected="supported",
    headline=False,
    **changes,
):
    """The record of a claim, made as the plugin makes it; of one that was not run for None."""

    def test(results):
        """It does."""

    made = claim(
        id,
        "Fig. 3a",
        spec="polynomial/alpha",
        expected=expected,
        control=permuted("alpha"),
        headline=headline,
    )(test)
    specs = {"polynomial/alpha": "specs/polynomial/alpha.toml"}
    record = record_of(made.pytestmark[0].args[0], f"claims/test_x.py::test_{id}", specs)
    if verdict is None:
        return record
    fields = {"measured": 0.83, "interval": (0.7, 0.95), "n": 8, "p_value": 0.01, **changes}
    return judged_by(Finding(verdict, "delay: median 0.83", unit="decades", **fields), record)


def under_control(verdict, control="alpha permuted across runs", expected="supported"):
    return ControlOutcome(test=judged().test, control=control, expected=expected, verdict=verdict)


UNTRAINED = under_control(Verdict.NOT_RUN, "trained with x = 1").model_copy(
    update={"recorded_elsewhere": True}
)


def checklist(*records):
    made = Checklist()
    for record in records:
        made.enter(record)
    return made


def shown(made, width=100):
    return "\n".join(line for line, _ in lines(made.records(), width))


def written(made, folder):
    """The objects of the file, which is strict JSON."""

    def refuse(constant):
        raise ValueError(constant)

    write_checklist(made, folder / "checklist.json")
    return json.loads((folder / "checklist.json").read_text(), parse_constant=refuse)


# The record of a claim


@pytest.mark.parametrize(
    "record",
    [
        judged(),
        judged(verdict=None),
        judged(headline="Training trains", p_value=None),
        judged(measured=math.inf, interval=(-math.inf, math.inf)),
        judged().model_copy(update={"controls": (under_control("refuted"),), "q": 0.5}),
    ],
    ids=["judged", "not run", "on theory", "infinite", "with controls"],
)
def test_a_record_survives_as_json(record):
    text = record.model_dump_json()
    assert JudgedClaim.model_validate_json(text) == record
    json.loads(text, parse_constant=pytest.fail)


def test_a_record_with_nan_survives_as_json():
    evidence = Intervals(
        "delay",
        "decades",
        "above 0",
        (0, math.inf),
        "seed",
        0.95,
        (Cell("", (math.nan,), math.nan, (-math.inf, math.inf), Verdict.INCONCLUSIVE, 0.0),),
    )
    record = judged(measured=math.nan, p_value=math.nan, evidence=(evidence,))
    read = JudgedClaim.model_validate_json(record.model_dump_json())
    assert repr(read) == repr(record)
    assert math.isnan(read.measured)
    assert math.isnan(read.effects[0].measured)
    assert read.effects[0].interval == (-math.inf, math.inf)


def test_a_finding_without_evidence_has_one_effect_of_what_was_measured():
    (effect,) = judged().effects
    assert (effect.measured, effect.interval, effect.unit) == (0.83, (0.7, 0.95), "decades")


@pytest.mark.parametrize(
    ("verdict", "expected", "unexpected"),
    [
        (Verdict.SUPPORTED, "supported", False),
        (Verdict.REFUTED, "refuted", False),
        (Verdict.REFUTED, "supported", True),
        (Verdict.SUPPORTED, "refuted", True),
        (Verdict.INCONCLUSIVE, "supported", True),
        (None, "supported", False),
    ],
)
def test_a_verdict_is_unexpected_if_there_is_one_and_it_is_not_the_expected_one(
    verdict, expected, unexpected
):
    assert judged(verdict=verdict, expected=expected).unexpected is unexpected


# What is gathered


def test_claims_that_are_expected_and_never_judged_are_not_run():
    made = Checklist()
    made.expect([judged(verdict=None), judged("P07", verdict=None)])
    made.enter(judged())
    assert [r.verdict for r in made.records()] == ["supported", "not run"]
    assert made.records()[1].statement == "not reached"


def test_a_record_is_not_replaced_by_an_expected_one():
    made = checklist(judged())
    made.expect([judged(verdict=None)])
    assert made.records()[0].verdict == "supported"


def test_an_outcome_of_a_control_alone_makes_no_claim():
    assert not checklist(under_control("refuted"))


def test_headlines_come_first_and_then_ids_in_their_natural_order():
    made = checklist(judged("P10"), judged("P2"), judged("C02", headline=True), judged("E01"))
    assert [r.id for r in made.records()] == ["C02", "E01", "P2", "P10"]


def test_p_values_are_adjusted_over_the_whole_checklist():
    made = checklist(
        judged("a", p_value=0.01), judged("b", p_value=0.04), judged("c", p_value=None)
    )
    assert [r.q for r in made.records()] == [pytest.approx(0.02), pytest.approx(0.04), None]


# On the terminal


def test_a_line_has_verdict_id_sentence_and_source_and_what_was_measured_is_below():
    first, second, *_ = shown(checklist(judged())).splitlines()
    assert first == "✓ SUPPORTED  P06  It does. (Fig. 3a)"
    assert second.strip() == "delay: median 0.83 (p = 0.01, q = 0.01)"


def test_columns_line_up():
    made = checklist(judged("P06"), judged("headline7", Verdict.INCONCLUSIVE))
    found = [line.index("It does.") for line in shown(made).splitlines() if "It does." in line]
    assert len(found) == 2
    assert len(set(found)) == 1


def test_lines_keep_to_the_width_of_the_terminal():
    assert max(map(len, shown(checklist(judged()), width=60).splitlines())) <= 60


def test_an_unexpected_verdict_is_marked_and_named_at_the_end():
    made = checklist(judged(), judged("P07", Verdict.REFUTED))
    assert "UNEXPECTED: SUPPORTED was expected" in shown(made)
    assert "not the expected verdict: P07" in shown(made)
    assert "red" in {color for line, color in lines(made.records(), 100) if "P07" in line}


def test_verdicts_are_counted():
    made = checklist(
        judged("a"),
        judged("b"),
        judged("c", Verdict.REFUTED, "refuted"),
        judged("d", verdict=None),
    )
    assert "4 claims: 2 supported, 1 refuted, 1 not run" in shown(made)


def test_it_says_so_if_every_verdict_is_the_expected_one():
    made = checklist(judged("a"), judged("b", Verdict.REFUTED, "refuted"))
    assert "every verdict is the expected one" in shown(made)
    assert "every verdict is the expected one" not in shown(checklist(judged(verdict=None)))


def test_an_effective_control_is_shown():
    text = shown(checklist(judged(), under_control("refuted")))
    assert "negative control, alpha permuted across runs: the claim is then refuted" in text
    assert "insensitive" not in text.lower()


def test_a_supported_claim_that_its_control_supports_is_insensitive():
    text = shown(checklist(judged(), under_control("supported")), width=150)
    assert "INSENSITIVE, the claim is then supported, and must not be supported" in text
    assert "insensitive, since a control does not change the verdict: P06" in text


def test_a_refuted_claim_is_sensitive_if_its_positive_control_supports_it():
    outcome = under_control("supported", "the other sign", expected="refuted")
    text = shown(checklist(judged(verdict=Verdict.REFUTED, expected="refuted"), outcome))
    assert "positive control, the other sign: the claim is then supported" in text
    assert "insensitive" not in text.lower()


@pytest.mark.parametrize("verdict", ["refuted", "inconclusive"])
def test_a_refuted_claim_that_nothing_supports_is_insensitive(verdict):
    outcome = under_control(verdict, "the other sign", expected="refuted")
    text = shown(checklist(judged(verdict=Verdict.REFUTED, expected="refuted"), outcome), width=150)
    assert (
        f"positive control, the other sign: INSENSITIVE, the claim is then {verdict}, and must be "
        "supported"
    ) in text


# Many claims


def test_supported_claims_remain_so_for_their_number():
    assert "all supported claims hold at a false discovery rate of 5%" in shown(checklist(judged()))


def test_a_claim_supported_by_itself_but_not_among_many_is_named():
    many = [judged(f"Q{i}", Verdict.REFUTED, "refuted", p_value=1.0) for i in range(9)]
    text = shown(checklist(judged("P01", p_value=1e-4), judged("P02", p_value=0.02), *many))
    assert "supported, but not at a false discovery rate of 5%: P02" in text


def test_a_checklist_without_p_values_says_nothing_of_discoveries():
    assert "discovery" not in shown(checklist(judged(p_value=None)))


# In the file


def test_an_object_has_everything_of_a_claim(tmp_path):
    (found,) = written(checklist(judged()), tmp_path)
    assert (
        found
        | {
            "id": "P06",
            "sentence": "It does.",
            "source": "Fig. 3a",
            "specs": {"polynomial/alpha": "specs/polynomial/alpha.toml"},
            "verdict": "supported",
            "expected": "supported",
            "measured": 0.83,
            "unit": "decades",
            "n": 8,
            "interval": [0.7, 0.95],
            "p": 0.01,
            "q": 0.01,
            "negative_controls": ["alpha permuted across runs"],
            "positive_controls": [],
            "controls": [],
            "unexpected": False,
            "test": "claims/test_x.py::test_P06",
        }
        == found
    )


def test_what_was_not_measured_is_null(tmp_path):
    (found,) = written(checklist(judged(verdict=None)), tmp_path)
    assert (found["verdict"], found["measured"], found["interval"], found["n"]) == (
        "not run",
        None,
        None,
        None,
    )


def test_infinities_and_nan_are_strings_so_that_the_json_is_strict(tmp_path):
    (found,) = written(
        checklist(judged(measured=math.nan, interval=(-math.inf, math.inf))), tmp_path
    )
    assert (found["measured"].lower(), found["interval"]) == ("nan", ["-Infinity", "Infinity"])


def test_controls_are_written_with_their_outcomes(tmp_path):
    verdicts = {"one": "refuted", "two": "supported", "three": "not run"}
    outcomes = [under_control(verdict, name) for name, verdict in verdicts.items()]
    (found,) = written(checklist(judged(), *outcomes), tmp_path)
    assert {c["control"]: (c["verdict"], c["outcome"]) for c in found["controls"]} == {
        "one": ("refuted", "effective"),
        "two": ("supported", "insensitive"),
        "three": ("not run", "not run"),
    }


def test_the_file_is_written_whole_with_its_folder(tmp_path):
    write_checklist(checklist(judged()), tmp_path / "new" / "checklist.json")
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["checklist.json"]
    assert json.loads((tmp_path / "new" / "checklist.json").read_text())[0]["id"] == "P06"


def test_a_file_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(GrokspecError, match="the checklist could not be written"):
        write_checklist(checklist(judged()), tmp_path / "file" / "checklist.json")


def test_what_was_written_is_read_back_as_it_was(tmp_path):
    made = checklist(
        judged("P06", measured=math.nan, interval=(-math.inf, math.inf)),
        judged("P10", verdict=None),
        under_control("refuted", "time reversed"),
    )
    write_checklist(made, tmp_path / "checklist.json")
    read = read_checklist(tmp_path / "checklist.json")
    assert repr(read.records()) == repr(made.records())
    assert [outcome.control for outcome in read.records()[0].controls] == ["time reversed"]


@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"id": "P01"}]', '{"a": '])
def test_what_is_no_checklist_is_an_error(tmp_path, text):
    (tmp_path / "list.json").write_text(text)
    with pytest.raises(GrokspecError, match=r"list\.json is not a checklist that could be read"):
        read_checklist(tmp_path / "list.json")


FIELDS = json.loads(judged().model_dump_json())
WRONG = [5, "x", None, [1], {"a": 1}, -1e999, "9" * 5000, "1²", [], "\x1b[2J", [[[]]], True]


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_that_was_tampered_with_is_read_or_an_error(tmp_path, field):
    path = tmp_path / "list.json"
    for value in WRONG:
        path.write_text(json.dumps([{**FIELDS, field: value}, FIELDS]))
        with contextlib.suppress(GrokspecError):
            records = read_checklist(path).records()
            assert "\x1b" not in "\n".join(line for line, _ in lines(records, 80))
            changes = compare(records, records)
            changes_as_markdown(changes, "a", "b")
            changes_as_json(changes, "a", "b")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": 5}, r"at \[1\]\.id: Input should be a valid string"),
        ({"interval": [1]}, r"at \[1\]\.interval\[1\]: Field required"),
    ],
)
def test_the_error_names_the_place_in_the_file(tmp_path, change, reason):
    (tmp_path / "list.json").write_text(json.dumps([FIELDS, {**FIELDS, **change}]))
    with pytest.raises(GrokspecError, match=rf"list\.json is not a checklist .*{reason}"):
        read_checklist(tmp_path / "list.json")


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 100_000, "[\x00]", "\ud800", "[1e999999]"]
)
def test_what_is_no_json_is_an_error(tmp_path, text):
    (tmp_path / "list.json").write_bytes(text.encode(errors="surrogatepass"))
    with pytest.raises(GrokspecError, match=r"list\.json is not a checklist"):
        read_checklist(tmp_path / "list.json")


@pytest.mark.parametrize("kind", ["a folder", "a pipe", "a device"])
def test_what_is_no_file_is_an_error_and_is_not_waited_for(tmp_path, kind):
    path = tmp_path / "list.json"
    if kind == "a folder":
        path.mkdir()
    elif kind == "a pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(GrokspecError, match=f"is not a checklist .*is {kind}, not a file"):
        read_checklist(path)


def test_a_checklist_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(GrokspecError, match=r"none\.json is not a checklist .*No such file"):
        read_checklist(tmp_path / "none.json")


# Printed and in a notebook


def test_printing_shows_what_pytest_shows(monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    made = checklist(judged(), judged("P07", Verdict.REFUTED), under_control(Verdict.REFUTED))
    assert str(made) == shown(made, width=60)
    assert repr(made) == "<Checklist of 2 claims: 1 supported, 1 refuted>"


def test_a_notebook_shows_each_claim_with_what_was_found():
    made = checklist(judged(), judged("P07", Verdict.REFUTED), under_control(Verdict.REFUTED))
    page = read(made._repr_html_())
    assert "✓ SUPPORTED P06 It does. (Fig. 3a)" in page.text
    assert "negative control, alpha permuted across runs: the claim is then refuted" in page.text
    assert "✗ REFUTED P07" in page.text
    assert "UNEXPECTED: SUPPORTED was expected" in page.text
    assert "2 claims: 1 supported, 1 refuted" in page.text
    assert page.elements.count("details") == 2


def test_in_a_notebook_the_claims_of_each_pack_are_below_its_name():
    paper = Paper(title="T", authors=("A",), year=2026)
    packs = (Pack(key=key, name="A & B", about="A.", papers=(paper,)) for key in ("a", "b"))
    records = (
        judged().model_copy(update={"pack": pack, "test": pack.key, "sentence": f"In {pack.key}."})
        for pack in packs
    )
    text = read(checklist(*records)._repr_html_()).text
    parts = ["A & B (a)", "In a.", "A & B (b)", "In b."]
    assert [text.count(part) for part in parts] == [1, 1, 1, 1]
    assert sorted(parts, key=text.index) == parts


def test_a_hostile_claim_is_text_in_a_notebook():
    sentence = "<b>It</b> does & \x1b"
    record = judged().model_copy(update={"sentence": sentence, "id": "<i>", "statement": "<u>"})
    page = read(checklist(record)._repr_html_())
    assert {"b", "i", "u"}.isdisjoint(page.elements)
    assert "<b>It</b> does & \\x1b" in page.text


@pytest.mark.parametrize(
    ("records", "is_as_expected"),
    [
        ([judged()], True),
        ([judged(expected="refuted", verdict=Verdict.REFUTED)], True),
        ([judged(verdict=Verdict.REFUTED)], False),
        ([judged(), judged("P07", verdict=None)], False),
        ([judged(), under_control(Verdict.REFUTED)], True),
        ([judged(), under_control(Verdict.SUPPORTED)], False),
        ([judged(), under_control(Verdict.NOT_RUN)], False),
        ([judged(), UNTRAINED], True),
    ],
)
def test_a_checklist_is_as_expected_if_pytest_would_pass(records, is_as_expected):
    assert checklist(*records).is_as_expected is is_as_expected


def test_a_control_that_recorded_results_cannot_train_is_named():
    text = shown(checklist(judged(), UNTRAINED))
    assert "negative control, trained with x = 1: not run, since the results were recorded" in text
    assert "with a control that trains, which recorded results cannot: P06" in text
