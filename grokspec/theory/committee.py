"""The paper's equations for the committee machine on a quadratic target, each with its number.

Throughout, ``x ~ N(0, I/D)``, the target is ``y = ½ xᵀAx``, with ``A = ββᵀ`` for that of Eq. 3, and
a predictor is a quadratic form ``f(x) = l·x + ½ xᵀQx``: for the network of Eq. 3, ``l = αw̄`` and
``Q = αεM``; centered (Eq. 7), ``l = α(w̄ − w̄₀)`` and ``Q = αε(M − M₀)``. Arrays may be numpy's or
torch's, with any leading dimensions (runs) before the ones named here; x is [example, input].
"""

from __future__ import annotations

from typing import Any, NamedTuple

Array = Any
"""A numpy array or a torch tensor; every function returns the type that it is given."""


class Decomposition(NamedTuple):
    """The three terms of the population loss, Eq. 6."""

    variance: Array
    misalignment: Array
    linear_power: Array

    @property
    def total(self) -> Array:
        """The population loss ⟨(y − f)²⟩."""
        return self.variance + self.misalignment + self.linear_power


def target_form(beta: Array) -> Array:
    """The matrix ``A = Σ β βᵀ`` of the target ``½ Σ (β·x)²``, for β [..., direction, input]."""
    return beta.swapaxes(-1, -2) @ beta


def decomposition(target: Array, linear: Array, quadratic: Array) -> Decomposition:
    """Split the population loss of ``l·x + ½ xᵀQx`` into the terms of Eq. 6.

    With ``B = A − Q`` the error is ``½ xᵀBx − l·x``. Odd and even parts are uncorrelated and
    Wick's theorem gives ``⟨(xᵀBx)²⟩ = [(Tr B)² + 2|B|²]/D²`` for symmetric B, so the loss is
    ``(Tr B)²/(4D²) + |B|²/(2D²) + |l|²/D``. With A = ββᵀ and Q = αεM these are the three terms as
    printed. The argument does not need A or Q to be positive, or A to have a single direction, so
    it also holds for centered models and for several directions.

    ``target`` is A and ``quadratic`` Q, [..., input, input]; ``linear`` is l, [..., input].
    """
    size = linear.shape[-1]
    error = target - quadratic
    trace = error.diagonal(0, -2, -1).sum(-1)
    return Decomposition(
        variance=trace**2 / (4 * size**2),
        misalignment=(error**2).sum(-1).sum(-1) / (2 * size**2),
        linear_power=(linear**2).sum(-1) / size,
    )


def baseline(target: Array) -> Array:
    """Population loss of the zero predictor, ``⟨y²⟩ = [(Tr A)² + 2|A|²]/(4D²)``.

    For A = ββᵀ it is ``3|β|⁴/(4D²)``.
    """
    trace = target.diagonal(0, -2, -1).sum(-1)
    return (trace**2 + 2 * (target**2).sum(-1).sum(-1)) / (4 * target.shape[-1] ** 2)


def quadratic_form(x: Array, linear: Array, quadratic: Array) -> Array:
    """Evaluate ``l·x + ½ xᵀQx`` at [..., example, input]; returns [..., example]."""
    return (x @ linear[..., None])[..., 0] + 0.5 * ((x @ quadratic) * x).sum(-1)


def ntk_printed(x: Array, z: Array, mean: Array, second: Array, epsilon: Array) -> Array:
    """Neural tangent kernel of the committee machine as Eq. 5 prints it, [..., x, z].

    ``mean`` is w̄ and ``second`` is M (Eq. 4). See `ntk` for the missing factor.
    """
    gram = x @ z.swapaxes(-1, -2)
    tilt = (x @ mean[..., None]) + (z @ mean[..., None]).swapaxes(-1, -2)
    epsilon = _scalar(epsilon)
    return gram * (1 + epsilon * tilt + epsilon**2 * (x @ second @ z.swapaxes(-1, -2)))


def ntk(
    x: Array, z: Array, mean: Array, second: Array, epsilon: Array, alpha: Array, width: float
) -> Array:
    """Neural tangent kernel ``∇f(x)·∇f(z)`` of Eq. 2 for the network of Eq. 3, [..., x, z].

    Each unit contributes ``∂f/∂wᵢ = (α/N)(1 + ε wᵢ·x) x``. The sum of the products over the N
    units cancels one of the two factors 1/N: the result is Eq. 5 times α²/N.
    """
    return _scalar(alpha) ** 2 / width * ntk_printed(x, z, mean, second, epsilon)


def kernel_predictor(
    x: Array, coefficients: Array, mean: Array, second: Array, epsilon: Array
) -> tuple[Array, Array]:
    """Write ``Σ_μ a_μ K(·, x_μ)`` with the kernel of `ntk_printed` as a quadratic form (l, Q).

    With ``s = Σ a_μ x_μ`` and ``T = Σ a_μ x_μ x_μᵀ``, collecting powers of the argument gives
    ``l = s + ε T w̄`` and ``½Q = sym(ε w̄ sᵀ + ε² M T)``.
    """
    epsilon = _scalar(epsilon)
    weighted = coefficients[..., None] * x
    total = weighted.sum(-2)
    spread = weighted.swapaxes(-1, -2) @ x
    linear = total + epsilon[..., 0] * (spread @ mean[..., None])[..., 0]
    half = epsilon * mean[..., :, None] * total[..., None, :] + epsilon**2 * (second @ spread)
    return linear, half + half.swapaxes(-1, -2)


def alignment(kernel: Array, targets: Array) -> Array:
    """Kernel–task alignment ``yᵀKy / (‖K‖_F |y|²)`` (§5.2), between −1 and 1.

    ``kernel`` is [..., example, example] and ``targets`` [..., example]. The value depends on the
    number of examples, because each adds small eigenvalues to the norm of the kernel. NaN for a
    kernel or targets of zero.
    """
    kernel = _at_unit_scale(kernel)
    projected = (targets * (kernel @ targets[..., None])[..., 0]).sum(-1)
    norm = (kernel**2).sum(-1).sum(-1) ** 0.5
    with _undefined_is_nan():
        return projected / (norm * (targets**2).sum(-1))


def centered_alignment(kernel: Array, targets: Array) -> Array:
    """Centered kernel alignment: `alignment` without the mean feature and the mean target.

    This is the CKA of Cortes et al. (2012), with ``HKH`` and ``Hy``, ``H = I − 11ᵀ/n``. In §5.2 the
    name stands for the uncentered ratio.
    """
    kernel = _centered(_at_unit_scale(kernel))
    return alignment(kernel, targets - targets.sum(-1)[..., None] / kernel.shape[-1])


def _centered(kernel: Array) -> Array:
    """HKH with ``H = I − 11ᵀ/n``."""
    size = kernel.shape[-1]
    rows = kernel - kernel.sum(-2)[..., None, :] / size
    return rows - rows.sum(-1)[..., :, None] / size


def kernel_similarity(kernel: Array, other: Array) -> Array:
    """Centered alignment of two kernels, ``⟨HKH, HK'H⟩ / (‖HKH‖ ‖HK'H‖)`` (Cortes et al. 2012)."""
    one, two = (_centered(_at_unit_scale(each)) for each in (kernel, other))
    product, own, others = ((a * b).sum((-2, -1)) for a, b in ((one, two), (one, one), (two, two)))
    return product / (own * others) ** 0.5


def _at_unit_scale(kernel: Array) -> Array:
    """The kernel over the power of two next to its largest entry, which is exact.

    Its scale, α²/N, cancels in an alignment, and its square may be too large or small for a number.
    """
    import numpy as np

    size = abs(kernel)
    if isinstance(size, np.ndarray):
        largest = size.max((-2, -1), keepdims=True)
        mantissa = np.frexp(largest)[0]
    else:
        largest = size.amax((-2, -1), keepdim=True)
        mantissa = largest.frexp().mantissa
    with _undefined_is_nan():
        return kernel / (largest / mantissa)


def _undefined_is_nan() -> Any:
    """Let numpy divide by zero as torch does, without a warning."""
    import numpy as np

    return np.errstate(divide="ignore", invalid="ignore")


def _scalar(value: Array) -> Array:
    """Add two trailing dimensions to a number per run, so that it broadcasts over matrices."""
    import numpy as np

    if not hasattr(value, "ndim"):
        value = np.asarray(value)
    return value[..., None, None]
