"""A finding: what was measured, and whether it supports a statement."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field, replace

from grokspec.html import colored, escaped, faint, folded, framed
from grokspec.statistics.evidence import Evidence
from grokspec.statistics.verdict import WORST_FIRST, Verdict

COLORS = {
    Verdict.SUPPORTED: "#1a7fc1",
    Verdict.REFUTED: "#d55e00",
    Verdict.INCONCLUSIVE: "#7d7d7d",
}
"""As in the figures; legible on white and on black."""


class NotSupportedError(AssertionError):
    """Ends a claim at the first finding that is not SUPPORTED, and carries that finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


@dataclass(frozen=True)
class Finding:
    """A verdict and the numbers behind it.

    ``bool(finding)`` is True if and only if the verdict is SUPPORTED, so a claim says
    ``assert finding``. While a claim is evaluated (see `recorded_findings`), ``bool`` also records
    the finding, and raises `NotSupportedError` if it is not SUPPORTED. So no other assertion of the
    claim can be mistaken for its verdict.
    """

    verdict: Verdict
    statement: str
    """One sentence: quantity, value, interval, number of seeds, bound."""
    measured: float
    """The number that decides, in ``unit``."""
    interval: tuple[float, float]
    """The interval of ``measured``, by which the verdict is decided."""
    n: int
    """The number of seeds (or of numbers compared)."""
    p_value: float | None = None
    """Exact, of "the statement is false"; None if nothing is random."""
    unit: str = ""
    details: tuple[str, ...] = ()
    """One line for each part, if there are several."""
    evidence: tuple[Evidence, ...] = field(default=(), compare=False, repr=False)
    """All numbers, for a figure."""

    def __bool__(self) -> bool:
        supported = self.verdict is Verdict.SUPPORTED
        recorded = _recorded.get()
        if recorded is not None:
            recorded.append(self)
            if not supported:
                raise NotSupportedError(self)
        return supported

    def __and__(self, other: Finding) -> Finding:
        return all_of(self, other)

    def __str__(self) -> str:
        return f"{self.verdict.word}: {self.statement}"

    def __repr__(self) -> str:
        return f"<{self}>"

    def _repr_html_(self) -> str:
        word = colored(f"{self.verdict.symbol} {self.verdict.word}", COLORS[self.verdict])
        chance = "" if self.p_value is None else faint(f" p = {self.p_value:.2g}")
        parts = [f"{word} {escaped(self.statement)}{chance}"]
        if self.details:
            parts.append(folded(f"{len(self.details)} parts", self.details))
        return framed(*parts)


def all_of(*findings: Finding) -> Finding:
    """Join findings into one that is supported if all are, and refuted if any is.

    The numbers are those of the weakest finding, and the p-value is the largest (an
    intersection-union test, which needs no correction for the number of findings). Raises
    ValueError without any finding.
    """
    if not findings:
        raise ValueError("all_of() takes at least one finding")
    if len(findings) == 1:
        return findings[0]
    weakest = min(findings, key=lambda f: (WORST_FIRST.index(f.verdict), -(f.p_value or 0.0)))
    p_values = [f.p_value for f in findings if f.p_value is not None]
    return replace(
        weakest,
        statement="; ".join(f.statement for f in findings),
        p_value=max(p_values, default=None),
        details=tuple(line for f in findings for line in f.details or (str(f),)),
        evidence=tuple(part for f in findings for part in f.evidence),
    )


_recorded: ContextVar[list[Finding] | None] = ContextVar("recorded", default=None)


@contextlib.contextmanager
def recorded_findings() -> Iterator[list[Finding]]:
    """Record every finding that is asserted within the block, in order."""
    findings: list[Finding] = []
    token = _recorded.set(findings)
    try:
        yield findings
    finally:
        _recorded.reset(token)
