"""Checks claims as their tests are collected, and makes a test of each of their controls."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from grokspec.claims.claim import Claim, find_spec
from grokspec.claims.controls import Control
from grokspec.claims.packs import pack_of
from grokspec.claims.questions import mistakes_in_answer
from grokspec.claims.record import kind_of_control
from grokspec.errors import GrokspecError, Mistake
from grokspec.files.folders import named_path
from grokspec.pytest_plugin.expectations import PROFILES
from grokspec.pytest_plugin.items import EXPECTED_IN_CODE, PACK, SPECS, claim_of, fixture_read
from grokspec.pytest_plugin.replication import REPLICATIONS
from grokspec.pytest_plugin.roles import ROLE


@pytest.hookimpl(trylast=True)  # after a test's own parameters, in its name
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of each control of a claim, which its fixture receives as a parameter."""
    claim = claim_of(metafunc.definition)
    if not metafunc.config.getoption("--controls") or claim is None:
        return
    profiles = metafunc.config.stash[PROFILES]
    if claim.mistakes(profiles.verdicts_at_any(metafunc.definition)):
        return
    read = fixture_read(metafunc.fixturenames)
    controls: dict[str, Control] = {}
    for verdict in sorted({claim.expected_verdict, *profiles.verdicts(metafunc.definition)}):
        word = kind_of_control(verdict).replace(" ", "_")
        for n, control in enumerate(claim.controls_of(verdict), start=1):
            controls[f"{word}{n if n > 1 else ''}"] = control
    if controls and read is not None:
        metafunc.parametrize(
            read,
            [None, *controls.values()],
            ids=[pytest.HIDDEN_PARAM, *controls],
            indirect=True,
        )


def name_claims(report: pytest.CollectReport) -> None:
    """Let ``-k`` select claims by what every page calls them: id, specs and expected verdict."""
    for item in report.result or []:
        if isinstance(item, pytest.Function) and (claim := claim_of(item)) is not None:
            item.extra_keyword_matches.update([claim.id, *claim.specs, claim.expected])
            if pack := item.stash[PACK]:
                in_pack = (f"{pack.key}/{spec}" for spec in claim.specs)
                item.extra_keyword_matches.update([pack.key, *in_pack])


def check_claims(report: pytest.CollectReport) -> None:
    """Make the report an error, with every mistake at once, if a claim in it has mistakes."""
    mistakes: dict[Mistake, None] = {}
    for item in report.result or []:
        if isinstance(item, pytest.Function) and (claim := claim_of(item)) is not None:
            mistakes.update(dict.fromkeys(_mistakes_of(item, claim)))
    if mistakes:
        report.outcome, report.result = "failed", []
        report.longrepr = str(GrokspecError(*mistakes))


def _mistakes_of(item: pytest.Function, claim: Claim) -> list[Mistake]:
    """Find the spec files of a claim, or the results in their place, and all its mistakes."""
    path, line, _ = item.location
    place = f"{path}:{(line or 0) + 1}"
    as_written = replace(claim, expected=item.stash[EXPECTED_IN_CODE])
    profiles = item.config.stash[PROFILES]
    messages = as_written.mistakes(profiles.verdicts_at_any(item)) + _contradictions(item, claim)
    try:
        pack = item.stash[PACK] = pack_of(item.path)
        folder = _folder_of_specs(item)
        if isinstance(claim.about, str) and isinstance(claim.says, str):
            messages += mistakes_in_answer(item.path, claim.about, claim.says)
    except GrokspecError as error:
        return list(error.mistakes)
    files = item.config.stash[ROLE].provider.given
    names = [name for name in claim.specs if isinstance(name, str)]
    key = pack.key if pack else ""
    found = {name: files.of(name, key) or find_spec(name, folder, place, key) for name in names}
    item.stash[SPECS] = {name: file for name, file in found.items() if isinstance(file, Path)}
    missing = [mistake for mistake in found.values() if isinstance(mistake, Mistake)]
    replications = item.config.stash[REPLICATIONS]
    in_files = map(Mistake, [*profiles.mistakes(item.path), *replications.mistakes(item.path)])
    return [*(Mistake(message, place) for message in messages), *missing, *in_files]


def _contradictions(item: pytest.Function, claim: Claim) -> list[str]:
    """Contradictions between a claim and its test, each with its remedy."""
    found = []
    takes = fixture_read(item.fixturenames)
    if item.get_closest_marker("xfail"):
        found.append("a claim takes no xfail; write the verdict that it reaches as expected=")
    if claim.specs and claim.given is not None:
        found.append("a claim has both spec= and given=; it reads only one of them")
    elif claim.specs and takes != "results":
        found.append("a claim has spec= and does not read it; let its test take `results`")
    elif claim.given is not None and takes != "given":
        found.append("a claim has given= and does not read it; let its test take `given`")
    elif takes == "results" and not claim.specs:
        found.append(
            'a claim takes `results` without a spec; name it, like spec="polynomial/alpha"'
        )
    elif takes == "given" and claim.given is None:
        found.append("a claim takes `given` without given=; say what, like given=formula")
    elif takes is None:
        found.append(
            "a claim reads nothing, so no control can change its verdict; let its test take "
            "`results` of a spec or, on theory alone, what it is `given`"
        )
    controls = (*claim.negative_controls, *claim.positive_controls)
    if takes == "given" and any(getattr(control, "change", "") for control in controls):
        found.append("a claim on theory has no spec to change and train; use controls.instead")
    return found


def _folder_of_specs(item: pytest.Item) -> Path | None:
    if named := item.config.getini("grokspec_specs"):
        root = item.config.inipath.parent if item.config.inipath else item.config.rootpath
        try:
            return root / named_path(named)
        except GrokspecError as error:
            raise GrokspecError(f"grokspec_specs: {error}") from None
    above = (parent / "specs" for parent in item.path.parents)
    return next((folder for folder in above if folder.is_dir()), None)
