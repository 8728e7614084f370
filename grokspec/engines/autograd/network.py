"""The networks of a stack: their weights and predictors, and what probes see of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Real
from torch import Tensor

from grokspec.engines._data import draw_data
from grokspec.errors import GrokspecError
from grokspec.kinds import Kind
from grokspec.probes._snapshot import Moments, Predictors, Snapshot, Split
from grokspec.shapes import Evaluation, Inputs, Kernel, Outputs, Pullback, Scalar, Scalars, Weights

if TYPE_CHECKING:
    from grokspec.experiment import Experiment


class Network:
    """The weights of a stack and its predictors ``α g(w, x)``, centered and linearized if so."""

    def __init__(self, stack: Sequence[Experiment], device: torch.device) -> None:
        first = stack[0]
        self.stack = stack
        self.model = first.model
        self.like = torch.empty(0, dtype=getattr(torch, first.training.precision), device=device)
        self.data = [draw_data(e) for e in stack]
        self._outputs = first.task.output_size
        self._slopes_fit = False
        draws = [e.model.initial_weights(d, e.seed) for e, d in zip(stack, self.data, strict=True)]
        self.initial: Weights = {
            name: self.like.new_tensor(np.stack([draw[name] for draw in draws]))
            for name in draws[0]
        }
        self.weights: Weights = {name: w.clone() for name, w in self.initial.items()}
        self.scalars = self._scalars_of([e.model for e in stack])
        self.loss_scalars = self._scalars_of([e.training.loss for e in stack])
        seeds = [e.seed for e in stack]
        self.evaluator = self.model.evaluator(
            seeds, self.initial, self.scalars, self._inputs_of_a_step
        )

    @property
    def sees_all(self) -> bool:
        """Whether every step uses the whole training set."""
        training = self.stack[0].training
        examples = len(self.data[0].train_inputs)
        passes = training.batches == "epochs"
        whole = training.batch is None or (passes and training.batch >= examples)
        return whole and not training.fresh

    def put(self, weights: Mapping[str, np.ndarray]) -> None:
        """Set the weights of every run, [run, ...] by name."""
        for name, weight in self.weights.items():
            weight.copy_(torch.from_numpy(weights[name]))

    def describe(self, stack: Sequence[Experiment]) -> None:
        """Take the numbers of the model and the loss from other descriptions of the same runs."""
        self.stack = stack
        for known, parts in (
            (self.scalars, [e.model for e in stack]),
            (self.loss_scalars, [e.training.loss for e in stack]),
        ):
            for name, numbers in self._scalars_of(parts).items():
                known[name].copy_(numbers)

    def per_run(self, numbers: Sequence[float]) -> Scalar:
        return self.like.new_tensor(numbers)

    def _scalars_of(self, parts: Sequence[Kind]) -> Scalars:
        """The stackable fields of one part of each run, by name."""
        return {
            name: self.per_run([getattr(part, name) for part in parts])
            for name in parts[0].stackable_fields()
        }

    def train_inputs(self) -> Inputs:
        return self.arrays([d.train_inputs for d in self.data])

    def _inputs_of_a_step(self) -> Inputs:
        """As many training inputs as a step has."""
        return self.arrays([d.train_inputs[: self.stack[0].training.batch] for d in self.data])

    def train_targets(self) -> Outputs:
        return self.arrays([d.train_targets for d in self.data])

    def arrays(self, arrays: Sequence[np.ndarray]) -> Real[Tensor, "run ..."]:
        """Stack one array per run; whole numbers (tokens) keep their type."""
        table = torch.from_numpy(np.stack(arrays)).to(self.like.device)
        return table.to(self.like.dtype) if table.is_floating_point() else table

    def predictor_on(
        self, inputs: Inputs, offset: Outputs | None = None, measured: bool = False
    ) -> Evaluation:
        """Prepare to evaluate the predictors on some inputs, to train or to be ``measured``.

        ``offset`` is g(w₀, x), which centering subtracts; it is computed if not given.
        """
        on = self.evaluator.measured_on if measured else self.evaluator.on
        evaluate = (self._expansion_on if self.model.linearized else on)(inputs)
        if offset is None:
            offset = self.offset_of(evaluate)
        alpha = self.scalars["alpha"].view(-1, 1, 1)
        shape = (*inputs.shape[:2], self._outputs)

        def predict(weights: Weights) -> tuple[Outputs, Pullback]:
            value, pullback = evaluate(weights)
            if value.shape != shape:  # it would broadcast against the targets
                raise GrokspecError(
                    f'model "{self.model.kind}": its outputs have the shape {tuple(value.shape)} '
                    f"[run, example, output]; it must be {shape}, as the targets have"
                )
            if offset is not None:
                value = value - offset
            return alpha * value, lambda cotangent: self._fitting(pullback(alpha * cotangent))

        return predict

    def _fitting(self, slopes: Weights) -> Weights:
        """Derivatives, whose shapes are checked the first time: they would broadcast."""
        if not self._slopes_fit:
            for name, weight in self.weights.items():
                found = slopes[name].shape if name in slopes else None
                if found != weight.shape:
                    raise GrokspecError(
                        f'model "{self.model.kind}": its pullback gives "{name}" the shape '
                        f"{found and tuple(found)}; it must be that of the weight, "
                        f"{tuple(weight.shape)}"
                    )
            self._slopes_fit = True
        return slopes

    def offset_of(self, evaluate: Evaluation) -> Outputs | None:
        """g(w₀, x) if the model is centered, else None."""
        return evaluate(self.initial)[0] if self.model.centered else None

    def predictors_of(self, inputs: Inputs) -> Callable[[Weights], Outputs]:
        """The predictors on some inputs, as a function that torch.func differentiates."""
        from torch.func import jvp

        alpha = self.scalars["alpha"].view(-1, 1, 1)

        def values(weights: Weights) -> Outputs:
            return self.evaluator.outputs(weights, inputs, measured=True)

        def expanded(weights: Weights) -> Outputs:
            moved = {name: w - self.initial[name] for name, w in weights.items()}
            value, slope, *_ = jvp(values, (self.initial,), (moved,))
            return value + slope

        evaluate = expanded if self.model.linearized else values
        offset = values(self.initial) if self.model.centered else 0
        return lambda weights: alpha * (evaluate(weights) - offset)

    def _expansion_on(self, inputs: Inputs) -> Evaluation:
        """Evaluate g expanded around w₀ to first order (Eq. 1)."""
        from torch.func import jvp, vjp

        def outputs(weights: Weights) -> Outputs:
            return self.evaluator.outputs(weights, inputs)

        _, pullback, *_ = vjp(outputs, self.initial)

        def evaluate(weights: Weights) -> tuple[Outputs, Pullback]:
            moved = {name: w - self.initial[name] for name, w in weights.items()}
            value, slope, *_ = jvp(outputs, (self.initial,), (moved,))
            return value + slope, lambda cotangent: pullback(cotangent)[0]

        return evaluate


class NetworkSnapshot(Snapshot):
    """A view of `Network` at one step."""

    def __init__(self, network: Network) -> None:
        super().__init__(network.stack, network.data, network.like)
        self._network = network

    @property
    def loss_scalars(self) -> Scalars:
        return self._network.loss_scalars

    def inputs(self, split: Split) -> Inputs:
        """Whole numbers (tokens) keep their type."""
        return self._network.arrays([getattr(d, f"{split}_inputs") for d in self.data])

    def outputs(self, split: Split) -> Outputs:
        return self.outputs_of(self._network.weights, split)

    def outputs_of(self, weights: Weights, split: Split) -> Outputs:
        return self._network.predictor_on(self.inputs(split), measured=True)(weights)[0]

    def mean_squared_weight(self) -> Scalar:
        return _mean_square(self._network.weights)

    def mean_squared_movement(self) -> Scalar:
        initial = self._network.initial
        return _mean_square({name: w - initial[name] for name, w in self._network.weights.items()})

    def kernel(self, split: Split, examples: int | None = None) -> Kernel:
        """By automatic differentiation; at w₀ for a linearized model, whose kernel is constant."""
        if self._network.model.linearized:
            return self.initial_kernel(split, examples)
        return self._kernel_at(self.weights(), split, examples)

    def initial_kernel(self, split: Split, examples: int | None = None) -> Kernel:
        return self._kernel_at(self._network.initial, split, examples)

    def _kernel_at(self, weights: Weights, split: Split, examples: int | None) -> Kernel:
        inputs = self.inputs(split)[:, :examples]
        network = self._network
        return network.model.width_factor * network.evaluator.kernel(weights, inputs)

    def weights(self) -> Weights:
        return self._network.weights

    def gradients(self) -> Weights:
        predict = self._network.predictor_on(self.inputs("train"), measured=True)
        outputs, pullback = predict(self._network.weights)
        return pullback(self.loss_slopes(outputs, self.targets("train")))

    def curvature(self, direction: Weights) -> Weights:
        """By differentiating the gradient along the direction."""
        from torch.func import jvp, vjp

        predictors, targets = (
            self._network.predictors_of(self.inputs("train")),
            self.targets("train"),
        )

        def gradients(weights: Weights) -> Weights:
            outputs, pullback, *_ = vjp(predictors, weights)
            (slopes,) = pullback(self.loss_slopes(outputs, targets))
            return slopes

        return jvp(gradients, (self.weights(),), (direction,))[1]

    def moments(self) -> Moments:
        return Moments(*self._network.model.moments(self._network.weights))

    def predictors(self) -> Predictors:
        network = self._network
        return Predictors(
            *network.model.predictors(network.weights, network.initial, network.scalars)
        )


def _mean_square(weights: Weights) -> Scalar:
    return torch.cat([(w**2).flatten(1) for w in weights.values()], 1).mean(1)
