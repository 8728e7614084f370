"""Before the first claim is judged, what the selected claims need is trained, and only that.

It is trained by the process that has the terminal, in as many processes as there are cores
whatever ``-n`` is. Without pytest-xdist that is when the tests are collected and selected. With it
the workers collect, so each leaves a note of what its claims need in a folder that it was told.
pytest-xdist tells the controller when a worker has collected, and gives out no test before the
controller has answered: that is when it reads the first note and trains.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from grokspec.checklist import Checklist, Row
from grokspec.errors import GrokspecError
from grokspec.pytest_plugin.claimed import Reading, claim_of, control_of, readings_of
from grokspec.pytest_plugin.progress import ProgressLine
from grokspec.pytest_plugin.provision import Provision
from grokspec.store.durable import write_whole

if TYPE_CHECKING:
    import xarray as xr

NOTES = "grokspec_notes"
"""The name under which a worker is told the folder for notes to and from the controller."""

FAILURES = "failures.json"
"""The controller's note: why training failed, a list of spec, change and reason."""


@dataclass(frozen=True)
class Needs:
    """What the selected claims of a session need, and how they enter the checklist."""

    readings: tuple[Reading, ...]
    rows: tuple[Row, ...]

    @classmethod
    def of(cls, session: pytest.Session) -> Needs:
        """Read them off the tests that were selected; none if no test will be run."""
        options = session.config.option
        broken = session.testsfailed and not options.continue_on_collection_errors
        if options.collectonly or broken:
            return cls((), ())
        claims = [(item, claim) for item in session.items if (claim := claim_of(item))]
        readings = dict.fromkeys(r for item, _ in claims for r in readings_of(item).values())
        rows = [Row.of(claim, item.nodeid) for item, claim in claims if not control_of(item)]
        return cls(tuple(readings), tuple(rows))

    def to_json(self) -> str:
        """As text, for a note."""
        rows = [asdict(row) for row in self.rows]
        readings = [(str(spec), change) for spec, change in self.readings]
        return json.dumps({"readings": readings, "rows": rows})

    @classmethod
    def from_json(cls, text: str) -> Needs:
        """From the text of a note."""
        told = json.loads(text)
        readings = tuple(Reading(Path(spec), change) for spec, change in told["readings"])
        return cls(readings, tuple(Row(**row) for row in told["rows"]))


class Supply:
    """Trains, and reads; in the process that has the terminal."""

    def __init__(self, config: pytest.Config, provision: Provision, checklist: Checklist) -> None:
        self._config = config
        self._provision = provision
        self._checklist = checklist
        self._failures: dict[Reading, str] = {}
        self._notes: Path | None = None
        self._is_met = False

    def read(self, reading: Reading) -> xr.Dataset:
        """The results that a claim reads. Raises a GrokspecError if they are not there."""
        return _read(self._provision, self._failures, reading)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Without pytest-xdist: train."""
        self._meet(Needs.of(session))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of pytest-xdist where to leave its note."""
        if self._notes is None:
            self._notes = Path(tempfile.mkdtemp(prefix="grokspec-"))
        node.workerinput[NOTES] = str(self._notes)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any) -> None:
        """With pytest-xdist: train, as the first of the workers has collected."""
        if self._is_met or self._notes is None:
            return
        note = self._notes / _note_of(node.workerinput["workerid"])
        self._meet(Needs.from_json(note.read_text()))
        failures = [(str(spec), change, why) for (spec, change), why in self._failures.items()]
        write_whole(self._notes / FAILURES, json.dumps(failures).encode())

    def pytest_unconfigure(self) -> None:
        """Remove the notes."""
        if self._notes is not None:
            shutil.rmtree(self._notes, ignore_errors=True)

    def _meet(self, needs: Needs) -> None:
        self._is_met = True
        self._checklist.expect(needs.rows)
        if needs.readings:
            self._failures = self._provision.train(needs.readings, ProgressLine(self._config))


class WorkersSupply:
    """Leaves a note of what is needed, and reads; in a worker of pytest-xdist."""

    def __init__(self, config: Any, provision: Provision) -> None:
        self._notes = Path(config.workerinput[NOTES])
        self._id = config.workerinput["workerid"]
        self._provision = provision

    def read(self, reading: Reading) -> xr.Dataset:
        """The results that a claim reads. Raises a GrokspecError if they are not there."""
        told = json.loads((self._notes / FAILURES).read_text())
        failures = {Reading(Path(spec), change): why for spec, change, why in told}
        return _read(self._provision, failures, reading)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Leave the note, before pytest-xdist tells the controller that this worker is ready."""
        if any(claim_of(item) for item in session.items):
            _compute_on_one_thread()
        write_whole(self._notes / _note_of(self._id), Needs.of(session).to_json().encode())


SUPPLY = pytest.StashKey[Supply | WorkersSupply]()
"""Who gets the claims of this process their results."""


def _compute_on_one_thread() -> None:
    """Keep libraries, loaded or still to be, from taking as many threads as there are cores.

    Each worker would, and their threads then wait for one another: claims take four times as long.
    """
    from threadpoolctl import threadpool_limits

    from grokspec.runner.workers import THREAD_LIMITS

    threadpool_limits(1)
    for variable in THREAD_LIMITS:
        os.environ.setdefault(variable, "1")


def _read(provision: Provision, failures: dict[Reading, str], reading: Reading) -> xr.Dataset:
    if reading in failures:
        raise GrokspecError(failures[reading])
    return provision.read(reading)


def _note_of(worker: str) -> str:
    return f"{worker}.json"
