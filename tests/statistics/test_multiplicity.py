import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from grokspec.statistics import false_discovery

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=30)


@given(P_VALUES)
def test_p_values_are_adjusted_as_scipy_adjusts_them(p_values):
    expected = stats.false_discovery_control(p_values)
    assert false_discovery(p_values) == pytest.approx(expected.tolist(), rel=1e-12)


def test_none_stays_none_and_does_not_count():
    assert false_discovery([0.01, None, 0.04, 0.03]) == [
        pytest.approx(0.03),
        None,
        pytest.approx(0.04),
        pytest.approx(0.04),
    ]


def test_no_p_values_need_no_adjustment():
    assert false_discovery([None, None]) == [None, None]
