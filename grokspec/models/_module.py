"""The module of one run: built from its seed, with weights that lie in those of a stack."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from grokspec.errors import GrokspecError
from grokspec.files.python import UserCodeError, users_code
from grokspec.streams import RandomStream

if TYPE_CHECKING:
    from grokspec.models.module import Module

CPU = torch.device("cpu")


class Built:
    """The module of one run, and the random numbers from which it goes on drawing."""

    def __init__(
        self, model: Module, seed: int, input_size: int, device: torch.device = CPU
    ) -> None:
        """Build it as by hand after ``torch.manual_seed(seed)``.

        Raises a UserCodeError if that fails, and a GrokspecError if it cannot be trained.
        """
        self.model = model
        self.stream = RandomStream(seed, device)
        call = model.class_.load()
        with self.stream.used(), _users_code(f"{model.class_} could not be built"):
            module = call(**model.arguments)
        if not isinstance(module, nn.Module):
            raise self.wrong(
                f"gives {_a(module)}, not a torch.nn.Module; name the class of a module, or a "
                "function that returns one"
            )
        self.module = module
        self._training = module.training
        if any(nn.parameter.is_lazy(p) for p in (*module.parameters(), *module.buffers())):
            self._find_sizes(input_size)
        self.weights = {n: p for n, p in module.named_parameters() if p.requires_grad}
        self._check_weights()
        self.like = next(iter(self.weights.values()))

    @property
    def state(self) -> dict[str, Tensor]:
        """Buffers and frozen parameters by name."""
        frozen = {n: p for n, p in self.module.named_parameters() if not p.requires_grad}
        return frozen | dict(self.module.named_buffers())

    def to(self, like: Tensor) -> Built:
        """The same, after its numbers were given a type and a device."""
        self.module.to(device=like.device, dtype=like.dtype)
        self.weights = {n: p for n, p in self.module.named_parameters() if p.requires_grad}
        self.like = next(iter(self.weights.values()))
        return self

    def put_into(self, weights: Mapping[str, Tensor]) -> None:
        """Let the module compute with these weights, in their own memory."""
        for name, parameter in self.weights.items():
            parameter.data = weights[name]

    def train(self, training: bool) -> None:
        """Switch between training and evaluation mode."""
        if self._training != training:
            self.module.train(training)
            self._training = training

    def __call__(self, inputs: Tensor) -> Tensor:
        """Outputs [example, output] for shaped inputs; an error is the user's."""
        with self.errors("forward"), in_precision(self.like):
            outputs = self.module(inputs)
        if not isinstance(outputs, Tensor):
            raise self.wrong(
                f"forward returns {_a(outputs)}; it must return one tensor, [example, output]: "
                "write a module that returns the part to train on"
            )
        return outputs

    def errors(self, doing: str) -> contextlib.AbstractContextManager[None]:
        """Turn exceptions within into those of the user's code."""
        return _users_code(f"{self.model.class_}, {doing}")

    def wrong(self, what: str) -> GrokspecError:
        return GrokspecError(f"model.class = {self.model.class_}: {what}")

    def _find_sizes(self, input_size: int) -> None:
        """Let lazy layers find out their sizes, from an example of real numbers or else tokens."""
        example = self.model.shaped(torch.zeros(1, 1, input_size))[0]
        self.train(False)
        with torch.no_grad(), self.stream.used(), self.errors("forward on an example of zeros"):
            try:
                self.module(example)
            except RuntimeError:
                self.module(example.long())
        self.train(True)

    def _check_weights(self) -> None:
        if not self.weights:
            raise self.wrong("has no parameters to train; at least one must require a gradient")
        for name, weight in self.module.named_parameters():
            if weight.is_complex():
                raise self.wrong(
                    f"its parameter {name} is complex; make two of it, one for the real and one "
                    "for the imaginary part"
                )


def functional(
    built: Built, weights: Mapping[str, Tensor], state: Mapping[str, Tensor], inputs: Tensor
) -> Tensor:
    """The outputs of a module with these weights and this state in place of its own."""
    with in_precision(built.like):
        return functional_call(built.module, {**weights, **state}, (inputs,))


@contextlib.contextmanager
def in_precision(like: Tensor) -> Iterator[None]:
    """Make new tensors in the precision and on the device of a weight.

    So a module may say ``torch.zeros(3)`` in its forward.
    """
    before = torch.get_default_dtype()
    if like.dtype != before:
        torch.set_default_dtype(like.dtype)
    try:
        with like.device if like.is_cuda else contextlib.nullcontext():
            yield
    finally:
        if like.dtype != before:
            torch.set_default_dtype(before)


@contextlib.contextmanager
def _users_code(doing: str) -> Iterator[None]:
    try:
        with users_code(doing):
            yield
    except UserCodeError as error:
        if "forward AD" not in error.what:
            raise
        operation = error.what.partition(" AD with ")[2].partition(" that ")[0]
        raise GrokspecError(
            f"{doing}: torch cannot expand {operation or 'an operation'} to first order; leave "
            "model.linearized out, or write the module without it"
        ) from error


def _a(value: Any) -> str:
    """The type of a value in words."""
    name = type(value).__name__
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"
