"""The checklist: every claim that was to be judged, with its record; and the file that keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from grokspec.claims.record import ControlOutcome, JudgedClaim
from grokspec.errors import GrokspecError
from grokspec.files.atomic import explained, write_whole
from grokspec.formatting import natural

RECORDS = TypeAdapter(tuple[JudgedClaim, ...])


class Checklist:
    """Records in the order in which they are to be read, whatever order they came in."""

    def __init__(self, records: Iterable[JudgedClaim] = ()) -> None:
        self._records: dict[str, JudgedClaim] = {record.test: record for record in records}
        self._controls: dict[tuple[str, str], ControlOutcome] = {
            (outcome.test, outcome.control): outcome
            for record in self._records.values()
            for outcome in record.controls
        }

    def expect(self, records: Iterable[JudgedClaim]) -> None:
        """Enter claims that are to be judged; they are NOT RUN until their record is entered."""
        for record in records:
            self._records.setdefault(record.test, record)

    def enter(self, judged: JudgedClaim | ControlOutcome) -> None:
        """Enter what came of a claim, or of a claim under control."""
        if isinstance(judged, JudgedClaim):
            self._records[judged.test] = judged
        else:
            self._controls[judged.test, judged.control] = judged

    def records(self) -> list[JudgedClaim]:
        """All records, headline claims first, then by id; with p-values adjusted for their number.

        Each has the outcomes of the controls that were run.
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
    try:
        return Checklist(RECORDS.validate_json(path.read_bytes()))
    except (OSError, ValidationError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise GrokspecError(
            f"{path} is not a checklist that could be read ({reason}); "
            "`pytest claims/ --checklist FILE` writes one"
        ) from None


def write_checklist(checklist: Checklist, path: Path) -> None:
    """Write a JSON list, one object a claim; infinities and NaN are strings.

    The file is there whole or not at all. Raises a GrokspecError if it cannot be written.
    """
    with explained("the checklist could not be written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, RECORDS.dump_json(tuple(checklist.records()), indent=2) + b"\n")
