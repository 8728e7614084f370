"""The checklist: the record of every claim that was selected, and the file that holds it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import TypeAdapter

from grokspec.claims.record import ControlOutcome, JudgedClaim, read_records
from grokspec.files.atomic import explained, write_whole
from grokspec.formatting import natural

RECORDS = TypeAdapter(tuple[JudgedClaim, ...])


class Checklist:
    """The records of claims, in the order of reading whatever the order they were entered in."""

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
        """All records with their controls: headline claims first, then by id.

        ``q`` is p adjusted for the number of claims.
        """
        from grokspec.statistics import false_discovery

        ordered = sorted(self._records.values(), key=lambda r: (not r.headline, natural(r.id)))
        adjusted = false_discovery([record.p for record in ordered])
        return [
            record.model_copy(update={"q": q, "controls": self._controls_of(record)})
            for record, q in zip(ordered, adjusted, strict=True)
        ]

    def __bool__(self) -> bool:
        return bool(self._records)

    def _controls_of(self, record: JudgedClaim) -> tuple[ControlOutcome, ...]:
        return tuple(o for o in self._controls.values() if o.test == record.test)


def read_checklist(path: Path) -> Checklist:
    """Read what `write_checklist` wrote. Raises a GrokspecError if the file is no checklist."""
    records = read_records(path, RECORDS, "checklist", "pytest claims/ --checklist FILE")
    return Checklist(records)


def write_checklist(checklist: Checklist, path: Path) -> None:
    """Write a JSON list, one object a claim; infinities and NaN are strings.

    The file is there whole or not at all. Raises a GrokspecError if it cannot be written.
    """
    with explained("the checklist could not be written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, RECORDS.dump_json(tuple(checklist.records()), indent=2) + b"\n")
