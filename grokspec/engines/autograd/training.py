"""The training of a stack: from its first step to its last, with what is recorded on the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch

from grokspec.engines._cuda_graph import captured
from grokspec.engines._recorder import Recorder
from grokspec.engines.autograd.batches import Batches
from grokspec.engines.autograd.mover import Mover
from grokspec.engines.autograd.network import Network, NetworkSnapshot
from grokspec.engines.base import History
from grokspec.shapes import Evaluation, Outputs

if TYPE_CHECKING:
    from grokspec.experiment import Experiment


@torch.no_grad()
def train_network(
    stack: Sequence[Experiment], device: str, notify: Callable[[int], None]
) -> list[History]:
    """Train experiments that differ only in seed and stackable fields."""
    training = StackTraining(stack, torch.device(device))
    recorder = Recorder(stack)
    last = stack[0].training.steps
    for step in range(last + 1):
        if recorder.looks_at(step):
            notify(step)
            if not recorder.look(step, NetworkSnapshot(training.network)):
                break
        if step < last:
            training.step()
    return recorder.histories()


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
