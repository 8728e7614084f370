"""Clients of Dask: of a scheduler at an address, or of a cluster on this machine."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from grokspec.errors import GrokspecError

if TYPE_CHECKING:
    from distributed import Client

ADDRESS = re.compile(r"\w+://.+|[^/]+:\d+")
"""What may be the address of a scheduler."""

OF_DASK = re.compile(r"distributed\.")
"""How the names of Dask's loggers begin."""


@contextlib.contextmanager
def connected(scheduler: str) -> Iterator[Client]:
    """A client of the scheduler at an address, or that a scheduler file names.

    TLS is configured as for Dask. Raises a GrokspecError if there is none.
    """
    require_dask()
    with _quiet():
        client = _client(scheduler)
        try:
            yield client
        finally:
            with contextlib.suppress(Exception):  # the scheduler may be gone
                client.close(timeout=2)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep Dask from logging within the block what grokspec says in a sentence."""
    names = ["distributed", *filter(OF_DASK.match, logging.root.manager.loggerDict)]
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:  # Dask gives some of them a level of their own
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def _client(scheduler: str) -> Client:
    from distributed import Client, Security

    by_file = scheduler.endswith(".json")
    if by_file and not Path(scheduler).is_file():
        raise GrokspecError(
            f"scheduler {scheduler}: there is no such file; `dask scheduler --scheduler-file "
            f"{scheduler}` writes it"
        )
    if not by_file and not ADDRESS.fullmatch(scheduler):
        raise GrokspecError(f"scheduler {scheduler}: is no address; write it like tcp://host:8786")
    if scheduler.startswith("tls://") and not Security().get_connection_args("client").get(
        "ssl_context"
    ):
        raise GrokspecError(
            f"scheduler {scheduler}: needs certificates; set ca-file, client.cert and client.key "
            "below distributed.comm.tls in Dask's configuration"
        )
    named = {"scheduler_file": scheduler} if by_file else {"address": scheduler}
    try:
        # Results come by way of the scheduler: workers may be in a network that only it reaches.
        return Client(**named, timeout=10, set_as_default=False, direct_to_workers=False)
    except (OSError, ValueError, TypeError, TimeoutError) as error:
        raise GrokspecError(
            f"scheduler {scheduler}: cannot be reached ({error}); start one with `dask scheduler`, "
            "and give the address that it prints, like tcp://host:8786"
        ) from error


@contextlib.contextmanager
def local_cluster(workers: int) -> Iterator[Client]:
    """A client of a cluster of so many processes on this machine, which ends with the block."""
    require_dask()
    from distributed import Client, LocalCluster

    with (
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            memory_limit=0,  # the runner cuts stacks to what memory there is
            dashboard_address=":0",
            silence_logs=50,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def require_dask() -> None:
    """Raise a GrokspecError if Dask distributed is not installed."""
    try:
        import distributed  # noqa: F401
    except ImportError as error:
        raise GrokspecError(
            "a cluster needs Dask distributed, which is not installed: "
            'pip install "grokspec[cluster]"'
        ) from error
