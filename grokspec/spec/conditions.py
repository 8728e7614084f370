"""Conditions of a sweep that no point meets, so that what they vary is never looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from grokspec.errors import nearest
from grokspec.formatting import MOST_SHOWN, in_toml
from grokspec.spec.points import Choice, Combination, Place
from grokspec.spec.ranges import Value
from grokspec.spec.sweep import Block, ValueSet, When, as_list


def unmet(sweep: Block, points: Sequence[Combination]) -> Iterator[tuple[Place, str]]:
    """The ``when`` of a sweep, and values of its ``if``, that match none of its points.

    Yields the place of each, and a message.
    """
    anywhere = _Choices()
    met: dict[Place, _Choices] = defaultdict(_Choices)
    for point in points:
        anywhere.add(point)
        for at in {at for choice in point.values() for at in _conditions_of(choice.axis)}:
            met[at].add(point)
    for at, when in _conditions(sweep, ()):
        wrong = list(_unknown_values(when, met.get(at, anywhere), at))
        if at not in met and not wrong:
            wrong = [((*at, "if"), "no point of the sweep has all of these values; correct one")]
        yield from wrong


class _Choices:
    """The distinct choices of some points for each path."""

    def __init__(self) -> None:
        self.of: dict[str, dict[tuple[Place, int], Choice]] = defaultdict(dict)

    def add(self, point: Combination) -> None:
        for path, choice in point.items():
            self.of[path].setdefault((choice.axis, choice.index), choice)


def _conditions(block: Block, place: Place) -> Iterator[tuple[Place, When]]:
    """Each ``when`` that varies something, with its place."""
    for position, inner in enumerate(block.concat):
        yield from _conditions(inner, (*place, "concat", position))
    for position, when in enumerate(block.when):
        if when.grid or when.zip:
            yield (*place, "when", position), when


def _conditions_of(axis: Place) -> Iterator[Place]:
    """The places of the conditions that an axis stands under."""
    for end, name in enumerate(axis, 1):
        if isinstance(name, int) and axis[end - 2] == "when":
            yield axis[:end]


def _unknown_values(when: When, known: _Choices, at: Place) -> Iterator[tuple[Place, str]]:
    """The values of a condition that none of the points has."""
    for path, wanted in when.condition.items():
        choices = known.of[path].values() if path in known.of else ()
        values = ValueSet(value for c in choices for value in (c.value, c.known_as))
        for i, value in enumerate(as_list(wanted)):
            if value not in values:
                inside = (i,) if isinstance(wanted, list) else ()
                yield (*at, "if", path, *inside), _no_such_value(path, value, choices)


MOST_COMPARED = 200
"""With how many values of an axis one that it does not have is compared, for the remedy."""


def _no_such_value(path: str, value: Value, choices: Iterable[Choice]) -> str:
    known = [choice.known_as for choice in islice(choices, MOST_COMPARED)]
    texts = [one for one in known if isinstance(one, str)]
    match = nearest(value, texts) if isinstance(value, str) else None
    among = [in_toml(one) for one in known[:MOST_SHOWN]]
    among += ["…"] if len(known) > MOST_SHOWN else []
    remedy = f"did you mean {in_toml(match)}?" if match else f"it has {', '.join(among)}"
    return f'{in_toml(value)} is no value of "{path}" at any of these points; {remedy}'
