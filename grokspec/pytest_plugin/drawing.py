"""Figures of what the claims were judged on, in the folder given by ``--figures``."""

from __future__ import annotations

import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from grokspec.files.atomic import write_whole
from grokspec.pytest_plugin.items import FINDING, RECORD


class Drawing:
    """Draws each claim when its test ends, whatever the verdict, in the process that judged it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None]:
        """Draw what the claim was judged on. An error here leaves the verdict as it is."""
        yield
        record, finding = item.stash.get(RECORD, None), item.stash.get(FINDING, None)
        if record is None or finding is None:
            return
        from grokspec.claims.figure import claim_as_svg

        file = self._folder / record.figure
        svg = claim_as_svg(record, finding)
        try:
            write_whole(file, svg)
        except OSError as error:
            pytest.fail(f"the figure {file} could not be written: {error}", pytrace=False)


def folder_of_figures(config: pytest.Config) -> Path | None:
    """Make the folder given by ``--figures``. Raises a UsageError if it is not writable."""
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
