"""The paper's equations, each with its number, as printed and, where that is wrong, as derived.

`committee` has the loss and the kernel of the network (Eq. 5, 6), which training uses too; its
names can be imported from this package. `spectrum` has the eigenvalues of the initial kernel
(Eq. 10–17, 21–23), `population_alignment` its alignment with the task over all inputs (Eq. 19,
20), and `quadrature` has averages over Gaussian inputs, to check these against.
"""

from grokspec.theory.committee import (
    Array,
    Decomposition,
    alignment,
    baseline,
    centered_alignment,
    decomposition,
    kernel_predictor,
    kernel_similarity,
    ntk,
    ntk_printed,
    quadratic_form,
    target_form,
)

__all__ = [
    "Array",
    "Decomposition",
    "alignment",
    "baseline",
    "centered_alignment",
    "decomposition",
    "kernel_predictor",
    "kernel_similarity",
    "ntk",
    "ntk_printed",
    "quadratic_form",
    "target_form",
]
