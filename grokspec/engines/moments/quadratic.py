"""Quadratic forms of many symmetric matrices in shared inputs, with about half the arithmetic."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from grokspec.shapes import GroupInputs, GroupMatrices, GroupOutputs

BLOCK = 20
"""Input columns per block. With fewer than four blocks, cutting takes more time than it saves."""


@dataclass(frozen=True)
class _Columns:
    """Columns ``start:stop`` of the inputs, and the matrices that multiply them."""

    start: int
    stop: int
    values: Float[Tensor, "group example width"]
    doubled: Float[Tensor, "group example stop"]  # the columns before start twice as large
    upto: Float[Tensor, "group stop example"]


class SharedInputs:
    """Inputs that the runs of a group share, cut into blocks of columns.

    The matrices are symmetric, so only the blocks on and above the diagonal are multiplied. All
    runs of a group are columns of one product.
    """

    def __init__(self, inputs: GroupInputs) -> None:
        size = inputs.shape[-1]
        count = 1 if size < 4 * BLOCK else size // BLOCK
        edges = [round(i * size / count) for i in range(count + 1)]
        self._blocks = []
        for start, stop in itertools.pairwise(edges):
            doubled = inputs[..., :stop].clone()
            doubled[..., :start] *= 2
            values = inputs[..., start:stop].contiguous()
            upto = inputs[..., :stop].mT.contiguous()
            self._blocks.append(_Columns(start, stop, values, doubled, upto))

    def quadratic_forms(self, matrices: GroupMatrices) -> GroupOutputs:
        """``xᵀMx`` at every input for the symmetric matrix M of every run."""
        groups, runs = matrices.shape[:2]
        examples = self._blocks[0].values.shape[1]
        forms = matrices.new_zeros(groups * examples, runs, 1)
        for block in self._blocks:
            width = block.stop - block.start
            upper = matrices[..., : block.stop, block.start : block.stop].transpose(1, 2)
            product = block.doubled @ upper.reshape(groups, block.stop, runs * width)
            forms.baddbmm_(
                product.view(groups * examples, runs, width),
                block.values.view(groups * examples, width, 1),
            )
        return forms.view(groups, examples, runs)

    def weighted_gram(self, factors: GroupOutputs) -> GroupMatrices:
        """``Σ r x xᵀ`` over the examples for each run, with a factor r for each example."""
        groups, examples, runs = factors.shape
        size = self._blocks[-1].stop
        gram = factors.new_empty(groups, runs, size, size)
        for block in self._blocks:
            start, stop = block.start, block.stop
            weighted = factors[..., None] * block.values[:, :, None, :]
            part = block.upto @ weighted.view(groups, examples, runs * (stop - start))
            part = part.view(groups, stop, runs, stop - start).transpose(1, 2)
            gram[..., :stop, start:stop] = part
            gram[..., start:stop, :start] = part[..., :start, :].mT
        return gram


def sandwich(
    outer: Float[Tensor, "*stack z z"], inner: Float[Tensor, "*stack z z"]
) -> Float[Tensor, "*stack z z"]:
    """``T Z Tᵀ`` for every matrix Z of a stack."""
    return torch.matmul(outer @ inner, outer.mT)
