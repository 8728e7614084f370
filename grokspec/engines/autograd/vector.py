"""The weights of a stack as an optimizer moves them: one at a time, or all in one vector."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float, Int, Real
from torch import Tensor

from grokspec.shapes import Scalar, Weights

ALIGNED = 16
"""Each weight in a vector starts at a multiple of this many elements, as a tensor of its own does:
the last digit of a matrix product may depend on where in a cache line its factors begin."""


@dataclass
class Part:
    """What an optimizer moves at a time: one weight of the stack, or all of them in one vector."""

    weight: Tensor
    rate: Tensor
    decay: Tensor
    """One number a run, or one for each element of the vector."""
    gradient: Callable[[Weights], Tensor]
    """Picks the derivatives out of those in all weights."""
    name: str = ""
    """That of the weight; empty for all of them."""

    @classmethod
    def of_one(cls, weights: Weights, name: str, rate: Scalar, decay: Scalar) -> Part:
        """The weight of this name."""
        shape = (-1, *(1,) * (weights[name].ndim - 1))
        return cls(weights[name], rate.view(shape), decay.view(shape), lambda all: all[name], name)

    def by_weight(self, tensor: Tensor) -> Weights:
        """A tensor like ``weight``, cut into what belongs to each weight, by name."""
        return {self.name: tensor}

    def follow(self, rates_alike: bool, decays_alike: bool) -> bool:
        """Follow the numbers of the runs, which were changed in place.

        Returns whether they are where they were: a captured step knows no other place. ``…_alike``
        say whether all runs have the same.
        """
        return True  # views of the numbers


class Joined(Part):
    """All weights in a vector."""

    def __init__(
        self,
        weights: Weights,
        rate: Scalar,
        decay: Scalar,
        rates_alike: bool = True,
        decays_alike: bool = True,
        decays: Callable[[str], bool] | None = None,
    ) -> None:
        """Replace ``weights`` by views of the vector.

        ``decays`` says which of them decay, by their names; None if all do.
        """
        vector = _joined(weights)
        slope = torch.zeros_like(vector)
        weights |= _views(vector, weights)
        slopes = _views(slope, weights)

        def gradient(gradients: Weights) -> Tensor:
            for name, into in slopes.items():
                into.copy_(gradients[name])
            return slope

        self._rates, self._decays = rate, decay
        self._weights = weights
        self._decaying = None if decays is None else self._marked(decays)
        of_elements = self._of_elements(rate, rates_alike), self._of_elements(decay, decays_alike)
        super().__init__(vector, *of_elements, gradient)
        if self._decaying is not None:
            self.decay = self.decay * self._decaying

    def follow(self, rates_alike: bool, decays_alike: bool) -> bool:
        self.rate, rate_stays = self._following(self.rate, self._rates, rates_alike)
        self.decay, decay_stays = self._following(self.decay, self._decays, decays_alike)
        if self._decaying is not None:
            self.decay.mul_(self._decaying)
        return rate_stays and decay_stays

    def by_weight(self, tensor: Float[Tensor, " element"]) -> Weights:
        """The views of a vector in the shapes of the weights."""
        return _views(tensor, self._weights)

    def _of_elements(self, numbers: Scalar, alike: bool) -> Float[Tensor, " _"]:
        """One number for each element; a single one, a view, if all runs have the same."""
        return numbers[:1] if alike else numbers[self._run]

    def _marked(self, decays: Callable[[str], bool]) -> Float[Tensor, " element"]:
        """One for each element of weights that decay, else zero."""
        return _joined(
            {n: torch.full_like(weight, decays(n)) for n, weight in self._weights.items()}
        )

    def _following(self, current: Tensor, numbers: Scalar, alike: bool) -> tuple[Tensor, bool]:
        if len(current) == 1:
            return (current, True) if alike else (self._of_elements(numbers, alike), False)
        return torch.index_select(numbers, 0, self._run, out=current), True

    @cached_property
    def _run(self) -> Int[Tensor, " element"]:
        """The run of each element; whatever between the weights, where all is zero."""
        runs = {}
        for name, weight in self._weights.items():
            number = torch.arange(len(weight), device=weight.device)
            runs[name] = number.repeat_interleave(weight[0].numel())
        return _joined(runs)


def _joined(weights: Mapping[str, Tensor]) -> Real[Tensor, " element"]:
    """Weights one after the other in a vector, with zeros between them."""
    flat = [weight.flatten() for weight in weights.values()]
    return torch.cat([torch.nn.functional.pad(w, (0, -len(w) % ALIGNED)) for w in flat])


def _views(vector: Float[Tensor, " element"], like: Weights) -> Weights:
    """The parts of a joined vector, in the shapes of the weights."""
    sizes = [weight.numel() for weight in like.values()]
    parts = vector.split([size + -size % ALIGNED for size in sizes])
    return {
        name: part[:size].view(weight.shape)
        for (name, weight), part, size in zip(like.items(), parts, sizes, strict=True)
    }
