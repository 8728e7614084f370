import json
import math

import pytest
from judged_claims import effect, judged

from grokspec.regression.changes import compare
from grokspec.regression.rendering import (
    ChangesFile,
    changes_as_json,
    changes_as_markdown,
    headline,
    summary,
    tables,
)
from grokspec.statistics.verdict import Verdict


def named(name, verdict="supported", **changes):
    return judged(
        f"test_a.py::test_{name}", id=name, sentence=f"It is {name}.", verdict=verdict, **changes
    )


def worse():
    """One claim lost, one unexpected, one gained, two effects moved; one claim new and one gone."""
    old = [effect(1, 0, 2, "alpha = 1", unit="steps"), effect(1, 0, 2, "alpha = 8")]
    now = [effect(9, 8, 10, "alpha = 1", unit="steps"), effect(math.inf, 8, math.inf, "alpha = 8")]
    before = [
        named("lost", effects=old),
        named("changed", "refuted"),
        named("gained", "not run"),
        named("gone"),
    ]
    after = [
        named("lost", "refuted", expected="refuted", effects=now),
        named("changed", "inconclusive"),
        named("gained"),
        named("new"),
    ]
    return compare(before, after)


def test_the_headline_says_what_got_worse():
    assert headline(worse()) == ("regression: 1 claim lost, 1 unexpected verdict, 2 effects moved")


def test_the_headline_says_if_nothing_did():
    same = judged(effects=(effect(0.5, 0.4, 0.6),))
    assert headline(compare([same], [same])) == (
        "no claim lost, no verdict changed to an unexpected one, no effect moved"
    )


def test_the_headline_is_not_true_for_want_of_effects():
    assert headline(compare([judged()], [judged()])).endswith("there is no effect to compare")


def test_the_summary_says_which_claims_have_no_verdict_on_either_side():
    idle = judged(verdict=Verdict.NOT_RUN)
    assert summary(compare([idle], [idle])).startswith(
        "1 claim (1 not run on either side) and 0 effects compared"
    )


def test_the_summary_counts_what_was_compared():
    assert summary(worse()) == (
        "3 claims and 2 effects compared: 0 exactly as before, 0 changed within their interval, "
        "2 moved beyond it"
    )


def test_the_worst_table_comes_first_and_none_is_empty():
    found = [(part.title.split(":")[0].split()[0], part.is_bad) for part in tables(worse())]
    assert found == [
        ("Lost", True),
        ("Changed", True),
        ("Moved", True),
        ("Gained", False),
        ("New", False),
        ("Gone", False),
    ]
    assert tables(compare([judged()], [judged()])) == []


def test_a_moved_effect_has_its_place_its_unit_and_both_intervals():
    (moved,) = (part for part in tables(worse()) if part.title.startswith("Moved"))
    assert moved.rows == (
        ("lost  It is lost.", "loss at alpha = 1", "1 in [0, 2] steps", "9 in [8, 10] steps"),
        ("lost", "loss at alpha = 8", "1 in [0, 2]", "inf in [8, inf]"),
    )


def test_the_markdown_has_a_table_for_each_part():
    text = changes_as_markdown(worse(), "main", "HEAD")
    assert text.startswith("### ✗ regression: 1 claim lost, 1 unexpected verdict, 2 effects")
    assert "\n| claim | verdict | now |\n| --- | --- | --- |\n| lost It is lost. | SUPP" in text
    assert "main → HEAD. 3 claims and 2 effects compared" in text


def test_markup_in_texts_is_escaped_in_the_markdown():
    hostile = judged(verdict="refuted", sentence="a | b <img src=x> *c* `d`\n@someone #1 [e](f)")
    cells = changes_as_markdown(compare([judged()], [hostile]), "a_b", "c")
    assert r"a \| b \<img src=x\> \*c\* \`d\` " in cells
    assert r"\#1 \[e\](f)" in cells
    assert "@someone" not in cells
    assert r"a\_b → c" in cells


def test_the_json_has_everything_and_is_strict():
    text = changes_as_json(worse(), "main", "HEAD")
    found = json.loads(text, parse_constant=pytest.fail)
    changes = found["changes"]
    assert (found["before"], found["after"], changes["is_regression"]) == ("main", "HEAD", True)
    (lost,) = changes["lost"]
    assert (lost["after"]["id"], lost["after"]["statement"]) == ("lost", "it does")
    assert (lost["before"]["verdict"], lost["after"]["verdict"]) == ("supported", "refuted")
    assert [change["after"]["unexpected"] for change in changes["changed"]] == [True]
    assert [change["after"]["unexpected"] for change in changes["gained"]] == [False]
    moved = changes["moved"][1]["after"]
    assert (moved["measured"], moved["interval"]) == ("Infinity", [8, "Infinity"])
    assert [record["id"] for record in changes["new"] + changes["gone"]] == ["new", "gone"]
    assert (changes["compared"], changes["same"], changes["within"]) == (3, 0, 0)
    assert ChangesFile.model_validate_json(text).changes == worse()
