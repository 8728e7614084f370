"""The claim, control and specs of a test, for all parts of the plugin."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from grokspec.claims.claim import Claim
from grokspec.claims.controls import Control
from grokspec.claims.packs import Pack
from grokspec.claims.questions import questions_for
from grokspec.claims.record import JudgedClaim, Record, record_of
from grokspec.formatting import shown_path
from grokspec.statistics.finding import Finding

FIXTURES = ("results", "given")
"""A claim reads one of these fixtures, and a control transforms it."""

UNDER_CONTROL = r"(?:negative|positive)_control\d*"
"""The end of the name of a test under control."""

LONGEST_FILE_NAME = 150
"""The most bytes of a claim's id and test name in the file name of its figure."""

SPECS = pytest.StashKey[dict[str, Path]]()
"""The spec files that a claim's test reads, or files of results in their place, by the names that
the claim gives them."""

PACK = pytest.StashKey[Pack | None]()
"""The pack of a claim's test."""

FINDING = pytest.StashKey[Finding | None]()
"""The finding of a claim's test; None or absent before there is one."""

RECORD = pytest.StashKey[JudgedClaim]()
"""The record of a claim's own test, before it is judged."""

EXPECTED_IN_CODE = pytest.StashKey[str]()
"""The expected verdict of a claim's test as its code has it; the profile may have another."""

EFFECT = pytest.StashKey[dict[str, Any]]()
"""What is known of the effect of a test's control: fields of its `ControlOutcome`."""


class Reading(Record):
    """The results of a spec file, with the change of a control if there is one.

    ``spec`` may also be a file of results that were recorded elsewhere; see `Provider`.
    """

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
    """The results that the claim of a test reads, by the names of its specs."""
    control = control_of(node)
    return {
        name: Reading(spec=path, change=control.change_of(name) if control else "")
        for name, path in node.stash[SPECS].items()
    }


def fixture_read(fixtures: Iterable[str]) -> str | None:
    """The fixture, of those of a test, that a claim reads."""
    return next((name for name in FIXTURES if name in fixtures), None)


def own_test(node: pytest.Item) -> str:
    """The node id of a claim's own test, from a test under control."""
    bare = re.sub(rf"\[{UNDER_CONTROL}\]$", "", node.nodeid)
    return re.sub(rf"-{UNDER_CONTROL}\]$", "]", bare)


def records_of(
    items: Iterable[pytest.Item],
    given: Collection[Path],
    standing: Callable[[pytest.Item, Claim], Mapping[str, Any]],
) -> tuple[JudgedClaim, ...]:
    """The records of the claims of these tests, not judged yet; each is stashed with its test.

    ``given`` are files of results that stand in the place of specs, and ``standing`` is how the
    profiles see a claim: fields of its record.
    """
    own = [(i, claim) for i in items if (claim := claim_of(i)) and not control_of(i)]
    figures = _figure_names({i.nodeid: f"{claim.id}-{i.name}" for i, claim in own})
    for item, claim in own:
        specs = {
            name: "" if path in given else shown_path(path)
            for name, path in item.stash[SPECS].items()
        }
        question = questions_for(item.path).get(claim.about)
        record = record_of(
            claim, item.nodeid, specs, figures[item.nodeid], item.stash[PACK], question
        )
        item.stash[RECORD] = record.model_copy(update=dict(standing(item, claim)))
    return tuple(item.stash[RECORD] for item, _ in own)


def _figure_names(titles: dict[str, str]) -> dict[str, str]:
    """A file name for each test's figure, by node id; unique on every file system."""
    names = {test: _file_name(title) for test, title in titles.items()}
    uses = Counter(name.casefold() for name in names.values())
    return {
        test: f"{name}{_distinction(test) if uses[name.casefold()] > 1 else ''}.svg"
        for test, name in names.items()
    }


def _file_name(text: str) -> str:
    """The text in characters that every file system allows: ``test_x-0.5`` for ``test_x[0.5]``."""
    plain = re.sub(r"[^\w.+=-]+", "-", text).strip("-.")
    return plain.encode()[:LONGEST_FILE_NAME].decode(errors="ignore")


def _distinction(test: str) -> str:
    """Distinguishes tests whose figures would have the same name."""
    return f"-{hashlib.sha256(test.encode()).hexdigest()[:8]}"
