"""How a stack of modules is evaluated: one run after the other, or all together by `vmap`.

Each run has a module of its own, whose weights lie in those of the stack. Evaluated one after the
other, runs do what a loop by hand does, and every module that such a loop can train works. Runs
together save the time to start operations, and give the same to rounding. A module is evaluated
once plainly before it trains, which shows what it needs and its mistakes. Runs go together if they

- draw no random numbers and change no buffers in a forward pass, and
- give the same outputs and slopes together as one after the other, and
- are at least `TOGETHER`.

The time of a step in µs a run: in a loop by hand, in a stack one after the other, and together
(CPU, one thread, 100 examples of 64 inputs; tests/benchmarks/test_module_speed.py):

    runs in a stack                       1                    4                    16
    MLP, 2 layers of 32, float32   468  508  942        501  391  308        481  454  312
    the same, float64              534  571 1041        576  477  390        602  567  474
    MLP, 2 layers of 100, float32  612  624 1130        633  515  454        659  636  414
    the same, float64              762  756 1308        792  722  660        853 1052  683
    MLP, 2 layers of 400, float32 1872 2065 2500       1974 2248 2105       2092 2689 2192
    the same, float64             3897 3719 4308       3572 4121 4044       4275 4909 4583
    CNN of 8 channels, float32    2117 1968 2484       2157 1977 1530       1965 2206 1417
    the same, float64             3129 3315 3551       2865 3030 2966       3297 3795 3050
    CNN of 16 channels, float32   2810 2767 3454       3023 3287 2396       3061 3094 2431
    the same, float64             6141 6188 6637       6307 6287 6446       6151 6442 7038

Going together gains up to a factor of 1.6. It loses at most a seventh, for large networks, whose
time is that of arithmetic; so these have no rule of their own.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import torch
from torch import Tensor
from torch.func import vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from grokspec.errors import GrokspecError
from grokspec.models._evaluator import Evaluator
from grokspec.models._module import Built, functional
from grokspec.shapes import Evaluation, Inputs, Kernel, Outputs, Pullback, Scalars, Weights

if TYPE_CHECKING:
    from grokspec.models.module import Module

TOGETHER = 4
"""Fewer runs are faster one after the other."""

ROUNDING = {torch.float32: 1e-3, torch.float64: 1e-8}
"""By how much numbers may differ, relative to the largest, that are the same to rounding."""


class ModuleEvaluator(Evaluator):
    """Evaluates the modules of a stack."""

    capturable: ClassVar[bool] = False
    keeps_nothing: ClassVar[bool] = False
    model: Module

    def __init__(
        self,
        model: Module,
        seeds: Sequence[int],
        initial: Weights,
        scalars: Scalars,
        inputs: Inputs,
    ) -> None:
        """Build the modules and try out the first on ``inputs``, with its initial weights.

        Raises a UserCodeError or a GrokspecError if it cannot be trained.
        """
        super().__init__(model, scalars)
        self._like = scalars["alpha"]
        self._size = inputs.shape[-1]
        self._runs = [self._built(seed) for seed in seeds]
        self._bound: Tensor | None = None
        self._leaves: Weights = {}
        self._draws: frozenset[str] = frozenset()
        changed = self._try_out(seeds[0], initial, inputs)
        if self._draws or changed:
            self._refuse_several_functions(changed)
        self._own_state = self._stacked_state()
        alone = self._draws or changed or len(self._runs) < TOGETHER
        self._together = not alone and self._same_together(initial, inputs)

    def on(self, inputs: Inputs) -> Evaluation:
        shaped = self.model.shaped(inputs)

        def evaluate(weights: Weights) -> tuple[Outputs, Pullback]:
            self._bind(weights)
            for run in self._runs:
                run.train(True)
            if self._together:
                try:
                    return self._evaluate_together(shaped)
                except Exception:  # a mistake of the user shows in what follows
                    self._together = False
            return self._evaluate_each(shaped)

        return evaluate

    def measured_on(self, inputs: Inputs) -> Evaluation:
        shaped = self.model.shaped(inputs)

        def evaluate(weights: Weights) -> tuple[Outputs, Pullback]:
            self._bind(weights)
            values = []
            for run, given in zip(self._runs, shaped, strict=True):
                run.train(False)
                with torch.no_grad(), run.stream.tried():
                    values.append(self._outputs_of(run, given))
            return torch.stack(values), lambda cotangent: pullback(weights, cotangent)

        def pullback(weights: Weights, cotangent: Outputs) -> Weights:
            self._bind(weights)
            slopes = []
            for run, given, slope in zip(self._runs, shaped, cotangent, strict=True):
                run.train(False)
                with torch.enable_grad(), run.stream.tried():
                    slopes.append(self._slopes(run, self._outputs_of(run, given), slope))
            return self._by_name(slopes)

        return evaluate

    def outputs(self, weights: Weights, inputs: Inputs, measured: bool = False) -> Outputs:
        shaped = self.model.shaped(inputs)
        for run in self._runs:
            run.train(not measured)
        if self._together:
            return self._values_together(weights, shaped)
        values = []
        for position, (run, given) in enumerate(zip(self._runs, shaped, strict=True)):
            own = {name: weight[position] for name, weight in weights.items()}
            with _without_fused_attention(), run.errors("forward of the linearized model"):
                values.append(functional(run, own, run.state, given))
        return torch.stack(values)

    def kernel(self, weights: Weights, inputs: Inputs) -> Kernel:
        """Run by run, because a Jacobian is as large as examples times weights."""
        self._bind(weights)
        kernels = []
        for run, given in zip(self._runs, self.model.shaped(inputs), strict=True):
            run.train(False)
            with torch.enable_grad(), run.stream.tried():
                outputs = self._outputs_of(run, given)
                slopes = _jacobian(outputs, list(run.weights.values()))
            kernels.append(torch.einsum("aow,bow->ab", slopes, slopes))
        return torch.stack(kernels)

    def _built(self, seed: int) -> Built:
        return Built(self.model, seed, self._size, self._like.device).to(self._like)

    def _bind(self, weights: Weights) -> None:
        """Let the modules compute with the weights of the stack, where these lie."""
        (first, *_) = weights.values()
        if first is self._bound:
            return
        for position, run in enumerate(self._runs):
            run.put_into({name: weight[position] for name, weight in weights.items()})
        self._leaves = {name: w.detach().requires_grad_() for name, w in weights.items()}
        self._bound = first

    def _evaluate_each(self, inputs: Tensor) -> tuple[Outputs, Pullback]:
        before = torch.default_generator.get_state()
        with torch.enable_grad():
            values = [self._drawn(*pair) for pair in zip(self._runs, inputs, strict=True)]
        if not torch.equal(torch.default_generator.get_state(), before):
            raise self._runs[0].wrong(
                "draws random numbers, and did not in its first step, so they would depend on the "
                "runs that train beside it; let it draw from the first step on"
            )

        def pullback(cotangent: Outputs) -> Weights:
            slopes = [
                self._slopes(run, value, slope)
                for run, value, slope in zip(self._runs, values, cotangent, strict=True)
            ]
            return self._by_name(slopes)

        return _stack([value.detach() for value in values]), pullback

    def _by_name(self, slopes: Sequence[Sequence[Tensor]]) -> Weights:
        """The derivatives in the weights of each run, stacked."""
        return {
            name: _stack([own[i] for own in slopes]) for i, name in enumerate(self._runs[0].weights)
        }

    def _drawn(self, run: Built, inputs: Tensor) -> Tensor:
        if not self._draws:
            return self._outputs_of(run, inputs)
        with run.stream.used(only=self._draws):
            return self._outputs_of(run, inputs)

    def _outputs_of(self, run: Built, inputs: Tensor) -> Tensor:
        """The outputs of one run, which are NaN if it fails because its weights are not finite."""
        try:
            return run(inputs).to(self._like.dtype)
        except Exception:
            if all(weight.isfinite().all() for weight in run.weights.values()):
                raise
            total = torch.stack([weight.sum() for weight in run.weights.values()]).sum()
            return (total * torch.nan).expand(len(inputs), self._outputs)

    def _slopes(self, run: Built, value: Tensor, slope: Tensor) -> list[Tensor]:
        """The derivatives in the weights of one run; zeros in those that it does not use."""
        weights = list(run.weights.values())
        with run.errors("backward"):
            found = torch.autograd.grad(value, weights, slope, allow_unused=True)
        return [
            torch.zeros_like(w) if s is None else s.to_dense() if s.is_sparse else s
            for w, s in zip(weights, found, strict=True)
        ]

    def _evaluate_together(self, inputs: Tensor) -> tuple[Outputs, Pullback]:
        leaves = self._leaves
        with torch.enable_grad():
            value = self._values_together(leaves, inputs)

        def pullback(cotangent: Outputs) -> Weights:
            slopes = torch.autograd.grad(
                value, list(leaves.values()), cotangent, materialize_grads=True
            )
            return dict(zip(leaves, slopes, strict=True))

        return value.detach(), pullback

    def _values_together(self, weights: Weights, inputs: Tensor) -> Outputs:
        with _without_fused_attention():
            return vmap(self._functional)(weights, self._own_state, inputs)

    def _functional(self, weights: Weights, state: dict[str, Tensor], inputs: Tensor) -> Tensor:
        return functional(self._runs[0], weights, state, inputs).to(self._like.dtype)

    def _stacked_state(self) -> dict[str, Tensor]:
        """Buffers and frozen parameters of all runs; without those that are alike."""
        states = [run.state for run in self._runs]
        return {
            name: torch.stack([state[name] for state in states])
            for name, value in states[0].items()
            if not all(torch.equal(value, state[name]) for state in states[1:])
        }

    def _try_out(self, seed: int, initial: Weights, inputs: Inputs) -> list[str]:
        """Evaluate a module like the first run's; returns the names of buffers that change.

        Notes whether it draws random numbers. The module is built anew, since it may remember.
        """
        trial = self._built(seed)
        trial.put_into({name: weight[0].clone() for name, weight in initial.items()})
        buffers = {name: b.clone() for name, b in trial.module.named_buffers()}
        before = trial.stream.copy()
        trial.train(True)
        given = self.model.shaped(inputs)[0]
        with torch.enable_grad(), trial.stream.used():
            outputs = trial(given)
        self._check(trial, outputs, given)
        self._draws = trial.stream.drawn_since(before)
        return [n for n, b in trial.module.named_buffers() if not _same(b, buffers.get(n))]

    def _check(self, trial: Built, outputs: Tensor, inputs: Tensor) -> None:
        found = tuple(outputs.shape)
        if outputs.ndim != 2 or len(outputs) != len(inputs):
            raise trial.wrong(
                f"gives outputs of the shape {found} for {len(inputs)} examples; they must be "
                f"[example, output], ({len(inputs)}, …)"
            )
        if not outputs.is_floating_point():
            raise trial.wrong(f"gives outputs of type {outputs.dtype}; they must be real numbers")
        if not outputs.requires_grad:
            raise trial.wrong(
                "gives outputs that do not depend on its parameters, or from which detach(), "
                "item(), numpy() or torch.no_grad() has cut them off"
            )
        self._outputs = found[1]

    def _refuse_several_functions(self, changed: Sequence[str]) -> None:
        """Raise a GrokspecError where there has to be one function g(w, x)."""
        field = "centered" if self.model.centered else "linearized"
        if not (self.model.centered or self.model.linearized):
            return
        why = f"changes {', '.join(changed)}" if changed else "draws random numbers"
        raise GrokspecError(
            f"model.{field} = true needs outputs that depend on weights and inputs alone, and "
            f"{self.model.class_} {why} while it trains; leave {field} out, or train a module "
            f"without {'running statistics' if changed else 'dropout or other noise'}"
        )

    def _same_together(self, weights: Weights, inputs: Inputs) -> bool:
        """Whether the runs give the same together as one after the other."""
        shaped = self.model.shaped(inputs)
        self._bind(weights)
        for run in self._runs:
            run.train(True)
        value, pullback = self._evaluate_each(shaped)
        slopes = pullback(torch.ones_like(value))
        try:
            with warnings.catch_warnings():
                warnings.filterwarnings("error", message=".*performance drop")  # of vmap
                other, other_pullback = self._evaluate_together(shaped)
                other_slopes = other_pullback(torch.ones_like(value))
        except Exception:  # whatever a user's module does that vmap cannot do
            return False
        pairs = [(value, other), *((slopes[name], other_slopes[name]) for name in slopes)]
        return all(self._agree(*pair) for pair in pairs)

    def _agree(self, one: Tensor, other: Tensor) -> bool:
        bound = ROUNDING[self._like.dtype] * one.abs().max()
        return one.shape == other.shape and bool((one - other).abs().max() <= bound)


def _jacobian(outputs: Tensor, weights: list[Tensor]) -> Tensor:
    """The derivatives of outputs in weights, [example, output, weight]."""
    flat = outputs.flatten()
    basis = torch.eye(len(flat), dtype=flat.dtype, device=flat.device)

    def rows(basis: Tensor, batched: bool) -> Tensor:
        found = torch.autograd.grad(
            flat, weights, basis, True, is_grads_batched=batched, materialize_grads=True
        )
        return torch.cat([slope.flatten(int(batched)) for slope in found], -1)

    try:
        slopes = rows(basis, True)
    except RuntimeError:  # an operation whose derivative cannot be taken in several directions
        slopes = torch.stack([rows(row, False) for row in basis])
    return slopes.view(*outputs.shape, -1)


def _without_fused_attention() -> contextlib.AbstractContextManager[None]:
    """Attention by single operations, which torch.func knows."""
    return sdpa_kernel(SDPBackend.MATH)


def _stack(tensors: list[Tensor]) -> Tensor:
    """Tensors along a new first axis; a single one is not copied."""
    return torch.stack(tensors) if len(tensors) > 1 else tensors[0][None]


def _same(now: Tensor, before: Tensor | None) -> bool:
    return before is not None and now.shape == before.shape and torch.equal(now, before)
