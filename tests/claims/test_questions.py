"""Contested questions are in a file beside the claims, and a claim gives one of their answers."""

import re

import pytest

from grokspec.claims.questions import (
    forget_questions,
    mistakes_in_answer,
    questions_for,
    read_questions,
)
from grokspec.errors import GrokspecError

WHOLE = """
[norm_falls]
question = "Does the weight norm fall?"
answers = { yes = "It falls.", no = "It stays or grows." }
"""


@pytest.fixture(autouse=True)
def _anew():
    forget_questions()


@pytest.fixture
def claims(tmp_path):
    """A file of claims in a pack, with questions in the folder above it."""
    (tmp_path / "pack").mkdir()
    (tmp_path / "questions.toml").write_text(WHOLE)
    return tmp_path / "pack" / "test_x.py"


def test_the_questions_of_a_claim_are_in_the_nearest_file_above_it(claims):
    assert questions_for(claims)["norm_falls"].answers["no"] == "It stays or grows."
    (claims.parent / "questions.toml").write_text(WHOLE.replace("norm_falls", "norm_grows"))
    forget_questions()
    assert list(questions_for(claims)) == ["norm_grows"]


def test_a_claim_may_answer_no_question(claims):
    assert mistakes_in_answer(claims, "", "") == []


def test_one_of_the_answers_is_no_mistake(claims):
    assert mistakes_in_answer(claims, "norm_falls", "no") == []


@pytest.mark.parametrize(
    ("about", "says", "message"),
    [
        ("norm_fall", "no", 'no question of .*questions.toml; did you mean "norm_falls"'),
        ("norm_falls", "maybe", 'says = "maybe": no answer to norm_falls; there are no, yes'),
        ("norm_falls", "", "without says=; name the answer that the claim gives"),
        ("", "no", "without about=; name the question that the claim answers"),
    ],
)
def test_a_wrong_answer_is_a_mistake_with_its_remedy(claims, about, says, message):
    (mistake,) = mistakes_in_answer(claims, about, says)
    assert re.search(message, mistake)


def test_without_a_file_the_remedy_is_to_write_one(tmp_path):
    (mistake,) = mistakes_in_answer(tmp_path / "test_x.py", "norm_falls", "no")
    assert "there is no questions.toml beside" in mistake


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (', no = "It stays or grows."', "", "give at least two, what papers answer"),
        ("question =", "qestion =", "not a field of a question; it has question, answers and"),
        ("[norm_falls]", '["Norm falls"]', "a name has small letters, digits and underscores"),
    ],
)
def test_a_mistake_in_the_file_is_reported_at_its_place(claims, old, new, message):
    path = claims.parents[1] / "questions.toml"
    path.write_text(WHOLE.replace(old, new))
    with pytest.raises(GrokspecError) as error:
        read_questions(path)
    assert message in str(error.value)
    assert "questions.toml:" in str(error.value)
