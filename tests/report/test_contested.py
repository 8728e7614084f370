"""What claims answer to contested questions stands side by side."""

from dataclasses import replace

import pytest

from grokspec.report.contested import contested
from grokspec.report.contested_markdown import contested_page
from grokspec.report.markdown import markdown
from grokspec.report.page import page


@pytest.fixture(scope="module")
def text(report):
    return contested_page(report)


def test_each_answer_has_the_claims_that_give_it(report):
    (one,) = contested(report.claims)
    given = {a.key: [c.record.test.split("::")[1] for c in a.claims] for a in one.answers}
    assert given == {"yes": ["test_falls"], "no": ["test_rises"], "both": []}


def test_a_question_says_what_became_of_each_answer(text):
    assert "In short: yes: 1 supported; no: 1 refuted; both: nobody claims it here." in text


def test_a_claim_has_its_verdict_place_setting_and_number(text):
    (line,) = (line for line in text.splitlines() if "The train loss falls. |" in line)
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[:3] == ["✓ supported", "P2 (Fig. 9)", "The train loss falls."]
    parts = "polynomial, committee, gradient descent, mse, no weight decay"
    assert cells[3] == f"tiny/drawn: {parts}; alpha 1, 4"
    assert cells[4].endswith("]")
    assert int(cells[5]) >= 5


def test_what_is_html_in_a_question_is_text_on_the_page(report):
    html = page(report)
    assert "Does the train loss &lt;b&gt;fall&lt;/b&gt;?" in html
    assert 'id="contested"' in html


def test_the_report_in_markdown_has_the_questions_too(report, text):
    assert "## Contested" in markdown(report)
    question = next(line for line in text.splitlines() if line.startswith("## Does"))
    assert f"#{question}" in markdown(report)


def test_where_no_claim_answers_a_question_there_is_no_part_on_it(report):
    (pack,) = report.packs
    systems = tuple(s for s in pack.systems if s.name == "theory")
    bare = replace(report, packs=(replace(pack, systems=systems, headlines=()),))
    assert "Contested" not in markdown(bare)
    assert 'id="contested"' not in page(bare)


def test_questions_with_more_claims_come_first(report):
    claims = list(report.claims)
    (question,) = {
        one.record.about.key: one.record.about for one in claims if one.record.about
    }.values()
    other = question.model_copy(update={"key": "a_question_of_one"})
    record = claims[-1].record.model_copy(update={"about": other, "says": "both"})
    found = contested([replace(claims[-1], record=record), *claims])
    assert [one.question.key for one in found] == ["train_loss_falls", "a_question_of_one"]
