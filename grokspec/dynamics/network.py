"""The step of the autograd engine: predictor, loss gradient, pullback, optimizer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from grokspec.dynamics.losses import loss_named
from grokspec.dynamics.recorder import Recorder
from grokspec.dynamics.snapshot import Moments, Predictors, Snapshot, Split
from grokspec.generators import generator
from grokspec.history import History
from grokspec.tasks.base import Data

if TYPE_CHECKING:
    from grokspec.models.base import Pullback, Weights
    from grokspec.spec.schema import Experiment


def train_stack(
    stack: Sequence[Experiment], device: str, tell: Callable[[int], None]
) -> list[History]:
    """Train experiments that share all but seed and stackable fields."""
    first = stack[0]
    network = Network(stack, torch.device(device))
    batches = Batches(stack, network)
    loss = loss_named(first.training.loss)
    optimizer = first.optimizer
    state = optimizer.start(network.weights)
    rate = network.per_run([e.optimizer.rate(e.model) for e in stack])
    decay = network.per_run([e.optimizer.weight_decay for e in stack])

    recorder = Recorder(stack)
    last, recorded = first.training.steps, set(first.recorded_steps)
    for step, (inputs, targets, anchor) in enumerate(batches):
        if step in recorded:
            tell(step)
            with torch.no_grad():
                if not recorder.record(step, NetworkSnapshot(network)):
                    break
        if step == last:
            break
        with torch.no_grad():
            outputs, pullback = network.predict(inputs, anchor)
            gradients = pullback(loss.gradient(outputs, targets))
            for name, weight in network.weights.items():
                ones = (1,) * (weight.ndim - 1)
                optimizer.step(
                    weight, gradients[name], state[name], rate.view(-1, *ones), decay.view(-1, *ones)
                )
    return recorder.histories()


class Network:
    """A stack's weights and the predictors ``α g(w, x)``, centred or linearised as described."""

    def __init__(self, stack: Sequence[Experiment], device: torch.device) -> None:
        first = stack[0]
        self.stack = stack
        self.model = first.model
        self.like = torch.empty(0, dtype=getattr(torch, first.training.precision), device=device)
        self.data = [e.task.draw(e.seed) for e in stack]
        sizes = first.task.input_size, first.task.output_size
        draws = [(e.model.sigma, e.model.draw_weights(*sizes, e.seed)) for e in stack]
        self.initial: Weights = {
            name: self.like.new_tensor(np.stack([sigma * draw[name] for sigma, draw in draws]))
            for name in draws[0][1]
        }
        self.weights: Weights = {name: w.clone() for name, w in self.initial.items()}
        self.scalars = {
            name: self.per_run([getattr(e.model, name) for e in stack])
            for name in self.model.stackable_fields()
        }
        self.alpha = self.scalars["alpha"].view(-1, 1, 1)

    def per_run(self, numbers: Sequence[float]) -> Tensor:
        """One number a run, [run]."""
        return self.like.new_tensor(numbers)

    def arrays(self, arrays: Sequence[np.ndarray]) -> Tensor:
        """One array a run, [run, ...]; whole numbers (tokens) keep their type."""
        table = torch.from_numpy(np.stack(arrays)).to(self.like.device)
        return table.to(self.like.dtype) if table.is_floating_point() else table

    def initial_outputs(self, inputs: Tensor) -> Tensor:
        """What the predictor subtracts and is expanded around, g(w₀, x), [run, example, output]."""
        return self.model.output_and_pullback(self.initial, inputs, self.scalars)[0]

    def predict(self, inputs: Tensor, anchor: Tensor | None) -> tuple[Tensor, Pullback]:
        """Compute the predictors and their pullback; ``anchor`` is g(w₀, x) where it is needed."""
        if self.model.linearised:
            value, pullback = self._expand(inputs)
        else:
            value, pullback = self.model.output_and_pullback(self.weights, inputs, self.scalars)
        if self.model.centered:
            value = value - anchor
        return self.alpha * value, lambda cotangent: pullback(self.alpha * cotangent)

    def needs_anchor(self) -> bool:
        """Whether `predict` reads g(w₀, x)."""
        return self.model.centered

    def _expand(self, inputs: Tensor) -> tuple[Tensor, Pullback]:
        """Expand g around w₀ to first order (Eq. 1)."""
        from torch.func import jvp, vjp, vmap

        def outputs(weights: Weights) -> Tensor:
            return vmap(self.model.output)(weights, inputs, dict(self.scalars))

        moved = {name: w - self.initial[name] for name, w in self.weights.items()}
        value, slope = jvp(outputs, (self.initial,), (moved,))
        _, pullback = vjp(outputs, self.initial)
        return value + slope, lambda cotangent: pullback(cotangent)[0]


class Batches:
    """The examples of each step, without end: inputs, targets and g(w₀, inputs).

    Each run passes through its training set in an order of its own seed, drawn anew for every
    pass; what is left of a pass and would not fill a batch is dropped.
    """

    def __init__(self, stack: Sequence[Experiment], network: Network) -> None:
        self._size = stack[0].training.batch
        self._seeds = [experiment.seed for experiment in stack]
        self._inputs = network.arrays([d.train_inputs for d in network.data])
        self._targets = network.arrays([d.train_targets for d in network.data])
        self._anchor = network.initial_outputs(self._inputs) if network.needs_anchor() else None

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
        examples = self._inputs.shape[1]
        if self._size is None or self._size >= examples:
            while True:
                yield self._inputs, self._targets, self._anchor
        generators = {seed: generator(seed, "batches") for seed in self._seeds}
        rows = torch.arange(len(self._seeds))[:, None]
        while True:
            orders = {seed: g.permutation(examples) for seed, g in generators.items()}
            order = torch.from_numpy(np.stack([orders[seed] for seed in self._seeds]))
            for start in range(0, examples - self._size + 1, self._size):
                chosen = order[:, start : start + self._size]
                anchor = None if self._anchor is None else self._anchor[rows, chosen]
                yield self._inputs[rows, chosen], self._targets[rows, chosen], anchor


class NetworkSnapshot(Snapshot):
    """A view of `Network` at one step."""

    def __init__(self, network: Network) -> None:
        super().__init__(network.stack, network.data, network.like)
        self._network = network

    def outputs(self, split: Split) -> Tensor:
        """The predictors' values, [run, example, output]."""
        inputs = self._network.arrays([getattr(d, f"{split}_inputs") for d in self.data])
        anchor = self._network.initial_outputs(inputs) if self._network.needs_anchor() else None
        return self._network.predict(inputs, anchor)[0]

    def mean_squared_weight(self) -> Tensor:
        """The mean of all squared weights, [run]."""
        squares = [(w**2).flatten(1) for w in self._network.weights.values()]
        return torch.cat(squares, 1).mean(1)

    def kernel(self, split: Split) -> Tensor:
        """``Σ ∂g/∂w ∂g/∂w'`` by automatic differentiation, [run, example, example]."""
        from torch.func import jacrev, vmap

        network = self._network
        at = network.initial if network.model.linearised else network.weights
        inputs = network.arrays([getattr(d, f"{split}_inputs") for d in self.data])

        def kernel(weights: Weights, inputs: Tensor, scalars: dict[str, Tensor]) -> Tensor:
            slopes = jacrev(network.model.output)(weights, inputs, scalars)
            flat = torch.cat([slope.flatten(2) for slope in slopes.values()], -1)
            return torch.einsum("aow,bow->ab", flat, flat)

        # One run after the other: a Jacobian is as large as examples times weights.
        return vmap(kernel, chunk_size=1)(at, inputs, dict(network.scalars))

    def weights(self) -> Weights:
        """The weights by name, [run, ...]."""
        return self._network.weights

    def moments(self) -> Moments:
        """The moments of the weights, where the model has them."""
        return Moments(*self._network.model.moments(self._network.weights))

    def predictors(self) -> Predictors:
        """The predictors as quadratic forms, where the model is one."""
        network = self._network
        return Predictors(
            *network.model.predictors(network.weights, network.initial, network.scalars)
        )
