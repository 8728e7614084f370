import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from grokspec.tasks.modular_addition import ModularAddition
from grokspec.tasks.modular_arithmetic import ModularArithmetic

P = 11


def arithmetic(operation, modulus=P, **fields):
    return ModularArithmetic(operation=operation, modulus=modulus, train_share=0.6, **fields)


def results(task):
    """The result of each pair, over both sets."""
    data = task.draw(0)
    inputs = np.concatenate([data.train_inputs, data.test_inputs]).tolist()
    targets = np.concatenate([data.train_targets, data.test_targets]).argmax(1).tolist()
    return dict(zip(map(tuple, inputs), targets, strict=True))


def over(a, b):
    """By trying all quotients; None if there is none."""
    return next((c for c in range(P) if b and c * b % P == a), None)


OF_POWER_2022 = {
    "a + b": lambda a, b: (a + b) % P,
    "a - b": lambda a, b: (a - b) % P,
    "a * b": lambda a, b: a * b % P,
    "a / b": over,
    "a / b if b % 2 else a - b": lambda a, b: over(a, b) if b % 2 else (a - b) % P,
    "a**2 + b**2": lambda a, b: (a * a + b * b) % P,
    "a**2 + a*b + b**2": lambda a, b: (a * a + a * b + b * b) % P,
    "a**2 + a*b + b**2 + a": lambda a, b: (a * a + a * b + b * b + a) % P,
    "a**3 + a*b": lambda a, b: (a * a * a + a * b) % P,
    "a**3 + a*b**2 + b": lambda a, b: (a * a * a + a * b * b + b) % P,
    "-a if a < b <= 7 else (b == 3) + 5 * a": lambda a, b: (
        -a % P if a < b <= 7 else ((b == 3) + 5 * a) % P
    ),
    "1 / (a - b) if a != b else 200 % 7": lambda a, b: over(1, (a - b) % P) if a != b else 4,
}


@pytest.mark.parametrize("operation", OF_POWER_2022)
def test_a_formula_means_what_it_says_for_every_pair_for_which_it_is_defined(operation):
    by_hand = {(a, b): OF_POWER_2022[operation](a, b) for a in range(P) for b in range(P)}
    defined = {pair: result for pair, result in by_hand.items() if result is not None}
    task = arithmetic(operation, inputs="tokens")
    assert results(task) == defined
    assert task.pairs == sum(task.sizes) == len(defined)


numbers = st.one_of(st.sampled_from(["a", "b"]), st.integers(0, 10**9).map(str))
formulas = st.recursive(
    numbers,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda t: f"({' '.join(t)})"),
        st.tuples(inner, st.integers(0, 9)).map(lambda t: f"({t[0]})**{t[1]}"),
        inner.map(lambda formula: f"-{formula}"),
    ),
    max_leaves=6,
).filter(lambda formula: len(formula) <= 200)


@given(formula=formulas, modulus=st.integers(2, 12))
def test_sums_products_and_powers_are_those_of_whole_numbers_modulo_p(formula, modulus):
    table = arithmetic(formula, modulus).table()
    exact = [
        [eval(formula, {"a": a, "b": b}) % modulus for b in range(modulus)] for a in range(modulus)
    ]
    assert table.tolist() == exact


@pytest.mark.parametrize("inputs", ["tokens", "one_hot"])
def test_addition_by_formula_draws_what_modular_addition_draws(inputs):
    addition = ModularAddition(modulus=P, train_share=0.6, inputs=inputs).draw(3)
    formula = arithmetic("a + b", inputs=inputs).draw(3)
    for name in ("train_inputs", "train_targets", "test_inputs", "test_targets"):
        assert np.array_equal(getattr(addition, name), getattr(formula, name))


def test_powers_of_large_numbers_do_not_overflow():
    table = arithmetic("a**1000 * 1000000000 * b", 997).table()
    assert table[5, 6] == pow(5, 1000) * 10**9 * 6 % 997


REFUSED = {
    "c + 1": 'has "c" at character 1; use a, b, whole numbers up to 1,000,000,000, + - * / ** %, ',
    "b + a**b": 'has "b" at character 8; an exponent is a whole number from 0 to 1,000',
    "a**1001": 'has "1001" at character 4; an exponent is',
    "a**-1": 'has "-1" at character 4; an exponent is',
    "a % b": 'has "b" at character 5; after % stands a whole number from 1',
    "a % 0": 'has "0" at character 5; after % stands',
    "é * a": 'has "é" at character 1; use',
    "a + 1.5 * b": 'has "1.5" at character 5; use',
    "a + True": 'has "True" at character 5; use',
    "10000000000 * a": 'has "10000000000" at character 1; use',
    "a ^ b": "; a power is **",
    "a // b": "; division modulo p is /",
    "a is b": 'has "a is b"',
    "a and b": 'has "a and b"',
    "__import__('os').getcwd()": "has \"__import__('os').getcwd()\" at character 1; use",
    "a.real": 'has "a.real"',
    "(lambda: a)()": 'has "(lambda: a)()"',
    "[a for b in a]": 'has "[a for b in a]"',
    "a +": "is no formula: invalid syntax; write it as in Python",
    "a if b": "is no formula: expected 'else' after 'if' expression; write it as in Python",
    "": "is no formula",
    "a\n+ b": "has a line break or another character that cannot be printed",
    "a\0": "has a line break or another character",
    "a + " * 60 + "b": "has 241 characters; at most 200 are read",
}


@pytest.mark.parametrize("operation", REFUSED)
def test_any_other_formula_is_refused_with_its_place(operation):
    with pytest.raises(ValidationError) as caught:
        arithmetic(operation)
    (error,) = caught.value.errors()
    assert error["loc"] == ("operation",)
    assert REFUSED[operation] in error["msg"]


def test_division_needs_a_prime_modulus():
    with pytest.raises(ValidationError, match=r"divides, and modulo 12 not every .* such as 11"):
        arithmetic("a / b", 12)
    assert arithmetic("a * b", 12).pairs == 144


def test_a_formula_that_is_never_defined_leaves_nothing_to_train_on():
    with pytest.raises(ValidationError, match="of the 0 pairs it leaves 0 to train and 0 to test"):
        arithmetic("a / 0")
