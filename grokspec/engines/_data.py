"""The data that a run is trained and tested on; its labels may be an eigenvector (§6.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64

from grokspec.rng import generator

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grokspec.experiment import Experiment
    from grokspec.tasks.base import Data


def draw_data(experiment: Experiment) -> Data:
    """Draw the data set of a run."""
    data = experiment.task.draw(experiment.seed)
    if experiment.task.eigenvector is None:
        return data
    inputs = np.concatenate([data.train_inputs, data.test_inputs])
    kernel = experiment.model.initial_kernel(data, inputs, experiment.seed)
    labels = eigenvector_labels(kernel, experiment.task.eigenvector)
    train, test = np.split(experiment.task.label_scale * labels[:, None], [len(data.train_inputs)])
    return replace(
        data, train_targets=train, test_targets=test, baseline=float((test**2).mean()), teacher={}
    )


def eigenvector_labels(
    kernel: Float64[np.ndarray, "example example"], rank: int
) -> Float64[np.ndarray, " example"]:
    """Labels that are the eigenvector of a kernel with the ``rank``-th largest eigenvalue, from 1.

    The kernel is that between *all* inputs, to train and to test on. The labels of both sets are
    then one function that does not depend on the division, and equally hard. The paper does not
    say what its test labels are. An eigenvector of the training inputs' kernel, extended by that
    kernel to the test inputs (Nyström), would not do: those labels are the ones that kernel
    regression predicts from the training labels, so a lazy network would generalize at any rank.

    The mean square of the labels is one. The sign, which an eigenvector leaves open, is the one
    that makes the largest label positive.
    """
    vectors = np.linalg.eigh(kernel)[1]
    labels = vectors[:, -rank] * len(kernel) ** 0.5
    return labels * np.sign(labels[np.abs(labels).argmax()])


def fresh_data(stack: Sequence[Experiment], data: Sequence[Data]) -> Callable[[], list[Data]]:
    """A function that draws new training examples for each run of a stack at every call."""
    generators = [generator(experiment.seed, "batches") for experiment in stack]

    def renew() -> list[Data]:
        examples = [
            experiment.task.fresh_examples(initial, source)
            for experiment, initial, source in zip(stack, data, generators, strict=True)
        ]
        return [
            replace(initial, train_inputs=inputs, train_targets=targets)
            for initial, (inputs, targets) in zip(data, examples, strict=True)
        ]

    return renew
