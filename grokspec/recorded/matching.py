"""Which files a pattern matches: beside the spec, below GROKSPEC_DATA, or fetched."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from grokspec.errors import GrokspecError, nearest
from grokspec.files.downloads import VARIABLE, PublicFile, data_folder
from grokspec.files.folders import named_path
from grokspec.formatting import count
from grokspec.recorded.bounds import MOST_ENTRIES, MOST_FILES
from grokspec.recorded.patterns import Pattern
from grokspec.recorded.results_table import Fetch, FilePattern, RecordedResults


@dataclass(frozen=True)
class Match:
    """A file, or a folder that is read as one.

    ``name`` is its path as the pattern has it, and ``values`` the text at each name in braces.
    """

    name: str
    path: Path
    values: dict[str, str]


def matches_of(results: RecordedResults) -> list[Match]:
    """The files of a ``[results]`` table, by name; none of them twice.

    Raises a GrokspecError if a pattern matches none, or too many.
    """
    found: dict[Path, Match] = {}
    for pattern in results.files.patterns:
        own = _fetched(pattern, results.fetch) if results.fetch else _there(pattern)
        for match in own:
            first = found.setdefault(match.path, match)
            if first.values != match.values:
                raise GrokspecError(
                    f"{match.path} is matched by two patterns, which read other values from its "
                    "name; make them exclude each other"
                )
        if len(found) > MOST_FILES:
            raise GrokspecError(
                f'"{pattern.text}" matches more than {count(MOST_FILES, "file")}; write more of '
                "their names, or put them together"
            )
    return sorted(found.values(), key=lambda match: match.name)


def _there(pattern: FilePattern) -> list[Match]:
    """What a pattern matches in the folder of its spec or, if that is nothing, of public data."""
    places = _places(pattern)
    for place in places:
        walk = _walk(place, pattern.parts, itertools.count())
        begin = "/" if pattern.text.startswith("/") else ""
        found = [
            Match(begin + "/".join(names), path, values)
            for names, path, values in itertools.islice(walk, MOST_FILES + 1)
        ]
        if found:
            return found
    similar = next(filter(None, (_similar(place, pattern.parts) for place in places)), None)
    remedy = f'; did you mean "{similar}"?' if similar else ""
    where = " or in ".join(map(str, places))
    also = "" if len(places) > 1 else f"; set {VARIABLE} to a folder that has it"
    raise GrokspecError(f'no file matches "{pattern.text}" in {where}{remedy or also}')


def _places(pattern: FilePattern) -> list[Path]:
    """The folders to which a pattern may be relative."""
    if pattern.text.startswith("/"):
        return [Path("/")]
    if pattern.text.startswith("~"):
        return [Path()]
    own = Path(os.path.abspath(pattern.folder))
    try:
        return list(dict.fromkeys([own, data_folder()]))
    except GrokspecError:  # a user without a home has no public data
        return [own]


def _walk(
    folder: Path, parts: tuple[Pattern, ...], entries: Iterator[int]
) -> Iterator[tuple[tuple[str, ...], Path, dict[str, str]]]:
    """The names, path and values of each match below a folder."""
    if not parts:
        yield (), folder, {}
        return
    part, *others = parts
    for name, values in _inside(folder, part, entries):
        path = named_path(name) if name.startswith("~") else folder / name
        for names, inner, more in _walk(path, tuple(others), entries):
            yield (name, *names), inner, values | more


def _inside(
    folder: Path, part: Pattern, entries: Iterator[int]
) -> Iterator[tuple[str, dict[str, str]]]:
    """The names in a folder that a part matches; hidden ones only if it begins with a dot."""
    if part.is_plain:
        path = named_path(part.text) if part.text.startswith("~") else folder / part.text
        if os.path.lexists(path):
            yield part.text, {}
        return
    for name in _names_in(folder):
        if next(entries) >= MOST_ENTRIES:
            raise GrokspecError(
                f'{folder}: more than {MOST_ENTRIES:,} names were compared with "{part.text}"; '
                "write more of the folders"
            )
        if name.startswith(".") and not part.text.startswith("."):
            continue
        if (values := part.match(name)) is not None:
            yield name, values


def _names_in(folder: Path) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                yield entry.name
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise GrokspecError(f"{folder} cannot be read: {error.strerror or error}") from None


def _similar(folder: Path, parts: tuple[Pattern, ...]) -> str | None:
    """The path below a folder that is most similar to a pattern where it stops to match."""
    part, *others = parts
    entries = itertools.count()
    matching = (folder / name for name, _ in _inside(folder, part, entries))
    folders = [path for path in itertools.islice(matching, MOST_FILES) if others and path.is_dir()]
    for inner in folders:
        if found := _similar(inner, tuple(others)):
            return f"{inner.name}/{found}"
    if folders:
        return None
    names = itertools.islice(_names_in(folder), MOST_FILES)
    return nearest(part.plain_text, names)


def _fetched(pattern: FilePattern, fetch: Fetch) -> Iterable[Match]:
    """The public files that a pattern matches, downloaded into the folder that it names."""
    *folders, last = pattern.parts
    names = [part.text for part in folders]
    outside = pattern.text.startswith(("/", "~")) or ".." in names
    if outside or not all(part.is_plain for part in folders):
        raise GrokspecError(
            f'"{pattern.text}": files that are fetched lie in one folder below {VARIABLE}, so only '
            'the last part of the path may have wildcards, such as "paper/*.npz"'
        )
    folder = "/".join(names)
    found = []
    for name, sha256 in fetch.sha256.items():
        if (values := last.match(name)) is None:
            continue
        url = f"{fetch.url.rstrip('/')}/{quote(name)}"
        public = PublicFile(f"{folder}/{name}" if folder else name, url, sha256)
        public.content()
        found.append(Match(public.name, data_folder() / public.name, values))
    if not found:
        similar = nearest(last.plain_text, fetch.sha256)
        remedy = f'; did you mean "{similar}"?' if similar else ""
        raise GrokspecError(f'"{pattern.text}" matches no file that fetch names{remedy}')
    return found
