"""The verdicts that claims reached at other profiles than the default one, in committed files.

    claims/profiles/paper.json     what each claim was judged at the profile "paper"

The verdict that a claim should reach at the default profile is written beside it, as ``expected=``.
At any other profile it is the one in the file of that profile, once the claim was judged there. A
file is meant to be read in a diff: sorted by test, one field a line, four digits, no paths of a
machine, and an entry stays as it is, with its date, while nothing in it changes.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path

from pydantic import Field, TypeAdapter, field_validator, model_validator

from grokspec.claims.record import JudgedClaim, Record, VerdictElsewhere, read_records
from grokspec.errors import GrokspecError
from grokspec.files.atomic import explained, write_whole
from grokspec.files.regular import open_regular, read_regular
from grokspec.files.turns import turn
from grokspec.formatting import natural
from grokspec.statistics.verdict import Verdict

FOLDER = "profiles"
"""The name of the folder of these files."""

OPTION = "--accept-verdicts"
"""The option of pytest that writes them."""

DIGITS = 4
"""The significant digits of a number: enough to see a change, and the same on other machines."""

WHAT = "file of the verdicts at a profile"
"""How messages call it."""

LARGEST_SOURCE = 2**22
"""The bytes of the largest file that is looked through for a test."""

OPENING = 100
"""The bytes by which the file of a profile is known."""

PROGRAMS = ("grokspec", "torch")
"""The programs whose versions an entry has."""

NAME = re.compile(r"[\w][\w.+-]*")
"""The names of profiles that have a file."""


class Identity(Record):
    """What the verdict on a claim depends on."""

    sentence: str
    source: str
    specs: dict[str, str] = Field(default_factory=dict)
    """The hash of each of its specs under the profile, by name; see `hash_of_spec`. Empty if it is
    not known."""
    code: str = ""
    """The hash of its test; see `hash_of_test`. Empty if it is not known."""

    def changes_to(self, now: Identity) -> tuple[str, ...]:
        """What is different now: "its sentence", "its test", "its spec polynomial/alpha"."""
        found = [
            ("its sentence", self.sentence != now.sentence),
            ("its source", self.source != now.source),
            ("its test", _differ(self.code, now.code)),
        ]
        found += [
            (f"its spec {name}", _differ(self.specs.get(name), now.specs.get(name)))
            for name in sorted({*self.specs, *now.specs})
        ]
        return tuple(what for what, differs in found if differs)


class AcceptedVerdict(Identity):
    """What one claim was judged at one profile."""

    test: str
    """The node id of its test, relative to the folder in which the folder of profiles is."""
    id: str
    verdict: Verdict
    measured: float | None = None
    unit: str = ""
    n: int | None = None
    interval: tuple[float, float] | None = None
    judged: date
    by: str
    """The versions of the programs that judged it."""

    @field_validator("verdict")
    @classmethod
    def _was_reached(cls, verdict: Verdict) -> Verdict:
        if verdict is Verdict.NOT_RUN:
            raise ValueError("a claim that was not run has no verdict; remove its entry")
        return verdict

    @property
    def content(self) -> str:
        """Everything but when it was judged, and by what."""
        return self.model_dump_json(exclude={"judged", "by"})

    def as_record(self, profile: str) -> JudgedClaim:
        """The claim as it was judged, with what the file has of it."""
        return JudgedClaim(
            test=self.test,
            id=self.id,
            sentence=self.sentence,
            source=self.source,
            specs=dict.fromkeys(self.specs, ""),
            negative_controls=(),
            positive_controls=(),
            headline=False,
            expected=self.verdict,
            verdict=self.verdict,
            statement=f"judged {self.judged} by {self.by}",
            measured=self.measured,
            unit=self.unit,
            n=self.n,
            interval=self.interval,
            profile=profile,
            test_hash=self.code,
            spec_hashes=self.specs,
        )

    def seen_from(self, profile: str, now: Identity) -> VerdictElsewhere:
        """What another profile is shown of it; ``now`` is the claim as it is today."""
        return VerdictElsewhere(
            profile=profile,
            verdict=self.verdict,
            measured=self.measured,
            unit=self.unit,
            n=self.n,
            interval=self.interval,
            judged=f"{self.judged} by {self.by}",
            changed=self.changes_to(now),
        )


class ProfileFile(Record):
    """The content of the file of a profile."""

    profile: str
    claims: tuple[AcceptedVerdict, ...]

    @model_validator(mode="after")
    def _has_each_test_once(self) -> ProfileFile:
        tests = Counter(entry.test for entry in self.claims)
        if twice := [test for test, times in tests.items() if times > 1]:
            raise ValueError(f"{twice[0]} is in it twice; remove one of the two")
        return self

    @property
    def text(self) -> str:
        """The text of the file: one field a line."""
        ordered = sorted(self.claims, key=lambda entry: natural(entry.test))
        claims = ",\n".join(map(_text_of, ordered))
        return f'{{\n "profile": {json.dumps(self.profile)},\n "claims": [\n{claims}\n ]\n}}\n'


ADAPTER = TypeAdapter(ProfileFile)


@dataclass(frozen=True)
class Accepted:
    """What changed in a file."""

    path: Path
    new: tuple[AcceptedVerdict, ...]
    """Claims that had not been judged at the profile."""
    turned: tuple[tuple[AcceptedVerdict, AcceptedVerdict], ...]
    """Entries before and after, of claims that now have another verdict."""
    renewed: int
    """How many entries have the same verdict, but other numbers or another claim."""
    same: int
    gone: tuple[AcceptedVerdict, ...]
    """Entries that were removed, since their tests are no longer there."""


def may_have_file(profile: str) -> bool:
    """Whether the name of a profile can be that of a file."""
    return NAME.fullmatch(profile) is not None


def file_of(folder: Path, profile: str) -> Path:
    """The file of a profile."""
    return folder / f"{profile}.json"


def read_profile(path: Path) -> ProfileFile:
    """Read the file of a profile, whose name is that of the file. Raises a GrokspecError."""
    found = read_records(path, ADAPTER, WHAT, f"restore or remove it; {OPTION} writes it anew")
    if found.profile != path.stem:
        raise GrokspecError(
            f'{path} has the verdicts at the profile "{found.profile}", and its name is that of '
            f'another; call it "{found.profile}.json"'
        )
    return found


def is_profile_file(path: Path) -> bool:
    """Whether a file begins as that of a profile does, not as a checklist; it is not read whole."""
    with contextlib.suppress(OSError), open_regular(path) as file:
        return re.match(rb'\s*\{\s*"profile"', file.read(OPENING)) is not None
    return False


def accepted_from(record: JudgedClaim, test: str) -> AcceptedVerdict:
    """The entry of a claim that was judged; ``test`` is its test as the file names it."""
    return AcceptedVerdict(
        test=test,
        id=record.id,
        sentence=record.sentence,
        source=record.source,
        specs=record.spec_hashes,
        code=record.test_hash,
        verdict=record.verdict,
        measured=_rounded(record.measured),
        unit=record.unit,
        n=record.n,
        interval=record.interval and (_short(record.interval[0]), _short(record.interval[1])),
        judged=date.today(),
        by=", ".join(f"{name} {version(name)}" for name in PROGRAMS),
    )


def accept(path: Path, profile: str, entries: Iterable[AcceptedVerdict]) -> Accepted:
    """Put entries into the file of a profile; all others stay, except those without a test.

    Several processes may do so at a time. Raises a GrokspecError if the file cannot be read or
    written, and then leaves it as it is.
    """
    with turn(_lock_of(path)):
        known = {e.test: e for e in read_profile(path).claims} if os.path.lexists(path) else {}
        judged = {entry.test: _kept(known.get(entry.test), entry) for entry in entries}
        left = [entry for test, entry in known.items() if test not in judged]
        gone = [entry for entry in left if not _has_test(path, entry)]
        after = {**known, **judged}
        for entry in gone:
            del after[entry.test]
        if after != known:
            text = ProfileFile(profile=profile, claims=tuple(after.values())).text
            with explained(f"the verdicts at {profile} could not be written"):
                write_whole(path, text.encode())
    return _difference(path, known, judged, gone)


def _kept(old: AcceptedVerdict | None, new: AcceptedVerdict) -> AcceptedVerdict:
    """The old entry with its date, if the new one says the same."""
    return old if old is not None and old.content == new.content else new


def _difference(
    path: Path,
    known: Mapping[str, AcceptedVerdict],
    judged: Mapping[str, AcceptedVerdict],
    gone: Iterable[AcceptedVerdict],
) -> Accepted:
    pairs = [(known[test], entry) for test, entry in judged.items() if test in known]
    turned = tuple((old, entry) for old, entry in pairs if old.verdict is not entry.verdict)
    same = sum(old is entry for old, entry in pairs)
    return Accepted(
        path=path,
        new=tuple(entry for test, entry in judged.items() if test not in known),
        turned=turned,
        renewed=len(pairs) - same - len(turned),
        same=same,
        gone=tuple(gone),
    )


def _has_test(path: Path, entry: AcceptedVerdict) -> bool:
    """Whether the file of an entry's test is there, and defines a function of its name."""
    file, _, test = entry.test.partition("::")
    try:
        source = read_regular(path.parent.parent / file, LARGEST_SOURCE).decode(errors="replace")
    except (OSError, ValueError):
        return False
    name = test.partition("[")[0].rpartition("::")[2]
    return re.search(rf"\bdef {re.escape(name)}\b", source) is not None


def _lock_of(path: Path) -> Path:
    """A file outside the repository, where it would have to be ignored."""
    name = hashlib.sha256(os.path.realpath(path).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"grokspec-{name}.lock"


def _text_of(entry: AcceptedVerdict) -> str:
    """An entry, without the fields that have nothing."""
    fields = json.loads(entry.model_dump_json(exclude_defaults=True))
    first = {name: fields.pop(name) for name in ("test", "id")}
    lines = [
        f"   {json.dumps(name)}: {json.dumps(value, ensure_ascii=False, sort_keys=True)}"
        for name, value in (first | fields).items()
    ]
    return "  {\n" + ",\n".join(lines) + "\n  }"


def _differ(before: str | None, now: str | None) -> bool:
    """Whether two hashes differ, where an empty one is not known and None is that of nothing."""
    return before != now and "" not in (before, now)


def _rounded(value: float | None) -> float | None:
    return None if value is None else _short(value)


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
