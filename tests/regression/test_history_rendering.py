import csv
import io
import json
import math
import re
from base64 import b64decode
from xml.etree import ElementTree

import pytest
from judged_claims import effect, judged

from grokspec.regression.history import History, HistorySide, changed_only, history_of
from grokspec.regression.history_figure import draw_history, save_history
from grokspec.regression.history_page import history_as_html
from grokspec.regression.history_rendering import (
    at_each_side,
    cell,
    headline,
    history_as_csv,
    history_as_json,
    history_as_markdown,
    numbers,
    what_changed,
)


def bounded(*ends, bounds=(-math.inf, 3.0)):
    return effect(*ends, quantity="loss", unit="nats").model_copy(update={"bounds": bounds})


def named(name, verdict="supported", *effects, **changes):
    fields = {"id": name, "sentence": f"It is {name}.", "verdict": verdict, "effects": effects}
    return judged(f"a.py::test_{name}", **{**fields, **changes})


@pytest.fixture(scope="module")
def history():
    """A claim refuted at the second of three sides, one gone at the third, one that stays."""
    low, high = bounded(1, 0, 2), bounded(9, 8, math.inf)
    stays = named("stays")
    first = [named("a|b", "supported", low), named("gone"), stays]
    second = [named("a|b", "refuted", high), named("gone"), stays]
    third = [named("a|b", "refuted", high, expected="refuted"), stays]
    sides = [
        HistorySide(name="one", day="2026-11-29", subject="Start <here> & now"),
        HistorySide(name="two", day="2026-11-30", subject="Train for less"),
        HistorySide(name="not committed"),
    ]
    return changed_only(history_of(list(zip(sides, (first, second, third), strict=True))))


def test_the_headline_counts_all_claims_and_those_that_changed(history):
    assert headline(history) == "3 claims on 3 sides: 2 changed"
    same = [judged()]
    none = history_of([(HistorySide(name=name), same) for name in "ab"])
    assert headline(none) == "1 claim on 2 sides: none changed"


def test_a_cell_has_the_sign_of_the_verdict_and_the_numbers(history):
    assert [cell(point) for point in history.claims[0].points] == [
        "✓ 1 [0, 2]",
        "✗ 9 [8, inf]",
        "✗ 9 [8, inf]",
    ]
    assert [cell(point) for point in history.claims[1].points] == ["✓", "✓", "·"]


def test_a_number_without_interval_stands_alone():
    assert numbers(effect(1.23456, 0, 2).model_copy(update={"interval": None})) == "1.235"


def test_what_changed_says_where_and_from_what_to_what(history):
    assert [what_changed(history, claim) for claim in history.claims] == [
        "two: supported → refuted, 1 effect moved",
        "not committed: gone",
    ]


def test_each_side_has_its_verdicts_and_its_changes(history):
    one, two, now = at_each_side(history)
    assert one == ("one", "2026-11-29", "Start <here> & now", "3 supported", "")
    assert two[3:] == ("2 supported, 1 refuted", "1 by verdict, 1 by effect")
    assert now == ("not committed", "", "", "1 supported, 1 refuted", "1 gone")


def test_the_markdown_has_both_tables_with_what_changed_in_bold(history):
    text = history_as_markdown(history)
    head, row = (line for line in text.splitlines() if line.startswith(("| claim", r"| a\|b")))
    assert head == "| claim | last changed | measured | one | two | not committed |"
    assert "| two: supported → refuted, 1 effect moved | loss (nats) | ✓ " in row
    assert r"| ✓ 1 \[0, 2\] | **✗ 9 \[8, inf\]** unexpected | ✗ 9 \[8, inf\] |" in row
    assert r"| one | 2026-11-29 | Start \<here\> \& now | 3 supported |  |" in text


def test_the_csv_has_a_row_for_each_claim_on_each_side(history):
    rows = list(csv.DictReader(io.StringIO(history_as_csv(history))))
    assert [(row["id"], row["side"]) for row in rows[:4]] == [
        ("a|b", "one"),
        ("a|b", "two"),
        ("a|b", "not committed"),
        ("gone", "one"),
    ]
    assert rows[1] == {
        "side": "two",
        "day": "2026-11-30",
        "subject": "Train for less",
        "pack": "",
        "id": "a|b",
        "test": "a.py::test_a|b",
        "verdict": "refuted",
        "expected": "supported",
        "quantity": "loss",
        "place": "",
        "unit": "nats",
        "measured": "9.0",
        "low": "8.0",
        "high": "inf",
        "above": "-inf",
        "below": "3.0",
        "changed": "verdict effect",
    }
    assert (rows[5]["verdict"], rows[5]["changed"]) == ("", "gone")


def test_the_json_is_strict_and_read_again_the_same(history):
    text = history_as_json(history)
    json.loads(text, parse_constant=pytest.fail)
    assert History.model_validate_json(text) == history


def test_the_page_has_the_tables_and_the_figure_and_escapes_what_is_written(history):
    text = history_as_html(history)
    assert "Start &lt;here&gt; &amp; now" in text
    assert "<here>" not in text
    assert '<td class="cell changed refuted" title="it does">✗ 9 [8, inf]' in text
    assert "supported was expected" in text
    (figure,) = re.findall(r'src="data:image/svg\+xml;base64,([^"]*)"', text)
    assert ElementTree.fromstring(b64decode(figure)).tag.endswith("svg")


def panels(history):
    return [axes for axes in draw_history(history).axes if axes.axison]


def test_the_figure_has_a_panel_for_each_claim_with_its_sides_below(history):
    first, second = panels(history)
    assert first.get_title(loc="left") == "a|b It is a|b."
    assert [tick.get_text() for tick in first.get_xticklabels()] == ["not committed", "two", "one"]
    assert first.get_ylabel() == "loss (nats)"
    assert second.get_ylabel() == ""


def drawn(axes):
    """The places of all marks and lines of a panel, in data or in shares of it."""
    return [tuple(map(tuple, line.get_xydata().tolist())) for line in axes.lines]


def test_effects_are_drawn_with_interval_and_bound_and_infinity_at_the_edge(history):
    lines = drawn(panels(history)[0])
    assert ((0, 0), (0, 2)) in lines  # the interval
    assert ((0, 1),) in lines  # the median
    assert ((0.5, 3), (1.5, 3)) in lines  # the bound on the second side
    assert ((1, 1.0),) in lines  # the arrow at the upper edge
    _, top = panels(history)[0].get_ylim()
    assert ((1, 8), (1, top)) in lines


def test_what_lies_at_infinity_alone_is_drawn():
    never = bounded(math.inf, math.inf, math.inf, bounds=(math.inf, math.inf))
    sides = [(HistorySide(name=name), [named("x", "supported", never)]) for name in "ab"]
    (axes,) = panels(history_of(sides))
    assert ((0, 1.0),) in drawn(axes)


def test_of_many_claims_the_first_are_drawn_and_the_key_says_so(monkeypatch):
    monkeypatch.setattr("grokspec.regression.history_figure.MOST_PANELS", 1)
    many = history_of([(HistorySide(name=n), [named("x"), named("y")]) for n in "ab"])
    canvas = draw_history(many)
    assert len(canvas.axes) == 1
    assert canvas.legends[0].get_title().get_text() == "1 more claim not drawn"


def test_nothing_that_changed_is_a_figure_that_says_so():
    (axes,) = draw_history(
        changed_only(history_of([(HistorySide(name=n), [judged()]) for n in "ab"]))
    ).axes
    assert [text.get_text() for text in axes.texts] == ["no claim changed"]


def test_the_same_history_is_the_same_file(history, tmp_path):
    for name in ("a.svg", "b.svg"):
        save_history(history, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
