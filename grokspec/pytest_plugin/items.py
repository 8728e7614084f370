"""What the plugin's parts know of a test that judges a claim."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from grokspec.claims.claim import Claim
from grokspec.claims.controls import Control
from grokspec.claims.record import JudgedClaim, record_of
from grokspec.formatting import shown_path
from grokspec.statistics.finding import Finding

FIXTURES = ("results", "given")
"""The fixtures of which a claim reads one, and which a control transforms."""

UNDER_CONTROL = r"(?:negative|positive)_control\d*"
"""How the name of a test under control ends."""

LONGEST_FILE_NAME = 150
"""How many bytes of a claim's id and its test's name a figure's file name takes."""

SPECS = pytest.StashKey[dict[str, Path]]()
"""The spec files that a claim's test reads, by the names that the claim gives them."""

FINDING = pytest.StashKey[Finding | None]()
"""What the verdict of a claim's test rests on; None or absent before there is one."""

RECORD = pytest.StashKey[JudgedClaim]()
"""The record of a claim's own test, before it is judged."""


class Reading(BaseModel):
    """Whose results a claim reads: those of a spec file, changed as its control says."""

    model_config = ConfigDict(frozen=True)

    spec: Path
    change: str = ""


def claim_of(node: pytest.Item) -> Claim | None:
    """The claim that a test judges, if it judges one."""
    mark = node.get_closest_marker("claim")
    made = mark.args[0] if mark and mark.args else None
    return made if isinstance(made, Claim) else None


def control_of(node: pytest.Item) -> Control | None:
    """The control under which a test judges its claim; None for the claim's own test."""
    parameters = node.callspec.params if hasattr(node, "callspec") else {}
    read = (parameters.get(name) for name in FIXTURES)
    return next((control for control in read if isinstance(control, Control)), None)


def readings_of(node: pytest.Item) -> dict[str, Reading]:
    """Whose results the claim of a test reads, by the names that the claim gives its specs."""
    control = control_of(node)
    return {
        name: Reading(spec=path, change=control.change_of(name) if control else "")
        for name, path in node.stash[SPECS].items()
    }


def fixture_read(fixtures: Iterable[str]) -> str | None:
    """Which of the fixtures of a test is what a claim reads."""
    return next((name for name in FIXTURES if name in fixtures), None)


def own_test(node: pytest.Item) -> str:
    """The node id of a claim's own test, given one of those under control."""
    bare = re.sub(rf"\[{UNDER_CONTROL}\]$", "", node.nodeid)
    return re.sub(rf"-{UNDER_CONTROL}\]$", "]", bare)


def records_of(items: Iterable[pytest.Item]) -> tuple[JudgedClaim, ...]:
    """The record of every claim among these tests, yet to be judged; each test keeps its own."""
    own = [(i, claim) for i in items if (claim := claim_of(i)) and not control_of(i)]
    figures = _figure_names({i.nodeid: f"{claim.id}-{i.name}" for i, claim in own})
    for item, claim in own:
        specs = {name: shown_path(path) for name, path in item.stash[SPECS].items()}
        item.stash[RECORD] = record_of(claim, item.nodeid, specs, figures[item.nodeid])
    return tuple(item.stash[RECORD] for item, _ in own)


def _figure_names(titles: dict[str, str]) -> dict[str, str]:
    """A file name for each test's figure, by its node id; no two alike on any file system."""
    names = {test: _file_name(title) for test, title in titles.items()}
    uses = Counter(name.casefold() for name in names.values())
    return {
        test: f"{name}{_distinction(test) if uses[name.casefold()] > 1 else ''}.svg"
        for test, name in names.items()
    }


def _file_name(text: str) -> str:
    """The text in characters that every file system takes: ``test_x[0.5]`` as ``test_x-0.5``."""
    plain = re.sub(r"[^\w.+=-]+", "-", text).strip("-.")
    return plain.encode()[:LONGEST_FILE_NAME].decode(errors="ignore")


def _distinction(test: str) -> str:
    """What distinguishes tests whose figures would have one name."""
    return f"-{hashlib.sha256(test.encode()).hexdigest()[:8]}"
