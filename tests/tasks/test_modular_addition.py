import numpy as np
import pytest
from experiments import experiment
from pydantic import ValidationError

from grokspec.tasks.modular_addition import ModularAddition

TOKENS = ModularAddition(modulus=7, train_share=0.7, inputs="tokens")
ONE_HOT = ModularAddition(modulus=7, train_share=0.7)


def rows(inputs):
    return [tuple(row) for row in inputs.tolist()]


def test_train_and_test_pairs_are_the_whole_table_each_once():
    data = TOKENS.draw(0)
    train, test = rows(data.train_inputs), rows(data.test_inputs)
    assert (len(train), len(test)) == (34, 15) == TOKENS.sizes
    assert sorted(train + test) == [(a, b) for a in range(7) for b in range(7)]


def test_target_is_the_class_of_the_sum():
    data = TOKENS.draw(0)
    for inputs, targets in (
        (data.train_inputs, data.train_targets),
        (data.test_inputs, data.test_targets),
    ):
        assert targets.argmax(1).tolist() == [(a + b) % 7 for a, b in rows(inputs)]
        assert np.sort(targets, axis=1).tolist() == [[0] * 6 + [1]] * len(inputs)


def test_one_hot_inputs_say_the_pairs_that_tokens_name():
    tokens, one_hot = TOKENS.draw(3), ONE_HOT.draw(3)
    assert tokens.train_inputs.dtype == np.int64
    assert one_hot.train_inputs.sum(1).tolist() == [2] * 34
    numbers = one_hot.train_inputs.reshape(-1, 2, 7).argmax(2)
    assert np.array_equal(numbers, tokens.train_inputs)
    assert np.array_equal(one_hot.test_targets, tokens.test_targets)


def test_baseline_is_the_mean_square_of_either_sets_targets():
    data = ModularAddition(modulus=7, train_share=0.7, label_scale=3.0).draw(0)
    assert np.mean(data.train_targets**2) == pytest.approx(data.baseline)
    assert np.mean(data.test_targets**2) == pytest.approx(data.baseline)


def test_a_larger_share_to_train_on_holds_the_smaller_one():
    few, many = TOKENS.draw(0), TOKENS.model_copy(update={"train_share": 0.9}).draw(0)
    assert set(rows(few.train_inputs)) < set(rows(many.train_inputs))
    assert set(rows(many.test_inputs)) < set(rows(few.test_inputs))


@pytest.mark.parametrize(("share", "left"), [(0.1, "0 to train and 4"), (0.9, "4 to train and 0")])
def test_a_share_that_leaves_a_set_empty_is_refused(share, left):
    with pytest.raises(ValidationError, match=f"of the 4 pairs it leaves {left} to test on"):
        ModularAddition(modulus=2, train_share=share)


def test_a_model_that_reads_no_tokens_is_refused_with_the_remedy():
    task = {"kind": "modular_addition", "modulus": 5, "train_share": 0.6, "inputs": "tokens"}
    model = {"kind": "perceptron", "hidden": [4]}
    record = {"probes": ["loss"]}
    with pytest.raises(ValidationError, match='"perceptron" cannot take; use inputs = "one_'):
        experiment(task=task, model=model, record=record)
