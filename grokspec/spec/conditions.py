"""Conditions of a sweep that no point meets, so that what they vary is never looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from grokspec.errors import nearest
from grokspec.formatting import in_toml, shortened
from grokspec.spec.points import Choice, Combination, Place
from grokspec.spec.ranges import Value
from grokspec.spec.sweep import Block, When, as_list, same


def unmet(
    block: Block, points: Sequence[Combination], place: Place = ()
) -> Iterator[tuple[Place, str]]:
    """The ``when`` of a sweep, and values of its ``if``, that match none of its points.

    Yields the place of each, and a message.
    """
    for position, inner in enumerate(block.concat):
        yield from unmet(inner, points, (*place, "concat", position))
    for position, when in enumerate(block.when):
        if when.grid or when.zip:
            yield from _unmet(when, points, (*place, "when", position))


def _unmet(when: When, points: Sequence[Combination], at: Place) -> Iterator[tuple[Place, str]]:
    met = [point for point in points if any(c.axis[: len(at)] == at for c in point.values())]
    wrong = list(_unknown_values(when, met or points, at))
    if not met and not wrong:
        wrong = [
            ((*at, "if"), "no point of the sweep has all of these values; correct one of them")
        ]
    yield from wrong


def _unknown_values(
    when: When, points: Sequence[Combination], at: Place
) -> Iterator[tuple[Place, str]]:
    """The values of a condition that none of these points has."""
    for path, wanted in when.condition.items():
        choices = {(c.axis, c.index): c for point in points if (c := point.get(path))}.values()
        known = [value for choice in choices for value in (choice.value, choice.known_as)]
        for i, value in enumerate(as_list(wanted)):
            if not any(same(value, own) for own in known):
                inside = (i,) if isinstance(wanted, list) else ()
                yield (*at, "if", path, *inside), _no_such_value(path, value, choices)


def _no_such_value(path: str, value: Value, choices: Iterable[Choice]) -> str:
    known = [choice.known_as for choice in choices]
    texts = [one for one in known if isinstance(one, str)]
    match = nearest(value, texts) if isinstance(value, str) else None
    among = ", ".join(shortened([in_toml(one) for one in known]))
    remedy = f"did you mean {in_toml(match)}?" if match else f"it has {among}"
    return f'{in_toml(value)} is no value of "{path}" at any of these points; {remedy}'
