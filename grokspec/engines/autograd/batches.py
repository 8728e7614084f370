"""The examples of each step: the whole training set, a part of it, or new ones."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from grokspec.engines._data import fresh_data
from grokspec.rng import generator
from grokspec.shapes import Evaluation, Outputs

if TYPE_CHECKING:
    from grokspec.engines.autograd.network import Network

Batch = tuple[Evaluation, Outputs]
"""The predictors on the examples of a step, and their targets."""


class Batches:
    """The batch of each step, without end.

    Each run draws its examples by its own seed: in "epochs", it goes through its training set in a
    random order that is drawn anew for every pass, and drops examples at the end of a pass that do
    not fill a batch; with "replacement", it draws each example by itself. With fresh examples the
    data of the network change from step to step.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._seeds = [experiment.seed for experiment in network.stack]
        self._generators = {seed: generator(seed, "batches") for seed in self._seeds}
        self._fresh = network.stack[0].training.fresh
        self._renew = fresh_data(network.stack, network.data) if self._fresh else None
        self._batches: Iterator[Batch] = iter(())

    def prepare(self, skipped: int = 0) -> None:
        """Take batches from the training data that the network has now, after some are skipped."""
        if self._network.sees_all:
            self._batches = self._whole()
        else:
            self._batches = self._renewed(skipped) if self._fresh else self._parts(skipped)

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        return next(self._batches)

    def _whole(self) -> Iterator[Batch]:
        predict = self._network.predictor_on(self._network.train_inputs())
        targets = self._network.train_targets()
        while True:
            yield predict, targets

    def _renewed(self, skipped: int) -> Iterator[Batch]:
        network, renew = self._network, self._renew
        assert renew is not None, "examples are fresh"
        for _ in range(skipped):
            network.data = renew()
        while True:
            yield network.predictor_on(network.train_inputs()), network.train_targets()
            network.data = renew()

    def _parts(self, skipped: int) -> Iterator[Batch]:
        network = self._network
        inputs, targets = network.train_inputs(), network.train_targets()
        offset = network.offset_of(network.evaluator.on(inputs))
        rows = torch.arange(len(self._seeds))[:, None]
        for chosen in itertools.islice(self._choices(inputs.shape[1]), skipped, None):
            part = None if offset is None else offset[rows, chosen]
            yield network.predictor_on(inputs[rows, chosen], part), targets[rows, chosen]

    def _choices(self, examples: int) -> Iterator[Int[Tensor, "run example"]]:
        """The numbers of the examples of each step."""
        training = self._network.stack[0].training
        size = training.batch
        assert size is not None, "otherwise a step sees all"
        while training.batches == "replacement":
            yield self._of_each_run(lambda draw: draw.integers(0, examples, size))
        while True:
            order = self._of_each_run(lambda draw: draw.permutation(examples))
            for start in range(0, examples - size + 1, size):
                yield order[:, start : start + size]

    def _of_each_run(
        self, draw: Callable[[np.random.Generator], np.ndarray]
    ) -> Int[Tensor, "run example"]:
        """What each run draws; runs of one seed draw the same."""
        drawn = {seed: draw(generator) for seed, generator in self._generators.items()}
        return torch.from_numpy(np.stack([drawn[seed] for seed in self._seeds]))
