import random
import sys

import numpy as np
import pytest
from pydantic import ValidationError
from sklearn import datasets

from grokspec.errors import GrokspecError
from grokspec.tasks import mnist1d
from grokspec.tasks.mnist1d import Mnist1d
from grokspec.tasks.sklearn import SETS, Sklearn


@pytest.mark.parametrize("dataset", SETS)
def test_the_sets_of_scikit_learn_have_the_sizes_that_are_known_without_it(dataset):
    inputs, targets = getattr(datasets, f"load_{dataset}")(return_X_y=True)
    outputs = 1 if dataset == "diabetes" else len(np.unique(targets))
    assert SETS[dataset] == (*inputs.shape, outputs)


@pytest.mark.parametrize("dataset", SETS)
def test_a_seed_divides_all_examples_which_keep_their_targets(dataset):
    data = Sklearn(dataset=dataset, train=100).draw(3)
    inputs = np.concatenate([data.train_inputs, data.test_inputs])
    targets = np.concatenate([data.train_targets, data.test_targets])
    assert inputs.mean(0) == pytest.approx(0, abs=1e-12)
    assert inputs.std(0) == pytest.approx(1)
    raw, labels = getattr(datasets, f"load_{dataset}")(return_X_y=True)
    rows = np.column_stack([inputs * raw.std(0) + raw.mean(0), targets])
    if dataset == "diabetes":
        expected = (labels[:, None] - labels.mean()) / labels.std()
    else:
        expected = labels[:, None] == np.unique(labels)
    known = np.column_stack([raw, expected])
    in_order = [np.lexsort(table.round(9).T) for table in (rows, known)]
    assert rows[in_order[0]] == pytest.approx(known[in_order[1]])


@pytest.mark.parametrize("dataset", SETS)
def test_the_baseline_is_the_mean_square_of_the_test_targets(dataset):
    data = Sklearn(dataset=dataset, train=100, label_scale=3.0).draw(0)
    assert data.baseline == pytest.approx((data.test_targets**2).mean())


def test_more_training_examples_are_those_there_were_and_others():
    few, more = (Sklearn(dataset="wine", train=n, test=50).draw(0) for n in (20, 100))
    assert np.array_equal(few.train_inputs, more.train_inputs[:20])
    assert np.array_equal(few.test_inputs, more.test_inputs)


def test_a_set_that_is_too_small_is_refused():
    with pytest.raises(ValidationError, match="there are 150 examples, too few to train on 150 an"):
        Sklearn(dataset="iris", train=150)
    with pytest.raises(ValidationError, match=r"5,000 examples, .* on 4,001 and to test on 1,00"):
        Mnist1d(train=4_001, test=1_000)


def test_signals_are_the_shuffled_ones_of_the_package_and_global_generators_stay(monkeypatch):
    from mnist1d.data import get_dataset_args, make_dataset

    monkeypatch.setattr(mnist1d, "EXAMPLES", 100)
    arguments = get_dataset_args()
    arguments.num_samples = 100
    made = make_dataset(arguments)
    known = {row.tobytes(): y for part in ("", "_test") for row, y in pairs_of(made, part)}
    np.random.seed(5)
    random.seed(5)
    mnist1d._made.cache_clear()
    data = Mnist1d(train=60).draw(0)
    assert (np.random.rand(), random.random()) == (0.22199317108973948, 0.6229016948897019)
    inputs = np.concatenate([data.train_inputs, data.test_inputs])
    targets = np.concatenate([data.train_targets, data.test_targets])
    assert inputs.shape == (100, 40)
    assert [known.pop(row.tobytes()) for row in inputs] == targets.argmax(1).tolist()
    assert data.baseline == pytest.approx(0.1)


def pairs_of(made, part):
    return zip(made[f"x{part}"], made[f"y{part}"], strict=True)


def test_there_are_as_many_signals_as_the_package_makes():
    from mnist1d.data import get_dataset_args, get_templates

    arguments = get_dataset_args()
    assert (arguments.num_samples, arguments.final_seq_length) == (5_000, 40)
    assert Mnist1d(train=1).sizes == (1, 4_999)
    assert get_templates()["y"].tolist() == list(range(Mnist1d(train=1).output_size))


@pytest.mark.parametrize(
    ("task", "module", "remedy"),
    [
        (Sklearn(dataset="iris", train=9), "sklearn", r"scikit-learn.* \"grokspec\[sklearn\]\""),
        (Mnist1d(train=9), "mnist1d.data", r"package mnist1d.* \"grokspec\[mnist1d\]\""),
    ],
)
def test_without_the_package_the_error_gives_the_remedy(monkeypatch, task, module, remedy):
    mnist1d._made.cache_clear()
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(GrokspecError, match=remedy):
        task.draw(0)
