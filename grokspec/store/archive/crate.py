"""The description of an archive for people and repositories: an RO-Crate.

It follows RO-Crate 1.1 (https://w3id.org/ro/crate/1.1) and the profile for what programs have made,
Process Run Crate 0.5 (https://w3id.org/ro/wfrun/process/0.5): JSON-LD with an entity for each file,
person and program, and for each training.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from grokspec.errors import GrokspecError
from grokspec.formatting import count
from grokspec.store.archive.contents import DESCRIPTION, Elsewhere, PackedFile
from grokspec.store.shard import Entry

CRATE = "https://w3id.org/ro/crate/1.1"
PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
CONTEXT = (f"{CRATE}/context", {"sha256": "https://schema.org/sha256"})

NO_LICENSE = "#no-license"

TYPES = {
    ".json": "application/json",
    ".py": "text/x-python",
    ".toml": "application/toml",
    ".txt": "text/plain",
}
"""The media type of a file by its ending; others are just bytes."""


class _Entity(BaseModel):
    """One entity of the graph; fields that are None are left out."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    id: str = Field(alias="@id")


Reference = _Entity


class _Of(_Entity):
    """An entity with a type."""

    type: str = Field(alias="@type")
    name: str | None = None
    description: str | None = None


References = Reference | tuple[Reference, ...]
"""One or several; RO-Crate recommends not to write one as a list."""


class _Descriptor(_Of):
    conformsTo: Reference  # noqa: N815 (the terms of schema.org)
    about: Reference


class _Root(_Of):
    datePublished: str  # noqa: N815
    license: Reference
    author: References | None
    conformsTo: Reference  # noqa: N815
    hasPart: References | None  # noqa: N815
    mentions: References | None


class _File(_Of):
    contentSize: str | None = None  # noqa: N815
    sha256: str
    encodingFormat: str  # noqa: N815


class _Version(_Of):
    version: str


class _Program(_Of):
    softwareVersion: str  # noqa: N815
    softwareRequirements: References | None = None  # noqa: N815
    url: str | None = None


class _Training(_Of):
    instrument: Reference
    object: References | None
    result: References | None
    startTime: str  # noqa: N815
    endTime: str  # noqa: N815
    agent: References | None


class _Graph(BaseModel):
    context: tuple[str | dict[str, str], ...] = Field(alias="@context", default=CONTEXT)
    graph: tuple[_Entity, ...] = Field(alias="@graph")


@dataclass(frozen=True)
class Author:
    """A person, with an ORCID if it is known."""

    name: str
    orcid: str = ""

    @classmethod
    def read(cls, text: str) -> Author:
        """The author in "Ada Lovelace" or "Ada Lovelace <0000-0002-1825-0097>".

        Raises a GrokspecError if there is no name or no such ORCID can exist.
        """
        found = re.fullmatch(r"([^<>]*)(?:<(?:https://orcid\.org/)?([^<>]*)>)?", text.strip())
        name, orcid = (part or "" for part in (found.groups() if found else ("", "")))
        if not name.strip() or not name.isprintable() or (orcid and not _is_orcid(orcid)):
            raise GrokspecError(
                f'author "{text}": write a name, with an ORCID if there is one, such as '
                '"Ada Lovelace <0000-0002-1825-0097>"'
            )
        return cls(name.strip(), orcid)

    @property
    def id(self) -> str:
        """What identifies the person in the graph."""
        return f"https://orcid.org/{self.orcid}" if self.orcid else f"#{quote(self.name)}"


@dataclass(frozen=True)
class About:
    """What a user says about an archive. Empty texts are replaced by ones made from its content."""

    date: str
    """The day on which it is published, as in 2026-11-30."""
    name: str = ""
    description: str = ""
    license: str = ""
    """The identifier of SPDX, such as CC-BY-4.0, or an address."""
    authors: tuple[Author, ...] = ()

    def __post_init__(self) -> None:
        if self.license and not re.fullmatch(r"[A-Za-z0-9.+-]+|https?://\S+", self.license):
            raise GrokspecError(
                f'license "{self.license}": write its identifier on spdx.org/licenses, such as '
                "CC-BY-4.0, or its address"
            )


def description_of(
    about: About,
    files: Sequence[PackedFile],
    elsewhere: Iterable[Elsewhere],
    specs: Sequence[str],
    results: Mapping[str, Sequence[Entry]],
) -> str:
    """The text of ro-crate-metadata.json.

    ``specs`` are the names of the files of specs, ``results`` the results in each shard.
    """
    public = [file for file in elsewhere if file.url]
    parts: list[_Entity] = [*map(_file, files), *map(_public, public)]
    authors = tuple(Reference(id=author.id) for author in about.authors)
    trainings = _trainings(results, tuple(map(_reference, specs)), authors)
    runs = len({entry.key for own in results.values() for entry in own})
    root = _Root(
        id="./",
        type="Dataset",
        name=about.name or f"Results of {count(runs, 'run')} with grokspec",
        description=about.description
        or f"Recorded histories of {count(runs, 'run')} on grokking, the specs that describe them, "
        "and the versions that made them. `grokspec store import` reads this archive; the claims "
        "that are made about these runs can then be judged without training.",
        datePublished=about.date,
        license=Reference(id=_license_id(about.license)),
        author=_several(authors),
        conformsTo=Reference(id=PROFILE),
        hasPart=_several([Reference(id=part.id) for part in parts]),
        mentions=_several([Reference(id=e.id) for e in trainings if isinstance(e, _Training)]),
    )
    descriptor = _Descriptor(
        id=DESCRIPTION,
        type="CreativeWork",
        conformsTo=Reference(id=CRATE),
        about=Reference(id="./"),
    )
    profile = _Version(id=PROFILE, type="CreativeWork", name="Process Run Crate", version="0.5")
    people = [_Of(id=author.id, type="Person", name=author.name) for author in about.authors]
    entities = [descriptor, root, profile, _license(about.license), *people, *trainings, *parts]
    graph = _Graph(**{"@graph": tuple({entity.id: entity for entity in entities}.values())})
    return graph.model_dump_json(by_alias=True, exclude_none=True, indent=2, serialize_as_any=True)


def _file(file: PackedFile) -> _File:
    ending = f".{file.name.rpartition('.')[2]}"
    return _File(
        id=quote(file.name),
        type="File",
        name=file.name.rpartition("/")[2],
        contentSize=str(file.size),
        sha256=file.sha256,
        encodingFormat=TYPES.get(ending, "application/octet-stream"),
    )


def _public(file: Elsewhere) -> _File:
    return _File(
        id=file.url,
        type="File",
        name=file.name,
        sha256=file.sha256,
        encodingFormat="application/octet-stream",
    )


def _several(references: Sequence[_Entity]) -> References | None:
    """References as they are written: one as it is, none not at all."""
    return references[0] if len(references) == 1 else tuple(references) or None


def _reference(name: str) -> _Entity:
    return Reference(id=quote(name))


def _license_id(license: str) -> str:
    if not license:
        return NO_LICENSE
    return license if "://" in license else f"https://spdx.org/licenses/{license}"


def _license(license: str) -> _Of:
    return _Of(
        id=_license_id(license),
        type="CreativeWork",
        name=license or "No license was given",
        description="The license of this archive."
        if license
        else "Ask the authors before you use these files for more than to check the results.",
    )


def _trainings(
    results: Mapping[str, Sequence[Entry]],
    specs: tuple[_Entity, ...],
    agents: tuple[_Entity, ...],
) -> list[_Entity]:
    """The programs that made results and, for each set of versions, what was trained with it."""
    by_versions: dict[tuple[str, str, str, str], dict[str, list[Entry]]] = {}
    for shard, entries in results.items():
        for entry in entries:
            made = entry.provenance
            versions = (made.grokspec, made.torch, made.numpy, made.python)
            by_versions.setdefault(versions, {}).setdefault(shard, []).append(entry)
    found: list[_Entity] = []
    for number, (versions, shards) in enumerate(sorted(by_versions.items()), 1):
        grokspec, *others = versions
        used = [
            _program(name, version)
            for name, version in zip(("torch", "numpy", "Python"), others, strict=True)
        ]
        tool = _Program(
            id=f"#grokspec-{number}",
            type="SoftwareApplication",
            name="grokspec",
            softwareVersion=grokspec,
            softwareRequirements=_several([Reference(id=program.id) for program in used]),
        )
        entries = [entry for own in shards.values() for entry in own]
        devices = ", ".join(sorted({entry.provenance.device for entry in entries}))
        training = _Training(
            id=f"#training-{number}",
            type="CreateAction",
            name=f"Training of {count(len(entries), 'run')}",
            description=f"Trained on {devices}, by the code whose hashes are with each result.",
            instrument=Reference(id=tool.id),
            object=_several(specs),
            result=_several([_reference(shard) for shard in shards]),
            startTime=_time(min(entry.created - entry.seconds for entry in entries)),
            endTime=_time(max(entry.created for entry in entries)),
            agent=_several(agents),
        )
        found += [training, tool, *used]
    return found


def _program(name: str, version: str) -> _Program:
    at = "https://www.python.org/" if name == "Python" else f"https://pypi.org/project/{name}/"
    return _Program(
        id=f"#{name}-{quote(version)}",
        type="SoftwareApplication",
        name=name,
        softwareVersion=version,
        url=at,
    )


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds")


def _is_orcid(text: str) -> bool:
    """Whether the last character is the check digit of the others (ISO 7064, mod 11-2)."""
    if not re.fullmatch(r"(\d{4}-){3}\d{3}[\dX]", text):
        return False
    total = 0
    for digit in text.replace("-", "")[:-1]:
        total = (total + int(digit)) * 2
    return "0123456789X"[(12 - total % 11) % 11] == text[-1]
