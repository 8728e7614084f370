"""The values of an axis."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from grokspec.spec.ranges import Axis, values_of

AXIS = TypeAdapter(Axis)


def values(written):
    return values_of(AXIS.validate_python(written))


def errors(written):
    with pytest.raises(ValidationError) as caught:
        AXIS.validate_python(written)
    return [(error["type"], error["msg"]) for error in caught.value.errors()]


def test_a_list_is_its_values():
    assert values([3, 1, "infinite", [1, 2], {"kind": "loss"}]) == [
        3,
        1,
        "infinite",
        [1, 2],
        {"kind": "loss"},
    ]


def test_a_linear_range_has_the_decimals_one_would_write():
    assert values({"linear": [0, 1], "count": 11}) == [
        0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1,
    ]  # fmt: skip
    assert values({"linear": [-0.1, 0.1], "count": 3}) == [-0.1, 0, 0.1]


def test_a_linear_range_may_fall():
    assert values({"linear": [3, 1], "count": 3}) == [3, 2, 1]


def test_a_logarithmic_range_has_round_decades():
    assert values({"log": [0.001, 1000], "count": 7}) == [0.001, 0.01, 0.1, 1, 10, 100, 1000]


def test_a_logarithmic_range_keeps_its_ends_as_they_are_written():
    ends = [0.12345678901234567, 98.7654321098765432]
    found = values({"log": ends, "count": 5})
    assert [found[0], found[-1]] == ends


def test_values_between_are_rounded_so_that_no_platform_differs():
    found = values({"log": [1, 2], "count": 3})[1]
    assert found == 1.41421356237
    assert math.isclose(found, math.sqrt(2), rel_tol=1e-11)


def test_powers_of_two_are_exact():
    assert values({"log2": [-3, 6], "every": 3}) == [1 / 8, 1, 8, 64]
    assert values({"log2": [0, 3]}) == [1, 2, 4, 8]
    assert values({"log2": [-1022, 1023], "every": 2045}) == [2.0**-1022, 2**1023]


def test_whole_values_are_whole_numbers_so_that_counts_can_be_swept():
    found = [*values({"log2": [4, 6]}), *values({"linear": [1e2, 3e2], "count": 3})]
    assert found == [16, 32, 64, 100, 200, 300]
    assert {type(value) for value in found} == {int}
    assert type(values({"log2": [-1, 1]})[0]) is float


def test_powers_of_two_that_miss_their_end_are_refused_with_a_reason():
    assert errors({"log2": [-3, 6], "every": 4}) == [
        (
            "invalid",
            "steps of 4 from -3 do not reach 6, but both ends are part of a range; change one of "
            "the three",
        )
    ]
    assert errors({"log2": [3, 3]}) == [("invalid", "the first exponent must be below the last")]


@pytest.mark.parametrize("form", ["linear", "log"])
def test_ranges_need_two_different_ends(form):
    assert errors({form: [2, 2], "count": 3}) == [
        ("invalid", "the first value and the last must differ")
    ]


@pytest.mark.parametrize("written", [3, "x", {}, {"count": 3}, {"lin": [0, 1], "count": 2}, True])
def test_anything_else_is_refused_with_the_possible_forms(written):
    ((kind, message),) = errors(written)
    assert kind == "invalid"
    assert message.startswith("must be a list of values, { linear = [first, last], count = n }, ")


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ([], "too_short"),
        ({"linear": [0, 1], "count": 1}, "greater_than_equal"),
        ({"linear": [0, 1], "count": 10**7}, "less_than_equal"),
        ({"linear": [0, 1]}, "missing"),
        ({"linear": [0], "count": 3}, "missing"),
        ({"linear": [0, math.inf], "count": 3}, "finite_number"),
        ({"log": [0, 1], "count": 3}, "greater_than"),
        ({"log2": [0.5, 3]}, "int_type"),
        ({"log2": [0, 2000]}, "less_than_equal"),
        ({"log2": [0, 3], "evry": 3}, "extra_forbidden"),
        ({"log2": [0, 3], "linear": [0, 1]}, "missing"),
    ],
)
def test_mistaken_ranges_are_refused(written, kind):
    assert errors(written)[0][0] == kind


ends = st.lists(
    st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-6),
    min_size=2,
    max_size=2,
    unique=True,
)


@given(ends, st.integers(2, 40))
def test_linear_ranges_are_monotone_and_as_long_as_they_say(ends, count):
    axis = AXIS.validate_python({"linear": ends, "count": count})
    found = values_of(axis)
    assert len(found) == count
    assert [found[0], found[-1]] == ends
    assert found == sorted(found, reverse=ends[0] > ends[1])


@given(st.integers(-300, 300), st.integers(1, 12), st.integers(1, 12))
def test_powers_of_two_step_by_a_constant_factor(first, every, steps):
    axis = AXIS.validate_python({"log2": [first, first + every * steps], "every": every})
    found = values_of(axis)
    assert len(found) == steps + 1
    assert {after / before for before, after in itertools.pairwise(found)} == {2**every}


@given(st.floats(1e-6, 1e6), st.floats(1.1, 1e6), st.integers(2, 40))
def test_logarithmic_ranges_step_by_nearly_a_constant_factor(first, ratio, count):
    found = values({"log": [first, first * ratio], "count": count})
    assert len(found) == count
    factor = ratio ** (1 / (count - 1))
    for before, after in itertools.pairwise(found):
        assert math.isclose(after / before, factor, rel_tol=1e-9)
