"""Quadratic forms of many symmetric matrices in shared inputs, at about half the arithmetic."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from torch import Tensor

BLOCK = 20
"""Input columns per block. With fewer than four blocks, cutting costs more than it saves."""


@dataclass(frozen=True)
class _Block:
    """Columns ``start:stop`` of the inputs and what they are multiplied with."""

    start: int
    stop: int
    columns: Tensor  # [group, example, stop - start]
    doubled: Tensor  # [group, example, stop], the columns before start twice as large
    upto: Tensor  # [group, stop, example]


class SharedInputs:
    """Inputs that the runs of a group share, cut into blocks of columns.

    The matrices are symmetric, so only the blocks on and above the diagonal are multiplied, and
    all runs of a group stand side by side in one product. ``inputs`` is [group, example, input];
    runs come second in every other tensor's dimensions, or last where that is said.
    """

    def __init__(self, inputs: Tensor) -> None:
        size = inputs.shape[-1]
        count = 1 if size < 4 * BLOCK else size // BLOCK
        edges = [round(i * size / count) for i in range(count + 1)]
        self._blocks = []
        for start, stop in itertools.pairwise(edges):
            doubled = inputs[..., :stop].clone()
            doubled[..., :start] *= 2
            columns = inputs[..., start:stop].contiguous()
            upto = inputs[..., :stop].mT.contiguous()
            self._blocks.append(_Block(start, stop, columns, doubled, upto))

    def quadratic_forms(self, matrices: Tensor) -> Tensor:
        """Evaluate ``xᵀMx`` of M [group, run, input, input]; returns [group, example, run]."""
        groups, runs = matrices.shape[:2]
        examples = self._blocks[0].columns.shape[1]
        forms = matrices.new_zeros(groups * examples, runs, 1)
        for block in self._blocks:
            width = block.stop - block.start
            upper = matrices[..., : block.stop, block.start : block.stop].transpose(1, 2)
            product = block.doubled @ upper.reshape(groups, block.stop, runs * width)
            forms.baddbmm_(
                product.view(groups * examples, runs, width),
                block.columns.view(groups * examples, width, 1),
            )
        return forms.view(groups, examples, runs)

    def weighted_gram(self, factors: Tensor) -> Tensor:
        """Sum ``r x xᵀ`` over examples, r [group, example, run]; [group, run, input, input]."""
        groups, examples, runs = factors.shape
        size = self._blocks[-1].stop
        gram = factors.new_empty(groups, runs, size, size)
        for block in self._blocks:
            start, stop = block.start, block.stop
            weighted = factors[..., None] * block.columns[:, :, None, :]
            part = block.upto @ weighted.view(groups, examples, runs * (stop - start))
            part = part.view(groups, stop, runs, stop - start).transpose(1, 2)
            gram[..., :stop, start:stop] = part
            gram[..., start:stop, :start] = part[..., :start, :].mT
        return gram


def sandwich(outer: Tensor, inner: Tensor) -> Tensor:
    """Compute ``T Z Tᵀ`` for stacks of matrices [..., size, size]."""
    return torch.matmul(outer @ inner, outer.mT)
