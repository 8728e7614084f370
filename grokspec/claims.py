"""A claim: a sentence that can turn out wrong, where it is made, and the verdict on record.

    @claim("P06", "§5.1, Fig. 3a", spec="polynomial/alpha", control=permuted("alpha"))
    def test_delay_grows_with_laziness(results):
        \"\"\"The lazier the network, the longer generalisation lags behind memorisation.\"\"\"
        assert trend(grokking_delay(results), along="alpha").increases

A claim only reads results. The pytest plugin has the runs of its spec trained beforehand, judges
it, and is content when the verdict is the one on record, be that supported, refuted or
inconclusive.
"""

from __future__ import annotations

import contextlib
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from grokspec.errors import Mistake, suggestion
from grokspec.findings import (
    WORST_FIRST,
    Finding,
    NotSupportedError,
    Verdict,
    all_of,
    consultation,
)

Test = TypeVar("Test", bound=Callable[..., Any])
Results = Any
"""What a claim reads: an ``xarray.Dataset``, or a dict of them by spec if it names several."""


@dataclass(frozen=True)
class Control:
    """An experiment on which the verdict of a claim must turn, or the claim has no teeth.

    ``transform`` takes a copy of the results of one spec and returns what the claim is judged on
    instead. Of a claim on several specs it is given those in ``specs``, or all if that is empty;
    of a claim on theory, what that is given. ``change`` is a piece of TOML that is laid on top of
    these specs beforehand, so that their runs are others. `grokspec.controls` has the usual ones.
    """

    sentence: str  # what was done to the experiment: "alpha permuted across runs"
    transform: Callable[[Any], Any]
    specs: tuple[str, ...] = ()
    change: str = ""

    def of(self, *specs: str) -> Control:
        """Give this control to only some of the specs that a claim names."""
        return replace(self, sentence=f"{self.sentence} in {', '.join(specs)}", specs=specs)

    def change_of(self, spec: str) -> str:
        """What is laid on top of a spec that the claim names."""
        return self.change if not self.specs or spec in self.specs else ""

    def apply(self, results: Results) -> Results:
        """Do to the results of a claim what the control says."""
        if not isinstance(results, dict):  # a Dataset is a Mapping, too
            return self.transform(results)
        return {
            name: self.transform(one) if not self.specs or name in self.specs else one
            for name, one in results.items()
        }

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True)
class Claim:
    """What a claim says of itself; see `claim` for the fields."""

    id: str
    source: str
    specs: tuple[str, ...]
    recorded: str
    controls: tuple[Control, ...]
    counters: tuple[Control, ...]
    given: Any
    headline: bool | str
    sentence: str
    shadows: int | None  # line of an earlier claim in the same module with the same function name

    @property
    def verdict(self) -> Verdict:
        """The verdict on record."""
        return Verdict(self.recorded)

    @property
    def turning(self) -> tuple[Control, ...]:
        """The experiments that must turn the verdict on record.

        Those of a supported claim are its controls, of a refuted one its counter-experiments; one
        that was left open has no verdict to turn.
        """
        turning = {Verdict.SUPPORTED: self.controls, Verdict.REFUTED: self.counters}
        return turning.get(self.verdict, ())

    def mistakes(self) -> list[str]:
        """What is wrong with the claim as written, each with its remedy."""
        known = [v.value for v in reversed(WORST_FIRST)]
        found = []
        if not self.id.strip():
            found.append('a claim has no id; give the one it is known by, like "P06"')
        if not self.source.strip():
            found.append("a claim has no source; give the section, figure or equation it is from")
        if not self.sentence:
            found.append(
                "a claim has no docstring; its first sentence is the claim in your own words"
            )
        if self.recorded not in known:
            found.append(
                f'verdict = "{self.recorded}" cannot be put on record; '
                f"{suggestion(self.recorded, known)}"
            )
        found += self._untold_teeth()
        if self.shadows is not None:
            found.append(
                f"the claim at line {self.shadows} has the same function name, so that only this "
                "one would be judged; rename one of them"
            )
        return found

    def _untold_teeth(self) -> list[str]:
        """What is wrong with the experiments that must turn the verdict."""
        found = []
        if not (self.controls or (self.counters and self.recorded == Verdict.REFUTED.value)):
            found.append(
                "a claim has no control; name an experiment on which it must fail, "
                'like control=permuted("alpha") (see grokspec.controls)'
            )
        if self.counters and self.recorded != Verdict.REFUTED.value:
            found.append(
                'a counter-experiment is for a claim on record as "refuted": on it the claim must '
                "be supported; what a supported claim must fail on is its control"
            )
        for given in (*self.controls, *self.counters):
            if not isinstance(given, Control):
                found.append(
                    f"{given!r} is no experiment that can be run; make it one with a function of "
                    "grokspec.controls, or as a Control of your own"
                )
            elif not given.sentence.strip():
                found.append("a control has no sentence; say what it does to the experiment")
        return found


def claim(
    id: str,
    source: str,
    *,
    spec: str | tuple[str, ...] | list[str] | None = None,
    given: Any = None,
    verdict: str = "supported",
    control: Control | tuple[Control, ...] | list[Control] | None = None,
    counter: Control | tuple[Control, ...] | list[Control] | None = None,
    headline: bool | str = False,
) -> Callable[[Test], Test]:
    """Make a test function a claim.

    ``id`` is what the claim is known by; several tests may share one. ``source`` says where the
    paper makes it. ``spec`` names the spec, or specs, whose results it reads (the path below the
    specs folder, without ".toml"); a claim on theory alone has none, and says in ``given`` what it
    is about instead: a formula, say. ``verdict`` is the one on record. ``control`` is an experiment
    on which the claim must not be supported, or several. ``counter``, of a claim on record as
    refuted, is one on which it must be supported: what nothing could support was not refuted by
    the experiment. ``headline`` claims come first in every report; a few words instead of True put
    those that bear on one statement under it.

    The function takes ``results`` (or ``given``), and the first sentence of its docstring is the
    claim. What is wrong with any of this is reported when the tests are collected, not here.
    """

    def mark(test: Test) -> Test:
        import pytest

        made = Claim(
            id=id,
            source=source,
            specs=_several(spec),
            recorded=verdict,
            controls=_several(control),
            counters=_several(counter),
            given=given,
            headline=headline,
            sentence=first_sentence(inspect.getdoc(test) or ""),
            shadows=_line_of_namesake(test),
        )
        return pytest.mark.claim(made)(test)

    return mark


class NothingJudgedError(Exception):
    """A claim ended without having consulted a finding."""


@dataclass
class Hearing:
    """A claim being judged; what it rests on is there when it is over."""

    finding: Finding | None = None


@contextlib.contextmanager
def hearing() -> Iterator[Hearing]:
    """Judge a claim whose body runs within the block.

    SUPPORTED if it comes to its end; the first finding that is not supported ends it, with that
    finding's verdict. Every other exception, a plain AssertionError included, is passed on: a
    claim that breaks has refuted nothing. So is `NothingJudgedError`, raised where no finding
    was consulted.
    """
    held = Hearing()
    with consultation() as consulted, contextlib.suppress(NotSupportedError):
        yield held
    if not consulted:
        raise NothingJudgedError(
            "the claim judged nothing: it asserts no finding; end it with one, "
            'like assert trend(delay, along="alpha").increases'
        )
    # A finding that is not supported counts even where its NotSupportedError was swallowed.
    against = [finding for finding in consulted if finding.verdict is not Verdict.SUPPORTED]
    held.finding = against[0] if against else all_of(*consulted)


def first_sentence(text: str) -> str:
    """The first sentence of a docstring, on one line."""
    paragraph = " ".join(text.split("\n\n")[0].split())
    return re.split(r"(?<=[.!?])\s+(?=[^\W\d_a-z])", paragraph, maxsplit=1)[0]


def find_spec(name: str, folder: Path | None, place: str) -> Path | Mistake:
    """The file of a spec named by a claim, or the mistake of naming one that is not there."""
    from grokspec.spec.source import shown_path

    if folder is None:
        return Mistake(
            f'spec = "{name}": there is no folder called "specs" here or above; '
            "make one, or name it as grokspec_specs in the pytest configuration",
            place,
        )
    path = folder / f"{name}.toml"
    if path.is_file():
        return path
    known = (p.relative_to(folder).with_suffix("").as_posix() for p in folder.rglob("*.toml"))
    remedy = suggestion(name, known, none="the folder of specs has none")
    return Mistake(f'spec = "{name}": there is no file {shown_path(path)}; {remedy}', place)


def _several(one_or_more: Any) -> tuple[Any, ...]:
    if one_or_more is None:
        return ()
    return tuple(one_or_more) if isinstance(one_or_more, (tuple, list)) else (one_or_more,)


def _line_of_namesake(test: Callable[..., Any]) -> int | None:
    """The line of a claim defined earlier in the same module under this very name."""
    if test.__qualname__ != test.__name__:
        return None
    earlier: Any = test.__globals__.get(test.__name__)
    if any(mark.name == "claim" for mark in getattr(earlier, "pytestmark", ())):
        return int(inspect.unwrap(earlier).__code__.co_firstlineno)
    return None
