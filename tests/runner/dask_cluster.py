"""A Dask cluster for tests: its scheduler and its workers are processes that can be killed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path


class DaskProcesses:
    """Processes of a scheduler and its workers, each with a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = ""
        self._processes: list[subprocess.Popen] = []

    def start_scheduler(self) -> subprocess.Popen:
        file = self.folder / "scheduler.json"
        options = ["--port", "0", "--no-dashboard", "--host", "127.0.0.1"]
        process = self._start("dask_scheduler", *options, "--scheduler-file", str(file))
        while not file.exists():
            assert process.poll() is None, "the scheduler has ended"
            time.sleep(0.02)
        self.address = str(file)
        return process

    def start_worker(self, *options: str, outside: Path | None = None) -> subprocess.Popen:
        """A worker that can import what a folder has; with "--nanny" it is started again."""
        nanny = [] if "--nanny" in options else ["--no-nanny"]
        named = (
            ["--scheduler-file", self.address] if self.address[-5:] == ".json" else [self.address]
        )
        own = self.folder / f"worker{len(self._processes)}"
        own.mkdir()
        common = ["--nthreads", "1", "--no-dashboard", "--local-directory", str(own)]
        return self._start("dask_worker", *named, *common, *nanny, *options, outside=outside)

    def end(self) -> None:
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()

    def _start(self, command: str, *options: str, outside: Path | None = None) -> subprocess.Popen:
        path = os.pathsep.join(filter(None, [str(outside or ""), os.environ.get("PYTHONPATH")]))
        process = subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{command}", *options],
            env={**os.environ, "PYTHONPATH": path},
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._processes.append(process)
        return process


@contextlib.contextmanager
def dask_processes(folder: Path) -> Iterator[DaskProcesses]:
    """Processes that end with the block."""
    processes = DaskProcesses(folder)
    try:
        yield processes
    finally:
        processes.end()
