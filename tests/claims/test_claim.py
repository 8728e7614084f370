import contextlib
import re

import pytest

from grokspec.claims.claim import NothingJudgedError, claim, evaluation, find_spec, first_sentence
from grokspec.claims.controls import Control, instead, permuted, retrained
from grokspec.errors import Mistake
from grokspec.statistics.finding import Finding
from grokspec.statistics.verdict import Verdict


def finding(verdict=Verdict.SUPPORTED, statement="it does", p_value=0.01):
    return Finding(verdict, statement, measured=1.0, interval=(0.5, 1.5), n=8, p_value=p_value)


def claimed(*args, doc="It does. And more.", **fields):
    """The claim made by @claim(...) of a test with this docstring."""

    def test(results):
        return results

    test.__doc__ = doc
    fields = {"spec": "polynomial/alpha", "control": permuted("alpha"), **fields}
    return claim(*(args or ("P06", "§5.1")), **fields)(test).pytestmark[0].args[0]


# The decorator


def test_a_claim_says_who_where_what_and_on_what_it_must_fail():
    made = claimed("P06", "§5.1, Fig. 3a", headline=True)
    assert (made.id, made.source, made.specs, made.headline) == (
        "P06",
        "§5.1, Fig. 3a",
        ("polynomial/alpha",),
        True,
    )
    assert made.sentence == "It does."
    assert [str(control) for control in made.controls] == ["alpha permuted across runs"]
    assert made.expected_verdict is Verdict.SUPPORTED
    assert made.mistakes() == []


def test_a_decorated_claim_is_still_the_function():
    @claim("P06", "§5.1", control=permuted("alpha"))
    def test(results):
        """Give back."""
        return results

    assert test(7) == 7


def test_a_claim_may_read_several_specs_or_none():
    assert claimed(spec=("a", "b")).specs == ("a", "b")
    assert claimed(spec=None).specs == ()


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"doc": ""}, "no docstring; its first sentence is the claim in your own words"),
        ({"control": None}, 'no control; .* like control=permuted\\("alpha"\\)'),
        ({"control": ()}, "no control"),
        ({"control": Control(" ", abs)}, "a control has no sentence; say what it does"),
        ({"control": retrained(" ")}, "a control has no sentence; say what it does"),
        ({"control": "labels shuffled"}, "'labels shuffled' is not a control; make one"),
        (
            {"positive_control": permuted("alpha")},
            'a positive control is for a claim with expected="refuted"',
        ),
        (
            {"expected": "suported"},
            'expected = "suported" is not a verdict; did you mean "supported"?',
        ),
        (
            {"expected": "not run"},
            'expected = "not run" is not a verdict; there are inconclusive, refuted, supported',
        ),
    ],
)
def test_what_is_wrong_with_a_claim_comes_with_its_remedy(written, message):
    (mistake,) = claimed(**written).mistakes()
    assert re.search(message, mistake)


def test_a_claim_without_id_and_source_has_two_mistakes():
    assert len(claimed("", " ").mistakes()) == 2


def test_a_claim_that_hides_another_names_the_line_of_that_one():
    module: dict = {}
    source = """
from grokspec.claims import claim
from grokspec.claims.controls import permuted

@claim("P01", "§1", control=permuted("alpha"))
def test_one():
    "One."

@claim("P02", "§2", control=permuted("alpha"))
def test_one():
    "Two."
"""
    exec(source, module)
    (message,) = module["test_one"].pytestmark[0].args[0].mistakes()
    assert "the claim at line 5 has the same function name" in message


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("One. Two.", "One."),
        ("See Fig. 3a for it. Then more.", "See Fig. 3a for it."),
        ("Over\n    two lines.\n\nMore.", "Over two lines."),
        ("As α → ∞ it is so. Λ too.", "As α → ∞ it is so."),
        ("No full stop", "No full stop"),
        ("", ""),
    ],
)
def test_the_first_sentence_of_a_docstring_is_the_claim(text, sentence):
    assert first_sentence(text) == sentence


# Controls


def test_a_control_is_given_every_spec_of_a_claim_on_several():
    control = Control("doubled", lambda x: 2 * x)
    assert control.apply(3) == 6
    assert control.apply({"a": 1, "b": 2}) == {"a": 2, "b": 4}


def test_a_control_can_be_given_to_one_spec_of_several():
    control = Control("doubled", lambda x: 2 * x).of("b")
    assert control.apply({"a": 1, "b": 2}) == {"a": 1, "b": 4}
    assert str(control) == "doubled in b"


def test_a_control_can_give_a_claim_on_theory_something_else():
    assert instead("the square root", 4).apply(16) == 4


def test_the_controls_of_a_supported_claim_are_its_negative_ones():
    made = claimed(control=[permuted("alpha"), permuted("epsilon")])
    assert made.controls == made.negative_controls
    assert len(made.controls) == 2


def test_the_controls_of_a_refuted_claim_are_its_positive_ones():
    made = claimed(expected="refuted", positive_control=permuted("epsilon"))
    assert [str(c) for c in made.controls] == ["epsilon permuted across runs"]


def test_a_refuted_claim_with_a_positive_control_needs_no_negative_one():
    made = claimed(expected="refuted", control=None, positive_control=permuted("alpha"))
    assert made.mistakes() == []


def test_an_inconclusive_claim_has_no_verdict_for_a_control_to_change():
    assert claimed(expected="inconclusive").controls == ()


# Evaluation


def test_a_claim_that_reaches_its_end_is_supported_by_all_that_it_asserted():
    with evaluation() as judged:
        assert finding(statement="a")
        assert finding(statement="b", p_value=0.02)
    assert judged.finding.verdict is Verdict.SUPPORTED
    assert (judged.finding.statement, judged.finding.p_value) == ("a; b", 0.02)


@pytest.mark.parametrize("verdict", [Verdict.REFUTED, Verdict.INCONCLUSIVE])
def test_the_first_finding_that_is_not_supported_is_the_verdict(verdict):
    with evaluation() as judged:
        assert finding()
        assert finding(verdict, "it does not")
        raise AssertionError("not reached")
    assert (judged.finding.verdict, judged.finding.statement) == (verdict, "it does not")


def test_a_plain_assertion_refutes_nothing():
    def body():
        with evaluation():
            assert finding()
            raise AssertionError("plain")

    with pytest.raises(AssertionError, match="plain"):
        body()


def test_an_error_refutes_nothing():
    with pytest.raises(KeyError), evaluation():
        raise KeyError("alpha")


def test_a_claim_that_asserts_nothing_has_judged_nothing():
    with (
        pytest.raises(NothingJudgedError, match="judged nothing: it asserts no finding"),
        evaluation(),
    ):
        finding(Verdict.REFUTED)


def test_a_finding_that_is_not_supported_counts_even_if_the_claim_goes_on():
    with evaluation() as judged:
        with contextlib.suppress(AssertionError):
            assert finding(Verdict.REFUTED, "it does not")
        assert finding()
    assert judged.finding.verdict is Verdict.REFUTED


# Spec files


@pytest.fixture
def specs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("polynomial/alpha", "polynomial/epsilon", "mnist"):
        path = tmp_path / "specs" / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "specs"


def test_a_spec_is_named_by_its_path_below_the_folder_of_specs(specs):
    assert find_spec("polynomial/alpha", specs, "") == specs / "polynomial" / "alpha.toml"


def test_a_spec_that_is_not_there_is_a_mistake_that_names_the_nearest(specs):
    mistake = find_spec("polynomial/alpa", specs, "claims/test_x.py:3")
    assert isinstance(mistake, Mistake)
    assert str(mistake) == (
        'claims/test_x.py:3  spec = "polynomial/alpa": there is no file '
        'specs/polynomial/alpa.toml; did you mean "polynomial/alpha"?'
    )


def test_all_specs_are_listed_if_none_is_near(specs):
    mistake = find_spec("transformer", specs, "")
    assert str(mistake).endswith("there are mnist, polynomial/alpha, polynomial/epsilon")


def test_without_a_folder_of_specs_the_remedy_is_to_name_one():
    assert "grokspec_specs" in str(find_spec("polynomial/alpha", None, ""))
