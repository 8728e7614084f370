"""Numbers and values as text: whole where they are whole, and no two alike."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grokspec.formatting import distinct_texts, exact, number, toml_text

NUMBERS = st.floats(allow_nan=False) | st.integers()
VALUES = NUMBERS | st.booleans() | st.text(max_size=50) | st.none()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1024, "1024"),
        (1024.0, "1024"),
        (np.int64(-1000), "-1000"),
        (999_999.0, "999999"),
        (1_000_000, "1e+06"),
        (1234.5, "1.23e+03"),
        (0.12345, "0.123"),
        (0.0, "0"),
        (-0.0, "0"),
        (math.inf, "inf"),
        (math.nan, "nan"),
        ("adam", "adam"),
    ],
)
def test_a_measured_number_has_three_digits_or_those_of_a_whole_one(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.25, "0.25"),
        (1024.0, "1024"),
        (2.0**20, "1048576"),
        (0.1234567, "0.1234567"),
        (0.12345678, "0.12345678"),
        (1e-300, "1e-300"),
        (np.float64(0.1), "0.1"),
        (np.int64(7), "7"),
        (True, "true"),
        ("1", "1"),
        ("a\nb\x1b", '"a\\nb\\u001b"'),
    ],
)
def test_a_value_of_an_axis_has_all_its_digits(value, text):
    assert exact(value) == text


@given(NUMBERS, NUMBERS)
def test_two_numbers_print_alike_only_if_they_are_equal(one, other):
    assert (exact(one) == exact(other)) == (one == other and sign(one) == sign(other))


def sign(value):
    return math.copysign(1, value) if isinstance(value, float) or not value else 0


@settings(max_examples=40)
@given(st.lists(VALUES, max_size=5, unique_by=toml_text))
def test_distinct_values_of_an_axis_print_differently(values):
    assert len(set(distinct_texts(values))) == len(values)
