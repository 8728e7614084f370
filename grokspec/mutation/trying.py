"""Judges mutants by the claims."""

from __future__ import annotations

import contextlib
import os
import queue
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed, wait
from functools import partial
from itertools import chain
from typing import TypeVar

from grokspec.claims.record import JudgedClaim
from grokspec.errors import GrokspecError
from grokspec.mutation.copies import copied, linked_store
from grokspec.mutation.judges import end_judges, judge_copy, preloaded
from grokspec.mutation.matrix import Kill, KillMatrix, MutantOutcome, Status
from grokspec.mutation.mutants import Mutant
from grokspec.mutation.selection import MutantTrial
from grokspec.statistics.verdict import Verdict
from grokspec.store import Store

SECONDS_BETWEEN_KILLS = 0.1
"""How often judges are ended once the work is stopped: some may just be starting."""

Show = Callable[[MutantOutcome], None]

T = TypeVar("T")


def try_all(
    trials: Sequence[MutantTrial],
    store: Store,
    show: Show,
    *,
    train: bool = True,
    workers: int = 1,
) -> KillMatrix:
    """Judge all mutants, ``workers`` at a time, and ``show`` each outcome.

    First the program itself is judged, which trains what the store does not have. Raises a
    GrokspecError if a verdict is unexpected even so. Without ``train``, mutants that cannot be
    judged without training are left out.
    """
    with preloaded():
        require_expected_verdicts(trials, store, train, workers=workers)
        calls = [partial(try_mutant, trial, store, train) for trial in trials]
        with at_once(workers, calls) as found:
            outcomes = {}
            for outcome in found:
                if outcome is not None:
                    show(outcome)
                    outcomes[outcome.id] = outcome
    ids = (trial.mutant.id for trial in trials)
    return KillMatrix(mutants=tuple(outcomes[id] for id in ids if id in outcomes))


def require_expected_verdicts(
    trials: Iterable[MutantTrial], store: Store, train: bool, *, workers: int = 1
) -> None:
    """Judge the program without any mutation by the claims of all mutants.

    Raises a GrokspecError unless every verdict is the expected one: such a claim could not show
    anything about a mutant.
    """
    calls = [partial(_judged, None, share, store, train) for share in _divided(trials, workers)]
    with at_once(len(calls), calls) as found:
        records = [record for judged in found for record in judged]
    if not records:
        raise GrokspecError(
            "none of the tests that should judge the mutants is a claim; see @claim"
        )
    unexpected = [
        f"  {r.test}: {r.verdict.value}, where {r.expected.value} was expected"
        for r in records
        if r.unexpected
    ]
    not_run = [f"  {r.test}: {r.statement}" for r in records if _is_not_run(r) and train]
    if unexpected or not_run:
        raise GrokspecError(
            "\n".join(
                [
                    "claims have unexpected verdicts even without a mutation; "
                    "correct them first, with pytest:",
                    *unexpected,
                    *not_run,
                ]
            )
        )


def try_mutant(trial: MutantTrial, store: Store, train: bool = True) -> MutantOutcome | None:
    """Judge one mutant; None if that needs training and ``train`` is false.

    Results are trained into a temporary store.
    """
    started, mutant = time.perf_counter(), trial.mutant
    records: Sequence[JudgedClaim] = ()
    with contextlib.suppress(GrokspecError):  # the mutated program may not even start
        records = _judged(mutant, trial.tests, store, train)
    kills = tuple(Kill.of(record) for record in records if record.unexpected)
    errors = tuple(r.test for r in records if _is_not_run(r)) if records else trial.tests
    if not (train or kills) and errors:
        return None
    return MutantOutcome(
        id=mutant.id,
        description=mutant.description,
        file=mutant.file,
        status=_status(mutant, bool(kills), bool(errors)),
        killed_by=kills,
        seconds=time.perf_counter() - started,
        equivalent=mutant.equivalent,
        errors=errors,
    )


def _judged(
    mutant: Mutant | None, tests: Sequence[str], store: Store, train: bool
) -> list[JudgedClaim]:
    """Have a copy of the program judge tests; a mutant uses a temporary store."""
    with copied(mutant) as place:
        own = store if mutant is None else linked_store(place / "store", store)
        options = [
            "--grokspec-device=cpu",
            f"--grokspec-store={own.folder}",
            f"--grokspec-run={'missing' if train else 'never'}",
        ]
        if mutant is not None:  # it has a core of its own
            options.append("--grokspec-workers=0")
        return judge_copy(place, [*tests, *options]).records()


def _divided(trials: Iterable[MutantTrial], shares: int) -> list[list[str]]:
    """The tests of all mutants, file by file, since those of a file read the same results."""
    files: dict[str, list[str]] = {}
    for test in sorted({test for trial in trials for test in trial.tests}):
        files.setdefault(test.partition("::")[0], []).append(test)
    own = list(files.values())
    return [list(chain(*own[share::shares])) for share in range(min(shares, len(own)))]


@contextlib.contextmanager
def at_once(workers: int, calls: Sequence[Callable[[], T]]) -> Iterator[Iterator[T]]:
    """Make calls that start judges, ``workers`` at a time; gives what they return as they end.

    Each has a share of the cores. An error within the block ends all judges.
    """
    with ThreadPoolExecutor(workers, initializer=_pin, initargs=(_shares(workers),)) as pool:
        pending = [pool.submit(call) for call in calls]
        try:
            yield (future.result() for future in as_completed(pending))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            while wait(pending, SECONDS_BETWEEN_KILLS).not_done:  # they remove their copies
                end_judges()
            raise


def _status(mutant: Mutant, killed: bool, error: bool) -> Status:
    if killed:
        return "killed"
    if mutant.equivalent is not None:
        return "equivalent"
    return "error" if error else "survived"


def _is_not_run(record: JudgedClaim) -> bool:
    return record.verdict is Verdict.NOT_RUN


def _shares(count: int) -> queue.Queue[set[int]]:
    """The cores that this process may use, divided into ``count`` shares."""
    shares: queue.Queue[set[int]] = queue.Queue()
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    for share in range(count):
        shares.put(set(cores[share % len(cores) :: count]) if cores else set())
    return shares


def _pin(shares: queue.Queue[set[int]]) -> None:
    """Restrict this thread, and the judges that it starts, to a share of the cores."""
    if share := shares.get():
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, share)
