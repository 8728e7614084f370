"""The user's own files that belong to specs, as they lie in the folder that holds them all.

These are the specs, what they extend, the Python files that they name with those beside them that
these import, and their input files. Public files are named by their address instead.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokspec.engines.base import parts_of
from grokspec.errors import GrokspecError
from grokspec.files.downloads import PublicFile, data_folder
from grokspec.files.folders import named_path
from grokspec.files.inputs import InputFile, file_hash, found_in
from grokspec.files.program import Program
from grokspec.files.python import PythonName
from grokspec.formatting import shown_path
from grokspec.spec.document import Chain, document_of, read_chain
from grokspec.spec.schema import ResultsSpec
from grokspec.store.archive.contents import Elsewhere
from grokspec.store.archive.names import clash, why_refused

if TYPE_CHECKING:
    from grokspec.recorded import Recording
    from grokspec.spec import SpecFile


@dataclass(frozen=True)
class Project:
    """Files by their names below one folder, and those that are not among them."""

    files: dict[str, Path]
    specs: dict[Path, str]
    """The name of each spec's file."""
    elsewhere: tuple[Elsewhere, ...] = ()


@dataclass
class _Found:
    """What was found so far."""

    paths: set[Path] = field(default_factory=set)
    absolute: set[Path] = field(default_factory=set)
    """Those that a spec names by their whole path."""
    public: dict[str, Elsewhere] = field(default_factory=dict)

    def add_spec(self, spec: SpecFile) -> None:
        chain = read_chain(spec.path)
        self.paths |= {_absolute(source.path) for source in chain}
        self.absolute |= set(_whole_paths(chain))
        for name in document_of(chain, spec.profile).data.get("parts", []):
            self._add_program(InputFile.find(name, name.folder).path)
        if spec.recording is not None:
            self._add_recorded(spec, spec.recording)
            return
        for run in spec.runs:
            for part in (run.experiment, *parts_of(run.experiment)):
                self._add_public(type(part))
            self.paths |= {file.path for file in found_in(run.experiment, InputFile)}
            for named in found_in(run.experiment, PythonName):
                if named.path is not None:
                    self._add_program(named.path)

    def _add_program(self, path: Path) -> None:
        if path not in self.paths:
            self.paths |= set(Program.read(path).files.values())

    def _add_recorded(self, spec: SpecFile, recording: Recording) -> None:
        """The files of results that were recorded elsewhere."""
        fetch = spec.content.results.fetch if isinstance(spec.content, ResultsSpec) else None
        for source in recording.sources:
            if fetch is not None:
                url = f"{fetch.url.rstrip('/')}/{source.path.name}"
                self.public[source.name] = Elsewhere(
                    name=source.name, sha256=source.sha256, url=url
                )
                continue
            own = set(_all_in(source.path))
            self.paths |= own
            if source.path.is_relative_to(data_folder()):
                self.absolute |= own

    def _add_public(self, part: type[Any]) -> None:
        """The public files of a part: they are constants of the module of its class."""
        for value in vars(sys.modules[part.__module__]).values():
            if isinstance(value, PublicFile):
                self.public[value.name] = Elsewhere(
                    name=value.name, sha256=value.sha256, url=value.url
                )


def project_of(specs: Sequence[SpecFile], more: Iterable[Path] = ()) -> Project:
    """The files of these specs, and ``more`` files and folders, below the folder of all of them.

    A file that a spec names by its whole path is not among them: where the archive is unpacked, the
    spec would not find it.
    """
    found = _Found()
    for spec in specs:
        found.add_spec(spec)
    for path in more:
        found.paths |= set(_all_in(_absolute(path)))
    left_out = sorted(found.paths & found.absolute)
    names = _names(found.paths - found.absolute)
    elsewhere = [Elsewhere(name=path.name, sha256=file_hash(path)) for path in left_out]
    return Project(
        files={name: path for path, name in names.items()},
        specs={spec.path: names[_absolute(spec.path)] for spec in specs},
        elsewhere=(*(own for _, own in sorted(found.public.items())), *elsewhere),
    )


def _names(paths: Iterable[Path]) -> dict[Path, str]:
    """The name of each file below the folder that holds all of them."""
    ordered = sorted(paths)
    if not ordered:
        return {}
    root = _root(ordered)
    names = {path: path.relative_to(root).as_posix() for path in ordered}
    for path, name in names.items():
        if why := why_refused(name):
            raise GrokspecError(f"{shown_path(path)}: the name {why}; rename it to pack it")
    if both := clash(names.values()):
        raise GrokspecError(
            f"{both[0]} and {both[1]} have the same name on some systems; rename one to pack them"
        )
    return names


def _root(paths: Sequence[Path]) -> Path:
    """The deepest folder that holds all files and, if they are in one, the folder "specs".

    The name of a spec begins below that.
    """
    root = Path(os.path.commonpath([path.parent for path in paths]))
    if "specs" in root.parts:
        last = len(root.parts) - 1 - root.parts[::-1].index("specs")
        root = Path(*root.parts[:last])
    if root in Path.home().parents and any(len(p.relative_to(root).parts) > 1 for p in paths):
        raise GrokspecError(
            f"{shown_path(paths[0])} and {shown_path(paths[-1])} have only the folder {root} in "
            "common; put what belongs together below one folder of yours to pack it"
        )
    return root


def _whole_paths(chain: Chain) -> Iterator[Path]:
    """The files that the files of a spec name by their whole paths."""
    for text in _texts([source.data for source in chain]):
        if not text.startswith(("~", "/")) and not os.path.isabs(text):
            continue
        place = text.rpartition(":")[0] if ".py:" in text else text
        yield _absolute(named_path(place))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)


def _all_in(path: Path) -> Iterator[Path]:
    """A file, or the files in a folder, without those that are hidden or compiled."""
    if not path.is_dir():
        yield path
        return
    for folder, folders, files in os.walk(path):
        folders[:] = [f for f in folders if not f.startswith(".") and f != "__pycache__"]
        for name in files:
            if not name.startswith(".") and not name.endswith(".pyc"):
                yield Path(folder, name)


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))
