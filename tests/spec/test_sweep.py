"""The sweep language: which points a sweep has."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from grokspec.spec.points import VariedTwiceError, clashes, combinations, expand
from grokspec.spec.sweep import Sweep


def points(**sweep):
    return expand(Sweep.model_validate(sweep))


def as_set(points):
    return {frozenset(point.items()) for point in points}


def test_no_sweep_is_a_single_point_that_varies_nothing():
    assert points() == [{}]


def test_a_grid_has_every_combination_the_last_axis_fastest():
    assert points(grid={"a": [1, 2], "b": [3, 4]}) == [
        {"a": 1, "b": 3},
        {"a": 1, "b": 4},
        {"a": 2, "b": 3},
        {"a": 2, "b": 4},
    ]


def test_a_zip_steps_its_axes_together():
    assert points(zip={"a": [1, 2], "b": [3, 4]}) == [{"a": 1, "b": 3}, {"a": 2, "b": 4}]


def test_a_zip_is_one_axis_of_the_grid():
    assert points(grid={"c": [0, 9]}, zip={"a": [1, 2], "b": [3, 4]}) == [
        {"c": 0, "a": 1, "b": 3},
        {"c": 0, "a": 2, "b": 4},
        {"c": 9, "a": 1, "b": 3},
        {"c": 9, "a": 2, "b": 4},
    ]


def test_concat_parts_follow_one_another_and_may_vary_different_fields():
    assert points(concat=[{"grid": {"a": [1, 2]}}, {"zip": {"b": [3]}}, {}]) == [
        {"a": 1},
        {"a": 2},
        {"b": 3},
        {},
    ]


def test_concat_is_combined_with_the_axes_around_it():
    assert points(grid={"c": [0, 9]}, concat=[{"grid": {"a": [1]}}, {"grid": {"b": [2]}}]) == [
        {"c": 0, "a": 1},
        {"c": 0, "b": 2},
        {"c": 9, "a": 1},
        {"c": 9, "b": 2},
    ]


def test_concat_may_be_nested():
    inner = [{"grid": {"b": [1]}}, {"grid": {"c": [2]}}]
    assert points(concat=[{"grid": {"a": [0]}, "concat": inner}, {}]) == [
        {"a": 0, "b": 1},
        {"a": 0, "c": 2},
        {},
    ]


def test_a_condition_varies_more_only_where_it_matches():
    assert points(grid={"a": [1, 2]}, when=[{"if": {"a": 1}, "grid": {"b": [3, 4]}}]) == [
        {"a": 1, "b": 3},
        {"a": 1, "b": 4},
        {"a": 2},
    ]


def test_a_condition_may_list_values_and_ask_for_several_fields():
    when = [{"if": {"a": [1, 2], "b": "x"}, "grid": {"c": [0, 9]}}]
    found = points(grid={"a": [1, 2, 3], "b": ["x", "y"]}, when=when)
    assert [(p["a"], p["b"]) for p in found if "c" in p] == [(1, "x"), (1, "x"), (2, "x"), (2, "x")]
    assert len(found) == 8


def test_conditions_see_what_earlier_ones_have_added():
    when = [
        {"if": {"a": 1}, "grid": {"b": [3, 4]}},
        {"if": {"b": 4}, "grid": {"c": [5, 6]}},
    ]
    assert points(grid={"a": [1, 2]}, when=when) == [
        {"a": 1, "b": 3},
        {"a": 1, "b": 4, "c": 5},
        {"a": 1, "b": 4, "c": 6},
        {"a": 2},
    ]


def test_conditions_see_the_axes_in_and_around_a_concat():
    outer = points(
        grid={"a": [1, 2]},
        concat=[{"when": [{"if": {"a": 2}, "grid": {"b": [3]}}]}],
        when=[{"if": {"b": 3}, "grid": {"c": [4]}}],
    )
    assert outer == [{"a": 1}, {"a": 2, "b": 3, "c": 4}]


def test_conditions_that_exclude_each_other_may_vary_the_same_field():
    when = [{"if": {"a": 1}, "grid": {"b": [3]}}, {"if": {"a": 2}, "grid": {"b": [4]}}]
    sweep = Sweep.model_validate({"grid": {"a": [1, 2]}, "when": when})
    assert clashes(sweep) == []
    assert expand(sweep) == [{"a": 1, "b": 3}, {"a": 2, "b": 4}]


def test_in_a_condition_1_equals_1_0_but_not_true():
    when = [{"if": {"a": 1.0}, "grid": {"b": [0]}}]
    assert points(grid={"a": [1, True]}, when=when) == [{"a": 1, "b": 0}, {"a": True}]


def test_seeds_are_a_count_a_list_or_a_range_and_vary_fastest():
    assert points(seed=2, grid={"a": [1, 2]}) == [
        {"a": 1, "seed": 0},
        {"a": 1, "seed": 1},
        {"a": 2, "seed": 0},
        {"a": 2, "seed": 1},
    ]
    assert points(seed=[7, 3]) == [{"seed": 7}, {"seed": 3}]
    assert points(seed={"count": 2, "from": 100}) == [{"seed": 100}, {"seed": 101}]
    assert points(seed={"count": 2}) == [{"seed": 0}, {"seed": 1}]


@pytest.mark.parametrize(
    "seed", [0, -1, 1.5, True, "x", [], [-1], [1.5], {}, {"count": 0}, {"count": 1, "from": -1}]
)
def test_other_seeds_are_refused(seed):
    with pytest.raises(ValidationError):
        Sweep.model_validate({"seed": seed})


def test_zipped_axes_of_different_lengths_are_refused_with_both_lengths():
    with pytest.raises(ValidationError, match='this one has 3 and "a" has 2 values'):
        Sweep.model_validate({"zip": {"a": [1, 2], "b": {"log2": [0, 2]}}})


def test_a_path_that_is_varied_twice_is_a_clash():
    sweep = Sweep.model_validate(
        {
            "seed": 3,
            "grid": {"a": [1], "seed": [4]},
            "zip": {"a": [2]},
            "concat": [{"grid": {"a": [3]}}, {"grid": {"b": [3]}}],
            "when": [{"if": {"a": 1}, "grid": {"b": [5]}}],
        }
    )
    assert [place for place, _ in clashes(sweep)] == [
        ("grid", "seed"),
        ("zip", "a"),
        ("concat", 0, "grid", "a"),
        ("when", 0, "grid", "b"),
    ]
    assert clashes(sweep)[1][1] == (
        '"a" is varied by another axis at the same points; remove one of the two'
    )


def test_conditions_that_both_match_a_point_may_not_vary_the_same_field():
    when = [{"if": {"a": 1}, "grid": {"b": [3]}}, {"if": {"a": [1, 2]}, "grid": {"b": [4]}}]
    sweep = Sweep.model_validate({"grid": {"a": [1, 2]}, "when": when})
    with pytest.raises(VariedTwiceError) as caught:
        list(combinations(sweep))
    assert caught.value.place == ("when", 1, "grid", "b")


def test_a_condition_on_a_path_that_does_not_vary_is_a_clash_with_a_remedy():
    sweep = Sweep.model_validate(
        {"grid": {"model.alpha": [1]}, "when": [{"if": {"model.alhpa": 1}, "grid": {"b": [1]}}]}
    )
    assert clashes(sweep) == [
        (
            ("when", 0, "if", "model.alhpa"),
            '"model.alhpa" is not varied here, so it cannot be a condition; '
            'did you mean "model.alpha"?',
        )
    ]


def test_every_value_knows_its_place_in_the_sweep():
    sweep = Sweep.model_validate(
        {
            "seed": [5],
            "grid": {"a": [1, 2], "r": {"log2": [0, 1]}},
            "concat": [{}, {"zip": {"b": [3]}}],
            "when": [{"if": {"b": 3}, "grid": {"c": [4]}}],
        }
    )
    last = list(combinations(sweep))[-1]
    assert {path: choice.place for path, choice in last.items()} == {
        "a": ("grid", "a", 1),
        "r": ("grid", "r"),
        "b": ("concat", 1, "zip", "b", 0),
        "c": ("when", 0, "grid", "c", 0),
        "seed": ("seed", 0),
    }


def first_points(count, **sweep):
    found = itertools.islice(combinations(Sweep.model_validate(sweep)), count)
    return [{path: choice.value for path, choice in point.items()} for point in found]


def test_the_first_points_of_a_huge_sweep_are_there_without_the_others():
    axis = {"linear": [0, 10_000], "count": 10_001}
    at_0 = dict.fromkeys("abcdef", 0)
    assert first_points(3, seed=10**12, grid=dict.fromkeys("abcdef", axis)) == [
        {**at_0, "seed": 0},
        {**at_0, "seed": 1},
        {**at_0, "seed": 2},
    ]


def test_the_first_points_of_a_huge_sweep_with_conditions_are_there_without_the_others():
    axis = {"linear": [1, 1000], "count": 1000}
    when = [{"if": {"a": [1, 2, 5000], "b": 1}, "grid": {"e": axis}}]
    at_1 = dict.fromkeys("abcd", 1)
    assert first_points(2, grid=dict.fromkeys("abcd", axis), when=when) == [
        {**at_1, "e": 1},
        {**at_1, "e": 2},
    ]


values = st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True)


@st.composite
def blocks(draw, paths="abcdef", depth=2):
    """A block that varies some of these paths, none of them twice."""
    free = list(paths)

    def axes(count):
        return {free.pop(0): draw(values) for _ in range(min(count, len(free)))}

    block = {"grid": axes(draw(st.integers(0, 2)))}
    if draw(st.booleans()) and len(free) > 1:
        length = draw(st.integers(1, 3))
        block["zip"] = {free.pop(0): list(range(length)) for _ in range(draw(st.integers(1, 2)))}
    known = [p for p in paths if p not in free]
    if free and known and draw(st.booleans()):
        condition = st.one_of(st.integers(0, 3), values)
        asked = {p: draw(condition) for p in draw(st.sets(st.sampled_from(known), min_size=1))}
        block["when"] = [{"if": asked, "grid": axes(1)}]
    if free and depth and draw(st.booleans()):
        parts = st.lists(blocks("".join(free), depth - 1), max_size=3)
        block["concat"] = draw(parts)
    return block


@given(blocks(), st.none() | st.integers(1, 3))
def test_a_sweep_without_clashes_has_its_points_once_for_each_seed(block, seed):
    sweep = Sweep.model_validate(block | ({"seed": seed} if seed else {}))
    assert clashes(sweep) == []
    assert len(expand(sweep)) == len(points(**block)) * (seed or 1)


@given(st.dictionaries(st.sampled_from("abcd"), values, max_size=4), st.randoms())
def test_the_order_of_axes_does_not_change_which_points_there_are(axes, random):
    shuffled = list(axes.items())
    random.shuffle(shuffled)
    assert as_set(points(grid=axes)) == as_set(points(grid=dict(shuffled)))


@given(st.dictionaries(st.sampled_from("abcd"), values, max_size=4))
def test_a_grid_is_the_product_of_its_axes(axes):
    product = [dict(zip(axes, row, strict=True)) for row in itertools.product(*axes.values())]
    assert points(grid=axes) == product
