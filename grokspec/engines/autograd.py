"""Trains any model: a stack of runs of one shape moves together, each step by its gradient."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Literal

from grokspec.engines.base import CACHE, Engine, Price, Progress

if TYPE_CHECKING:
    from grokspec.history import History
    from grokspec.spec.schema import Experiment


class AutogradEngine(Engine):
    """Trains stacks with torch.func, or with the gradient a model brings itself."""

    kind: Literal["autograd"] = "autograd"

    def refuses(self, experiment: Experiment) -> str | None:
        """Why this engine cannot train an experiment, or None if it can."""
        return experiment.model.unweighable()

    def offers(self, experiment: Experiment) -> frozenset[str]:
        """Outputs and weights, and moments where the model has them."""
        offered = {"outputs", "weights", "movement"}
        return frozenset(offered | {"moments"} if experiment.model.has_moments else offered)

    def price(self, experiment: Experiment) -> Price:
        """What the model says of a step, and memory for weights, activations and inputs."""
        task, training = experiment.task, experiment.training
        examples = training.batch or task.sizes[0]
        size = experiment.model.size(task.input_size, task.output_size)
        step = experiment.model.step_flops(examples, task.input_size, task.output_size)
        bytes_each = 8 if training.precision == "float64" else 4
        inputs = sum(task.sizes) * task.input_size
        memory = bytes_each * (8 * size.weights + 4 * examples * size.activations + inputs)
        return Price(flops=training.steps * step, memory=memory)

    def train(
        self, stack: Sequence[Experiment], device: str, progress: Progress | None = None
    ) -> list[History]:
        """Train a stack, on a GPU all at once; one history each."""
        from grokspec.dynamics.network import train_stack

        together = len(stack)
        if device == "cpu":
            together = max(1, int(CACHE / self.price(stack[0]).memory))
        histories: list[History] = []
        for first in range(0, len(stack), together):
            part, started = stack[first : first + together], perf_counter()

            def tell(step: int, done: int = first, size: int = len(part)) -> None:
                if progress:
                    progress((done * stack[0].training.steps + size * step) // len(stack))

            trained = train_stack(part, device, tell)
            share = (perf_counter() - started) / len(part)
            histories += [history.taking(share) for history in trained]
        return histories
