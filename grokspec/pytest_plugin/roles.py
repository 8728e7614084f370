"""Trains what the selected claims need, and nothing else, before the first claim is judged.

The controller trains, the process that has the terminal; the number of training processes does not
depend on ``-n``. Without pytest-xdist it trains after the collection. With pytest-xdist the workers
collect, and each writes its requirements into a folder that it shares with the controller.
pytest-xdist notifies the controller when a worker has collected, and hands out no test before the
controller has answered: at this point the controller reads the first file and trains.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import TypeAdapter

from grokspec.claims.checklist import Checklist
from grokspec.claims.claim import Claim
from grokspec.claims.controls import ClaimInput, Control
from grokspec.errors import GrokspecError
from grokspec.files.atomic import write_whole
from grokspec.pytest_plugin.effects import SAME_FORMULA, SAME_RESULTS, idle, is_unchanged
from grokspec.pytest_plugin.expectations import PROFILES
from grokspec.pytest_plugin.items import EFFECT, Reading, claim_of, control_of, readings_of
from grokspec.pytest_plugin.provider import Provider
from grokspec.pytest_plugin.replication import REPLICATIONS
from grokspec.pytest_plugin.requirements import Requirements, requirements_of

if TYPE_CHECKING:
    import xarray as xr

FOLDER = "grokspec_folder"
"""The key in ``workerinput`` of the folder that workers share with the controller."""

FAILURES = "failures.json"
"""The controller's file in that folder: why training failed, by reading."""

Failures = TypeAdapter(list[tuple[Reading, str]])


class Controller:
    """Trains and reads, in the process that has the terminal."""

    def __init__(self, config: pytest.Config, provider: Provider, checklist: Checklist) -> None:
        self._config = config
        self.provider = provider
        self._checklist = checklist
        self._failures: dict[Reading, str] = {}
        self._folder: Path | None = None
        self._is_done = False

    def read(self, reading: Reading) -> xr.Dataset:
        """The results that a claim reads. Raises a GrokspecError if there are none."""
        return _read(self.provider, self._failures, reading)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Without pytest-xdist: train."""
        self._meet(requirements_of(session, self.provider))

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Name the shared folder to a worker of pytest-xdist."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="grokspec-"))
        node.workerinput[FOLDER] = str(self._folder)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any) -> None:
        """With pytest-xdist: train, once the first worker has collected."""
        if self._is_done or self._folder is None:
            return
        file = self._folder / _file_of(node.workerinput["workerid"])
        self._meet(Requirements.model_validate_json(file.read_bytes()))
        failures = Failures.dump_json(list(self._failures.items()))
        write_whole(self._folder / FAILURES, failures)

    def pytest_unconfigure(self) -> None:
        """Remove the shared folder."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _meet(self, requirements: Requirements) -> None:
        self._is_done = True
        self._config.stash[PROFILES].require_folders(requirements.records)
        self._config.stash[REPLICATIONS].require_folders(requirements.records)
        self._checklist.expect(requirements.records)
        if requirements.records:
            self.provider.given.require_readers(requirements.specs)
        if requirements.readings:
            terminal = self._config.pluginmanager.getplugin("terminalreporter")
            self._failures = self.provider.train(requirements.readings, terminal)


class Worker:
    """Writes the requirements and reads results, in a worker of pytest-xdist."""

    def __init__(self, config: Any, provider: Provider) -> None:
        self._folder = Path(config.workerinput[FOLDER])
        self._id = config.workerinput["workerid"]
        self.provider = provider

    def read(self, reading: Reading) -> xr.Dataset:
        """The results that a claim reads. Raises a GrokspecError if there are none."""
        failures = Failures.validate_json((self._folder / FAILURES).read_bytes())
        return _read(self.provider, dict(failures), reading)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Write the requirements, before pytest-xdist notifies the controller."""
        if any(claim_of(item) for item in session.items):
            _compute_on_one_thread()
        requirements = requirements_of(session, self.provider)
        write_whole(self._folder / _file_of(self._id), requirements.model_dump_json().encode())


ROLE = pytest.StashKey[Controller | Worker]()
"""The role of this process, which reads the results for its claims."""


def results_for(node: pytest.Item) -> ClaimInput:
    """What the claim of a test reads, transformed by the test's control if it has one."""
    claim = claim_of(node)
    if claim is None:
        pytest.fail("`results` is for claims; decorate this test with @claim(...)", pytrace=False)
    try:
        control = control_of(node)
        if control is not None:
            _skip_if_recorded_elsewhere(control, node)
        results = _read_for(node)
        return results if control is None else _under(control, node, claim, results)
    except GrokspecError as error:
        raise pytest.fail.Exception(f"NOT RUN: {error}", pytrace=False) from None


def given_to(node: pytest.Item) -> object:
    """What the claim of a test is given, or what the test's control gives it instead."""
    claim, control = claim_of(node), control_of(node)
    if claim is None:
        pytest.fail("`given` is for claims; decorate this test with @claim(...)", pytrace=False)
    if control is None:
        return claim.given
    instead = control.transform(claim.given)
    _require_difference(node, claim, claim.given, instead, SAME_FORMULA)
    return instead


def _read_for(node: pytest.Item) -> ClaimInput:
    """The results that the claim of a test reads, in a copy of its own."""
    role = node.config.stash[ROLE]
    read = {name: role.read(one) for name, one in readings_of(node).items()}
    return read if len(read) > 1 else next(iter(read.values()))


def _under(control: Control, node: pytest.Item, claim: Claim, results: ClaimInput) -> ClaimInput:
    """What the claim reads under a control. Fails the test if that is what it reads without."""
    reason = SAME_RESULTS
    if control.change:
        provider = node.config.stash[ROLE].provider
        readings = [reading for reading in readings_of(node).values() if reading.change]
        found = provider.retraining_of(readings)
        node.stash[EFFECT] = {"changed_runs": found.in_words}
        if not found.is_idle:
            return control.apply(results)
        reason = provider.idle_change(readings[0])
    transformed = control.apply(results)
    _require_difference(node, claim, _read_for(node), transformed, reason)
    return transformed


def _skip_if_recorded_elsewhere(control: Control, node: pytest.Item) -> None:
    """Skip a control that would have to train what was recorded elsewhere."""
    provider = node.config.stash[ROLE].provider
    changed = {name: one for name, one in readings_of(node).items() if one.change}
    names = [name for name, one in changed.items() if provider.is_recorded_elsewhere(one)]
    if names:
        node.stash[EFFECT] = {"recorded_elsewhere": True}
        pytest.skip(
            f"the control, {control.sentence}, cannot be run: the results of {', '.join(names)} "
            "were recorded elsewhere; give the claim a control that changes results as well, like "
            "control=permuted(…)"
        )


def _require_difference(
    node: pytest.Item, claim: Claim, before: object, after: object, reason: str
) -> None:
    """Fail if a control has left what the claim reads as it was."""
    control = control_of(node)
    if control is not None and is_unchanged(before, after):
        node.stash[EFFECT] = {"changes_nothing": True}
        pytest.fail(idle(control, claim.expected_verdict, reason), pytrace=False)


def _compute_on_one_thread() -> None:
    """Limit libraries, loaded now or later, to one thread.

    Otherwise each worker takes as many threads as there are cores, and claims take four times as
    long.
    """
    from threadpoolctl import threadpool_limits

    from grokspec.runner.executors import THREAD_LIMITS

    threadpool_limits(1)
    for variable in THREAD_LIMITS:
        os.environ.setdefault(variable, "1")


def _read(provider: Provider, failures: dict[Reading, str], reading: Reading) -> xr.Dataset:
    if reading in failures:
        raise GrokspecError(failures[reading])
    return provider.read(reading)


def _file_of(worker: str) -> str:
    return f"{worker}.json"
