"""Alignment of the committee machine's kernel with its task, over all inputs (Appendix 11.2).

The kernel is that of Eq. 18, which is `theory.ntk_printed`, at weights with the moments ``mean``
w̄ [..., input] and ``second`` M [..., input, input]; a factor such as α²/N does not change the
alignment. Averages are over independent x and z from N(0, I/D). The alignment in a sample, which
depends on the number of examples, is `theory.alignment`.
"""

from __future__ import annotations

from grokspec.theory import Array


def alignment_printed(task_power: Array, kernel_square: Array, target_square: Array) -> Array:
    """``⟨yKy⟩ / √(⟨K²⟩⟨y²⟩)`` as Eq. 19 prints it: proportional to the scale of the labels."""
    return task_power / (kernel_square * target_square) ** 0.5


def alignment(task_power: Array, kernel_square: Array, target_square: Array) -> Array:
    """``⟨yKy⟩ / (√⟨K²⟩ ⟨y²⟩)``, the limit of the alignment of §5.2 for many examples.

    In ``yᵀKy/(‖K‖_F |y|²)`` over P examples, ``yᵀKy → P²⟨yKy⟩``, ``‖K‖_F → P√⟨K²⟩`` and
    ``|y|² → P⟨y²⟩``: P cancels, and so does the scale of y.
    """
    return task_power / (kernel_square**0.5 * target_square)


def task_power_printed(beta: Array, second: Array, epsilon: Array) -> Array:
    """``⟨y(x) K(x, z) y(z)⟩`` as Eq. 20 prints it, which holds for the target ``(β·x)²``."""
    square = (beta**2).sum(-1)
    aligned = (beta * (second @ beta[..., None])[..., 0]).sum(-1)
    trace = second.diagonal(0, -2, -1).sum(-1)
    return epsilon**2 / beta.shape[-1] ** 4 * (square**2 * trace + 8 * aligned * square)


def task_power(beta: Array, second: Array, epsilon: Array) -> Array:
    """``⟨y(x) K(x, z) y(z)⟩`` of the target ``y = ½(β·x)²`` of Eq. 3: a quarter of Eq. 20.

    y is even in x and in z, so only ``ε² (x·z) xᵀMz`` counts, which gives ``ε² Tr(T²M)`` with
    ``T = ⟨y x xᵀ⟩ = ½(|β|² I + 2ββᵀ)/D²``.
    """
    return task_power_printed(beta, second, epsilon) / 4


def kernel_square(mean: Array, second: Array, epsilon: Array) -> Array:
    """``⟨K(x, z)²⟩``, which Eq. 19 needs and the paper does not give.

    In the square of Eq. 18, the terms that are even in x and in z remain,
    ``⟨(x·z)²⟩ + 2ε² ⟨(x·z)² (w̄·x)²⟩ + ε⁴ ⟨(x·z)² (xᵀMz)²⟩``; averaging over z and then x,
    ``1/D + 2ε² |w̄|² (D + 2)/D³ + ε⁴ [(D + 6) Tr M² + 2 (Tr M)²]/D⁴``.
    """
    size = mean.shape[-1]
    trace = second.diagonal(0, -2, -1).sum(-1)
    quartic = (size + 6) * (second**2).sum(-1).sum(-1) + 2 * trace**2
    tilt = 2 * epsilon**2 * (mean**2).sum(-1) * (size + 2) / size**3
    return 1 / size + tilt + epsilon**4 * quartic / size**4


def floor_of_sample(size: int, examples: int) -> float:
    """The approximate alignment of §5.2 at ε → 0 in P examples; over all inputs it is zero.

    The kernel x·z is odd and y is even, so the off-diagonal terms of yᵀKy average out. The diagonal
    is ``Σ y²|x|² ≈ P ⟨y²⟩ (1 + 4/D)``, and ``‖K‖² ≈ P (1 + 2/D) + P(P − 1)/D``. Raises ValueError
    without an example.
    """
    if examples < 1:
        raise ValueError(f"examples = {examples}: an alignment in a sample takes at least one")
    norm = examples * (1 + 2 / size) + examples * (examples - 1) / size
    return (1 + 4 / size) / norm**0.5
