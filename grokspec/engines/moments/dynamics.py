"""The step of the moments engine: how Z is built, read and mapped; see `moments.engine`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from grokspec.engines._cuda_graph import captured
from grokspec.engines._data import draw_data, fresh_data
from grokspec.engines._recorder import Recorder
from grokspec.engines.base import History
from grokspec.engines.moments.quadratic import SharedInputs, sandwich
from grokspec.models.committee import Committee
from grokspec.optimizers.momentum import Momentum
from grokspec.probes._snapshot import Moments, Predictors, Snapshot, Split
from grokspec.shapes import (
    GroupCross,
    GroupMatrices,
    GroupMoments,
    GroupOutputs,
    Kernel,
    Outputs,
    Scalar,
)
from grokspec.tasks.base import Data
from grokspec.theory import ntk_printed, quadratic_form

if TYPE_CHECKING:
    from grokspec.experiment import Experiment
    from grokspec.training import Setup


@torch.inference_mode()
def train_groups(
    groups: Sequence[Sequence[Experiment]], device: str, notify: Callable[[int], None]
) -> list[History]:
    """Train groups of equal size, the runs of each sharing their inputs; histories in order."""
    stack = [experiment for group in groups for experiment in group]
    data = [draw_data(experiment) for experiment in stack]
    renew = fresh_data(stack, data) if stack[0].training.fresh else None
    dynamics = Dynamics(stack, data, len(groups), torch.device(device))
    take_step = dynamics.step
    if renew is None:
        take_step = captured(take_step, torch.device(device), dynamics.changing)
    recorder = Recorder(stack)
    last = stack[0].training.steps
    for step in range(last + 1):
        if recorder.looks_at(step):
            notify(step)
            if not recorder.look(step, dynamics.snapshot()):
                break
        if step < last:
            take_step()
            if renew:
                dynamics.train_on(renew())
    return recorder.histories()


class Dynamics:
    """The second moment Z of every run, and the affine map T of z in a step.

    z holds w, then v (with momentum), then w₀ (of a linearized model), then 1. Tensors are
    [group, run, ...] or, over examples, [group, example, run].
    """

    def __init__(
        self, stack: Sequence[Experiment], data: Sequence[Data], groups: int, device: torch.device
    ) -> None:
        first = stack[0]
        self.stack = stack
        self.size = first.task.input_size
        self.linearized = first.model.linearized
        self._groups = groups
        self._like = torch.empty(0, dtype=getattr(torch, first.training.precision), device=device)
        self._momentum = first.optimizer.momentum if isinstance(first.optimizer, Momentum) else None
        self._set_factors(len(data[0].train_inputs))
        self.state = self._initial_state(data)
        self.initial = Moments(*(moment.clone() for moment in self.moments()))
        self._cross: GroupCross | None = None  # C = ⟨z w₀ᵀ⟩, where a probe needs it
        if not self.linearized and any("movement" in p.requires for p in first.probes):
            self._cross = self.state[..., : self.size].clone()
        self.train_on(data)

    def train_on(self, data: Sequence[Data]) -> None:
        """Use the training examples of these data sets from the next step on."""
        self.data = data
        self._inputs = self._like.new_tensor(
            np.stack([d.train_inputs for d in data[:: len(data) // self._groups]])
        )
        self._shared = SharedInputs(self._inputs)
        self._targets = self._over_examples([d.train_targets[:, 0] for d in data])
        if self.stack[0].model.centered:  # what centering subtracts is added to the targets
            self._targets = self._targets + self._outputs(self.initial)

    def step(self) -> None:
        """Move every run by one step of gradient descent."""
        matrix = self._map()
        self.state.copy_(sandwich(matrix, self.state))
        if self._cross is not None:
            self._cross.copy_(matrix @ self._cross)

    def changing(self) -> list[Tensor]:
        """Every tensor that changes from step to step."""
        return [self.state] if self._cross is None else [self.state, self._cross]

    def moments(self) -> Moments:
        """w̄ and M."""
        n = self.size
        return Moments(self.state[..., :n, -1], self.state[..., :n, :n])

    def expansion(self) -> Moments:
        """The moments that enter the predictor.

        These are w̄ and M or, in a linearized model, w̄ and M to first order in w − w₀,
        ``⟨w w₀ᵀ⟩ + ⟨w₀ wᵀ⟩ − M₀``.
        """
        if not self.linearized:
            return self.moments()
        cross = self.cross()
        return Moments(self.moments().mean, cross + cross.mT - self.initial.second)

    def cross(self) -> GroupMatrices:
        """``⟨w w₀ᵀ⟩``, kept for linearized models and for probes that require "movement"."""
        n = self.size
        if self._cross is not None:
            return self._cross[..., :n, :]
        return self.state[..., :n, -1 - n : -1]

    def snapshot(self) -> MomentsSnapshot:
        return MomentsSnapshot(self)

    def _outputs(self, expansion: Moments) -> GroupOutputs:
        """The predictors on the training inputs, before centering."""
        mean, second = expansion
        linear = self._inputs @ mean.mT
        return self._alpha * (linear + 0.5 * self._epsilon * self._shared.quadratic_forms(second))

    def _map(self) -> GroupMoments:
        """The matrix T of one step, ``z ← T z``: its constant part plus that of each part of φ."""
        residual = self._residual_scale * (self._targets - self._outputs(self.expansion()))
        linear = (self._inputs.mT @ residual).mT  # c b, [group, run, input]
        quadratic = self._shared.weighted_gram(self._epsilon * residual)  # c ε S
        n = self.size
        matrix = self._constant.clone()
        acts_on = slice(-1 - n, -1) if self.linearized else slice(0, n)
        rows = slice(n, 2 * n) if self._momentum is not None else slice(0, n)
        matrix[..., rows, acts_on] += quadratic
        matrix[..., rows, -1] += linear
        if self._momentum is not None:  # w ← w + v, with the new v
            matrix[..., :n, :] += matrix[..., n : 2 * n, :]
        return matrix

    def _set_factors(self, examples: int) -> None:
        """Set what a step takes from the descriptions: factors, and the constant part of T."""

        def factor(number: Callable[[Experiment], float]) -> Float[Tensor, "group 1 run"]:
            return self._over_examples([[number(experiment)] for experiment in self.stack])

        def rate(e: Experiment) -> float:
            return e.optimizer.rate_per_unit(e.model)

        self._alpha = factor(lambda e: e.model.alpha)
        self._epsilon = factor(lambda e: _committee(e).epsilon)
        self._residual_scale = factor(lambda e: 2 * rate(e) * e.model.alpha / examples)
        decay = factor(_decay)

        blocks = 1 + (self._momentum is not None) + self.linearized
        constant = torch.eye(
            blocks * self.size + 1, dtype=self._like.dtype, device=self._like.device
        )
        constant = constant.repeat(*decay.mT.shape[:2], 1, 1)
        n = self.size
        w = torch.arange(n)
        if self._momentum is None:
            constant[..., w, w] -= decay.mT
        else:
            constant[..., w + n, w + n] = self._momentum
            constant[..., w + n, w] = -decay.mT
        self._constant = constant

    def _initial_state(self, data: Sequence[Data]) -> GroupMoments:
        """Z of the initial weights; velocities are zero, and w₀ is w."""
        n = self.size
        initial = [
            _committee(e).initial_moments(d, e.seed) for e, d in zip(self.stack, data, strict=True)
        ]
        shape = (self._groups, len(self.stack) // self._groups)
        mean = self._like.new_tensor(np.stack([m for m, _ in initial])).view(*shape, n)
        second = self._like.new_tensor(np.stack([s for _, s in initial])).view(*shape, n, n)

        state = torch.zeros_like(self._constant)
        state[..., -1, -1] = 1
        blocks = [slice(0, n)] + ([slice(-1 - n, -1)] if self.linearized else [])
        for rows in blocks:
            state[..., rows, -1] = mean
            state[..., -1, rows] = mean
            for columns in blocks:
                state[..., rows, columns] = second
        return state

    def _over_examples(self, rows: Sequence[object]) -> GroupOutputs:
        """Arrange numbers for each run and example as [group, example, run]."""
        table = self._like.new_tensor(np.asarray(rows))
        return table.view(self._groups, -1, table.shape[-1]).mT.contiguous()


class MomentsSnapshot(Snapshot):
    """A view of `Dynamics` without groups: the first axis is the runs."""

    def __init__(self, dynamics: Dynamics) -> None:
        super().__init__(dynamics.stack, dynamics.data, dynamics.state)
        self._dynamics = dynamics

    def moments(self) -> Moments:
        mean, second = self._dynamics.moments()
        return Moments(mean.flatten(0, 1), second.flatten(0, 1))

    def predictors(self) -> Predictors:
        """``l = αw̄`` and ``Q = αεM``, centered and linearized if the model is."""
        mean, second = (part.flatten(0, 1) for part in self._dynamics.expansion())
        if self.stack[0].model.centered:
            initial_mean, initial_second = (part.flatten(0, 1) for part in self._dynamics.initial)
            mean, second = mean - initial_mean, second - initial_second
        alpha = self.per_run(lambda e: e.model.alpha)[:, None]
        epsilon = self.per_run(lambda e: _committee(e).epsilon)[:, None]
        return Predictors(alpha * mean, (alpha * epsilon)[..., None] * second)

    def mean_squared_weight(self) -> Scalar:
        """``Tr(M)/D``."""
        second = self.moments().second
        return second.diagonal(dim1=-2, dim2=-1).mean(-1)

    def mean_squared_movement(self) -> Scalar:
        """``Tr(M − 2⟨w w₀ᵀ⟩ + M₀)/D``."""
        dynamics = self._dynamics
        moved = dynamics.moments().second - 2 * dynamics.cross() + dynamics.initial.second
        return moved.flatten(0, 1).diagonal(dim1=-2, dim2=-1).mean(-1)

    def kernel(self, split: Split, examples: int | None = None) -> Kernel:
        """Eq. 5; at w₀ for a linearized model, whose kernel is constant."""
        if self.stack[0].model.linearized:
            return self.initial_kernel(split, examples)
        return self._kernel_at(self.moments(), split, examples)

    def initial_kernel(self, split: Split, examples: int | None = None) -> Kernel:
        mean, second = self._dynamics.initial
        initial = Moments(mean.flatten(0, 1), second.flatten(0, 1))
        return self._kernel_at(initial, split, examples)

    def _kernel_at(self, moments: Moments, split: Split, examples: int | None) -> Kernel:
        mean, second = moments
        inputs = self.inputs(split)[:, :examples]
        epsilon = self.per_run(lambda e: _committee(e).epsilon)
        return ntk_printed(inputs, inputs, mean, second, epsilon)

    def outputs(self, split: Split) -> Outputs:
        linear, quadratic = self._predictors
        values = quadratic_form(self.inputs(split), linear, quadratic)
        return values[..., None]

    @cached_property
    def _predictors(self) -> Predictors:
        return self.predictors()


def _committee(setup: Setup) -> Committee:
    assert isinstance(setup.model, Committee)  # see `MomentsEngine.incompatibility`
    return setup.model


def _decay(experiment: Experiment) -> float:
    """ηκ, or zero without weight decay, even if η is infinite with the width."""
    optimizer = experiment.optimizer
    return optimizer.weight_decay and optimizer.rate(experiment.model) * optimizer.weight_decay
