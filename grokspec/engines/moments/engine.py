"""The exact dynamics of the committee machine's first two moments; the width costs nothing.

With mean squared error and full-batch gradient descent, every weight vector moves by the same
affine map. With the residual ``r = y − f``, ``b = Σ r x``, ``S = Σ r x xᵀ`` and
``c = 2ηα/(NP)``, a step is ``w ← (1 − ηκ) w + c (b + εSw)``. So for ``z = (w, 1)`` the second
moment ``Z = ⟨z zᵀ⟩``, which contains w̄ and M (Eq. 4) and determines f, has closed dynamics,
``Z ← T Z Tᵀ``. The same holds with more in z: the velocity v for momentum, or the initial weight
w₀ for the linearized model, whose S acts on w₀ in place of w. The movement of the weights needs
``C = ⟨z w₀ᵀ⟩`` too, with ``C ← T C``.

The width must exceed the input dimension. Otherwise ⟨z zᵀ⟩ is singular, rounding adds directions
that no weight vector has, and such directions grow when features are learned.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Literal

from grokspec.engines.base import Cost, Engine, History, StepCallback
from grokspec.files.arrays import arrays
from grokspec.losses.mean_squared_error import MeanSquaredError
from grokspec.models.committee import Committee
from grokspec.optimizers.gradient_descent import GradientDescent
from grokspec.optimizers.momentum import Momentum
from grokspec.tasks.base import Task

if TYPE_CHECKING:
    from grokspec.experiment import Experiment
    from grokspec.files.inputs import InputFile

Group = list[int]
"""Positions in a stack of runs with the same inputs."""

SMALLEST_SPAN = 1e-6
"""The smallest allowed singular value of the initial weights, as a fraction of the largest."""


class MomentsEngine(Engine):
    """Trains committee machines of any width, also infinite, by the dynamics of Z."""

    kind: Literal["moments"] = "moments"
    preference = 1

    def incompatibility(self, experiment: Experiment) -> str | None:
        model, optimizer, training = experiment.model, experiment.optimizer, experiment.training
        if not isinstance(model, Committee):
            return f'works for model.kind = "committee" only, not for "{model.kind}"'
        if not isinstance(optimizer, GradientDescent | Momentum):
            return f'works with gradient descent and momentum only, not with "{optimizer.kind}"'
        if more := optimizer.beyond_the_rule:
            return f"works without optimizer.{more}; leave it out"
        if not isinstance(training.loss, MeanSquaredError):
            return f'works with training.loss = "mse" only, not with "{training.loss.kind}"'
        if experiment.interventions:
            return 'takes no interventions; choose engine = "autograd", or leave it out'
        if training.batch is not None:
            return "works with full-batch training only; leave training.batch out"
        if experiment.task.output_size != 1:
            return f"needs a task with one output, not {experiment.task.output_size}"
        if model.width != "infinite" and model.width <= experiment.task.input_size:
            return (
                f"needs model.width above the task's {experiment.task.input_size} inputs: with "
                f"{model.width}, rounding gives Z directions that the weights do not have"
            )
        if model.weights_file is not None and not _spans(model.weights_file):
            return (
                "needs a model.weights_file whose units differ in every direction of the inputs: "
                "rounding gives Z the directions that the weights do not have"
            )
        if model.width == "infinite" and not optimizer.rate_times_width:
            return "needs optimizer.rate_times_width = true where the width is infinite"
        if model.width == "infinite" and optimizer.weight_decay > 0:
            return "has no limit of infinite width with optimizer.weight_decay above zero"
        return None

    def provides(self, experiment: Experiment) -> frozenset[str]:
        """Everything but single weights, which Z does not contain."""
        return frozenset({"outputs", "moments", "movement", "initial_kernel"})

    def cost(self, experiment: Experiment) -> Cost:
        """Two passes of D²/2 multiplications per example, and ``T Z Tᵀ``, in each step."""
        examples, size = experiment.task.sizes[0], experiment.task.input_size
        state = 1 + size * (1 + experiment.model.linearized + _has_velocity(experiment))
        step = 4 * examples * size**2 + 4 * state**3
        memory = 8 * (5 * examples * size + 6 * state**2 + sum(experiment.task.sizes) * size)
        return Cost(flops=experiment.training.steps * step, memory=memory)

    def train(
        self, stack: Sequence[Experiment], device: str, progress: StepCallback | None = None
    ) -> list[History]:
        """Train a stack in groups of runs with the same inputs.

        As many groups train at once as fit into a core's cache, or on a GPU all of one size: for
        small groups it takes longer to start an operation than to do it.
        """
        from grokspec.engines.moments.dynamics import train_groups

        groups = defaultdict(list)
        for index, experiment in enumerate(stack):
            groups[_inputs_key(experiment)].append(index)
        together = self.cost(stack[0]).runs_at_once(device, len(stack))
        batches = _batches(groups.values(), together)

        histories: dict[int, History] = {}
        for done, batch in enumerate(batches):
            started = perf_counter()

            def notify(step: int, done: int = done) -> None:
                if progress:
                    steps = stack[0].training.steps
                    progress((done * steps + step) // len(batches))

            members = [[stack[index] for index in group] for group in batch]
            trained = train_groups(members, device, notify)
            indices = [index for group in batch for index in group]
            share = (perf_counter() - started) / len(indices)
            for index, history in zip(indices, trained, strict=True):
                histories[index] = history.with_seconds(share)
        return [histories[index] for index in range(len(stack))]


@functools.lru_cache(maxsize=64)
def _spans(file: InputFile) -> bool:
    """Whether ``⟨z zᵀ⟩`` of the hidden weights in a file, with ``z = (w, 1)``, has full rank."""
    import numpy as np

    (hidden,) = arrays(file, ("hidden",))
    lengths = np.linalg.svd(np.insert(hidden, 0, 1.0, axis=1), compute_uv=False)
    return bool(lengths[-1] > SMALLEST_SPAN * lengths[0])


def _batches(groups: Iterable[Group], together: int) -> list[list[Group]]:
    """Groups of equal size, to be trained at once; about ``together`` runs in each batch."""
    by_size = defaultdict(list)
    for group in groups:
        by_size[len(group)].append(group)
    batches = []
    for size, same_size in by_size.items():
        at_once = max(1, together // size)
        starts = range(0, len(same_size), at_once)
        batches += [same_size[start : start + at_once] for start in starts]
    return batches


def _has_velocity(experiment: Experiment) -> bool:
    return isinstance(experiment.optimizer, Momentum)


def _inputs_key(experiment: Experiment) -> tuple[int, str]:
    """Equal for runs with the same inputs; their targets may differ.

    The stackable fields that every task has concern targets only. What those of a task of one's own
    change is not known.
    """
    return experiment.seed, experiment.task.model_dump_json(exclude=set(Task.stackable_fields()))
