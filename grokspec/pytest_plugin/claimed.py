"""What the plugin's parts know of a test that judges a claim."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grokspec.claims import Claim, Control
from grokspec.findings import Finding

SPECS = pytest.StashKey[dict[str, Path]]()
"""The spec files that a claim's test reads, by the names that the claim gives them."""

FINDING = pytest.StashKey[Finding | None]()
"""What the verdict of a claim's test rests on; None or absent before there is one."""


def claim_of(node: pytest.Item) -> Claim | None:
    """The claim that a test judges, if it judges one."""
    mark = node.get_closest_marker("claim")
    made = mark.args[0] if mark and mark.args else None
    return made if isinstance(made, Claim) else None


def control_of(node: pytest.Item) -> Control | None:
    """The control under which a test judges its claim; None for the claim's own test."""
    parameters = node.callspec.params if hasattr(node, "callspec") else {}
    control = parameters.get("results")
    return control if isinstance(control, Control) else None


def own_test(node: pytest.Item) -> str:
    """The node id of a claim's own test, given one of those under control."""
    return re.sub(r"-control\d*\]$", "]", re.sub(r"\[control\d*\]$", "", node.nodeid))
