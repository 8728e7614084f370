"""Results as runs of MLflow. They are only written: grokspec reads results from the store alone."""

from __future__ import annotations

import contextlib
import hashlib
import io
import ssl
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from grokspec.errors import GrokspecError
from grokspec.files.turns import turn
from grokspec.results.mlflow_runs import (
    FINGERPRINT,
    KEY,
    Curve,
    RunToWrite,
    runs_to_write,
)
from grokspec.results.tables import chosen_quantities

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run as MlflowRun

    from grokspec.results.results import Results

MOST_METRICS, MOST_PARAMS = 1000, 100
"""How many of them MLflow takes at a time."""

LONGEST_SILENCE = 10.0
"""Seconds after which a server is taken not to be there. MLflow itself would try for minutes."""

Identity = tuple[str, str]
"""The key of a run, and the fingerprint of the code that made it."""


@dataclass(frozen=True)
class WrittenToMlflow:
    """What `Results.to_mlflow` did with the runs."""

    uri: str
    experiment: str
    written: int = 0
    completed: int = 0
    """Runs that were there with fewer quantities."""
    replaced: int = 0
    """Runs whose writing was interrupted before."""
    there: int = 0

    def __str__(self) -> str:
        done = {"written": self.written, "completed": self.completed, "replaced": self.replaced}
        done |= {"there already": self.there}
        words = ", ".join(f"{n:,} {what}" for what, n in done.items() if n)
        return f"{self.uri}, experiment {self.experiment}: {words}"


def write_runs(
    results: Results,
    uri: str | None,
    experiment: str | None,
    quantities: Collection[str] | None,
    progress: Callable[[], None] = lambda: None,
) -> WrittenToMlflow:
    """Write each run that is not there; see `Results.to_mlflow`.

    ``progress`` is called after each run.
    """
    uri = require_mlflow(uri)
    name = experiment or results.spec.name
    done = dict.fromkeys(("written", "completed", "replaced", "there"), 0)
    runs = runs_to_write(results, chosen_quantities(results.histories, quantities))
    with _one_at_a_time(uri, name):
        with _explained(uri):
            experiment_of_runs = _Experiment(uri, name)
        with _explained(uri, "; the same command continues from here"):
            for run in runs:
                done[experiment_of_runs.put(run)] += 1
                progress()
    return WrittenToMlflow(shown_uri(uri), name, **done)


def require_mlflow(uri: str | None) -> str:
    """The address that is written to; if None, the one that MLflow writes to by itself.

    Raises a GrokspecError unless MLflow is installed, with what its databases need, and a server
    answers.
    """
    install = 'install it with `pip install "grokspec[mlflow]"`'
    if find_spec("mlflow") is None:
        raise GrokspecError(f"MLflow is not installed; {install}")
    if not uri:
        import mlflow

        uri = mlflow.get_tracking_uri()
    try:
        scheme = urlsplit(uri).scheme
    except ValueError as error:
        raise GrokspecError(f"{uri}: is no address ({error}); correct it") from error
    if scheme in ("http", "https"):
        _require_answer(uri)
    if scheme.partition("+")[0] in DATABASES and find_spec("sqlalchemy") is None:
        raise GrokspecError(f"{shown_uri(uri)}: MLflow's databases need sqlalchemy; {install}")
    return uri


DATABASES = ("sqlite", "mysql", "postgresql", "mssql")
"""The schemes of addresses for which MLflow needs SQLAlchemy."""


def shown_uri(uri: str) -> str:
    """An address without the password in it."""
    parts = urlsplit(uri)
    user, at, host = parts.netloc.rpartition("@")
    return parts._replace(netloc=host).geturl() if at and user else uri


class _Experiment:
    """An experiment of MLflow, and which runs it has."""

    def __init__(self, uri: str, name: str) -> None:
        from mlflow import MlflowClient

        self._client = MlflowClient(tracking_uri=uri)
        self._id = _experiment_id(self._client, name)
        self._there = _there(self._client, self._id)

    def put(self, run: RunToWrite) -> str:
        """Write a run unless it is there, and return what was done.

        One that is not marked as finished was interrupted, and is replaced as a whole: which of its
        metrics are whole cannot be seen.
        """
        found = self._there.get(run.identity, [])
        whole = [other for other in found if other.info.status == "FINISHED"]
        for other in found:
            if other not in whole:
                self._client.delete_run(other.info.run_id)
        if whole:
            return self._complete(run, whole[0])
        self._write(run)
        return "replaced" if found else "written"

    def _write(self, run: RunToWrite) -> None:
        from mlflow.entities import Param

        made = self._client.create_run(self._id, run.began, run.tags, run.name)
        params = [Param(name, value) for name, value in run.params.items()]
        for some in _chunks(params, MOST_PARAMS):
            self._client.log_batch(made.info.run_id, params=some)
        self._add(made.info.run_id, run, run.curves)

    def _complete(self, run: RunToWrite, there: MlflowRun) -> str:
        """Add the curves that a run does not have."""
        lacking = {name: c for name, c in run.curves.items() if name not in there.data.metrics}
        if not lacking:
            return "there"
        self._client.update_run(there.info.run_id, status="RUNNING")
        self._add(there.info.run_id, run, lacking)
        return "completed"

    def _add(self, run_id: str, run: RunToWrite, curves: dict[str, Curve]) -> None:
        """Write curves, and then that the run is whole."""
        from mlflow.entities import Metric

        metrics = [
            Metric(name, float(number), run.ended, int(step))
            for name, (steps, numbers) in curves.items()
            for step, number in zip(steps, numbers, strict=True)
        ]
        for some in _chunks(metrics, MOST_METRICS):
            self._client.log_batch(run_id, metrics=some)
        with contextlib.redirect_stdout(io.StringIO()):  # where it would print the run's address
            self._client.set_terminated(run_id, "FINISHED", run.ended)


def _experiment_id(client: MlflowClient, name: str) -> str:
    """The id of an experiment, which is made if there is none of that name."""
    from mlflow import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name))
        except MlflowException:  # another process was faster, or else there is none now either
            if (found := client.get_experiment_by_name(name)) is None:
                raise
    if found.lifecycle_stage != "active":
        raise GrokspecError(
            f'the experiment "{name}" was deleted in MLflow; restore it, or name another'
        )
    return str(found.experiment_id)


def _there(client: MlflowClient, experiment: str) -> dict[Identity, list[MlflowRun]]:
    """The runs of an experiment that grokspec wrote."""
    found: dict[Identity, list[MlflowRun]] = {}
    token = None
    while True:
        page = client.search_runs([experiment], f"tags.`{KEY}` LIKE '%'", page_token=token)
        for run in page:
            tags = run.data.tags
            found.setdefault((tags[KEY], tags.get(FINGERPRINT, "")), []).append(run)
        if not (token := page.token):
            return found


def _chunks(items: Sequence, size: int) -> Iterator[Sequence]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


@contextlib.contextmanager
def _one_at_a_time(uri: str, experiment: str) -> Iterator[None]:
    """Wait until no other process of this machine writes to the same experiment.

    MLflow has no locks: two processes at once would each write all runs.
    """
    digest = hashlib.sha256(f"{uri}\n{experiment}".encode()).hexdigest()[:16]
    with turn(Path(tempfile.gettempdir()) / f"grokspec-mlflow-{digest}.lock"):
        yield


@contextlib.contextmanager
def _explained(uri: str, remedy: str = "") -> Iterator[None]:
    """Turn what MLflow raises into a GrokspecError of one line."""
    try:
        yield
    except GrokspecError:
        raise
    except Exception as error:  # MLflow passes on what requests and SQLAlchemy raise
        first, *_ = str(error).strip().splitlines() or [type(error).__name__]
        said = first.rstrip(".") if remedy else first
        raise GrokspecError(f"{shown_uri(uri)}: MLflow: {said}{remedy}") from error


def _require_answer(uri: str) -> None:
    """Raise a GrokspecError if nothing answers at the address of a server."""
    try:
        urllib.request.urlopen(uri, timeout=LONGEST_SILENCE).close()
    except urllib.error.HTTPError:
        return  # it may want a login, which MLflow has
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        if not isinstance(reason, ssl.SSLError):  # MLflow may be allowed what we are not
            raise GrokspecError(
                f"{shown_uri(uri)}: no server of MLflow answers ({reason}); start it, or correct "
                "the address"
            ) from error
