"""Checks every call in the modules of `CHECKED` against its annotated shapes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import jaxtyping

CHECKED = (
    "grokspec.engines._cuda_graph",
    "grokspec.engines._data",
    "grokspec.engines._recorder",
    "grokspec.engines.autograd.instances",
    "grokspec.engines.autograd.mover",
    "grokspec.engines.autograd.batches",
    "grokspec.engines.autograd.network",
    "grokspec.engines.autograd.training",
    "grokspec.engines.autograd.vector",
    "grokspec.engines.moments.dynamics",
    "grokspec.engines.moments.quadratic",
    "grokspec.losses._function",
    "grokspec.models._dropping_evaluator",
    "grokspec.models._evaluator",
    "grokspec.models._kernel",
    "grokspec.models._lookup",
    "grokspec.models._module_evaluator",
    "grokspec.probes._lanczos",
    "grokspec.probes._snapshot",
    "grokspec.probes._vectors",
)
"""The modules in which tensors meet. Modules of kinds are left to pydantic."""

HOOK = jaxtyping.install_import_hook(CHECKED, "beartype.beartype")
"""Acts on modules when they are imported, until `HOOK.uninstall()`."""


@contextmanager
def unchecked() -> Iterator[None]:
    """Switch the checks off, for a training of thousands of steps."""
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        jaxtyping.config.update("jaxtyping_disable", False)
