"""Claims are found and examined as their tests are collected, and followed by their controls."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import pytest

from grokspec.claims.claim import Claim, find_spec
from grokspec.errors import GrokspecError, Mistake
from grokspec.pytest_plugin.items import SPECS, claim_of, fixture_read
from grokspec.statistics.verdict import Verdict


@pytest.hookimpl(trylast=True)  # so that a control's name comes after a test's own parameters
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each control of a claim, after the claim's own; its fixture does the rest."""
    claim = claim_of(metafunc.definition)
    if not metafunc.config.getoption("--controls") or claim is None or claim.mistakes():
        return
    read = fixture_read(metafunc.fixturenames)
    if claim.controls and read is not None:
        supported = claim.expected_verdict is Verdict.SUPPORTED
        word = "negative_control" if supported else "positive_control"
        names = [f"{word}{n if n > 1 else ''}" for n in range(1, 1 + len(claim.controls))]
        metafunc.parametrize(
            read,
            [None, *claim.controls],
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
    messages = claim.mistakes() + _contradictions(item, claim)
    folder = _folder_of_specs(item)
    found = {name: find_spec(name, folder, place) for name in claim.specs}
    item.stash[SPECS] = {name: file for name, file in found.items() if isinstance(file, Path)}
    missing = [mistake for mistake in found.values() if isinstance(mistake, Mistake)]
    return [Mistake(message, place) for message in messages] + missing


def _contradictions(item: pytest.Function, claim: Claim) -> list[str]:
    """In what the claim as written and its test do not agree, each with its remedy."""
    found = []
    takes = fixture_read(item.fixturenames)
    if item.get_closest_marker("xfail"):
        found.append("a claim takes no xfail; write the verdict that it reaches as expected=")
    if claim.specs and claim.given is not None:
        found.append("a claim names a spec and is given something, too; it reads one of them")
    elif claim.specs and takes != "results":
        found.append("a claim names a spec and does not read it; let its test take `results`")
    elif claim.given is not None and takes != "given":
        found.append("a claim is given something and does not read it; let its test take `given`")
    elif takes == "results" and not claim.specs:
        found.append('a claim takes `results` of no spec; name it, like spec="polynomial/alpha"')
    elif takes == "given" and claim.given is None:
        found.append("a claim takes `given` and is given nothing; say what, like given=formula")
    elif takes is None:
        found.append(
            "a claim reads nothing, so that no control can change its verdict; let its test take "
            "`results` of a spec or, on theory alone, what it is `given`"
        )
    if takes == "given" and any(control.change for control in claim.controls):
        found.append("a claim on theory has no spec to train with a change; see controls.instead")
    return found


def _folder_of_specs(item: pytest.Item) -> Path | None:
    if named := item.config.getini("grokspec_specs"):
        root = item.config.inipath.parent if item.config.inipath else item.config.rootpath
        return Path(root / named)
    above = (parent / "specs" for parent in item.path.parents)
    return next((folder for folder in above if folder.is_dir()), None)
