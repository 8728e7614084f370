"""Has every call in `grokspec.dynamics` checked against the shapes that it is annotated with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import jaxtyping

HOOK = jaxtyping.install_import_hook("grokspec.dynamics", "beartype.beartype")
"""Acts on modules as they are imported; after `HOOK.uninstall()` those to come are left alone."""


@contextmanager
def unchecked() -> Iterator[None]:
    """Leave out the checks, which a training of thousands of steps would spend its time on."""
    jaxtyping.config.update("jaxtyping_disable", True)
    try:
        yield
    finally:
        jaxtyping.config.update("jaxtyping_disable", False)
