"""The checklist: the record of every claim that was selected, and the file that holds it."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from pydantic import TypeAdapter

from grokspec.claims.profiles import ProfileFile, as_record, is_profile_file
from grokspec.claims.record import ControlOutcome, JudgedClaim, read_records, records_in
from grokspec.claims.summary import lines, parts_of, summary
from grokspec.claims.verdict_files import read_verdicts
from grokspec.files.atomic import explained, write_whole
from grokspec.formatting import natural
from grokspec.html import colored, escaped, faint, folded, framed
from grokspec.statistics.finding import COLORS
from grokspec.statistics.verdict import Verdict

WIDTH = 100
"""The columns of a checklist that is printed to no terminal."""

RECORDS = TypeAdapter(tuple[JudgedClaim, ...])
WHAT, REMEDY = "checklist", "`pytest claims/ --checklist FILE` writes one"
"""What a file of them is called, and what to do about one that cannot be read."""


class Checklist:
    """The records of claims, in the order of reading whatever the order they were entered in.

    ``print`` shows what pytest shows at its end; in a notebook the claims are a list.
    """

    def __init__(self, records: Iterable[JudgedClaim] = ()) -> None:
        self._records: dict[str, JudgedClaim] = {record.test: record for record in records}
        self._controls: dict[tuple[str, str], ControlOutcome] = {
            (outcome.test, outcome.control): outcome
            for record in self._records.values()
            for outcome in record.controls
        }

    def expect(self, records: Iterable[JudgedClaim]) -> None:
        """Enter claims that are not judged yet; they are NOT RUN until `enter` replaces them."""
        for record in records:
            self._records.setdefault(record.test, record)

    def enter(self, judged: JudgedClaim | ControlOutcome) -> None:
        """Enter the record of a claim, or the outcome of a control."""
        if isinstance(judged, JudgedClaim):
            self._records[judged.test] = judged
        else:
            self._controls[judged.test, judged.control] = judged

    def records(self) -> list[JudgedClaim]:
        """All records with their controls, by pack: headline claims first, then by id.

        ``q`` is p adjusted for the number of claims.
        """
        from grokspec.statistics import false_discovery

        ordered = sorted(self._records.values(), key=in_reading_order)
        adjusted = false_discovery([record.p for record in ordered])
        return [
            record.model_copy(update={"q": q, "controls": self._controls_of(record)})
            for record, q in zip(ordered, adjusted, strict=True)
        ]

    @property
    def is_as_expected(self) -> bool:
        """Whether all verdicts are the expected ones, and all controls that were run change them.

        A control that would have to train what was recorded elsewhere does not count.
        """
        return all(
            record.verdict is record.expected
            and all(c.outcome == "effective" or c.recorded_elsewhere for c in record.controls)
            for record in self.records()
        )

    def __bool__(self) -> bool:
        return bool(self._records)

    def __str__(self) -> str:
        width = shutil.get_terminal_size((WIDTH, 0)).columns
        return "\n".join(line for line, _ in lines(self.records(), width))

    def __repr__(self) -> str:
        (first, _), *_ = summary(self.records())
        return f"<Checklist of {first}>"

    def _repr_html_(self) -> str:
        records = self.records()
        return framed(
            *_in_notebook(records),
            *(faint(line) if color is None else escaped(line) for line, color in summary(records)),
        )

    def _controls_of(self, record: JudgedClaim) -> tuple[ControlOutcome, ...]:
        return tuple(o for o in self._controls.values() if o.test == record.test)


def in_reading_order(record: JudgedClaim) -> tuple[object, ...]:
    """Where a record stands in the order of reading."""
    return record.pack.key if record.pack else "", not record.headline, natural(record.id)


def _in_notebook(records: Iterable[JudgedClaim]) -> Iterator[str]:
    """Claims as HTML, those of each pack below its name."""
    for pack, own in groupby(records, key=lambda record: record.pack):
        if pack is not None:
            yield escaped(pack.title)
        yield from map(_claim_in_notebook, own)


def _claim_in_notebook(record: JudgedClaim) -> str:
    """A claim as HTML: its verdict and sentence, and below it what was found."""
    sentence, *found = parts_of(record)
    color = COLORS.get(record.verdict, COLORS[Verdict.INCONCLUSIVE])
    word = colored(f"{record.verdict.symbol} {record.verdict.word}", color)
    return f"{word} {escaped(record.id)} {escaped(sentence)}{folded('what was found', found)}"


def read_checklist(path: Path) -> Checklist:
    """Read what `write_checklist` wrote, or the verdicts at a profile.

    Raises a GrokspecError if the file is neither.
    """
    if is_profile_file(path):
        file = read_verdicts(path, ProfileFile)
        return Checklist(as_record(entry, file.profile) for entry in file.claims)
    records = read_records(path, RECORDS, WHAT, REMEDY)
    return Checklist(records)


def checklist_in(content: bytes, name: str) -> Checklist:
    """The checklist in the content of a file of this name; see `read_checklist`."""
    records = records_in(content, name, RECORDS, WHAT, REMEDY)
    return Checklist(records)


def write_checklist(checklist: Checklist, path: Path) -> None:
    """Write a JSON list, one object a claim; infinities and NaN are strings.

    The file is there whole or not at all. Raises a GrokspecError if it cannot be written.
    """
    with explained("the checklist could not be written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, RECORDS.dump_json(tuple(checklist.records()), indent=2) + b"\n")
