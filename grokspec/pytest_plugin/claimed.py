"""What the plugin's parts know of a test that judges a claim."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest

from grokspec.claims import Claim, Control
from grokspec.findings import Finding

READ = ("results", "given")
"""The fixtures of which a claim reads one, and to which a control does what it does."""

CONTROLLED = r"(?:control|counter)\d*"
"""How the name of a test under control ends."""

SPECS = pytest.StashKey[dict[str, Path]]()
"""The spec files that a claim's test reads, by the names that the claim gives them."""


class Reading(NamedTuple):
    """Whose results a claim reads: those of a spec file, changed as its control says."""

    spec: Path
    change: str = ""


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
    read = (parameters.get(name) for name in READ)
    return next((control for control in read if isinstance(control, Control)), None)


def readings_of(node: pytest.Item) -> dict[str, Reading]:
    """Whose results the claim of a test reads, by the names that the claim gives its specs."""
    control = control_of(node)
    return {
        name: Reading(path, control.change_of(name) if control else "")
        for name, path in node.stash[SPECS].items()
    }


def reads(fixtures: Iterable[str]) -> str | None:
    """Which of the fixtures of a test is what a claim reads."""
    return next((name for name in READ if name in fixtures), None)


def own_test(node: pytest.Item) -> str:
    """The node id of a claim's own test, given one of those under control."""
    bare = re.sub(rf"\[{CONTROLLED}\]$", "", node.nodeid)
    return re.sub(rf"-{CONTROLLED}\]$", "]", bare)
