"""A figure for each claim that is judged, in the folder that was asked for."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections import Counter
from collections.abc import Generator, Iterable
from pathlib import Path

import pytest

from grokspec.pytest_plugin.claimed import FINDING, claim_of, control_of
from grokspec.store.durable import write_whole

LONGEST = 150
"""How many bytes of a claim's id and its test's name a file name takes."""


class Drawing:
    """Draws each claim as its test ends, whatever the verdict, in the process that judged it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._names: dict[str, str] = {}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Name the figures of the claims that were selected."""
        self._names = figure_names(session.items)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None]:
        """Draw what the claim was judged on; what fails here leaves the verdict as it is."""
        yield
        claim, finding = claim_of(item), item.stash.get(FINDING, None)
        if claim is None or finding is None or item.nodeid not in self._names:
            return
        from grokspec.figures.evidence.page import claim_as_svg

        file = self._folder / self._names[item.nodeid]
        svg = claim_as_svg(claim, finding, item.nodeid)
        try:
            write_whole(file, svg)
        except OSError as error:
            pytest.fail(f"the figure {file} could not be written: {error}", pytrace=False)


def figure_names(tests: Iterable[pytest.Item]) -> dict[str, str]:
    """The name of the file of each claim's figure, by the node id of the claim's own test."""
    named = {
        item.nodeid: _file_name(f"{claim.id}-{item.name}")
        for item in tests
        if (claim := claim_of(item)) and not control_of(item)
    }
    uses = Counter(name.casefold() for name in named.values())
    return {
        test: f"{name}{_mark(test) if uses[name.casefold()] > 1 else ''}.svg"
        for test, name in named.items()
    }


def folder_of_figures(config: pytest.Config) -> Path | None:
    """The folder that was asked for, made if it is not there; a UsageError if it cannot be used."""
    named = config.getoption("--figures")
    if named is None:
        return None
    folder = config.invocation_params.dir / named
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise pytest.UsageError(
            f"--figures {named}: no figure can be written there: {error.strerror}"
        ) from None


def _file_name(text: str) -> str:
    """The text in characters that every file system takes: ``test_x[0.5]`` as ``test_x-0.5``."""
    plain = re.sub(r"[^\w.+=-]+", "-", text).strip("-.")
    return plain.encode()[:LONGEST].decode(errors="ignore")


def _mark(test: str) -> str:
    """What tells apart tests whose figures would have one name."""
    return f"-{hashlib.sha256(test.encode()).hexdigest()[:8]}"
