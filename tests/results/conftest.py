"""Small results of three runs that nobody trained."""

import numpy as np
import pytest
from made_up_results import LOSSES, made_up, spec_of_arms, store_results


@pytest.fixture
def arms(tmp_path):
    return spec_of_arms(tmp_path)


@pytest.fixture
def small(arms):
    return made_up(arms, loss=np.array(LOSSES), power=np.arange(10.0).reshape(5, 2))


@pytest.fixture
def stored(small, store):
    """The small results, in the store."""
    store_results(small, store)
    return small
