"""Files of verdicts beside the claims, which are committed: one entry for each claim.

    claims/<pack>/profiles/paper.json        what each claim was judged at the profile "paper"
    claims/<pack>/replications/1000.json     what each claim was judged on seeds moved by 1000

A file is meant to be read in a diff: sorted by test, one field a line, four digits, no paths of a
machine, and an entry stays as it is, with its date, while nothing in it changes. An entry knows
what the verdict depended on, so that it is seen when the claim has changed since.
"""

from __future__ import annotations

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
from typing import Any, ClassVar, TypeVar

from pydantic import Field, TypeAdapter, field_validator, model_validator

from grokspec.claims.record import JudgedClaim, Record, read_records
from grokspec.errors import GrokspecError
from grokspec.files.atomic import explained, write_whole
from grokspec.files.regular import read_regular
from grokspec.files.turns import turn
from grokspec.formatting import natural
from grokspec.statistics.verdict import Verdict

DIGITS = 4
"""The significant digits of a number: enough to see a change, and the same on other machines."""

NUMBER = ("verdict", "measured", "unit", "n", "interval")
"""The fields of an entry that records of a verdict share."""

LARGEST_SOURCE = 2**22
"""The bytes of the largest file that is looked through for a test."""

PROGRAMS = ("grokspec", "torch")
"""The programs whose versions an entry has."""


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


class KeptVerdict(Identity):
    """What one claim was judged."""

    test: str
    """The node id of its test, relative to the folder in which the folder of the files is."""
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

    @property
    def when(self) -> str:
        """When it was judged, and by what."""
        return f"{self.judged} by {self.by}"

    @property
    def number(self) -> dict[str, Any]:
        """The verdict and what was measured: fields that records of a verdict share."""
        return {name: getattr(self, name) for name in NUMBER}


class VerdictFile(Record):
    """The content of a file of verdicts. Its fields besides the claims say what they are of."""

    folder: ClassVar[str]
    """The name of the folder of these files."""
    option: ClassVar[str]
    """The option of pytest that writes them."""
    what: ClassVar[str]
    """How messages call it."""

    claims: tuple[KeptVerdict, ...] = ()

    @property
    def stem(self) -> str:
        """The name of the file, without its ending."""
        raise NotImplementedError

    @property
    def title(self) -> str:
        """What it has: "the verdicts at …"."""
        raise NotImplementedError

    @classmethod
    def may_be(cls, stem: str) -> bool:
        """Whether a file of this name may be one of these."""
        raise NotImplementedError

    @model_validator(mode="after")
    def _has_each_test_once(self) -> VerdictFile:
        tests = Counter(entry.test for entry in self.claims)
        if twice := [test for test, times in tests.items() if times > 1]:
            raise ValueError(f"{twice[0]} is in it twice; remove one of the two")
        return self

    def beside(self, folder: Path) -> Path:
        """Where it is, in this folder."""
        return folder / f"{self.stem}.json"

    @property
    def text(self) -> str:
        """The text of the file: one field a line."""
        ordered = sorted(self.claims, key=lambda entry: natural(entry.test))
        claims = ",\n".join(map(_text_of, ordered))
        head = json.loads(self.model_dump_json(exclude={"claims"}))
        fields = "".join(f" {json.dumps(k)}: {json.dumps(v)},\n" for k, v in head.items())
        return f'{{\n{fields} "claims": [\n{claims}\n ]\n}}\n'


File = TypeVar("File", bound=VerdictFile)


@dataclass(frozen=True)
class Kept:
    """What changed in a file."""

    path: Path
    new: tuple[KeptVerdict, ...]
    """Claims that it did not have."""
    turned: tuple[tuple[KeptVerdict, KeptVerdict], ...]
    """Entries before and after, of claims that now have another verdict."""
    renewed: int
    """How many entries have the same verdict, but other numbers or another claim."""
    same: int
    gone: tuple[KeptVerdict, ...]
    """Entries that were removed, since their tests are no longer there."""


def read_verdicts(path: Path, kind: type[File]) -> File:
    """Read a file of verdicts. Raises a GrokspecError."""
    remedy = f"restore or remove it; {kind.option} writes it anew"
    found = read_records(path, TypeAdapter(kind), kind.what, remedy)
    if found.stem != path.stem:
        raise GrokspecError(
            f"{path} has {found.title}, and its name is that of another; call it "
            f'"{found.stem}.json"'
        )
    return found


def kept_from(record: JudgedClaim, test: str) -> KeptVerdict:
    """The entry of a claim that was judged; ``test`` is its test as the file names it."""
    return KeptVerdict(
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


def keep(folder: Path, empty: VerdictFile, entries: Iterable[KeptVerdict]) -> Kept:
    """Put entries into a file; all others stay, except those without a test.

    ``empty`` is the file without any. Several processes may do so at a time. Raises a GrokspecError
    if the file cannot be read or written, and then leaves it as it is.
    """
    path = empty.beside(folder)
    with turn(_lock_of(path)):
        there = read_verdicts(path, type(empty)) if os.path.lexists(path) else empty
        known = {entry.test: entry for entry in there.claims}
        judged = {entry.test: _kept(known.get(entry.test), entry) for entry in entries}
        left = [entry for test, entry in known.items() if test not in judged]
        gone = [entry for entry in left if not _has_test(path, entry)]
        after = {**known, **judged}
        for entry in gone:
            del after[entry.test]
        if after != known:
            text = empty.model_copy(update={"claims": tuple(after.values())}).text
            with explained(f"{empty.title} could not be written"):
                write_whole(path, text.encode())
    return _difference(path, known, judged, gone)


def _kept(old: KeptVerdict | None, new: KeptVerdict) -> KeptVerdict:
    """The old entry with its date, if the new one says the same."""
    return old if old is not None and old.content == new.content else new


def _difference(
    path: Path,
    known: Mapping[str, KeptVerdict],
    judged: Mapping[str, KeptVerdict],
    gone: Iterable[KeptVerdict],
) -> Kept:
    pairs = [(known[test], entry) for test, entry in judged.items() if test in known]
    turned = tuple((old, entry) for old, entry in pairs if old.verdict is not entry.verdict)
    same = sum(old is entry for old, entry in pairs)
    return Kept(
        path=path,
        new=tuple(entry for test, entry in judged.items() if test not in known),
        turned=turned,
        renewed=len(pairs) - same - len(turned),
        same=same,
        gone=tuple(gone),
    )


def _has_test(path: Path, entry: KeptVerdict) -> bool:
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


def _text_of(entry: KeptVerdict) -> str:
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
