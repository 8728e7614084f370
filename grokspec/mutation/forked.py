"""A pytest plugin that tries mutants in processes forked from one that has collected the tests.

Nothing is imported again for a mutant: the code of the one function that it changes is replaced, in
every function object that has it. So a mutant takes as long as the tests that reach it, of which
the fastest come first, and the first that fails ends it.

First all tests are run without a mutation, to see which pass and which lines each of them reaches.
A mutant of a constant or of a default value acts when its module is imported, so it is already in
the program, and nothing is replaced.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import CodeType, FunctionType
from typing import TYPE_CHECKING

import pytest
from pydantic import TypeAdapter
from threadpoolctl import threadpool_limits

from grokspec.claims.record import Record
from grokspec.mutation.matrix import Kill
from grokspec.pytest_plugin.verdicts import judged_in

if TYPE_CHECKING:
    from coverage import Coverage

PROGRAM = Path(__file__).resolve().parents[1]

MORE_SECONDS, TIMES_AS_LONG = 3.0, 5.0
"""How much longer than without a mutation a test may compute before it counts as endless."""


class Replacement(Record):
    """A mutant, as the judge gets it."""

    id: str
    file: str
    function: str
    """Whose code is replaced; empty if the program itself is the mutant."""
    lines: tuple[int, int]
    text: str
    """That of the whole file, mutated."""
    tests: tuple[str, ...] | None = None
    """Those to run, if it is known which; otherwise those that reach the lines."""


class Passed(Record):
    """A test that passes without a mutation."""

    test: str
    seconds: float
    lines: dict[str, tuple[int, ...]]
    """Those it reaches, by file."""


class Trial(Record):
    """What the tests make of a mutant."""

    id: str
    reached: int
    """How many tests reach it."""
    test: str | None = None
    """The test that failed first."""
    claim: Kill | None = None
    """Whose verdict is another one, if the test is a claim."""
    errors: tuple[str, ...] = ()
    """Claims that reached no verdict."""
    reason: str = ""
    """How it ended, if not by a test: a signal, or too long."""
    seconds: float = 0.0


class Jobs(Record):
    """What a judge has to do; it writes a line of JSON for each mutant into ``outcomes``."""

    mutants: tuple[Replacement, ...]
    files: tuple[str, ...]
    """Whose lines count, inside the package."""
    outcomes: Path
    passed: Path
    """The tests that pass without a mutation, written if there is no such file."""
    workers: int


Functions = dict[tuple[str, str], list[FunctionType]]

PASSED = TypeAdapter(list[Passed])


def pytest_addoption(parser: pytest.Parser) -> None:
    """Name the file of jobs."""
    parser.addoption("--grokspec-jobs", help="a file of mutants to try")


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Try the mutants in the place of running the tests once."""
    if session.testsfailed:
        raise session.Interrupted(f"{session.testsfailed} errors during collection")
    jobs = Jobs.model_validate_json(Path(session.config.getoption("--grokspec-jobs")).read_bytes())
    items = {item.nodeid: item for item in session.items}
    if not jobs.passed.exists():
        _in_fork(lambda: _run_all(session, jobs))
    passed = PASSED.validate_json(jobs.passed.read_bytes())
    passed.sort(key=lambda one: one.seconds)
    with jobs.outcomes.open("a") as outcomes:
        for trial in _try_each(session, jobs, passed, items):
            outcomes.write(trial.model_dump_json() + "\n")
            outcomes.flush()
    return True


# Without a mutation


def _run_all(session: pytest.Session, jobs: Jobs) -> None:
    """Run every test, and write which pass and what they reach."""
    from coverage import Coverage

    files = {str(PROGRAM / name): name for name in jobs.files}
    coverage = Coverage(data_file=None, config_file=False, include=list(files))
    seconds = {}
    coverage.start()
    with _own_folder():
        for number, item in enumerate(session.items):
            coverage.switch_context(item.nodeid)
            started = time.process_time()
            reports = _run(item, next(iter(session.items[number + 1 :]), None))
            if all(report.passed for report in reports):
                seconds[item.nodeid] = time.process_time() - started
    coverage.stop()
    reached = _lines_by_test(coverage, files)
    passed = [
        Passed(test=test, seconds=spent, lines=reached.get(test, {}))
        for test, spent in seconds.items()
    ]
    jobs.passed.write_bytes(PASSED.dump_json(passed))


def _lines_by_test(
    coverage: Coverage, files: dict[str, str]
) -> dict[str, dict[str, tuple[int, ...]]]:
    """The lines that each test reaches in each file."""
    reached: dict[str, dict[str, tuple[int, ...]]] = defaultdict(lambda: defaultdict(tuple))
    data = coverage.get_data()
    for path in set(data.measured_files()) & set(files):
        for line, tests in data.contexts_by_lineno(path).items():
            for test in tests:
                reached[test][files[path]] += (line,)
    return reached


def _reaching(mutant: Replacement, passed: Sequence[Passed]) -> list[Passed]:
    """The tests that reach a mutant."""
    if mutant.tests is not None:
        return [one for one in passed if one.test in mutant.tests]
    first, last = mutant.lines
    return [
        one
        for one in passed
        if any(first <= line <= last for line in one.lines.get(mutant.file, ()))
    ]


# With one


def _try_each(
    session: pytest.Session,
    jobs: Jobs,
    passed: Sequence[Passed],
    items: dict[str, pytest.Item],
) -> Iterator[Trial]:
    """Try so many mutants at a time; gives their trials as they end."""
    waiting = list(reversed(jobs.mutants))
    running: dict[int, tuple[BaseProcess, Replacement, Path, float]] = {}
    folder = Path(tempfile.mkdtemp(dir=jobs.outcomes.parent))
    functions = functions_of(jobs.files)
    threadpool_limits(1)
    gc.collect()
    gc.freeze()  # a collection in each process would copy all that they share
    while waiting or running:
        while waiting and len(running) < jobs.workers:
            mutant = waiting.pop()
            reaching = [one for one in _reaching(mutant, passed) if one.test in items]
            if not reaching:
                yield Trial(id=mutant.id, reached=0)
                continue
            file = folder / str(len(waiting))
            process = _forked(_trying(mutant, functions, reaching, items, file))
            running[process.sentinel] = process, mutant, file, time.perf_counter()
        for sentinel in wait(list(running)):
            process, mutant, file, started = running.pop(sentinel)  # type: ignore[arg-type]
            process.join()
            seconds = time.perf_counter() - started
            yield trial_in(file, mutant.id, process.exitcode).model_copy(
                update={"seconds": seconds}
            )


def trial_in(file: Path, id: str, code: int | None) -> Trial:
    """The trial that a process wrote; a test that did not end has noticed the mutant."""
    if not file.exists():
        return Trial(id=id, reached=0, reason=f"the process ended with code {code}")
    trial = Trial.model_validate_json(file.read_bytes())
    if code == 0:
        return trial
    if code == -signal.SIGPROF:
        return trial.model_copy(update={"reason": "does not end"})
    return trial.model_copy(update={"test": None, "reason": f"the process ended with code {code}"})


def _trying(
    mutant: Replacement,
    functions: Functions,
    reaching: Sequence[Passed],
    items: dict[str, pytest.Item],
    file: Path,
) -> Callable[[], None]:
    """Judge a mutant by the tests that reach it, up to the first that fails."""

    def judge() -> None:
        if mutant.function:
            replace_code(mutant, functions)
        with _own_folder():
            tests = [(items[one.test], one.seconds) for one in reaching]
            trial = _first_failure(Trial(id=mutant.id, reached=len(tests)), tests, file)
        file.write_text(trial.model_dump_json())

    return judge


def _first_failure(trial: Trial, tests: Sequence[tuple[pytest.Item, float]], file: Path) -> Trial:
    """Run tests, each with its seconds without a mutation, up to the first that fails.

    The file names the test that is running.
    """
    errors: list[str] = []
    for number, (item, seconds) in enumerate(tests):
        following = tests[number + 1][0] if number + 1 < len(tests) else None
        file.write_text(trial.model_copy(update={"test": item.nodeid}).model_dump_json())
        _end_after(MORE_SECONDS + TIMES_AS_LONG * seconds)
        reports = _run(item, following)
        if not any(report.failed for report in reports):
            continue
        records = [record for report in reports if (record := judged_in(report))]
        if not records:
            return trial.model_copy(update={"test": item.nodeid, "errors": tuple(errors)})
        for record in records:
            if record.unexpected:
                kill = {"claim": Kill.of(record), "test": record.test}
                return trial.model_copy(update={**kill, "errors": tuple(errors)})
            errors.append(record.test)
    return trial.model_copy(update={"errors": tuple(errors)})


def functions_of(files: Collection[str]) -> Functions:
    """All functions that are loaded from these files, by file and qualified name."""
    names = {str(PROGRAM / file): file for file in files}
    found: Functions = defaultdict(list)
    for one in gc.get_objects():
        if isinstance(one, FunctionType) and (file := names.get(one.__code__.co_filename)):
            found[file, one.__qualname__].append(one)
    return found


def replace_code(mutant: Replacement, functions: Functions) -> None:
    """Give the function that is mutated its new code, wherever it is already referred to.

    Functions that it has made have theirs replaced, too. Raises a LookupError if there is none.
    """
    path = str(PROGRAM / mutant.file)
    code = code_of(compile(mutant.text, path, "exec", dont_inherit=True), mutant)
    found = [
        function
        for function in functions[mutant.file, mutant.function]
        if function.__code__.co_name == code.co_name  # and not one that wraps it
    ]
    within = {_place(part): part for part in _all_within(code)}
    inner = [
        (function, new)
        for (file, _), ones in functions.items()
        if file == mutant.file
        for function in ones
        if (new := within.get(_place(function.__code__)))
    ]
    if not found:
        raise LookupError(f"{mutant.id}: {mutant.function} is not loaded")
    for function, new in [*((function, code) for function in found), *inner]:
        function.__code__ = new


def _all_within(code: CodeType) -> Iterator[CodeType]:
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield part
            yield from _all_within(part)


def _place(code: CodeType) -> tuple[str, int]:
    """By which code is found again: a change leaves all lines where they are."""
    return code.co_name, code.co_firstlineno


def code_of(module: CodeType, mutant: Replacement) -> CodeType:
    """The code of the function, in that of its module.

    Of several with its name, as of a property and its setter, it is the one around the change.
    """
    found = [module]
    for name in mutant.function.split("."):
        found = [
            part
            for code in found
            for part in code.co_consts
            if isinstance(part, CodeType) and part.co_name == name
        ]
    before = [code for code in found if code.co_firstlineno <= mutant.lines[0]]
    return max(before, key=lambda code: code.co_firstlineno)


# Processes


def _forked(call: Callable[[], None]) -> BaseProcess:
    process = multiprocessing.get_context("fork").Process(target=_with_parent, args=(call,))
    process.start()
    return process


def _in_fork(call: Callable[[], None]) -> None:
    """Call it in a process of its own, so that this one remains as it is."""
    _forked(call).join()


def _with_parent(call: Callable[[], None]) -> None:
    """Call it, and end if the judge does."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=end, daemon=True).start()
    call()


class _own_folder(tempfile.TemporaryDirectory[str]):  # noqa: N801
    """A folder for the temporary files of the tests in this process."""

    def __enter__(self) -> str:
        tempfile.tempdir = super().__enter__()
        return tempfile.tempdir


def _end_after(seconds: float) -> None:
    """Have this process ended once it has computed for so long, however busy the machine is."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds)


# One test


_reports: list[pytest.TestReport] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Keep what a test gives."""
    _reports.append(report)


def _run(item: pytest.Item, following: pytest.Item | None) -> list[pytest.TestReport]:
    _reports.clear()
    item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
    return list(_reports)
