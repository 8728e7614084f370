"""The data that a run is trained and tested on: drawn, relabeled by an eigenvector, disturbed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float64

from grokspec.errors import GrokspecError
from grokspec.losses.base import RULES
from grokspec.rng import generator
from grokspec.tasks._disturbance import disturbed
from grokspec.tasks._values import (
    why_no_classes,
    why_no_plain_signs,
    why_no_probabilities,
    why_no_signs,
    why_no_tokens,
)
from grokspec.training import tokens_in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from grokspec.experiment import Experiment
    from grokspec.tasks.base import Data, Task


WHY_NOT = {
    "probabilities": why_no_probabilities,
    "classes": why_no_classes,
    "signs": why_no_plain_signs,
}
"""What says why targets are not what a loss reads them as."""


def draw_data(experiment: Experiment) -> Data:
    """Draw the data set of a run, with the noise and the wrong labels of its task."""
    data = experiment.task.draw(experiment.seed)
    check_shapes(data, experiment.task)
    check_values(data, experiment)
    if experiment.task.eigenvector is not None:
        data = _relabeled(data, experiment, experiment.task.eigenvector)
    return disturbed(experiment.task, data, generator(experiment.seed, "noise"))


def _relabeled(data: Data, experiment: Experiment, rank: int) -> Data:
    """The data set with labels that are an eigenvector of the initial kernel (§6.1)."""
    inputs = np.concatenate([data.train_inputs, data.test_inputs])
    kernel = experiment.model.initial_kernel(data, inputs, experiment.seed)
    labels = eigenvector_labels(kernel, rank)
    train, test = np.split(experiment.task.label_scale * labels[:, None], [len(data.train_inputs)])
    relabeled = replace(
        data, train_targets=train, test_targets=test, baseline=float((test**2).mean()), teacher={}
    )
    check_shapes(relabeled, experiment.task)
    return relabeled


def check_shapes(data: Data, task: Task) -> None:
    """Raise a GrokspecError unless arrays have the shapes that the task says.

    Targets [example] would broadcast against outputs [example, 1].
    """
    for part, examples in zip(("train", "test"), task.sizes, strict=True):
        wanted = {"inputs": (examples, task.input_size), "targets": (examples, task.output_size)}
        for name, shape in wanted.items():
            if (found := getattr(data, f"{part}_{name}").shape) != shape:
                axis = name.removesuffix("s").replace("target", "output")
                raise GrokspecError(
                    f'task "{task.kind}": draw() gives {part}_{name} of the shape {found}; '
                    f"by its sizes it must be {shape}, [example, {axis}]"
                )


def check_values(data: Data, experiment: Experiment) -> None:
    """Raise a GrokspecError if inputs or targets cannot mean what the run takes them for.

    What a spec is refused for is that which is known before data are drawn: not of a task of one's
    own, nor of a large file.
    """
    task, model = experiment.task, experiment.model
    tokens = model.vocabulary(task) if task.has_tokens else None
    readers = [probe.kind for probe in experiment.probes if probe.reads_classes]
    why_unclear, place = (
        (why_no_signs, "sign") if task.output_size == 1 else (why_no_classes, "largest")
    )
    for part in ("train", "test"):
        inputs, targets = (getattr(data, f"{part}_{name}") for name in ("inputs", "targets"))
        if task.has_tokens and inputs.dtype.kind not in "iu":
            wrong = f"the type is {inputs.dtype}"
            raise _unfit(task, f"{part}_inputs", wrong, "tokens are whole numbers")
        if tokens is not None and (why := why_no_tokens(inputs, tokens)):
            raise _unfit(task, f"{part}_inputs", why, tokens_in_words(model, tokens))
        loss = experiment.training.loss
        if (rule := WHY_NOT.get(loss.reads)) and (why := rule(targets)):
            raise _unfit(task, f"{part}_targets", why, f'loss "{loss.kind}" {RULES[loss.reads]}')
        if readers and (why := why_unclear(targets)):
            needs = f'probe "{readers[0]}" reads the class from the {place}'
            raise _unfit(task, f"{part}_targets", why, needs)


def _unfit(task: Task, name: str, why: str, rule: str) -> GrokspecError:
    return GrokspecError(f'task "{task.kind}": in {name}, {why}; {rule}')


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
    """A function that draws new training examples for each run of a stack at every call.

    Noise and wrong labels are drawn anew with them, by a generator of their own: runs that differ
    in these have the same inputs.
    """
    generators = [generator(experiment.seed, "batches") for experiment in stack]
    noises = [generator(experiment.seed, "fresh_noise") for experiment in stack]

    def renew() -> list[Data]:
        examples = [
            experiment.task.fresh_examples(initial, source)
            for experiment, initial, source in zip(stack, data, generators, strict=True)
        ]
        new = [
            replace(initial, train_inputs=inputs, train_targets=targets, clean_targets=targets)
            for initial, (inputs, targets) in zip(data, examples, strict=True)
        ]
        for experiment, drawn in zip(stack, new, strict=True):
            check_shapes(drawn, experiment.task)
        return [
            disturbed(experiment.task, drawn, noise) if experiment.task.is_disturbed else drawn
            for experiment, drawn, noise in zip(stack, new, noises, strict=True)
        ]

    return renew
