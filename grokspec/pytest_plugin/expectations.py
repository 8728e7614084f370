"""The verdicts that profiles expect of claims, from the files beside the claims.

At the default profile the code says what is expected, as ``expected=``. At another one it is the
verdict in the file of that profile, and the code's where the claim is not in it.
``--accept-verdicts`` writes the file.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from grokspec.claims.claim import Claim
from grokspec.claims.identity import hash_of_spec, hash_of_test
from grokspec.claims.profiles import (
    FOLDER,
    OPTION,
    Accepted,
    AcceptedVerdict,
    Identity,
    accept,
    accepted_from,
    file_of,
    may_have_file,
    read_profile,
)
from grokspec.claims.record import JudgedClaim, VerdictElsewhere
from grokspec.errors import GrokspecError
from grokspec.files.folders import named_path
from grokspec.formatting import shown_path
from grokspec.pytest_plugin.items import EXPECTED_IN_CODE, SPECS, claim_of, control_of, own_test
from grokspec.spec import DEFAULT_PROFILE
from grokspec.spec.bounds import MOST_PROFILES
from grokspec.statistics.verdict import Verdict

SETTING = "grokspec_profiles"

Entries = Mapping[str, AcceptedVerdict]
"""What is in the file of a profile, by test."""


@dataclass(frozen=True)
class Profiles:
    """The profile at which claims are judged, and the files of all profiles beside the claims."""

    profile: str
    accepts: bool
    """Whether the verdicts are written as those to be expected from now on."""
    rootpath: Path
    """The folder to which the node ids of tests are relative."""
    named: Path | None = None
    """The folder of the files, if a setting names it."""

    @property
    def in_code(self) -> bool:
        """Whether it is the code that says what is expected at the profile."""
        return self.profile == DEFAULT_PROFILE

    def expected(self, claim: Claim, node: pytest.Item) -> Claim:
        """The claim with the verdict that is expected at the profile."""
        entry = self._entry(self.profile, node, claim)
        return claim if entry is None else replace(claim, expected=entry.verdict.value)

    def verdicts(self, node: pytest.Item) -> set[Verdict]:
        """The verdicts in the file of the profile of a function's tests, one for each parameter."""
        return self._verdicts(node, [self.profile])

    def verdicts_at_any(self, node: pytest.Item) -> set[Verdict]:
        """The verdicts of a function's tests in the files of all profiles."""
        return self._verdicts(node, self._judged_beside(node.path))

    def mistakes(self, path: Path) -> Collection[str]:
        """What is wrong with the files beside the claims in a file."""
        folder = self.folder_of(path)
        return _files(folder)[1] if folder else ()

    def standing(self, node: pytest.Item, claim: Claim, given: Collection[Path]) -> dict[str, Any]:
        """How the profiles see a claim: fields of its `JudgedClaim`."""
        own = self._entry(self.profile, node, claim)
        others = {
            profile: entry
            for profile in self._judged_beside(node.path)
            if profile != self.profile and (entry := self._entry(profile, node, claim))
        }
        found: dict[str, Any] = {"profile": self.profile}
        elsewhere = [] if self.in_code else [_in_code(node)]
        if own or others or self.accepts:
            specs = {n: None if p in given else p for n, p in node.stash[SPECS].items()}
            now = functools.partial(_identity, claim, node, specs)
            found |= {
                "test_hash": now(self.profile).code,
                "spec_hashes": now(self.profile).specs,
                "changed": own.changes_to(now(self.profile)) if own else (),
            }
            elsewhere += [e.seen_from(profile, now(profile)) for profile, e in others.items()]
        return found | {
            "is_unjudged": own is None and not self.in_code,
            "elsewhere": tuple(elsewhere),
        }

    def file_beside(self, path: Path) -> Path | None:
        """The file of the profile for the claims in a file; None if there is no folder for it."""
        folder = self.folder_of(path)
        return folder and file_of(folder, self.profile)

    def require_folders(self, records: Iterable[JudgedClaim]) -> None:
        """Raise a UsageError if verdicts are to be written and there is no folder for them."""
        if not self.accepts:
            return
        for record in records:
            path = self._path_of(record)
            if self.folder_of(path) is None:
                raise pytest.UsageError(
                    f'{OPTION}: there is no folder called "{FOLDER}" beside {shown_path(path)} or '
                    f"above; make one (mkdir {shown_path(path.parent / FOLDER)}), or name it as "
                    f"{SETTING} in the pytest configuration"
                )

    def accept(self, records: Iterable[JudgedClaim]) -> list[Accepted]:
        """Write the verdicts of these claims into the files. Raises a GrokspecError."""
        found: dict[Path, list[AcceptedVerdict]] = {}
        for record in records:
            path = self._path_of(record)
            folder = self.folder_of(path)
            if folder is not None and record.verdict is not Verdict.NOT_RUN:
                test = self._test_of(path, record.test, folder)
                found.setdefault(folder, []).append(accepted_from(record, test))
        return [
            accept(file_of(folder, self.profile), self.profile, entries)
            for folder, entries in found.items()
        ]

    def folder_of(self, path: Path) -> Path | None:
        """The folder of the files for the claims in a file: the nearest of its name, or above."""
        return self.named or _nearest(path.parent)

    def _verdicts(self, node: pytest.Item, profiles: Iterable[str]) -> set[Verdict]:
        folder = self.folder_of(node.path)
        if folder is None:
            return set()
        test = self._test_of(node.path, node.nodeid, folder).partition("[")[0]
        files = _files(folder)[0]
        entries = [entry for name in profiles for entry in files.get(name, {}).values()]
        return {e.verdict for e in entries if e.test.partition("[")[0] == test}

    def _entry(self, profile: str, node: pytest.Item, claim: Claim) -> AcceptedVerdict | None:
        folder = self.folder_of(node.path)
        if folder is None or profile == DEFAULT_PROFILE:
            return None
        entries = _files(folder)[0].get(profile, {})
        entry = entries.get(self._test_of(node.path, own_test(node), folder))
        return entry if entry and entry.id == claim.id else None

    def _judged_beside(self, path: Path) -> Iterable[str]:
        folder = self.folder_of(path)
        return _files(folder)[0] if folder else ()

    def _path_of(self, record: JudgedClaim) -> Path:
        return self.rootpath / record.test.partition("::")[0]

    def _test_of(self, path: Path, node_id: str, folder: Path) -> str:
        """A test's node id as a file has it, whatever folder pytest was started in."""
        file = os.path.relpath(path, folder.parent).replace(os.sep, "/")
        return f"{file}::{node_id.partition('::')[2]}"


PROFILES = pytest.StashKey[Profiles]()


def profiles_of(config: pytest.Config) -> Profiles:
    """The profiles as options and settings say. Raises a UsageError if these make no sense."""
    profile, accepts = config.getoption("--grokspec-profile"), config.getoption(OPTION)
    named = _named_folder(config)
    if accepts:
        _require_sense(config, profile)
    if (checklist := config.getoption("--checklist")) and not accepts:
        _require_no_profile(config.invocation_params.dir / checklist, profile, named)
    _files.cache_clear()
    _nearest.cache_clear()
    return Profiles(profile, accepts, config.rootpath, named)


def expect_of_profile(report: pytest.CollectReport, profiles: Profiles) -> None:
    """Let each claim expect what its profile does, and leave out controls of other verdicts."""
    kept: list[pytest.Item | pytest.Collector] = []
    for item in report.result or []:
        if isinstance(item, pytest.Function) and (claim := claim_of(item)) is not None:
            item.stash[EXPECTED_IN_CODE] = claim.expected
            claim = profiles.expected(claim, item)
            mark = pytest.mark.claim(claim, id=claim.id, expected=claim.expected).mark
            item.own_markers = [mark if m.name == "claim" else m for m in item.own_markers]
            if (control := control_of(item)) and control not in claim.controls:
                continue
        kept.append(item)
    if report.result is not None:
        report.result = kept


def _named_folder(config: pytest.Config) -> Path | None:
    named = config.getini(SETTING)
    if not named:
        return None
    root = config.inipath.parent if config.inipath else config.rootpath
    try:
        return root / named_path(named)
    except GrokspecError as error:
        raise pytest.UsageError(f"{SETTING}: {error}") from None


def _require_sense(config: pytest.Config, profile: str) -> None:
    """Raise a UsageError where no verdict can be accepted."""
    if profile == DEFAULT_PROFILE:
        raise pytest.UsageError(
            f"{OPTION}: what is expected at the profile {profile} is written beside each claim, as "
            "expected=; name another one with --grokspec-profile"
        )
    if not may_have_file(profile):
        raise pytest.UsageError(f'{OPTION}: no file can have the name of the profile "{profile}"')
    if config.getoption("--grokspec-results"):
        raise pytest.UsageError(
            f"{OPTION}: results in files are not those of the specs at {profile}; leave out "
            "--grokspec-results"
        )


def _require_no_profile(checklist: Path, profile: str, named: Path | None) -> None:
    """Raise a UsageError if a checklist would take the place of a profile's verdicts."""
    is_there = checklist.parent == named if named else checklist.parent.name == FOLDER
    if is_there and checklist.suffix == ".json":
        raise pytest.UsageError(
            f"--checklist {shown_path(checklist)}: this is where the verdicts are that "
            f"{checklist.stem} expects; write them with --grokspec-profile={checklist.stem} "
            f"{OPTION}, which keeps those of other claims, or name another file"
        )


@functools.cache
def _nearest(folder: Path) -> Path | None:
    above = (parent / FOLDER for parent in (folder, *folder.parents))
    return next((found for found in above if found.is_dir()), None)


@functools.cache
def _files(folder: Path) -> tuple[Mapping[str, Entries], tuple[str, ...]]:
    """What the files in a folder have, by profile, and what is wrong with them."""
    found: dict[str, Entries] = {}
    mistakes: list[str] = []
    for path in sorted(folder.glob("*.json"))[:MOST_PROFILES]:
        if may_have_file(path.stem) and path.stem != DEFAULT_PROFILE:
            try:
                found[path.stem] = {e.test: e for e in read_profile(path).claims}
            except GrokspecError as error:
                mistakes.append(str(error))
    return found, tuple(mistakes)


def _in_code(node: pytest.Item) -> VerdictElsewhere:
    """What the code expects, which is what the default profile has."""
    return VerdictElsewhere(profile=DEFAULT_PROFILE, verdict=Verdict(node.stash[EXPECTED_IN_CODE]))


def _identity(
    claim: Claim, node: pytest.Item, specs: Mapping[str, Path | None], profile: str
) -> Identity:
    """What the verdict on a claim depends on at a profile; what cannot be read is not known."""
    code = ""
    with contextlib.suppress(OSError, SyntaxError):
        code = hash_of_test(node.path, node.nodeid.split("::")[1].partition("[")[0])
    hashes = {name: "" if path is None else _spec(path, profile) for name, path in specs.items()}
    return Identity(sentence=claim.sentence, source=claim.source, specs=hashes, code=code)


def _spec(path: Path, profile: str) -> str:
    with contextlib.suppress(GrokspecError):
        return hash_of_spec(path, profile)
    return ""
