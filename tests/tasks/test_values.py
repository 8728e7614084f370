"""What numbers can mean, for any numbers."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from grokspec.tasks._values import why_no_classes, why_no_probabilities, why_no_tokens

SHAPES = array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=8)
SCORES = arrays(np.float64, SHAPES, elements=st.floats(-30, 30))
PLACES = st.tuples(st.integers(0, 7), st.integers(0, 7))


def softmax(scores: np.ndarray) -> np.ndarray:
    exponentials = np.exp(scores - scores.max(1, keepdims=True))
    return exponentials / exponentials.sum(1, keepdims=True)


@settings(max_examples=40)
@given(SCORES, st.sampled_from([np.float64, np.float32]))
def test_a_softmax_gives_probabilities_in_either_precision(scores, precision):
    assert why_no_probabilities(softmax(scores).astype(precision).astype(float)) is None


@settings(max_examples=40)
@given(SCORES, st.floats(-3, 3).filter(lambda scale: abs(scale - 1) > 1e-3))
def test_a_multiple_of_probabilities_is_none(scores, scale):
    assert "row 0, counted from 0" in why_no_probabilities(scale * softmax(scores))


@settings(max_examples=40)
@given(SCORES, PLACES, st.one_of(st.floats(max_value=-1e-3), st.floats(2), st.just(np.nan)))
def test_a_single_number_that_is_none_is_found_in_its_row(scores, place, wrong):
    rows = softmax(scores)
    row, column = (index % length for index, length in zip(place, rows.shape, strict=True))
    rows[row, column] = wrong
    with np.errstate(all="ignore"):
        assert why_no_probabilities(rows).startswith(f"row {row}, counted from 0, is [")


@settings(max_examples=40)
@given(SCORES, PLACES)
def test_a_row_has_a_class_unless_its_largest_number_is_there_twice(scores, place):
    rows = softmax(scores)
    row, column = (index % length for index, length in zip(place, rows.shape, strict=True))
    rows[:, 0] = 2
    assert why_no_classes(rows) is None
    rows[row, max(column, 1)] = 2
    assert why_no_classes(rows).startswith(f"row {row}, counted from 0, is [")


@settings(max_examples=40)
@given(arrays(np.int64, SHAPES, elements=st.integers(-3, 9)), st.integers(1, 9))
def test_tokens_are_those_from_0_to_the_vocabulary(tokens, vocabulary):
    fit = all(token in range(vocabulary) for token in tokens.flat)
    assert (why_no_tokens(tokens, vocabulary) is None) == fit
