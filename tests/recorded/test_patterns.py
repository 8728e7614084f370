"""What a pattern matches, and which texts its names stand for."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokspec.recorded.bounds import LONGEST_PATTERN, MOST_WILDCARDS
from grokspec.recorded.patterns import Pattern, PatternError


@pytest.mark.parametrize(
    ("pattern", "text", "values"),
    [
        ("a.csv", "a.csv", {}),
        ("a.csv", "b.csv", None),
        ("a.csv", "a.csv.gz", None),
        ("*.csv", ".csv", {}),
        ("*.csv", "a.csv.csv", {}),
        ("{x}.csv", ".csv", None),
        ("a{x}", "a", None),
        ("*_rho{rho}.npz", "mlp_rho1.00.npz", {"rho": "1.00"}),
        ("*_p{p}_*_rho{rho}.npz", "a_p59_a0.40_d8_rho0.85.npz", {"p": "59", "rho": "0.85"}),
        ("run-{seed}", "run-12", {"seed": "12"}),
        ("run-{seed}", "run-x", None),
        ("x{seed}y{seed_of_data}", "x1y2", {"seed": "1", "seed_of_data": "2"}),
        ("alpha={alpha} - loss/train", "alpha=1e-3 - loss/train", {"alpha": "1e-3"}),
    ],
)
def test_a_pattern_matches_whole_names_and_gives_the_texts_at_its_names(pattern, text, values):
    assert Pattern(pattern).match(text) == values


@pytest.mark.parametrize(
    ("pattern", "text", "values"),
    [
        ("*p{p}_rho{rho}", "mlp_p59_rho1", {"p": "59", "rho": "1"}),  # not "_p59"
        ("{net}_{seed}", "my_net_3", {"net": "my_net", "seed": "3"}),
        ("{net}_{width}", "my_net_64", {"net": "my_net", "width": "64"}),  # not my, net_64
        ("{width}_{net}", "64_my_net", {"width": "64", "net": "my_net"}),
    ],
)
def test_of_several_ways_the_shortest_texts_and_most_numbers_are_meant(pattern, text, values):
    assert Pattern(pattern).match(text) == values


@given(
    st.lists(st.sampled_from(["*", "{x}", "{y}", "a", "b", "_"]), max_size=6),
    st.text("ab_1", max_size=8),
)
def test_a_pattern_matches_what_the_same_regular_expression_matches(parts, text):
    try:
        pattern = Pattern("".join(parts))
    except PatternError:
        return
    wildcards = {"*": ".*", "{x}": "(?P<x>.+)", "{y}": "(?P<y>.+)"}
    expression = "".join(wildcards.get(part, part) for part in parts)
    found = pattern.match(text)
    assert (found is not None) == (re.fullmatch(expression, text) is not None)
    if found is not None:
        filled = re.escape(pattern.text.format(**found)).replace(r"\*", ".*")
        assert re.fullmatch(filled, text)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("{a}{b}", "{a} directly before {b}"),
        ("*{a}", "* directly before {a}"),
        ("**", "* directly before *"),
        ("{}", "{}, which is no name"),
        ("{a-b}", "{a-b}, which is no name"),
        ("{a}_{a}", "{a} twice; write * in one"),
        ("a" * (LONGEST_PATTERN + 1), "characters; shorten it"),
        ("*a" * (MOST_WILDCARDS + 1), "wildcards; write more of the name"),
    ],
)
def test_a_pattern_without_a_clear_meaning_is_refused(pattern, reason):
    with pytest.raises(PatternError) as caught:
        Pattern(pattern)
    assert reason in str(caught.value)


def test_a_pattern_with_all_wildcards_it_may_have_is_matched_at_once():
    pattern = Pattern("*a" * (MOST_WILDCARDS - 1) + "*b")
    assert pattern.match("a" * 255) is None
