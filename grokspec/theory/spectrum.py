"""The initial kernel of a wide network and its spectrum (§5, Appendix 11.1 and 12).

Each equation has its number; where it is wrong, both the printed and the derived one are here.
Throughout, ``x ~ N(0, I/D)``, D is the ``size``, and an eigenfunction is one of Mercer's problem,
``⟨K(x, z) φ(x)⟩ = λ φ(z)`` (Eq. 11). Inputs are [..., example, input]; ε is a number or, for an
eigenvalue, an array of numbers.

Everything follows from the second and fourth moments of x, ``⟨x_i x_j⟩ = δ_ij/D`` and
``⟨x_i x_j x_k x_l⟩ = (δ_ij δ_kl + δ_ik δ_jl + δ_il δ_jk)/D²``. The kernel has terms of degree one
and two in x, so it maps linear functions to linear functions and quadratic forms to quadratic
forms:

    ⟨(x·z) (l·x)⟩ = l·z/D        ⟨(x·z)² xᵀAx⟩ = (2 zᵀAz + Tr A |z|²)/D²   for symmetric A.
"""

from __future__ import annotations

from typing import NamedTuple

from grokspec.theory import Array

# The committee machine


def initial_kernel_printed(x: Array, z: Array, epsilon: Array) -> Array:
    """Neural tangent kernel of an infinitely wide committee machine as Eq. 10 prints it.

    With ``w ~ N(0, I)`` the moments are w̄ = 0 and M = I, and Eq. 5 becomes
    ``x·z + ε² (x·z)²``, [..., x, z]. See `initial_kernel` for the missing factor.
    """
    gram = x @ z.swapaxes(-1, -2)
    return gram + epsilon**2 * gram**2


def initial_kernel(x: Array, z: Array, epsilon: Array, alpha: Array, width: float) -> Array:
    """The limit of the kernel of Eq. 2 for large width, [..., x, z].

    The mean over N units tends to Eq. 10, with deviations of order 1/√N; as in Eq. 5, the sum of
    N products of gradients of order α/N gives the factor α²/N.
    """
    return alpha**2 / width * initial_kernel_printed(x, z, epsilon)


def linear_eigenvalue(size: int) -> float:
    """Eigenvalue ``λ_lin = 1/D`` of the D functions x_i (Eq. 12)."""
    return 1 / size


def quadratic_eigenvalue_printed(size: int, epsilon: Array) -> Array:
    """Eigenvalue ``2ε/D²`` of the quadratic functions, as §5 and the text after Eq. 17 print it."""
    return 2 * epsilon / size**2


def quadratic_eigenvalue(size: int, epsilon: Array) -> Array:
    """Eigenvalue ``λ_quad = 2ε²/D²`` of the quadratic functions (Eq. 14 and 15).

    A form with Tr A = 0 is mapped to ``ε² ⟨(x·z)² xᵀAx⟩ = (2ε²/D²) zᵀAz``; ε is squared as in the
    kernel.
    """
    return 2 * epsilon**2 / size**2


def norm_eigenvalue_printed(size: int) -> float:
    """Eigenvalue ``(1 + 2/D)/D`` of |x|², as Eq. 16 prints it."""
    return (1 + 2 / size) / size


def norm_eigenvalue(size: int, epsilon: Array) -> Array:
    """Eigenvalue ``ε² (1 + 2/D)/D`` of |x|², as in Eq. 13; the ε² is missing in Eq. 16.

    With A = I, ``ε² ⟨(x·z)² |x|²⟩ = ε² (2 + D)|z|²/D²``.
    """
    return epsilon**2 * norm_eigenvalue_printed(size)


def image_of_squares(z: Array, epsilon: Array) -> Array:
    """``⟨K(x, z) x_i²⟩ = (ε²/D²)(2 z_i² + |z|²)``, the first of Eq. 13; [..., example, input]."""
    size = z.shape[-1]
    return epsilon**2 / size**2 * (2 * z**2 + (z**2).sum(-1)[..., None])


def diagonal_eigenfunctions(x: Array) -> Array:
    """The functions ``x_i² − |x|²/D`` of Eq. 14, [..., example, input].

    There are D of them, but their sum is zero, so D − 1 are independent.
    """
    return x**2 - (x**2).sum(-1)[..., None] / x.shape[-1]


def mixed_eigenfunctions(x: Array) -> Array:
    """The ½D(D − 1) functions ``x_i x_j`` with i < j of Eq. 15, [..., example, pair]."""
    import numpy as np

    first, second = np.triu_indices(x.shape[-1], 1)
    return x[..., first] * x[..., second]


def quadratic_multiplicity_printed(size: int) -> int:
    """How many eigenfunctions have λ_quad: ``D + ½(D² − D)``, as Eq. 14 and 15 count them."""
    return size + size * (size - 1) // 2


def quadratic_multiplicity(size: int) -> int:
    """How many independent eigenfunctions have λ_quad: ``D − 1 + ½D(D − 1)``.

    They are the forms with Tr A = 0, whose dimension is one less than the ½D(D + 1) of symmetric
    matrices; the remaining one is |x|².
    """
    return quadratic_multiplicity_printed(size) - 1


def interpolation_threshold(size: int) -> int:
    """The number of samples, ``D + ½D(D + 1)``, from which ridgeless kernel regression is exact.

    For any ε > 0 the kernel can express the functions with an eigenvalue above zero,
    ``l·x + xᵀAx``. With as many generic samples as parameters in (l, A), only one such function
    passes through them for any eigenvalues, and the target is such a function. §5 has
    ``1/λ_quad``, printed as D²/(2ε), which would diverge as ε → 0.
    """
    return size + size * (size + 1) // 2


class TargetParts(NamedTuple):
    """The target ``½(β·x)²`` in two parts, [..., example]."""

    quadratic: Array  # meant to have the eigenvalue λ_quad
    norm: Array  # a multiple of |x|²


def target_parts_printed(x: Array, beta: Array) -> TargetParts:
    """Split ``½(β·x)²`` as Eq. 17 prints it: by ``|x|²/(2D)``."""
    return _split(x, beta, 1)


def target_parts(x: Array, beta: Array) -> TargetParts:
    """Split ``½(β·x)²`` into its two eigenfunctions: by ``|β|²|x|²/(2D)``.

    ``A = ½(ββᵀ − cI)`` has ``Tr A = ½(|β|² − cD)``, so that the first part is an eigenfunction for
    c = |β|²/D alone. Eq. 17 has c = 1/D, which holds for |β| = 1; with ``β ~ N(0, I)``, |β|² ≈ D.
    """
    return _split(x, beta, (beta**2).sum(-1)[..., None])


def _split(x: Array, beta: Array, square: Array) -> TargetParts:
    norm = square * (x**2).sum(-1) / (2 * x.shape[-1])
    return TargetParts(0.5 * (x @ beta[..., None])[..., 0] ** 2 - norm, norm)


# With trained readouts


def readout_kernel_printed(x: Array, z: Array, epsilon: Array) -> Array:
    """Initial kernel of a wide network with trained readouts as Eq. 23 prints it, [..., x, z]."""
    gram = x @ z.swapaxes(-1, -2)
    norms = (x**2).sum(-1)[..., :, None] * (z**2).sum(-1)[..., None, :]
    return 2 * gram + 1.5 * epsilon**2 * gram**2 + epsilon**2 / 4 * norms


def readout_kernel(x: Array, z: Array, epsilon: Array, alpha: Array, width: float) -> Array:
    """The limit of the kernel of the network of Eq. 21 for large width, [..., x, z].

    With readouts and weights from N(0, 1), ``(N/α) ∂f/∂w_i = v_i (1 + ε w_i·x) x`` gives
    ``⟨v²⟩ (x·z)(1 + ε² x·z)``, which is Eq. 10, and ``(N/α) ∂f/∂v_i = φ(w_i·x)`` gives
    ``⟨φφ⟩ = x·z + ¼ε² (|x|²|z|² + 2 (x·z)²)``. Their sum is Eq. 23; the factor is again α²/N.
    """
    return alpha**2 / width * readout_kernel_printed(x, z, epsilon)


def readout_linear_eigenvalue(size: int) -> float:
    """Eigenvalue ``2/D`` of the linear functions under Eq. 23."""
    return 2 / size


def readout_quadratic_eigenvalue(size: int, epsilon: Array) -> Array:
    """Eigenvalue ``3ε²/D²`` of the forms with Tr A = 0 under Eq. 23; §12 has O(ε/D²).

    It is 3/2 times `quadratic_eigenvalue`: ``⟨|x|² xᵀAx⟩`` is a multiple of Tr A, so the last term
    of the kernel adds nothing.
    """
    return 3 * epsilon**2 / size**2


def readout_norm_eigenvalue(size: int, epsilon: Array) -> Array:
    """Eigenvalue ``ε² (1 + 2/D)(1/4 + 3/(2D))`` of |x|² under Eq. 23.

    The last term adds ``¼ε² ⟨|x|⁴⟩ = ¼ε² (1 + 2/D)``, which does not fall with D, since |x|² ≈ 1
    is nearly constant. From ε² ≈ 8/D on, this is the largest eigenvalue and not that of x_i.
    """
    return epsilon**2 * (1 + 2 / size) * (1 / 4 + 3 / (2 * size))
