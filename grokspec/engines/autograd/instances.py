"""Moving the weights of a stack by instances of `torch.optim.Optimizer`.

One instance for the weights of all runs in one vector saves the time to start the operations of
each: a step of 16 perceptrons with two layers of 32 units takes 74 µs a run by one instance of
torch.optim.Adam, as by grokspec's own, and 399 µs by 16 of them (CPU, one thread).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from grokspec.engines.autograd.numbers import Timetable
from grokspec.engines.autograd.vector import Joined
from grokspec.files.python import users_code
from grokspec.shapes import Weights

if TYPE_CHECKING:
    from grokspec.experiment import Experiment
    from grokspec.optimizers.base import Parameters

UNDECAYED = "grokspec_undecayed"
"""Marks a group of parameters that do not decay, whatever the decay is changed to."""


class Instances:
    """Moves the weights of a stack by an instance for each run, or one for all where alike."""

    capturable = False

    def __init__(
        self, stack: Sequence[Experiment], weights: Weights, rates: Timetable, decays: Timetable
    ) -> None:
        """Replace ``weights`` by views of one vector if one instance moves them together."""
        self._optimizer = stack[0].optimizer
        self._weights = weights
        self._rates, self._decays = rates, decays
        self._set_numbers(rates.values.tolist(), decays.values.tolist())
        settings = list(zip(*self._numbers, strict=True))
        self._joined: Joined | None = None
        if self._may_be_joined and rates.is_alike and decays.is_alike:
            like = next(iter(weights.values())).new_zeros(len(stack))  # the instance has them
            self._joined = Joined(weights, like, like)
            self._instances = [self._of_all(self._joined, *settings[0])]
        else:
            self._instances = [self._of_run(run, *both) for run, both in enumerate(settings)]

    def state(self) -> list[Tensor]:
        """Nothing: what instances remember is theirs."""
        return []

    def remembered(self) -> None:
        """Unknown: instances have it in forms of their own."""

    def recall(self, remembered: Mapping[str, np.ndarray]) -> None:
        raise NotImplementedError("what instances remember is not kept")

    def prepare(self, step: int) -> None:
        """Compute the numbers of the steps from one on."""
        self._rows = [t.block(step).tolist() for t in (self._rates, self._decays)]
        if self._joined is not None and not (self._rates.is_alike and self._decays.is_alike):
            self._split(self._joined)

    def take(self, row: int) -> bool:
        """Set the numbers of a step in torch's parameter groups; nothing here is captured."""
        self._set_numbers(*(rows[row % len(rows)] for rows in self._rows))
        for instance, rate, decay in zip(self._instances, *self._numbers, strict=False):
            instance.change(rate, decay)
        return True

    def __call__(self, gradients: Weights) -> None:
        if self._optimizer.decays_apart:
            gradients = self._decayed(gradients)
        for instance in self._instances:
            instance.move(gradients)

    @property
    def _may_be_joined(self) -> bool:
        optimizer = self._optimizer
        same_decay = optimizer.decays_apart or not optimizer.decay_only
        return optimizer.treats_elements_alike and same_decay

    def _set_numbers(self, rates: list[float], decays: list[float]) -> None:
        """Set what instances get of each run: no decay if weights decay apart from them."""
        self._numbers = rates, decays
        if self._optimizer.decays_apart:
            like = next(iter(self._weights.values()))
            self._apart = like.new_tensor(rates), like.new_tensor(decays)
            self._numbers = rates, [0.0] * len(decays)

    def _decayed(self, gradients: Weights) -> Weights:
        """The gradients with the decay, or as they are after weights have decayed apart."""
        found = dict(gradients)
        for name, weight in self._weights.items():
            if self._optimizer.decays(name):
                rate, decay = (n.view(-1, *(1,) * (weight.ndim - 1)) for n in self._apart)
                if self._optimizer.decay == "coupled":
                    found[name] = gradients[name] + decay * weight
                else:
                    weight.mul_(1 - rate * decay)
        return found

    def _of_all(self, joined: Joined, rate: float, decay: float) -> Instance:
        parameters = [torch.nn.Parameter(joined.weight)]
        made = self._optimizer.instance(parameters, rate, decay)
        weights = [joined.weight]
        return Instance(made, parameters, weights, lambda all: [joined.gradient(all)], rate, decay)

    def _of_run(self, run: int, rate: float, decay: float) -> Instance:
        own = [weight[run] for weight in self._weights.values()]
        names = list(self._weights)
        parameters = [torch.nn.Parameter(weight) for weight in own]
        made = self._optimizer.instance(self._grouped(parameters), rate, decay)

        def slopes(all: Weights) -> list[Tensor]:
            return [all[name][run] for name in names]

        return Instance(made, parameters, own, slopes, rate, decay)

    def _grouped(self, parameters: list[torch.nn.Parameter]) -> Parameters:
        """The parameters of a run, in two groups if only some decay."""
        decays = [self._optimizer.decays(name) for name in self._weights]
        if self._optimizer.decays_apart or all(decays):
            return parameters
        some = [p for p, decaying in zip(parameters, decays, strict=True) if decaying]
        others = [p for p, decaying in zip(parameters, decays, strict=True) if not decaying]
        exempt: dict[str, Any] = {"params": others, "weight_decay": 0.0, UNDECAYED: True}
        return [{"params": some}, exempt]

    def _split(self, joined: Joined) -> None:
        """Go on with an instance for each run, which remembers what that of all runs does."""
        (whole,) = self._instances
        runs = len(next(iter(self._weights.values())))
        self._instances = [self._of_run(run, whole.rate, whole.decay) for run in range(runs)]
        for key, value in whole.made.state.get(whole.parameters[0], {}).items():
            each = isinstance(value, Tensor) and value.shape == joined.weight.shape
            parts = joined.by_weight(value) if each else {}
            for run, instance in enumerate(self._instances):
                for parameter, name in zip(instance.parameters, self._weights, strict=True):
                    own = parts[name][run].clone() if each else copy.deepcopy(value)
                    instance.made.state[parameter][key] = own
        self._joined = None


@dataclass
class Instance:
    """An optimizer of torch with the weights that it moves, in place."""

    made: torch.optim.Optimizer
    parameters: list[torch.nn.Parameter]
    weights: list[Tensor]
    slopes: Callable[[Weights], list[Tensor]]
    """Picks the derivatives in these weights out of those in all."""
    rate: float
    decay: float

    def change(self, rate: float, decay: float) -> None:
        """Set ``lr`` and ``weight_decay``; a group with numbers of its own keeps them."""
        for group in self.made.param_groups:
            if group["lr"] == self.rate:
                group["lr"] = rate
            if group.get("weight_decay") == self.decay and UNDECAYED not in group:
                group["weight_decay"] = decay
        self.rate, self.decay = rate, decay

    def move(self, gradients: Weights) -> None:
        for parameter, slope in zip(self.parameters, self.slopes(gradients), strict=True):
            parameter.grad = slope
        with users_code("the optimizer's step"):
            self.made.step()
        for parameter, weight in zip(self.parameters, self.weights, strict=True):
            if parameter.data_ptr() != weight.data_ptr():  # it was replaced, not changed
                weight.copy_(parameter)
                parameter.data = weight
