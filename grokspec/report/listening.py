"""A pytest plugin that writes down what a report needs and the checklist does not have.

It is put into pytest with ``-p grokspec.report.listening --grokspec-listening FILE``.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from grokspec.pytest_plugin.claimed import SPECS, claim_of, control_of
from grokspec.pytest_plugin.drawing import figure_names
from grokspec.store.durable import write_whole

OPTION = "--grokspec-listening"


@dataclass(frozen=True)
class Heard:
    """What the test of a claim is about, beside what its row tells."""

    specs: dict[str, str]  # the file of each spec, by the name that the claim gives it
    figure: str  # the name of its file below ``--figures``


def read_heard(file: Path) -> dict[str, Heard]:
    """What was written down, by the node ids of the tests."""
    told = json.loads(file.read_text(encoding="utf-8"))
    return {test: Heard(**one) for test, one in told.items()}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the file."""
    parser.addoption(OPTION, metavar="FILE", help="where to write what a report needs of claims")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Write the file, in whichever process collects; under pytest-xdist all write the same."""
    named = session.config.getoption(OPTION)
    claims = [item for item in session.items if claim_of(item) is not None and not control_of(item)]
    if named is None or not claims:
        return
    figures = figure_names(session.items)
    heard = {
        item.nodeid: asdict(
            Heard({n: str(path) for n, path in item.stash[SPECS].items()}, figures[item.nodeid])
        )
        for item in claims
    }
    write_whole(Path(named), json.dumps(heard).encode())
