"""The largest eigenvalue of a symmetric matrix of which only products with vectors are known."""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from grokspec.probes._vectors import Flat
from grokspec.shapes import Scalar


def largest_eigenvalue(product: Callable[[Flat], Flat], start: Flat, iterations: int) -> Scalar:
    """The largest eigenvalue of one matrix a run, by Lanczos' method.

    ``product`` multiplies a vector of each run by its matrix. Vectors are not kept orthogonal to
    all earlier ones, which would take memory and matters to inner eigenvalues only (Paige 1972).
    Where the start and its products span no further direction, the rest of the tridiagonal matrix
    is filled with the Rayleigh quotient of the start, which is no larger than the result.
    """
    vector = start / start.norm(dim=1, keepdim=True)
    before, link = torch.zeros_like(vector), vector.new_zeros(len(vector))
    diagonal: list[Scalar] = []
    links: list[Scalar] = []
    for _ in range(iterations):
        image = product(vector) - link[:, None] * before
        quotient = (image * vector).sum(1)
        rest = image - quotient[:, None] * vector
        ended = ~vector.any(1)
        diagonal.append(torch.where(ended, diagonal[0], quotient) if diagonal else quotient)
        before, link = vector, rest.norm(dim=1)
        scale = torch.stack([d.abs() for d in diagonal]).amax(0)
        link = torch.where(link > torch.finfo(link.dtype).eps * scale, link, 0)
        vector = torch.where(link > 0, 1 / link, 0)[:, None] * rest
        links.append(link)
    return _largest_of_tridiagonal(torch.stack(diagonal, 1), torch.stack(links, 1)[:, :-1])


def _largest_of_tridiagonal(
    diagonal: Float[Tensor, "run iteration"], links: Float[Tensor, "run link"]
) -> Scalar:
    """The largest eigenvalue of tridiagonal matrices; NaN where a number is not finite."""
    matrix = diagonal.diag_embed() + links.diag_embed(1) + links.diag_embed(-1)
    finite = matrix.isfinite().all(-1).all(-1)
    return torch.where(finite, torch.linalg.eigvalsh(matrix.nan_to_num(0, 0, 0))[:, -1], torch.nan)
