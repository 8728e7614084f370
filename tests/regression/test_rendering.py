import json
import math

from judged_rows import effect, row

from grokspec.regression.changes import compare
from grokspec.regression.rendering import as_json, as_markdown, headline, summary, tables


def worse():
    """One claim lost, one turned, one gained, two effects moved; one claim new and one gone."""
    names = "lost", "turned", "gained", "gone"
    before = {n: row(f"test_a.py::test_{n}", id=n, claim=f"It is {n}.") for n in names}
    after = {n: row(f"test_a.py::test_{n}", id=n, claim=f"It is {n}.") for n in (*names, "new")}
    old = [effect(1, 0, 2, "alpha = 1", unit="steps"), effect(1, 0, 2, "alpha = 8")]
    now = [effect(9, 8, 10, "alpha = 1", unit="steps"), effect(math.inf, 8, math.inf, "alpha = 8")]
    before["lost"] = row("test_a.py::test_lost", id="lost", claim="It is lost.", effects=old)
    after["lost"] = row(
        "test_a.py::test_lost", id="lost", claim="It is lost.", expected="refuted", effects=now
    )
    for name, verdicts in {"turned": ("refuted", "inconclusive"), "gained": ("not run",)}.items():
        for rows, verdict in zip((before, after), verdicts, strict=False):
            rows[name] = row(
                f"test_a.py::test_{name}", id=name, claim=f"It is {name}.", verdict=verdict
            )
    del after["gone"]
    return compare(list(before.values()), list(after.values()))


def test_the_headline_says_what_got_worse():
    assert headline(worse()) == "regression: 1 claim lost, 1 claim turned, 2 effects moved"


def test_the_headline_says_if_nothing_did():
    assert headline(compare([row()], [row()])) == "no claim lost or turned, no effect moved"


def test_the_summary_counts_what_was_compared():
    assert summary(worse()) == (
        "3 claims and 2 effects compared: 0 exactly as before, 0 changed within their interval, "
        "2 moved beyond it"
    )


def test_the_tables_tell_the_worst_first_and_none_is_empty():
    told = [(part.title.split(":")[0].split()[0], part.is_bad) for part in tables(worse())]
    assert told == [
        ("Lost", True),
        ("Turned", True),
        ("Moved", True),
        ("Gained", False),
        ("New", False),
        ("Gone", False),
    ]
    assert tables(compare([row()], [row()])) == []


def test_a_moved_effect_is_told_with_its_place_its_unit_and_both_intervals():
    (moved,) = (part for part in tables(worse()) if part.title.startswith("Moved"))
    assert moved.rows == (
        ("lost  It is lost.", "loss at alpha = 1", "1 in [0, 2] steps", "9 in [8, 10] steps"),
        ("lost", "loss at alpha = 8", "1 in [0, 2]", "inf in [8, inf]"),
    )


def test_the_markdown_has_a_table_for_each_part():
    text = as_markdown(worse(), "main", "HEAD")
    assert text.startswith("### ✗ regression: 1 claim lost, 1 claim turned, 2 effects moved\n")
    assert "\n| claim | verdict | now |\n| --- | --- | --- |\n| lost It is lost. | SUPP" in text
    assert "main → HEAD. 3 claims and 2 effects compared" in text


def test_the_markdown_takes_texts_for_texts():
    hostile = row(verdict="refuted", claim="a | b <img src=x> *c* `d`\n@someone #1 [e](f)")
    cells = as_markdown(compare([row()], [hostile]), "a_b", "c")
    assert r"a \| b \<img src=x\> \*c\* \`d\` " in cells
    assert r"\#1 \[e\](f)" in cells
    assert "@someone" not in cells
    assert r"a\_b → c" in cells


def test_the_json_has_everything_and_is_strict():
    told = json.loads(as_json(worse(), "main", "HEAD"))
    assert (told["before"], told["after"], told["regression"]) == ("main", "HEAD", True)
    assert [turn["id"] for turn in told["lost"]] == ["lost"]
    assert told["lost"][0]["before"] == {"verdict": "supported", "statement": "it does"}
    assert [turn["turned"] for turn in told["changed"]] == [True]
    assert [turn["turned"] for turn in told["gained"]] == [False]
    assert told["moved"][1]["after"] == {"measured": "inf", "interval": [8, "inf"]}
    assert [row["id"] for row in told["new"] + told["gone"]] == ["new", "gone"]
    assert (told["claims_compared"], told["effects_same"], told["effects_within"]) == (3, 0, 0)
