"""Warnings about files that are passed over."""

from __future__ import annotations

import sys
import warnings


class DamagedShard(UserWarning):
    """A file of the store is not what was written; its runs count as missing."""


class PassedOver(UserWarning):
    """A file among the reservations is none."""


def notify(message: str, category: type[Warning]) -> None:
    """Warn. Where warnings are errors, print: one file may not stop what goes on without it."""
    try:
        warnings.warn(message, category, stacklevel=3)
    except category:
        print(f"warning: {message}", file=sys.stderr)
