"""The tasks on handwritten digits: MNIST, from a stand-in of a few images, and scikit-learn's."""

import gzip
import hashlib
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from public_files import idx, pictures, stand_in
from pydantic import ValidationError

from grokspec.errors import GrokspecError
from grokspec.tasks import mnist
from grokspec.tasks.digits import Digits
from grokspec.tasks.mnist import Mnist, averaged

CHECKSUMS = mnist.IMAGES.sha256, mnist.LABELS.sha256


@pytest.fixture(autouse=True)
def data(tmp_path, monkeypatch):
    """The folder of the stand-in, of 60 images."""
    stand_in(tmp_path / "data", monkeypatch)
    return tmp_path / "data" / "mnist"


def test_images_keep_their_digits_and_brightness_is_from_zero_to_one():
    images, digits = pictures(60)
    drawn = Mnist(train=20, test=40, side=28).draw(3)
    inputs = np.concatenate([drawn.train_inputs, drawn.test_inputs])
    targets = np.concatenate([drawn.train_targets, drawn.test_targets])
    known = {image.tobytes(): digit for image, digit in zip(images, digits, strict=True)}
    restored = np.round(inputs * 255).astype(images.dtype)
    assert {image.tobytes() for image in restored} == set(known)  # each of them once
    assert [known[image.tobytes()] for image in restored] == targets.argmax(1).tolist()
    assert inputs.min() >= 0
    assert inputs.max() <= 1


@pytest.mark.parametrize("task", [Mnist(train=20, test=20), Digits(train=200)], ids=str)
def test_targets_are_one_hot_and_the_baseline_is_their_mean_square(task):
    task = task.model_copy(update={"label_scale": 3.0})
    drawn = task.draw(0)
    assert (np.sort(drawn.test_targets, axis=1) == [0] * 9 + [3]).all()
    assert drawn.baseline == pytest.approx((drawn.test_targets**2).mean())


def test_pixels_are_averaged_over_squares():
    image = np.arange(28 * 28).reshape(1, 28, 28)
    small = averaged(image, 7).reshape(7, 7)
    for row, column in [(0, 0), (2, 5), (6, 6)]:
        square = image[0, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4]
        assert small[row, column] == square.mean()


def test_at_the_full_side_images_stay_as_they_are():
    images, _ = pictures(3)
    assert np.array_equal(averaged(images, 28), images.reshape(3, -1))


def test_no_image_is_both_trained_and_tested_on():
    drawn = Mnist(train=30, test=30).draw(1)
    rows = [row.tobytes() for row in np.concatenate([drawn.train_inputs, drawn.test_inputs])]
    assert len(set(rows)) == 60


def test_more_training_images_are_those_there_were_and_others():
    few, more = (Digits(train=n).draw(0) for n in (50, 100))
    assert np.array_equal(few.train_inputs, more.train_inputs[:50])
    assert np.array_equal(few.test_inputs, more.test_inputs)


def test_digits_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    images, digits = Digits(train=1).images()
    assert np.array_equal(images * 16, load_digits().data)
    assert np.array_equal(digits, load_digits().target)
    assert len(images) == Digits.available


def test_without_scikit_learn_the_error_gives_the_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(
        GrokspecError, match=r'needs scikit-learn.*pip install "grokspec\[digits\]"'
    ):
        Digits(train=1).draw(0)


@pytest.mark.parametrize(
    ("task", "why"),
    [
        (lambda: Digits(train=798), "there are 1,797 images, too few to train on 798 and to test"),
        (
            lambda: Mnist(train=1, side=10),
            "28 pixels a side cannot be averaged to this; use 28, 14",
        ),
        (lambda: Mnist(train=1, test=10, eigenvector=1), "is for tasks of one output"),
    ],
)
def test_what_does_not_exist_is_refused(task, why):
    with pytest.raises(ValidationError, match=why):
        task()


def test_a_truncated_file_is_refused_by_name(data):
    path = data / "t10k-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(GrokspecError, match=r"t10k-images-idx3-ubyte\.gz: is truncated, altered"):
        Mnist(train=20, test=20).draw(0)


def test_labels_in_the_place_of_images_are_refused_by_name(data):
    labels = (data / "t10k-labels-idx1-ubyte.gz").read_bytes()
    (data / "t10k-images-idx3-ubyte.gz").write_bytes(labels)
    with pytest.raises(GrokspecError, match=r"t10k-images-idx3-ubyte\.gz: is truncated, altered"):
        Mnist(train=20, test=20).draw(0)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (gzip.compress(idx(np.arange(60))), "begins with 0x00000801, not with 0x00000803"),
        (gzip.compress(idx(pictures(60)[0])[:-1]), "holds 47,039 numbers, not the 60 × 28 × 28"),
        (gzip.compress(idx(pictures(60)[0]))[:-9], "Compressed file ended before"),
        (idx(pictures(60)[0]), "Not a gzipped file"),
    ],
    ids=["labels", "short", "torn", "unpacked"],
)
def test_content_that_is_not_images_is_refused_by_name_whatever_its_checksum(
    data, monkeypatch, content, why
):
    (data / "t10k-images-idx3-ubyte.gz").write_bytes(content)
    known = replace(mnist.IMAGES, sha256=hashlib.sha256(content).hexdigest())
    monkeypatch.setattr(mnist, "IMAGES", known)
    with pytest.raises(GrokspecError, match=rf"t10k-images-idx3-ubyte\.gz: {why}"):
        Mnist(train=20, test=20).draw(0)


def test_planning_neither_fetches_nor_reads_images(tmp_path):
    spec = Path(__file__).parents[2] / "specs/kumar2024/mnist/alpha.toml"
    code = (
        "import sys; from grokspec.plan import make_plan; from grokspec.spec import read_spec; "
        f"plan = make_plan(read_spec({str(spec)!r})); assert plan.stacks; "
        "assert [run.key for run in plan.spec.runs]; "
        "print(sorted({'pooch', 'requests', 'sklearn', 'torch'} & set(sys.modules)))"
    )
    environment = {**os.environ, "GROKSPEC_DATA": str(tmp_path / "nothing")}
    command = [sys.executable, "-c", code]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
    assert not (tmp_path / "nothing").exists()


def test_mnist_is_known_by_the_checksums_that_others_publish():
    assert CHECKSUMS == (
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    )
