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
from grokspec.shapes import Evaluation, Inputs, Outputs

if TYPE_CHECKING:
    from grokspec.engines.autograd.network import Network

Batch = tuple[Evaluation, Outputs]
"""The predictors on the examples of a step, and their targets."""


Table = tuple[Inputs, Outputs, Outputs | None]
"""All inputs and targets of a training set, and what centering subtracts."""


class Batches:
    """The batch of each step, without end.

    Each run draws its examples by its own seed: in "epochs", it goes through its training set in a
    random order that is drawn anew for every pass, and drops examples at the end of a pass that do
    not fill a batch; with "replacement", it draws each example by itself. With fresh examples the
    data of the network change from step to step.
    """

    _table: Table
    _chosen: Int[Tensor, "run example"]

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

    def again(self) -> Batch:
        """The last batch, of the same examples, by the data and the numbers that there are now.

        If there are more or fewer examples than before, a pass begins.
        """
        network = self._network
        if self._fresh:
            return network.predictor_on(network.train_inputs()), network.train_targets()
        if network.sees_all or len(network.data[0].train_inputs) != self._table[0].shape[1]:
            self.prepare()
            return next(self)
        self._table = self._whole_table()
        return self._part(self._chosen)

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
        self._table = self._whole_table()
        choices = self._choices(self._table[0].shape[1])
        for chosen in itertools.islice(choices, skipped, None):
            self._chosen = chosen
            yield self._part(chosen)

    def _whole_table(self) -> Table:
        network = self._network
        inputs = network.train_inputs()
        offset = network.offset_of(network.evaluator.on(inputs))
        return inputs, network.train_targets(), offset

    def _part(self, chosen: Int[Tensor, "run example"]) -> Batch:
        inputs, targets, offset = self._table
        rows = torch.arange(len(self._seeds))[:, None]
        part = None if offset is None else offset[rows, chosen]
        return self._network.predictor_on(inputs[rows, chosen], part), targets[rows, chosen]

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
