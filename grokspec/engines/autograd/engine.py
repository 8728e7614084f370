"""Trains any model: the runs of a stack take each step together, by their gradients."""

from __future__ import annotations

from collections.abc import Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Literal

from grokspec.engines.base import Begun, Cost, Engine, History, StepCallback

if TYPE_CHECKING:
    from grokspec.experiment import Experiment


class AutogradEngine(Engine):
    """Trains stacks with torch.func, or by a model's own gradient if it has one."""

    kind: Literal["autograd"] = "autograd"

    def incompatibility(self, experiment: Experiment) -> str | None:
        return experiment.model.why_no_weights()

    def provides(self, experiment: Experiment) -> frozenset[str]:
        offered = {"outputs", "weights", "movement", "gradients", "curvature", "initial_kernel"}
        return frozenset(offered | {"moments"} if experiment.model.has_moments else offered)

    def cost(self, experiment: Experiment) -> Cost:
        """Arithmetic by `Model.step_flops`, and memory of weights, activations and inputs."""
        task, training = experiment.task, experiment.training
        examples = training.batch or task.sizes[0]
        size = experiment.model.size(task.input_size, task.output_size)
        step = experiment.model.step_flops(examples, task.input_size, task.output_size)
        bytes_each = 8 if training.precision == "float64" else 4
        inputs = sum(task.sizes) * task.input_size
        copies = 8 + sum(wrapper.copies for wrapper in experiment.optimizer.wrappers.values())
        memory = bytes_each * (copies * size.weights + 4 * examples * size.activations + inputs)
        why = experiment.model.why_one_by_one(task.input_size)
        return Cost(flops=training.steps * step, memory=memory, why_one_by_one=why)

    def train(
        self, stack: Sequence[Experiment], device: str, progress: StepCallback | None = None
    ) -> list[History]:
        """Train a stack in parts that fit into a core's cache; on a GPU, all at once."""
        return self._train(stack, None, device, progress)

    def go_on(
        self,
        stack: Sequence[Experiment],
        begun: Begun,
        device: str,
        progress: StepCallback | None = None,
    ) -> list[History]:
        return self._train(stack, begun, device, progress)

    def _train(
        self,
        stack: Sequence[Experiment],
        begun: Begun | None,
        device: str,
        progress: StepCallback | None,
    ) -> list[History]:
        from grokspec.engines.autograd.training import train_network

        together = self.cost(stack[0]).runs_at_once(device, len(stack))
        histories: list[History] = []
        for first in range(0, len(stack), together):
            runs, started = slice(first, first + together), perf_counter()
            part = stack[runs]

            def notify(step: int, done: int = first, size: int = len(part)) -> None:
                if progress:
                    progress((done * stack[0].training.steps + size * step) // len(stack))

            trained = train_network(part, device, notify, begun and begun.of(runs))
            share = (perf_counter() - started) / len(part)
            histories += [history.with_seconds(share) for history in trained]
        return histories
