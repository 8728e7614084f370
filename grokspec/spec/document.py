"""A spec file, the files it extends and one of its profiles, merged into one plain document.

Files are merged from the base upwards, then the profile on top: tables are merged key by key,
anything else is replaced. An axis (a key of ``sweep.grid`` or ``sweep.zip``, or ``sweep.seed``) is
replaced as a whole, and so are a table whose ``kind`` changes and those in `WHOLE`. Each key keeps
its origin.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from grokspec.errors import GrokspecError, Mistake, suggestion
from grokspec.files.folders import named_path
from grokspec.formatting import dotted, in_toml, shown_path
from grokspec.spec import DEFAULT_PROFILE
from grokspec.spec.bounds import (
    LONGEST_NAME,
    MOST_BYTES,
    MOST_FILES,
    MOST_PROFILES,
    keys_and_elements,
    too_much,
)
from grokspec.spec.source import KeyPath, Part, SourceFile, read_source, source_of


@dataclass(frozen=True)
class Origin:
    """Where a key of a merged document was written: the file, and the path in it."""

    source: SourceFile
    path: KeyPath


WHOLE: tuple[KeyPath, ...] = (("record", "steps"), ("training", "until"))
"""Tables that are replaced as a whole, since their keys say one thing together."""

Chain = tuple[SourceFile, ...]
"""A spec file, then the file that it extends, and so on."""


@dataclass(frozen=True)
class Document:
    """A spec after ``extends`` and the profile are applied, and where each key was written."""

    chain: Chain
    """The file itself, then the file it extends, and so on; the change, if any, comes last."""
    profile: str
    data: dict[str, Any]
    origins: Mapping[KeyPath, Origin]

    def origin(self, path: KeyPath) -> Origin:
        """Where a key or list element was written; if it is missing, where its table was."""
        for length in range(len(path), 0, -1):
            if origin := self.origins.get(path[:length]):
                return Origin(origin.source, (*origin.path, *path[length:]))
        return Origin(self.chain[0], ())

    def mistake(self, message: str, path: KeyPath = (), part: Part = "key") -> Mistake:
        """A mistake placed at a key or its value, in the file where it was written."""
        origin = self.origin(path)
        return origin.source.mistake(message, origin.path, part)


def read_document(path: Path, profile: str = DEFAULT_PROFILE, change: str = "") -> Document:
    """Read a file and the files it extends, and apply a profile; see `document_of`."""
    return document_of(read_chain(path), profile, change)


def document_of(chain: Chain, profile: str = DEFAULT_PROFILE, change: str = "") -> Document:
    """A file with the files it extends, under a profile. Raises GrokspecError.

    A change (TOML text) is merged on top of everything; the figure, which was made for the
    unchanged sweep, is then dropped.
    """
    path = chain[0].path
    profiles = _profiles(chain)
    if profile not in profiles and profile != DEFAULT_PROFILE:
        raise GrokspecError(
            Mistake(
                f"{shown_path(path)}: no profile {in_toml(profile)}; "
                + suggestion(profile, profiles, none="the spec defines none")
            )
        )
    layer = Layer()
    for source in reversed(chain):
        own = {k: v for k, v in source.data.items() if k not in ("extends", "profile")}
        layer.add(own, Origin(source, ()))
    if profile in profiles:
        on_top = Layer()
        for source in reversed(chain):
            if table := source.data.get("profile", {}).get(profile):
                on_top.add(table, Origin(source, ("profile", profile)))
        layer.add_layer(on_top)
    if change:
        changed = source_of(path.with_name(f"{path.name}, changed"), change)
        chain = (*chain, changed)
        layer.add(changed.data, Origin(changed, ()))
        layer.data.pop("figure", None)
    return Document(chain, profile, layer.data, layer.origins)


def profiles_of(chain: Chain) -> tuple[str, ...]:
    """The profiles of a file, the default one first."""
    return tuple(dict.fromkeys([DEFAULT_PROFILE, *_profiles(chain)]))


def base_of(source: SourceFile) -> Path | None:
    """The path of the file that a file extends, or None."""
    named = source.data.get("extends")
    if named is None:
        return None
    if not isinstance(named, str) or not named or "\0" in named:
        raise GrokspecError(
            source.mistake(
                'extends names one file: extends = "base.toml"', ("extends",), part="value"
            )
        )
    try:
        return source.path.parent / named_path(named)
    except GrokspecError as error:
        raise GrokspecError(
            source.mistake(f"extends = {error}", ("extends",), part="value")
        ) from None


def read_chain(path: Path) -> Chain:
    """Read a file and the files it extends, each once. Raises GrokspecError."""
    chain = [read_source(path)]
    seen = {os.path.realpath(path)}
    while (base := base_of(chain[-1])) is not None:
        source = chain[-1]
        if os.path.realpath(base) in seen:
            names = " extends ".join(shown_path(p) for p in [*(s.path for s in chain), base])
            raise GrokspecError(
                source.mistake(
                    f"files extend each other in a circle: {names}", ("extends",), "value"
                )
            )
        seen.add(os.path.realpath(base))
        chain.append(_read_base(source, base))
        if excess := _excess(chain):
            raise GrokspecError(_of_extends(source, base, excess))
    return tuple(chain)


def _read_base(source: SourceFile, base: Path) -> SourceFile:
    """Read a base. No line is shown of a file that may be no spec, but somebody's secrets."""
    return read_source(base, partial(_of_extends, source, base), quoted=base.suffix == ".toml")


def _of_extends(source: SourceFile, base: Path, why: str) -> Mistake:
    return source.mistake(f"extends = {shown_path(base)}: {why}", ("extends",), "value")


def _excess(chain: Sequence[SourceFile]) -> str:
    """What is too much in a file together with the files that it extends; empty if nothing is."""
    if len(chain) > MOST_FILES:
        return f"more than {MOST_FILES} files extend each other; merge some of them"
    if sum(len(source.text) for source in chain) > MOST_BYTES:
        return f"a spec has at most {MOST_BYTES:,} bytes with all files that it extends"
    sizes = [keys_and_elements(source.data) for source in chain]
    excess = too_much(*(sum(numbers) for numbers in zip(*sizes, strict=True)))
    return f"with it the spec has {excess}" if excess else ""


def _profiles(chain: Chain) -> tuple[str, ...]:
    """The names of all profiles. Raises GrokspecError if ``profile`` holds anything but tables."""
    found: dict[str, None] = {}
    mistakes = []
    for source in chain:
        tables = source.data.get("profile", {})
        if not isinstance(tables, dict):
            mistakes.append(
                source.mistake(
                    "profile must be a table of tables; write [profile.paper]",
                    ("profile",),
                    "value",
                )
            )
            continue
        for name, table in tables.items():
            found[name] = None
            if why := _why_no_profile(name, table):
                mistakes.append(source.mistake(why, ("profile", name)))
    if len(found) > MOST_PROFILES:
        mistakes.append(
            chain[0].mistake_as_a_whole(
                f"the spec has {len(found):,} profiles, but at most {MOST_PROFILES} are read; "
                "what differs between them may be an axis of the sweep"
            )
        )
    if mistakes:
        raise GrokspecError(*mistakes)
    return tuple(found)


def _why_no_profile(name: str, table: Any) -> str:
    """Why a key of ``profile`` is no profile; empty if it is one."""
    written = dotted(("profile", name))
    if not name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        return (
            f"{written}: a profile has a name of up to {LONGEST_NAME} characters that can be "
            "printed; rename it"
        )
    if not isinstance(table, dict):
        return (
            f"{written} must be a table, as {in_toml(name)} is the name of a profile; write "
            f"[{written}] and the settings below it"
        )
    return ""


class Layer:
    """Merged tables, with the origin of each key."""

    def __init__(self) -> None:
        self.data: dict[str, Any] = {}
        self.origins: dict[KeyPath, Origin] = {}

    def add(self, over: dict[str, Any], origin: Origin) -> None:
        """Merge a table of one file on top."""
        origins = {path: Origin(origin.source, (*origin.path, *path)) for path in _paths(over)}
        self._merge(self.data, over, (), origins)

    def add_layer(self, over: Layer) -> None:
        """Merge another layer on top."""
        self._merge(self.data, over.data, (), over.origins)

    def _merge(
        self,
        below: dict[str, Any],
        over: dict[str, Any],
        at: KeyPath,
        origins: Mapping[KeyPath, Origin],
    ) -> None:
        for key, value in over.items():
            path = (*at, key)
            if path in origins:
                self.origins[path] = origins[path]
            if _merges(path, below.get(key), value):
                self._merge(below[key], value, path, origins)
            else:
                self._forget_below(path, below.get(key))
                below[key] = value
                if isinstance(value, dict):
                    below[key] = {}
                    self._merge(below[key], value, path, origins)

    def _forget_below(self, path: KeyPath, replaced: Any) -> None:
        for inner in _paths(replaced, path) if isinstance(replaced, dict) else ():
            self.origins.pop(inner, None)


def _merges(path: KeyPath, below: Any, over: Any) -> bool:
    if not (isinstance(below, dict) and isinstance(over, dict)) or path in WHOLE or _is_axis(path):
        return False
    return "kind" not in over or "kind" not in below or over["kind"] == below["kind"]


def _is_axis(path: KeyPath) -> bool:
    return path == ("sweep", "seed") or (
        len(path) == 3 and path[0] == "sweep" and path[1] in ("grid", "zip")
    )


def _paths(table: dict[str, Any], at: KeyPath = ()) -> list[KeyPath]:
    """The path of every key of a table and of the tables in it; lists are not entered."""
    found: list[KeyPath] = []
    for key, value in table.items():
        found.append((*at, key))
        if isinstance(value, dict):
            found += _paths(value, (*at, key))
    return found
