"""Tries mutants made by rule: by the tests of their room, then by the claims over stored results.

The tests come first since they take milliseconds; claims judge what is left. Nothing is trained but
what a test trains itself, and a claim whose results the store does not have judges nothing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from grokspec.claims.judging import nothing_judged
from grokspec.errors import GrokspecError
from grokspec.formatting import shown_path
from grokspec.mutation.by_rule import RuleMutant
from grokspec.mutation.copies import copied
from grokspec.mutation.forked import PASSED, Jobs, Replacement, Trial
from grokspec.mutation.judges import end_judges, preloaded, run_copy
from grokspec.mutation.mutants import PROGRAM
from grokspec.mutation.rule_matrix import RuleMatrix, RuleOutcome
from grokspec.mutation.trying import at_once
from grokspec.store import Store

SECONDS_BETWEEN_LOOKS = 0.3
"""How often the trials that have ended are looked for."""

Show = Callable[[RuleOutcome], None]


@dataclass
class _Judges:
    """A run of pytest that judges mutants: its arguments, and which tests pass without one."""

    arguments: Sequence[str]
    folder: Path
    workers: int
    try_unreached: bool = False
    """Whether to import the program with what no test reaches: it may act at import."""
    passed: Path = field(init=False)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.passed = self.folder / "passed.json"


def try_by_rule(
    mutants: Sequence[RuleMutant],
    tests: Path,
    claims: Path | None,
    store: Store,
    show: Show,
    *,
    equivalent: Mapping[str, str],
    workers: int = 1,
) -> RuleMatrix:
    """Judge mutants by the tests of their room in a folder, and by the claims of another if named.

    ``equivalent`` are reasons by id. Raises a GrokspecError if a room has no tests, and if pytest
    judges nothing.
    """
    rooms = dict.fromkeys(mutant.room for mutant in mutants)
    for room in rooms:
        if not (tests / room).is_dir():
            raise GrokspecError(f"{shown_path(tests / room)}: there is no such folder of tests")
    outcomes = {mutant.id: _untried(mutant, equivalent) for mutant in mutants}

    def judge(judges: _Judges, room: str | None = None) -> None:
        left = [m for m in mutants if not _is_killed(outcomes[m.id]) and room in (None, m.room)]
        for trial in _trials(left, judges):
            outcome = outcomes[trial.id] = _judged(outcomes[trial.id], trial)
            if room is None or claims is None or _is_killed(outcome):
                show(outcome)

    with preloaded(), tempfile.TemporaryDirectory(prefix="grokspec-") as folder:
        for room in rooms:
            own = [str((tests / room).absolute())]
            judge(_Judges(own, Path(folder) / f"tests-{room}", workers, True), room)
        if claims is None:
            return RuleMatrix(mutants=tuple(outcomes.values()))
        stored = ["--grokspec-run=never", "--stale=fail", f"--grokspec-store={store.folder}"]
        options = [str(claims.absolute()), "--grokspec-device=cpu", *stored]
        judge(_Judges(options, Path(folder) / "claims", workers))
    return RuleMatrix(mutants=tuple(outcomes.values()))


def _trials(mutants: Sequence[RuleMutant], judges: _Judges) -> Iterator[Trial]:
    """Try mutants, first those whose code can be replaced in a running program."""
    if not mutants:
        return
    files = tuple(sorted({mutant.file for mutant in mutants}))
    running = [_replacement(mutant) for mutant in mutants if not mutant.at_import]
    at_import = {mutant.id for mutant in mutants if mutant.at_import}
    for trial in _forked_trials(running, files, judges):
        if judges.try_unreached and not (trial.reached or trial.reason):
            at_import.add(trial.id)
        else:
            yield trial
    calls = [
        partial(_imported_trial, mutant, judges) for mutant in mutants if mutant.id in at_import
    ]
    if calls:
        with at_once(judges.workers, calls) as found:
            yield from found


def _forked_trials(
    mutants: Sequence[Replacement], files: tuple[str, ...], judges: _Judges
) -> Iterator[Trial]:
    """Try mutants in processes forked from one; gives their trials as they end."""
    with copied() as place, ThreadPoolExecutor(1) as pool:
        jobs = _jobs(place, mutants, files, judges, judges.workers)
        judging = pool.submit(run_copy, place, _arguments(place, jobs, judges))
        try:
            given = 0
            while True:
                is_done = bool(wait([judging], SECONDS_BETWEEN_LOOKS).done)
                trials = _read(jobs.outcomes)
                yield from trials[given:]
                given = len(trials)
                if is_done:
                    break
        except BaseException:
            end_judges()
            raise
    code, output = judging.result()
    if given < len(mutants) or not judges.passed.exists():
        raise nothing_judged(judges.arguments, code, output)


def _imported_trial(mutant: RuleMutant, judges: _Judges) -> Trial:
    """Try one mutant in a program that is imported with it."""
    passed = PASSED.validate_json(judges.passed.read_bytes())
    tests = tuple(one.test for one in passed)  # to read a constant reaches no line
    if not tests:
        return Trial(id=mutant.id, reached=0)
    with copied(mutant) as place:
        replacement = Replacement(
            id=mutant.id, file=mutant.file, function="", lines=mutant.lines, text="", tests=tests
        )
        jobs = _jobs(place, [replacement], (mutant.file,), judges, 1)
        run_copy(place, _arguments(place, jobs, judges))
        trials = _read(jobs.outcomes)
    reason = "the tests do not start"
    return trials[0] if trials else Trial(id=mutant.id, reached=len(tests), reason=reason)


def _jobs(
    place: Path,
    mutants: Sequence[Replacement],
    files: tuple[str, ...],
    judges: _Judges,
    workers: int,
) -> Jobs:
    outcomes = place / "outcomes.jsonl"
    outcomes.touch()
    jobs = Jobs(
        mutants=tuple(mutants),
        files=files,
        outcomes=outcomes,
        passed=judges.passed,
        workers=workers,
    )
    (place / "jobs.json").write_text(jobs.model_dump_json())
    return jobs


def _arguments(place: Path, jobs: Jobs, judges: _Judges) -> list[str]:
    plugin = ["-p", "grokspec.mutation.forked", f"--grokspec-jobs={place / 'jobs.json'}"]
    return [*judges.arguments, *plugin]


def _read(outcomes: Path) -> list[Trial]:
    """The trials written so far; the last line may not be whole yet."""
    lines = outcomes.read_text().split("\n")
    return [Trial.model_validate_json(line) for line in lines[:-1]]


def _replacement(mutant: RuleMutant) -> Replacement:
    text = mutant.mutate((PROGRAM / mutant.file).read_text(encoding="utf-8"))
    return Replacement(
        id=mutant.id, file=mutant.file, function=mutant.function, lines=mutant.lines, text=text
    )


def _untried(mutant: RuleMutant, equivalent: Mapping[str, str]) -> RuleOutcome:
    reason = equivalent.get(mutant.id)
    return RuleOutcome(
        id=mutant.id,
        description=mutant.description,
        file=mutant.file,
        line=mutant.line,
        rule=mutant.rule,
        status="survived" if reason is None else "equivalent",
        equivalent=reason,
    )


def _judged(outcome: RuleOutcome, trial: Trial) -> RuleOutcome:
    """The outcome after one more trial."""
    changes: dict[str, object] = {
        "reached": outcome.reached + trial.reached,
        "seconds": outcome.seconds + trial.seconds,
    }
    if trial.claim is not None:
        changes |= {"status": "killed", "claim": trial.claim}
    elif trial.test is not None:
        changes |= {"status": "killed", "test": trial.test, "reason": trial.reason}
    elif (trial.reason or trial.errors) and outcome.status != "equivalent":
        crashed = f"no verdict on {', '.join(trial.errors)}"
        changes |= {"status": "error", "reason": trial.reason or crashed}
    return outcome.model_copy(update=changes)


def _is_killed(outcome: RuleOutcome) -> bool:
    return outcome.status == "killed"
