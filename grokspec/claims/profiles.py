"""The verdicts that claims reached at other profiles than the default one.

The verdict that a claim should reach at the default profile is written beside it, as ``expected=``.
At any other profile it is the one in the file of that profile, once the claim was judged there.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import ClassVar

from grokspec.claims.record import JudgedClaim, VerdictElsewhere
from grokspec.claims.verdict_files import Identity, KeptVerdict, VerdictFile
from grokspec.files.regular import open_regular
from grokspec.spec import DEFAULT_PROFILE

OPENING = 100
"""The bytes by which the file of a profile is known."""

NAME = re.compile(r"[\w][\w.+-]*")
"""The names of profiles that have a file."""


class ProfileFile(VerdictFile):
    """The verdicts at a profile."""

    folder: ClassVar[str] = "profiles"
    option: ClassVar[str] = "--accept-verdicts"
    what: ClassVar[str] = "file of the verdicts at a profile"

    profile: str

    @property
    def stem(self) -> str:
        """The name of the profile."""
        return self.profile

    @property
    def title(self) -> str:
        """What it has."""
        return f'the verdicts at the profile "{self.profile}"'

    @classmethod
    def may_be(cls, stem: str) -> bool:
        """Whether this may be the name of a profile that has a file."""
        return may_have_file(stem) and stem != DEFAULT_PROFILE


def may_have_file(profile: str) -> bool:
    """Whether the name of a profile can be that of a file."""
    return NAME.fullmatch(profile) is not None


def is_profile_file(path: Path) -> bool:
    """Whether a file begins as that of a profile does, not as a checklist; it is not read whole."""
    with contextlib.suppress(OSError), open_regular(path) as file:
        return re.match(rb'\s*\{\s*"profile"', file.read(OPENING)) is not None
    return False


def as_record(entry: KeptVerdict, profile: str) -> JudgedClaim:
    """The claim as it was judged at a profile, with what the file has of it."""
    return JudgedClaim(
        test=entry.test,
        id=entry.id,
        sentence=entry.sentence,
        source=entry.source,
        specs=dict.fromkeys(entry.specs, ""),
        negative_controls=(),
        positive_controls=(),
        headline=False,
        expected=entry.verdict,
        statement=f"judged {entry.when}",
        profile=profile,
        test_hash=entry.code,
        spec_hashes=entry.specs,
        **entry.number,
    )


def seen_from_another(entry: KeptVerdict, profile: str, now: Identity) -> VerdictElsewhere:
    """What another profile is shown of it; ``now`` is the claim as it is today."""
    return VerdictElsewhere(
        profile=profile, judged=entry.when, changed=entry.changes_to(now), **entry.number
    )
