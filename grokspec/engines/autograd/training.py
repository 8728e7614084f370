"""The training of a stack: from its first step to its last, with what is recorded on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from grokspec.engines._cuda_graph import captured
from grokspec.engines._recorder import Recorder
from grokspec.engines.autograd.acting import Acting
from grokspec.engines.autograd.batches import Batches
from grokspec.engines.autograd.keeper import Keeper, stacked
from grokspec.engines.autograd.mover import Mover
from grokspec.engines.autograd.network import Network, NetworkSnapshot
from grokspec.engines.base import Begun, History
from grokspec.shapes import Evaluation, Outputs, Weights

if TYPE_CHECKING:
    from grokspec.experiment import Experiment
    from grokspec.tasks.base import Data

Notify = Callable[[int], None]
"""Called with the number of steps taken so far."""


@torch.no_grad()
def train_network(
    stack: Sequence[Experiment], device: str, notify: Notify, begun: Begun | None = None
) -> list[History]:
    """Train experiments that differ only in seed and stackable fields, from where they are."""
    training = StackTraining(stack, torch.device(device))
    if begun is None:
        return _Recording(stack, stack[0].recorded_steps).of(training, 0, notify)
    known = begun.kept_at
    steps = [step for step in stack[0].recorded_steps if step > begun.after or step in known]
    recording = _Recording(stack, steps)
    for position, step in enumerate(known):
        training.network.put(stacked([own.weights for own in begun.kept], position))
        if step < begun.after:
            recording.look(step, training.network)
    if begun.after < stack[0].training.steps:
        training.restore(stacked([own.state or {} for own in begun.kept]), begun.after)
    return recording.of(training, begun.after, notify)


class _Recording:
    """What is recorded and kept of a stack while it trains."""

    def __init__(self, stack: Sequence[Experiment], steps: Sequence[int]) -> None:
        self._last = stack[0].training.steps
        self._recorder = Recorder(stack, steps)
        self._keeper = Keeper(stack[0].kept_steps)

    def of(self, training: StackTraining, first: int, notify: Notify) -> list[History]:
        """Train from the state after the ``first`` steps to the end."""
        act = Acting(training)
        for step in range(first, self._last + 1):
            if act:
                act(step)
            if self._recorder.looks_at(step) or step in self._keeper.steps:
                notify(step)
                if not self.look(step, training.network):
                    break
            if step < self._last:
                training.step()
        state = training.state() if self._last in self._keeper.steps else None
        histories = self._recorder.histories()
        return [
            replace(history, kept=self._keeper.of_run(run, state))
            for run, history in enumerate(histories)
        ]

    def look(self, step: int, network: Network) -> bool:
        """Record and keep what is wanted of a step; False if no run goes on."""
        recorder, going = self._recorder, self._recorder.going
        if recorder.looks_at(step):
            recorder.look(step, NetworkSnapshot(network))
        self._keeper.look(step, network.weights, going, recorder.ended_at(step))
        return bool(recorder.going.any())


class StackTraining:
    """A stack between two steps: its network, and what moves the weights."""

    def __init__(self, stack: Sequence[Experiment], device: torch.device) -> None:
        self.network = Network(stack, device)
        self.mover = Mover(stack, self.network.weights)
        self._loss = stack[0].training.loss.criterion(self.network.loss_scalars)
        self._batches = Batches(self.network)
        self.prepare()

    def prepare(self) -> None:
        """Make ready for the next step, after the training data have changed, too."""
        self._batches.prepare()
        self._batch = next(self._batches)
        self._take: Callable[[Evaluation, Outputs], None] = self._descend
        if self._is_capturable:
            self._take = captured(self._descend, self.network.like.device, self.mover.state)

    def step(self) -> None:
        """Move the weights of every run, and choose the examples of the next step."""
        self.mover.advance()
        self._take(*self._batch)
        self._batch = next(self._batches)

    def state(self) -> Weights | None:
        """What it takes besides the weights to go on from here, [run, ...] by name; None if that
        cannot be kept.
        """
        keeps_nothing = self.network.evaluator.keeps_nothing and not self.stack[0].interventions
        return self.mover.remembered() if keeps_nothing else None

    def restore(self, state: Mapping[str, np.ndarray], steps: int) -> None:
        """Go on from a `state` after so many steps, with the weights of then."""
        self.mover.recall(state, steps)
        self._batches = Batches(self.network)
        self._batches.prepare(skipped=steps)
        self._batch = next(self._batches)

    def snapshot(self) -> NetworkSnapshot:
        """What probes see."""
        return NetworkSnapshot(self.network)

    @property
    def stack(self) -> Sequence[Experiment]:
        """The description of each run, with the numbers that hold now."""
        return self.network.stack

    @property
    def weights(self) -> Weights:
        """The weights, by name."""
        return self.network.weights

    @property
    def initial(self) -> Weights:
        """Those that training started from."""
        return self.network.initial

    @property
    def data(self) -> Sequence[Data]:
        """The data set of each run."""
        return self.network.data

    def seed_of(self, run: int) -> int:
        """The seed of a run."""
        return self.stack[run].seed

    def train_on(self, data: Sequence[Data]) -> None:
        """Use other data sets, one a run, from the next step on."""
        self.network.data = list(data)
        self._renew()

    def change(self, path: str, values: Sequence[float | None]) -> None:
        """Put another number into the description of each run that has one here."""
        stack = [
            experiment if value is None else experiment.with_value(path, value)
            for experiment, value in zip(self.stack, values, strict=True)
        ]
        self.network.describe(stack)
        if path.startswith("training.loss."):
            self._loss = stack[0].training.loss.criterion(self.network.loss_scalars)
        self.mover.change(
            np.array([e.optimizer.rate(e.model) for e in stack]),
            np.array([e.optimizer.weight_decay for e in stack]),
        )
        self._renew()

    def _renew(self) -> None:
        """Make ready for the next step, of the same examples, after data or numbers changed."""
        self._batch = self._batches.again()
        if self._is_capturable:
            self._take = captured(self._descend, self.network.like.device, self.mover.state)

    def _descend(self, predict: Evaluation, targets: Outputs) -> None:
        network = self.network
        outputs, pullback = predict(network.weights)
        self.mover(pullback(self._loss.gradient(outputs, targets, network.loss_scalars)))

    @property
    def _is_capturable(self) -> bool:
        """Whether every step does the same operations on the same tensors.

        The pullback of a linearized network is made before the first step and cannot be captured.
        """
        network = self.network
        parts = (network.evaluator, self.mover, self._loss)
        alike = all(part.capturable for part in parts)
        return network.sees_all and alike and not network.model.linearized
