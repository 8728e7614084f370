"""Claims are found and examined as their tests are collected, and controls put behind them."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from grokspec.claims import Claim, find_spec
from grokspec.errors import GrokspecError, Mistake
from grokspec.pytest_plugin.claimed import SPECS, claim_of


@pytest.hookimpl(trylast=True)  # so that a control's name comes after a test's own parameters
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Put the controls of a claim behind it, as tests of their own: `results` does the rest."""
    claim = claim_of(metafunc.definition)
    if not metafunc.config.getoption("--controls") or claim is None or claim.mistakes():
        return
    if claim.controlled and "results" in metafunc.fixturenames:
        names = [f"control{n if n > 1 else ''}" for n in range(1, 1 + len(claim.controlled))]
        metafunc.parametrize(
            "results",
            [None, *claim.controlled],
            ids=[pytest.HIDDEN_PARAM, *names],
            indirect=True,
        )


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Report every mistake in the claims of a file at once, as an error of its collection."""
    report = yield
    mistakes: dict[Mistake, None] = {}
    for item in report.result or []:
        if isinstance(item, pytest.Function) and (claim := claim_of(item)) is not None:
            mistakes.update(dict.fromkeys(_examined(item, claim)))
    if mistakes:
        report.outcome, report.result = "failed", []
        report.longrepr = str(GrokspecError(*mistakes))
    return report


def _examined(item: pytest.Function, claim: Claim) -> list[Mistake]:
    """Find the spec files of a claim, and what is wrong with it."""
    path, line, _ = item.location
    place = f"{path}:{(line or 0) + 1}"
    messages = claim.mistakes()
    if item.get_closest_marker("xfail"):
        messages.append("a claim bears no xfail; put the verdict that it reaches on record")
    if claim.specs and "results" not in item.fixturenames:
        messages.append("a claim names a spec and does not read it; let its test take `results`")
    if not claim.specs and "results" in item.fixturenames:
        messages.append('a claim takes `results` of no spec; name it, like spec="polynomial/alpha"')
    folder = _folder_of_specs(item)
    found = {name: find_spec(name, folder, place) for name in claim.specs}
    item.stash[SPECS] = {name: file for name, file in found.items() if isinstance(file, Path)}
    missing = [mistake for mistake in found.values() if isinstance(mistake, Mistake)]
    return [Mistake(message, place) for message in messages] + missing


def _folder_of_specs(item: pytest.Item) -> Path | None:
    if named := item.config.getini("grokspec_specs"):
        root = item.config.inipath.parent if item.config.inipath else item.config.rootpath
        return Path(root / named)
    above = (parent / "specs" for parent in item.path.parents)
    return next((folder for folder in above if folder.is_dir()), None)
