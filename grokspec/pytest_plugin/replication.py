"""Claims on fresh seeds, ``--grokspec-seeds``, and what became of them there before.

Each process reads the specs with their seeds moved; here is what a claim's record says about it.
``--record-replication`` writes the verdicts into files beside the claims.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from grokspec.claims.claim import Claim
from grokspec.claims.record import JudgedClaim
from grokspec.claims.replications import ReplicationFile, as_replication
from grokspec.claims.verdict_files import Kept
from grokspec.pytest_plugin.items import readings_of
from grokspec.pytest_plugin.verdict_files import FilesBeside, identity
from grokspec.spec import DEFAULT_PROFILE
from grokspec.spec.bounds import LARGEST_SEED

if TYPE_CHECKING:
    from grokspec.pytest_plugin.provider import Provider

SEEDS, RECORD = "--grokspec-seeds", ReplicationFile.option


@dataclass(frozen=True)
class Replications:
    """By how much seeds are moved, and the files of what was found on fresh seeds."""

    seeds_moved_by: int
    records: bool
    """Whether the verdicts are written."""
    profile: str
    files: FilesBeside

    def mistakes(self, path: Path) -> Collection[str]:
        """What is wrong with the files beside the claims in a file."""
        return self.files.mistakes(path)

    def standing(self, node: pytest.Item, claim: Claim, provider: Provider) -> dict[str, Any]:
        """What a claim's record says of fresh seeds: fields of a `JudgedClaim`."""
        found: dict[str, Any] = {}
        if self.seeds_moved_by:
            readings = readings_of(node).items()
            there = (name for name, one in readings if provider.is_recorded_elsewhere(one))
            found |= {"seeds_moved_by": self.seeds_moved_by, "unmoved": tuple(there)}
        if self.profile != DEFAULT_PROFILE:
            return found
        names = sorted(self.files.names(node.path), key=int)
        entries = {n: entry for n in names if (entry := self.files.entry(n, node, claim))}
        if entries or self.records:
            now = identity(claim, node, provider.given.files.values(), self.profile)
            replications = (as_replication(e, int(name), now) for name, e in entries.items())
            found |= {
                "test_hash": now.code,
                "spec_hashes": now.specs,
                "replications": tuple(replications),
            }
        return found

    def require_folders(self, records: Iterable[JudgedClaim]) -> None:
        """Raise a UsageError if verdicts are to be written and there is no folder for them."""
        if self.records:
            self.files.require_folders(record for record in records if record.is_replicated)

    def record(self, records: Iterable[JudgedClaim]) -> list[Kept]:
        """Write the verdicts of these claims, if they have fresh seeds. Raises a GrokspecError."""
        replicated = (record for record in records if record.is_replicated)
        return self.files.keep(replicated, ReplicationFile(seeds_moved_by=self.seeds_moved_by))


REPLICATIONS = pytest.StashKey[Replications]()


def replications_of(config: pytest.Config) -> Replications:
    """As the options say. Raises a UsageError if these make no sense."""
    moved_by, records = _number(config.getoption(SEEDS)), config.getoption(RECORD)
    profile = config.getoption("--grokspec-profile")
    if moved_by and config.getoption("--accept-verdicts"):
        raise pytest.UsageError(
            f"--accept-verdicts: what a profile expects is judged on the seeds of its specs; leave "
            f"out {SEEDS}, or write what was found on fresh seeds with {RECORD}"
        )
    if records and not moved_by:
        raise pytest.UsageError(
            f"{RECORD}: these are the claims' own seeds; move them with {SEEDS}=1000"
        )
    if records and profile != DEFAULT_PROFILE:
        raise pytest.UsageError(
            f"{RECORD}: replications are kept at the profile {DEFAULT_PROFILE} alone; leave out "
            f"{RECORD} or --grokspec-profile"
        )
    files = FilesBeside(ReplicationFile, config.rootpath)
    return Replications(moved_by, records, profile, files)


def _number(text: str) -> int:
    """The number by which seeds are moved. Raises a UsageError if it is none."""
    if text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= LARGEST_SEED:
        return int(text)
    raise pytest.UsageError(
        f'{SEEDS}="{text}": seeds are moved by a whole number from 0 to 2^53, like 1000'
    )
