"""Moving the weights of a stack by one step of its optimizer.

A rule that treats every element alike is applied once, to all weights in one vector. Such a rule is
a dozen operations, which on small weights take longer to start than to do: a step of the
transformer of specs/kumar2024/transformer/alpha.toml takes a sixth less time than with one weight
after the other, and one of specs/kumar2024/digits/alpha.toml a fifth less (CPU, one thread). The
results are the same bit for bit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from grokspec.engines.autograd.instances import Instances
from grokspec.engines.autograd.numbers import BLOCK, Numbers, Timetable
from grokspec.engines.autograd.vector import Joined, Part
from grokspec.engines.autograd.wrapping import Wrapping
from grokspec.errors import GrokspecError
from grokspec.shapes import Scalar, Weights

if TYPE_CHECKING:
    from grokspec.experiment import Experiment


class Mover:
    """Moves the weights of a stack by its optimizer, in place.

    Before each step, `advance` sets the rate and the decay that the schedules say.
    """

    def __init__(self, stack: Sequence[Experiment], weights: Weights) -> None:
        """Replace ``weights`` by views of one vector if the optimizer moves them together."""
        optimizer = stack[0].optimizer
        if wrong := optimizer.why_no_such_weights(weights):
            raise GrokspecError(f"optimizer.{wrong[0]}: {wrong[1]}")
        rates = np.array([e.optimizer.rate(e.model) for e in stack])
        decays = np.array([e.optimizer.weight_decay for e in stack])
        self._rates = Timetable(stack, rates, [e.optimizer.schedule for e in stack])
        self._decays = Timetable(stack, decays, [e.optimizer.decay_schedule for e in stack])
        movement = Instances if optimizer.has_instances else Rule
        self._movement = movement(stack, weights, self._rates, self._decays)
        self._wrapping = Wrapping(stack, weights) if optimizer.wrappers else None
        self._is_constant = self._rates.is_constant and self._decays.is_constant
        self._block_from = -BLOCK
        self.steps_taken = 0
        """How many steps `advance` was called for. It may be set, to go on from another step."""

    @property
    def rate(self) -> Numbers:
        """The learning rate of each run, before its schedule."""
        return self._rates.values

    @property
    def decay(self) -> Numbers:
        """The weight decay of each run, before its schedule."""
        return self._decays.values

    @property
    def capturable(self) -> bool:
        """Whether every step does the same operations, without waiting for the device."""
        wrapped = self._wrapping is None or self._wrapping.capturable
        return self._movement.capturable and wrapped

    def state(self) -> list[Tensor]:
        """Every tensor that changes from step to step; those of torch's optimizers are theirs."""
        wrapping = [] if self._wrapping is None else self._wrapping.state()
        return [*self._movement.state(), *wrapping]

    def remembered(self) -> Weights | None:
        """What it remembers of each run between two steps, [run, ...] by name.

        None if that is nowhere to be seen, or of wrappers, too.
        """
        return self._movement.remembered() if self._wrapping is None else None

    def recall(self, remembered: Mapping[str, np.ndarray], steps: int) -> None:
        """Go on after so many steps with what was `remembered` then."""
        self._movement.recall(remembered)
        self.steps_taken = steps

    def change(self, rate: Numbers | None = None, decay: Numbers | None = None) -> bool:
        """Move by other rates or decays, one number a run, from the next step on.

        Returns whether a step that was captured before goes on with them; if not, it has to be
        captured anew.
        """
        self._rates.values = self.rate if rate is None else rate
        self._decays.values = self.decay if decay is None else decay
        return self._begin_block()

    def advance(self) -> None:
        """Set the rate and the decay of the next step."""
        if not self._is_constant:
            row = self.steps_taken - self._block_from
            if 0 <= row < BLOCK:
                self._movement.take(row)
            else:
                self._begin_block()
        self.steps_taken += 1

    def __call__(self, gradients: Weights) -> None:
        if self._wrapping is not None:
            gradients = self._wrapping(gradients)
        self._movement(gradients)

    def _begin_block(self) -> bool:
        """Compute the numbers of the next steps; whether a captured step goes on with them."""
        self._block_from = self.steps_taken
        self._movement.prepare(self._block_from)
        return self._movement.take(0)


class Rule:
    """Moves the weights by the rule of a kind of optimizer."""

    capturable = True

    def __init__(
        self, stack: Sequence[Experiment], weights: Weights, rates: Timetable, decays: Timetable
    ) -> None:
        self._optimizer = stack[0].optimizer
        self._rates, self._decays = rates, decays
        like = next(iter(weights.values()))
        self._rate: Scalar = like.new_tensor(rates.values)
        self._decay: Scalar = like.new_tensor(decays.values)
        numbers = self._rate, self._decay
        optimizer, none = self._optimizer, like.new_zeros(len(stack))
        self._parts: list[Part]
        if optimizer.elementwise:
            some = optimizer.decays if optimizer.decay_only else None
            joined = Joined(weights, *numbers, rates.is_alike, decays.is_alike, some)
            self._parts, self._states = [joined], [optimizer.start(joined.weight)]
        else:
            self._parts = [
                Part.of_one(weights, n, self._rate, self._decay if optimizer.decays(n) else none)
                for n in weights
            ]
            self._states = [optimizer.start_of(name, weights[name]) for name in weights]
        self._no_decay = like.new_zeros(())

    def state(self) -> list[Tensor]:
        remembered = [tensor for state in self._states for tensor in state.values()]
        return [*(part.weight for part in self._parts), *remembered]

    def remembered(self) -> Weights:
        """What belongs to each weight, by its name, and numbers that all runs share."""
        found: Weights = {}
        for part, state in zip(self._parts, self._states, strict=True):
            for name, tensor in state.items():
                if tensor.ndim:
                    found |= {f"{name}/{of}": own for of, own in part.by_weight(tensor).items()}
                else:
                    found[f"{name}/{part.name}"] = tensor.expand(len(self._rate))
        return found

    def recall(self, remembered: Mapping[str, np.ndarray]) -> None:
        for part, state in zip(self._parts, self._states, strict=True):
            for name, tensor in state.items():
                if tensor.ndim:
                    for of, own in part.by_weight(tensor).items():
                        own.copy_(torch.from_numpy(remembered[f"{name}/{of}"]))
                else:
                    tensor.fill_(float(remembered[f"{name}/{part.name}"][0]))

    def prepare(self, step: int) -> None:
        """Bring the numbers of the steps from one on to the device."""
        self._rows = [self._rate.new_tensor(t.block(step)) for t in (self._rates, self._decays)]
        self._alike = self._rates.is_alike, self._decays.is_alike

    def take(self, row: int) -> bool:
        """Set the numbers of a step of those prepared; whether they are where they were."""
        for numbers, rows in zip((self._rate, self._decay), self._rows, strict=True):
            numbers.copy_(rows[row % len(rows)])  # what is constant has a single row
        stay = [part.follow(*self._alike) for part in self._parts]
        return all(stay)

    def __call__(self, gradients: Weights) -> None:
        for part, state in zip(self._parts, self._states, strict=True):
            gradient, decay = part.gradient(gradients), part.decay
            if self._optimizer.decays_apart:
                gradient = self._decayed(part, gradient)
                decay = self._no_decay
            self._optimizer.step(part.weight, gradient, state, part.rate, decay)

    def _decayed(self, part: Part, gradient: Tensor) -> Tensor:
        """The gradient with the decay, or as it is after weights have decayed by themselves."""
        if self._optimizer.decay == "coupled":
            return gradient + part.decay * part.weight
        part.weight.mul_(1 - part.rate * part.decay)
        return gradient
