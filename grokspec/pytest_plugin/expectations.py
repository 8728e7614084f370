"""The verdicts that profiles expect of claims, from the files beside the claims.

At the default profile the code says what is expected, as ``expected=``. At another one it is the
verdict in the file of that profile, and the code's where the claim is not in it.
``--accept-verdicts`` writes the file.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from grokspec.claims.claim import Claim
from grokspec.claims.profiles import ProfileFile, may_have_file, seen_from_another
from grokspec.claims.record import JudgedClaim, VerdictElsewhere
from grokspec.claims.verdict_files import Kept, KeptVerdict
from grokspec.errors import GrokspecError
from grokspec.files.folders import named_path
from grokspec.formatting import shown_path
from grokspec.pytest_plugin.items import EXPECTED_IN_CODE, claim_of, control_of
from grokspec.pytest_plugin.verdict_files import FilesBeside, identity
from grokspec.spec import DEFAULT_PROFILE
from grokspec.statistics.verdict import Verdict

SETTING = "grokspec_profiles"

OPTION, FOLDER = ProfileFile.option, ProfileFile.folder


@dataclass(frozen=True)
class Profiles:
    """The profile at which claims are judged, and the files of all profiles beside the claims."""

    profile: str
    accepts: bool
    """Whether the verdicts are written as those to be expected from now on."""
    files: FilesBeside

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
        return self.files.verdicts(node, [self.profile])

    def verdicts_at_any(self, node: pytest.Item) -> set[Verdict]:
        """The verdicts of a function's tests in the files of all profiles."""
        return self.files.verdicts(node, self.files.names(node.path))

    def mistakes(self, path: Path) -> Collection[str]:
        """What is wrong with the files beside the claims in a file."""
        return self.files.mistakes(path)

    def standing(self, node: pytest.Item, claim: Claim, given: Collection[Path]) -> dict[str, Any]:
        """How the profiles see a claim: fields of its `JudgedClaim`."""
        own = self._entry(self.profile, node, claim)
        others = {
            profile: entry
            for profile in self.files.names(node.path)
            if profile != self.profile and (entry := self._entry(profile, node, claim))
        }
        found: dict[str, Any] = {"profile": self.profile}
        elsewhere = [] if self.in_code else [_in_code(node)]
        if own or others or self.accepts:
            now = functools.partial(identity, claim, node, given)
            found |= {
                "test_hash": now(self.profile).code,
                "spec_hashes": now(self.profile).specs,
                "changed": own.changes_to(now(self.profile)) if own else (),
            }
            elsewhere += [
                seen_from_another(entry, name, now(name)) for name, entry in others.items()
            ]
        return found | {
            "is_unjudged": own is None and not self.in_code,
            "elsewhere": tuple(elsewhere),
        }

    def file_beside(self, path: Path) -> Path:
        """The file of the profile for the claims in a file: where it is, or where it would be."""
        return self._empty.beside(self.folder_of(path) or path.parent / FOLDER)

    def folder_of(self, path: Path) -> Path | None:
        """The folder of the files for the claims in a file."""
        return self.files.folder_of(path)

    def require_folders(self, records: Iterable[JudgedClaim]) -> None:
        """Raise a UsageError if verdicts are to be written and there is no folder for them."""
        if self.accepts:
            self.files.require_folders(records, SETTING)

    def accept(self, records: Iterable[JudgedClaim]) -> list[Kept]:
        """Write the verdicts of these claims into the files. Raises a GrokspecError."""
        return self.files.keep(records, self._empty)

    @property
    def _empty(self) -> ProfileFile:
        return ProfileFile(profile=self.profile)

    def _entry(self, profile: str, node: pytest.Item, claim: Claim) -> KeptVerdict | None:
        return None if profile == DEFAULT_PROFILE else self.files.entry(profile, node, claim)


PROFILES = pytest.StashKey[Profiles]()


def profiles_of(config: pytest.Config) -> Profiles:
    """The profiles as options and settings say. Raises a UsageError if these make no sense."""
    profile, accepts = config.getoption("--grokspec-profile"), config.getoption(OPTION)
    named = _named_folder(config)
    if accepts:
        _require_sense(config, profile)
    if (checklist := config.getoption("--checklist")) and not accepts:
        _require_no_profile(config.invocation_params.dir / checklist, profile, named)
    return Profiles(profile, accepts, FilesBeside(ProfileFile, config.rootpath, named))


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


def _in_code(node: pytest.Item) -> VerdictElsewhere:
    """What the code expects, which is what the default profile has."""
    return VerdictElsewhere(profile=DEFAULT_PROFILE, verdict=Verdict(node.stash[EXPECTED_IN_CODE]))
