"""What the claims make of a program with a fault in it."""

from __future__ import annotations

import contextlib
import os
import queue
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from grokspec.checklist import Checklist, Row
from grokspec.errors import GrokspecError
from grokspec.findings import Verdict
from grokspec.judging import judge
from grokspec.mutants.copies import GUARD, copied, surroundings
from grokspec.mutants.faults import Fault
from grokspec.mutants.selection import Trial
from grokspec.mutants.stores import seeded
from grokspec.mutants.table import KillTable, Outcome, Tried, Turned
from grokspec.store import Store

Tell = Callable[[Tried], None]


def try_all(
    trials: Sequence[Trial], store: Store, tell: Tell, *, train: bool = True, workers: int = 1
) -> KillTable:
    """Try every fault, so many at a time, after the program without any; ``tell`` each as it ends.

    The program without a fault is judged on the store itself, where what is missing is trained; a
    GrokspecError tells if a claim turns even so. Where nothing is to be trained, faults that no
    judging without it can decide are left out.
    """
    see_that_none_turns(trials, store, train)
    with ThreadPoolExecutor(workers, initializer=_settle, initargs=(_shares(workers),)) as pool:
        pending = {pool.submit(try_fault, trial, store, train): trial for trial in trials}
        try:
            came = {}
            for future in as_completed(pending):
                if (tried := future.result()) is not None:
                    tell(tried)
                    came[tried.id] = tried
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return KillTable(tuple(came[t.fault.id] for t in trials if t.fault.id in came))


def see_that_none_turns(trials: Iterable[Trial], store: Store, train: bool) -> None:
    """Judge the program without a fault on the claims of all; a GrokspecError if one is not in
    order, for what a claim then says of a fault would say nothing."""
    tests = list(dict.fromkeys(test for trial in trials for test in trial.tests))
    rows = _judged(None, tests, store, train).rows()
    if not rows:
        raise GrokspecError("the tests that are to judge the faults hold no claim; see @claim")
    turned = [
        f"  {row.test}: on record {row.recorded}, now {row.verdict}" for row in rows if row.turned
    ]
    unjudged = [f"  {row.test}: {row.statement}" for row in rows if _is_unjudged(row) and train]
    if turned or unjudged:
        raise GrokspecError(
            "\n".join(
                [
                    "claims that are not in order on the program as it is, without a fault; "
                    "mend them first, with pytest:",
                    *turned,
                    *unjudged,
                ]
            )
        )


def try_fault(trial: Trial, store: Store, train: bool = True) -> Tried | None:
    """See which claims a fault turns; None if it takes training to tell, and there is to be none.

    What is trained goes to a store that is gone afterwards.
    """
    started, fault, rows = time.perf_counter(), trial.fault, []
    with contextlib.suppress(GrokspecError):  # the program with the fault in it may not even start
        rows = _judged(fault, trial.tests, store, train).rows()
    turned = tuple(Turned(r.id, r.test, r.verdict, r.recorded) for r in rows if r.turned)
    broken = tuple(row.test for row in rows if _is_unjudged(row)) if rows else trial.tests
    if not (train or turned) and broken:
        return None
    return Tried(
        id=fault.id,
        says=fault.says,
        file=fault.file,
        outcome=_outcome(fault, bool(turned), bool(broken)),
        caught_by=turned,
        seconds=time.perf_counter() - started,
        explained=fault.explained,
        broken=broken,
    )


def _judged(fault: Fault | None, tests: Sequence[str], store: Store, train: bool) -> Checklist:
    """What a copy of the program makes of some tests. A fault gets a store of its own."""
    with copied(fault) as place:
        own = store if fault is None else seeded(place / "store", store)
        options = ["-n0", "-p", GUARD, "--grokspec-device=cpu", f"--grokspec-store={own.folder}"]
        options += [f"--grokspec-run={'missing' if train else 'never'}"]
        # Started in the folder of the copy, as Python looks for modules where it is started first.
        judged = judge(
            [Path(test) for test in tests],
            *options,
            folder=place,
            environment=surroundings(place),
        )
        return judged.checklist


def _outcome(fault: Fault, turned: bool, broken: bool) -> Outcome:
    if turned:
        return "caught"
    if fault.explained is not None:
        return "explained"
    return "broken" if broken else "survived"


def _is_unjudged(row: Row) -> bool:
    return row.verdict == Verdict.NOT_RUN.value


def _shares(count: int) -> queue.Queue[set[int]]:
    """The cores that this process may use, divided into so many shares, as far as they go."""
    shares: queue.Queue[set[int]] = queue.Queue()
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    for share in range(count):
        shares.put(set(cores[share % len(cores) :: count]) if cores else set())
    return shares


def _settle(shares: queue.Queue[set[int]]) -> None:
    """Keep this thread, and what it starts, to a share of the cores.

    What is trained takes a process for every core that there is, and several faults at a time
    would have that many times as many.
    """
    if share := shares.get():
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, share)
