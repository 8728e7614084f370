"""A claim: a sentence that can be wrong, its source, and the verdict that is expected.

    @claim("P06", "§5.1, Fig. 3a", spec="polynomial/alpha", control=permuted("alpha"))
    def test_delay_grows_with_laziness(results):
        \"\"\"The lazier the network, the longer generalization lags behind memorization.\"\"\"
        assert trend(grokking_delay(results), along="alpha").increases

A claim only reads results; the pytest plugin trains the runs of its spec beforehand. The test
passes if the verdict (supported, refuted or inconclusive) is the expected one.
"""

from __future__ import annotations

import contextlib
import inspect
import os
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from grokspec.claims.controls import Control
from grokspec.errors import Mistake, suggestion
from grokspec.formatting import shown_path
from grokspec.statistics.finding import Finding, NotSupportedError, all_of, recorded_findings
from grokspec.statistics.verdict import WORST_FIRST, Verdict

Test = TypeVar("Test", bound=Callable[..., Any])


@dataclass(frozen=True)
class Claim:
    """The fields of a claim; see `claim`."""

    id: str
    source: str
    specs: tuple[str, ...]
    expected: str
    negative_controls: tuple[Control, ...]
    positive_controls: tuple[Control, ...]
    given: Any
    headline: bool | str
    about: str
    says: str
    sentence: str
    shadows: int | None
    """Line of an earlier claim in the same module with the same function name."""

    @property
    def expected_verdict(self) -> Verdict:
        """``expected`` as a Verdict."""
        return Verdict(self.expected)

    @property
    def controls(self) -> tuple[Control, ...]:
        """The controls that must change the expected verdict.

        These are the negative controls of a claim that is expected to be supported, and the
        positive ones of a claim that is expected to be refuted.
        """
        return self.controls_of(self.expected_verdict)

    def controls_of(self, expected: Verdict) -> tuple[Control, ...]:
        """The controls that must change this verdict, if it is the expected one."""
        controls = {
            Verdict.SUPPORTED: self.negative_controls,
            Verdict.REFUTED: self.positive_controls,
        }
        return controls.get(expected, ())

    def mistakes(self, at_profiles: Collection[Verdict] = ()) -> list[str]:
        """What is wrong with the claim as written, each with its remedy.

        ``at_profiles`` are the verdicts that other profiles expect, for which it has controls, too.
        """
        known = [v.value for v in reversed(WORST_FIRST)]
        if found := self._mistakes_in_types():
            return found
        if not self.id.strip():
            found.append('a claim has no id; give one, like "P06"')
        if not self.source.strip():
            found.append("a claim has no source; give its section, figure or equation in the paper")
        if not self.sentence:
            found.append(
                "a claim has no docstring; its first sentence is the claim in your own words"
            )
        if self.expected not in known:
            found.append(
                f'expected = "{self.expected}" is not a verdict; {suggestion(self.expected, known)}'
            )
        found += self._mistakes_in_controls(at_profiles)
        if self.shadows is not None:
            found.append(
                f"the claim at line {self.shadows} has the same function name, so that only this "
                "one would be judged; rename one of them"
            )
        return found

    def _mistakes_in_types(self) -> list[str]:
        """Fields that are no text, although they should be."""
        texts = {"id": [self.id], "source": [self.source], "expected": [self.expected]}
        texts |= {"spec": list(self.specs), "about": [self.about], "says": [self.says]}
        texts |= {"headline": [] if isinstance(self.headline, bool) else [self.headline]}
        return [
            f"{name} = {value!r} is no text; write it in quotes"
            for name, values in texts.items()
            for value in values
            if not isinstance(value, str)
        ]

    def _mistakes_in_controls(self, at_profiles: Collection[Verdict]) -> list[str]:
        found = []
        refuted = self.expected == Verdict.REFUTED.value
        if not (self.negative_controls or (self.positive_controls and refuted)):
            found.append(
                "a claim has no control; name an experiment on which it must fail, "
                'like control=permuted("alpha") (see grokspec.claims.controls)'
            )
        if self.positive_controls and not refuted and Verdict.REFUTED not in at_profiles:
            found.append(
                'a positive control is for a claim with expected="refuted", which it must make '
                "supported; give a supported claim a negative control, as control="
            )
        for given in (*self.negative_controls, *self.positive_controls):
            if not isinstance(given, Control):
                found.append(
                    f"{given!r} is not a control; make one with a function of "
                    "grokspec.claims.controls, or write a Control of your own"
                )
            elif not isinstance(given.sentence, str) or not given.sentence.strip():
                found.append("a control has no sentence; say what it does to the experiment")
        return found


def claim(
    id: str,
    source: str,
    *,
    spec: str | tuple[str, ...] | list[str] | None = None,
    given: Any = None,
    expected: str = "supported",
    control: Control | tuple[Control, ...] | list[Control] | None = None,
    positive_control: Control | tuple[Control, ...] | list[Control] | None = None,
    headline: bool | str = False,
    about: str = "",
    says: str = "",
) -> Callable[[Test], Test]:
    """Make a test function a claim.

    The function takes ``results`` (or ``given``), and the first sentence of its docstring is the
    claim. Mistakes are reported when the tests are collected, not here.

    ``id`` identifies the claim; several tests may share it. ``source`` says where the paper makes
    it. ``spec`` names the spec or specs whose results it reads: the path below the specs folder, or
    below the folder of its pack there, without ".toml". A claim on theory alone has none, and is
    ``given`` what it is about, for example a formula. ``expected`` is the expected verdict.

    ``control`` is one or more negative controls: experiments on which the claim must not be
    supported. ``positive_control`` is for a claim that is expected to be refuted: experiments on
    which it must be supported, since any experiment would refute a claim that nothing supports.

    ``headline`` claims come first in every report. If it is a text, all claims with this text stand
    below it.

    ``about`` names a question of the nearest ``questions.toml`` that papers answer differently, and
    ``says`` the answer that the sentence of the claim gives, whatever its verdict.
    """

    def mark(test: Test) -> Test:
        import pytest

        made = Claim(
            id=id,
            source=source,
            specs=_several(spec),
            expected=expected,
            negative_controls=_several(control),
            positive_controls=_several(positive_control),
            given=given,
            headline=headline,
            about=about,
            says=says,
            sentence=first_sentence(inspect.getdoc(test) or ""),
            shadows=_line_of_namesake(test),
        )
        return pytest.mark.claim(made, id=id, expected=expected)(test)

    return mark


class NothingJudgedError(Exception):
    """A claim that ended without asserting a finding."""


@dataclass
class Evaluation:
    """The evaluation of a claim; it has the finding once the claim has ended."""

    finding: Finding | None = None


@contextlib.contextmanager
def evaluation() -> Iterator[Evaluation]:
    """Evaluate a claim whose body runs within the block.

    The claim is SUPPORTED if it reaches its end. The first finding that is not supported ends it,
    with the verdict of that finding. Other exceptions, also a plain AssertionError, are passed on:
    an error refutes nothing. Raises `NothingJudgedError` if no finding was asserted.
    """
    ongoing = Evaluation()
    with recorded_findings() as findings, contextlib.suppress(NotSupportedError):
        yield ongoing
    if not findings:
        raise NothingJudgedError(
            "the claim judged nothing: it asserts no finding; end it with one, "
            'like assert trend(delay, along="alpha").increases'
        )
    # A finding that is not supported counts even where its NotSupportedError was swallowed.
    against = [finding for finding in findings if finding.verdict is not Verdict.SUPPORTED]
    ongoing.finding = against[0] if against else all_of(*findings)


def first_sentence(text: str) -> str:
    """The first sentence of a docstring, on one line."""
    paragraph = " ".join(text.split("\n\n")[0].split())
    return re.split(r"(?<=[.!?])\s+(?=[^\W\d_a-z])", paragraph, maxsplit=1)[0]


def find_spec(name: str, folder: Path | None, place: str, pack: str = "") -> Path | Mistake:
    """The file of a spec that a claim names, or a mistake if it does not exist.

    It is looked for in the folder of the claim's pack first, if it is of one, then in ``folder``.
    """
    if folder is None:
        return Mistake(
            f'spec = "{name}": there is no folder called "specs" here or above; '
            "make one, or name it as grokspec_specs in the pytest configuration",
            place,
        )
    folders = [folder / pack, folder] if pack and (folder / pack).is_dir() else [folder]
    for path in (own / f"{name}.toml" for own in folders):
        if os.path.isfile(path):  # also of a name that no file can have
            return path
    own = folders[0]
    known = (p.relative_to(own).with_suffix("").as_posix() for p in own.rglob("*.toml"))
    remedy = suggestion(name, known, none="the folder of specs has none")
    missing = shown_path(own / f"{name}.toml")
    return Mistake(f'spec = "{name}": there is no file {missing}; {remedy}', place)


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
