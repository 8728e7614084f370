"""How a function of the user is called as the loss of a stack, and differentiated."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor
from torch.func import vmap

from grokspec.errors import GrokspecError
from grokspec.files.python import users_code
from grokspec.shapes import Outputs, Scalar, Scalars

if TYPE_CHECKING:
    from grokspec.files.python import PythonName

ROUNDING = 1e-4
"""By how much gradients may differ, relative to the largest, that are the same to rounding."""


class CalledLoss:
    """A function ``(outputs, targets) -> scalar`` of tensors [example, output].

    Its gradient is taken for all runs together by `vmap` if that gives the same as one run after
    the other, which is tried at the first gradient.
    """

    capturable: ClassVar[bool] = False

    def __init__(self, named: PythonName) -> None:
        self._named = named
        self._function: Callable[[Tensor, Tensor], Any] = named.load()
        self._together: bool | None = None

    def value(self, outputs: Outputs, targets: Outputs, scalars: Scalars) -> Scalar:
        values = [self._of_run(*pair) for pair in zip(outputs, targets, strict=True)]
        return torch.stack([value.detach() for value in values]).to(outputs.dtype)

    def gradient(self, outputs: Outputs, targets: Outputs, scalars: Scalars) -> Outputs:
        if not self._together:
            each = self._slope(outputs, lambda leaf: self._each(leaf, targets))
            if self._together is None:
                self._together = len(outputs) > 1 and self._agrees(each, outputs, targets)
            return each
        return self._slope(outputs, lambda leaf: vmap(self._function)(leaf, targets).sum())

    def _each(self, outputs: Outputs, targets: Outputs) -> Tensor:
        values = [self._of_run(*pair) for pair in zip(outputs, targets, strict=True)]
        for value in values:
            if not value.requires_grad:
                raise self._wrong(
                    "cannot be differentiated: its value does not depend on the outputs, or "
                    "detach(), item(), numpy() or a comparison has cut it off"
                )
        return torch.stack(values).sum()

    def _of_run(self, outputs: Tensor, targets: Tensor) -> Tensor:
        with users_code(str(self._named)):
            value = self._function(outputs, targets)
        if not isinstance(value, Tensor):
            raise self._wrong(f"returns {type(value).__name__}; it must return a tensor")
        if value.numel() != 1 or value.is_complex():
            raise self._wrong(
                f"returns a tensor of the shape {tuple(value.shape)} and type {value.dtype}; it "
                "must return one real number, for example the mean over examples"
            )
        return value.reshape(())

    def _slope(self, outputs: Outputs, total: Callable[[Tensor], Tensor]) -> Outputs:
        """The derivative in the outputs of the losses of all runs, added up."""
        leaf = outputs.detach().requires_grad_()
        with torch.enable_grad():
            value = total(leaf)
            with users_code(f"{self._named}, backward"):
                return torch.autograd.grad(value, leaf)[0]

    def _agrees(self, each: Outputs, outputs: Outputs, targets: Outputs) -> bool:
        try:
            together = self._slope(outputs, lambda leaf: vmap(self._function)(leaf, targets).sum())
        except Exception:  # whatever vmap cannot do
            return False
        return bool((each - together).abs().max() <= ROUNDING * each.abs().max())

    def _wrong(self, what: str) -> GrokspecError:
        return GrokspecError(f"training.loss = {self._named}: {what}")
