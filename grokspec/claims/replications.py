"""How claims came out on fresh seeds, in committed files; the verdicts are of the default profile.

A claim that was judged on ten seeds says something about all seeds, so it should come out the same
on ten others. ``claims/<pack>/replications/1000.json`` has what each claim was judged with all
seeds moved by 1000. The expected verdict is not in it: that is the claim's own.
"""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from grokspec.claims.record import JudgedClaim, Replication
from grokspec.claims.verdict_files import Identity, KeptVerdict, VerdictFile
from grokspec.formatting import count
from grokspec.spec.bounds import LARGEST_SEED
from grokspec.statistics.verdict import Verdict


class ReplicationFile(VerdictFile):
    """The verdicts on fresh seeds."""

    folder: ClassVar[str] = "replications"
    option: ClassVar[str] = "--record-replication"
    what: ClassVar[str] = "file of the verdicts on fresh seeds"

    seeds_moved_by: Annotated[int, Field(ge=1, le=LARGEST_SEED)]

    @property
    def stem(self) -> str:
        """By how much they are moved."""
        return str(self.seeds_moved_by)

    @property
    def title(self) -> str:
        """What it has."""
        return f"the verdicts on seeds moved by {self.seeds_moved_by}"

    @classmethod
    def may_be(cls, stem: str) -> bool:
        """Whether this is a whole number."""
        return stem.isascii() and stem.isdigit()


def as_replication(entry: KeptVerdict, seeds_moved_by: int, now: Identity) -> Replication:
    """A replication that was kept; ``now`` is the claim as it is today."""
    return Replication(
        seeds_moved_by=seeds_moved_by,
        judged=entry.when,
        changed=entry.changes_to(now),
        **entry.number,
    )


def seeds_in_words(moved_by: int) -> str:
    """The seeds on which claims are judged: "seeds + 1000"."""
    return f"seeds + {moved_by}"


def in_words_of_replication(record: JudgedClaim) -> str:
    """Whether a claim repeats on fresh seeds, or how often it did; empty if that is not known."""
    times, of = record.repeated
    often = f"repeated {times} of {count(of, 'time')} on fresh seeds" if of else ""
    if not record.seeds_moved_by:
        return often
    if not record.is_replicated:
        return f"no fresh seeds: {'recorded elsewhere' if record.specs else 'a claim on theory'}"
    if record.verdict is Verdict.NOT_RUN:
        return ""
    where = seeds_in_words(record.seeds_moved_by)
    if record.unmoved:
        where += f" (but {', '.join(record.unmoved)}, recorded elsewhere)"
    here = f"repeats on {where}"
    if record.unexpected:
        here = (
            f"does not repeat: {record.verdict.word} on {where}, {record.expected.word} on its own"
        )
    return f"{here}; {often}" if of > 1 else here
