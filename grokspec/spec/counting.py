"""How many points a sweep has, without making them.

A point is known only by what conditions can tell of it: for each path that some condition
mentions, which of the mentioned values it has. Points that no condition tells apart are counted
together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from grokspec.spec.ranges import Axis, Value, length_of, values_of
from grokspec.spec.sweep import Block, SeedRange, Sweep, Varied, asked_of, same

_Known = frozenset[tuple[str, int]]
"""For each mentioned path, which of its values a point has: its position, -1 for another."""

_OTHER = object()


def size(sweep: Sweep) -> int:
    """How many points a sweep has, without making them."""
    points = sum(_tally(sweep, _mentioned(sweep), {}).values())
    match sweep.seed:
        case None:
            return points
        case int(count) | SeedRange(count=count):
            return points * count
        case seeds:
            return points * len(seeds)


def _mentioned(block: Block) -> dict[str, list[Value]]:
    """The values that conditions anywhere in a block ask for, by path."""
    mentioned: dict[str, list[Value]] = {}
    for when in block.when:
        for path, wanted in when.condition.items():
            mentioned.setdefault(path, []).extend(asked_of(wanted))
    for part in block.concat:
        for path, values in _mentioned(part).items():
            mentioned.setdefault(path, []).extend(values)
    return mentioned


def _tally(
    block: Block, mentioned: Mapping[str, list[Value]], given: Mapping[str, int]
) -> Counter[_Known]:
    """How many points of a block there are of each that conditions can tell apart."""
    tally = _tally_products(block, mentioned)
    if block.concat:
        inner: Counter[_Known] = Counter()
        for known, count in tally.items():
            for part in block.concat:
                for more, times in _tally(part, mentioned, {**given, **dict(known)}).items():
                    inner[known | more] += count * times
        tally = inner
    for when in block.when:
        axes = _tally_products(when, mentioned)
        after: Counter[_Known] = Counter()
        for known, count in tally.items():
            values = {
                path: mentioned[path][which] if which >= 0 else _OTHER
                for path, which in {**given, **dict(known)}.items()
            }
            for more, times in axes.items() if when.matches(values) else [(frozenset(), 1)]:
                after[known | more] += count * times
        tally = after
    return tally


def _tally_products(varied: Varied, mentioned: Mapping[str, list[Value]]) -> Counter[_Known]:
    tally: Counter[_Known] = Counter({frozenset(): 1})
    groups = [{path: axis} for path, axis in varied.grid.items()]
    if varied.zip:
        groups.append(varied.zip)
    for axes in groups:
        tally = _times(tally, _tally_together(axes, mentioned))
    return tally


def _tally_together(
    axes: Mapping[str, Axis], mentioned: Mapping[str, list[Value]]
) -> Counter[_Known]:
    """Of axes that step together, how many steps there are of each that conditions tell apart."""
    telling = {path: values_of(axis) for path, axis in axes.items() if path in mentioned}
    if not telling:
        return Counter({frozenset(): length_of(next(iter(axes.values())))})
    return Counter(
        frozenset(
            (path, _which(value, mentioned[path])) for path, value in zip(telling, row, strict=True)
        )
        for row in zip(*telling.values(), strict=True)
    )


def _which(value: Value, mentioned: list[Value]) -> int:
    return next((i for i, other in enumerate(mentioned) if same(value, other)), -1)


def _times(tally: Counter[_Known], other: Counter[_Known]) -> Counter[_Known]:
    product: Counter[_Known] = Counter()
    for known, count in tally.items():
        for more, times in other.items():
            product[known | more] += count * times
    return product
