"""Against permutation matrices, whose products are those of the permutations."""

import itertools

import numpy as np
import pytest

from grokspec.tasks.permutations import Permutations


def task(points=4, operation="a b", **fields):
    return Permutations(points=points, operation=operation, train_share=0.5, **fields)


def matrices(points):
    """P with P[a(i), i] = 1, so that P_a P_b is the matrix of i → a(b(i))."""
    rows = itertools.permutations(range(points))
    return [np.eye(points, dtype=int)[:, list(images)] for images in rows]


PRODUCTS = {
    "a b": lambda a, b: a @ b,
    "a b a^-1": lambda a, b: a @ b @ a.T,
    "a b a": lambda a, b: a @ b @ a,
}


@pytest.mark.parametrize("operation", PRODUCTS)
def test_results_are_the_products_of_permutation_matrices(operation):
    table, known = task(operation=operation).table(), matrices(4)
    for (first, a), (second, b) in itertools.product(enumerate(known), repeat=2):
        assert np.array_equal(known[table[first, second]], PRODUCTS[operation](a, b))


def test_products_of_five_points_are_a_group_that_does_not_commute():
    table = task(points=5).table()
    elements = np.arange(120)
    assert table.shape == (120, 120)
    for line in (*table, *table.T):  # closed, and every element has an inverse on either side
        assert np.array_equal(np.sort(line), elements)
    assert np.array_equal(table[0], elements)
    assert np.array_equal(table[:, 0], elements)
    a, b, c = np.random.default_rng(0).integers(0, 120, (3, 2_000))
    assert np.array_equal(table[table[a, b], c], table[a, table[b, c]])
    assert not np.array_equal(table, table.T)


def test_a_draw_has_every_pair_once_with_its_result():
    described = task(points=3, inputs="tokens")
    data, table = described.draw(1), described.table()
    pairs = np.concatenate([data.train_inputs, data.test_inputs])
    assert sorted(map(tuple, pairs.tolist())) == list(itertools.product(range(6), repeat=2))
    targets = np.concatenate([data.train_targets, data.test_targets])
    assert targets.argmax(1).tolist() == table[tuple(pairs.T)].tolist()


def test_one_hot_inputs_say_the_pairs_that_tokens_name():
    one_hot, tokens = task().draw(0), task(inputs="tokens").draw(0)
    numbers = one_hot.train_inputs.reshape(-1, 2, 24).argmax(2)
    assert np.array_equal(numbers, tokens.train_inputs)
    assert one_hot.baseline == pytest.approx(np.mean(one_hot.test_targets**2))
