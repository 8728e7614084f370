"""Has every call of the modules in `CHECKED` checked against its annotated shapes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import jaxtyping

CHECKED = (
    "grokspec.engines._data",
    "grokspec.engines._recorder",
    "grokspec.engines.autograd.network",
    "grokspec.engines.moments.dynamics",
    "grokspec.engines.moments.quadratic",
    "grokspec.losses",
    "grokspec.models._kernel",
    "grokspec.models._lookup",
)
"""Modules in which tensors meet; those that define kinds are pydantic's to check."""

HOOK = jaxtyping.install_import_hook(CHECKED, "beartype.beartype")
"""Acts on modules as they are imported; after `HOOK.uninstall()` those to come are left alone."""


@contextmanager
def unchecked() -> Iterator[None]:
    """Leave out the checks, which a training of thousands of steps would spend its time on."""
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        jaxtyping.config.update("jaxtyping_disable", False)
