"""Names for the values of an axis: ``{ name = "lion", … }``.

In a table on an axis, ``name`` names the value and is no part of it, unless the part that the table
describes has a field called ``name`` itself. Of a table with only ``name`` and ``value``, the value
is what ``value`` holds; so numbers, texts and lists can be named, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from grokspec.description import Description, fields_of
from grokspec.formatting import count, in_toml
from grokspec.spec.layout import Point, labels_at, values_at
from grokspec.spec.locations import Location
from grokspec.spec.points import Combination, Place
from grokspec.spec.ranges import Named

NAME, VALUE = "name", "value"


def named(sweep: Any, data: dict[str, Any], run: type[Description]) -> Any:
    """A sweep, which may be invalid, with every named value as `Named`.

    ``data`` is the document of a ``run``; its tables say what kind of part an axis varies.
    """
    if not isinstance(sweep, dict):
        return sweep
    found = dict(sweep)
    for part in ("grid", "zip"):
        if isinstance(axes := sweep.get(part), dict):
            found[part] = {
                path: _named_values(axis, path, data, run) for path, axis in axes.items()
            }
    for part in ("concat", "when"):
        if isinstance(blocks := sweep.get(part), list):
            found[part] = [named(block, data, run) for block in blocks]
    return found


def misnamed(sweep: Any, place: Place = ()) -> Iterator[tuple[str, Place]]:
    """The mistakes in the names of a sweep that `named` has made: messages, places."""
    if not isinstance(sweep, dict):
        return
    for part in ("grid", "zip"):
        axes = sweep.get(part)
        for path, axis in axes.items() if isinstance(axes, dict) else ():
            if isinstance(axis, list):
                yield from _misnamed_values(axis, (*place, part, path))
    for part in ("concat", "when"):
        blocks = sweep.get(part)
        for position, block in enumerate(blocks if isinstance(blocks, list) else ()):
            yield from misnamed(block, (*place, part, position))


def unclear(
    points: Sequence[Combination], located: Sequence[Point]
) -> Iterator[tuple[str, int, str]]:
    """Labels of two values, and values of two names: the path, the position of the point, why.

    ``located`` has each point's experiment and coordinates. Values that are equal in Python and in
    selections, such as 1 and true, have one label.
    """
    for path in dict.fromkeys(path for point in points for path in point):
        values: dict[Any, str] = {}
        labels, own = labels_at(located, path), values_at(located, path)
        for i, (point, label, value) in enumerate(zip(points, labels, own, strict=True)):
            name = point[path].name if path in point else None
            if values.setdefault(label, value) != value:
                why = f"two different values of it are both called {in_toml(label)}"
            elif name not in (None, label):
                why = f"the value named {in_toml(name)} is called {in_toml(label)} on another axis"
            else:
                continue
            yield path, i, f'"{path}": {why}; give every value one name, {{ name = "…", … }}'
            break


def _named_values(axis: Any, path: str, data: dict[str, Any], run: type[Description]) -> Any:
    """The values of an axis; a range has no names."""
    if not isinstance(axis, list):
        return axis
    return [_named_value(value, path, data, run) for value in axis]


def _named_value(value: Any, path: str, data: dict[str, Any], run: type[Description]) -> Any:
    if not isinstance(value, dict) or NAME not in value:
        return value
    own = _own_fields(value, path, data, run)
    if NAME in own:
        return value
    if value.keys() == {NAME, VALUE} and VALUE not in own:
        return Named(value[NAME], value[VALUE], (VALUE,))
    return Named(value[NAME], {key: inner for key, inner in value.items() if key != NAME})


def _own_fields(
    value: dict[str, Any], path: str, data: dict[str, Any], run: type[Description]
) -> set[str]:
    """The fields of the part that a table describes; those of all kinds if it names none."""
    location = Location((), data, run)
    for name in path.split("."):
        location = location.step(name)
    location = Location(location.path, value, location.expected)
    if location.table is not None:
        return set(fields_of(location.table))
    kinds = location.family.known().values() if location.family else ()
    return {field for kind in kinds for field in fields_of(kind)}


def _misnamed_values(axis: list[Any], place: Place) -> Iterator[tuple[str, Place]]:
    first: dict[str, int] = {}
    unnamed = [i for i, value in enumerate(axis) if not isinstance(value, Named)]
    for i, value in enumerate(axis):
        if not isinstance(value, Named):
            continue
        at, name = (*place, i, NAME), value.name
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            yield (f"name = {in_toml(name)}: must be text that can be read on one line", at)
        elif first.setdefault(name, i) != i:
            yield (
                f'name = {in_toml(name)}: value {first[name] + 1} of "{place[-1]}" has this name '
                "already; give each value a name of its own",
                at,
            )
    if unnamed and len(unnamed) < len(axis):
        yield (
            f'"{place[-1]}": {count(len(unnamed), "value")} of {len(axis)} without a name; '
            "name all values of an axis or none",
            (*place, unnamed[0]),
        )
