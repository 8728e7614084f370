"""Judges the claims, draws the figures, and collects the contents of a report."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from grokspec.claims.checklist import read_checklist
from grokspec.claims.claim import first_sentence
from grokspec.claims.judging import checklist_of
from grokspec.claims.record import JudgedClaim
from grokspec.errors import GrokspecError
from grokspec.formatting import natural, shown_path
from grokspec.mutation.matrix import killed_by_claim, read_matrix
from grokspec.report.contents import (
    Group,
    Headline,
    Report,
    ReportedClaim,
    ReportedPack,
    Section,
    SpecSheet,
    SvgFigure,
    System,
    by_id,
)
from grokspec.report.figures import draw_specs, read_figure
from grokspec.report.provenance import provenance_of
from grokspec.report.setting import setting_of
from grokspec.spec import DEFAULT_PROFILE
from grokspec.spec.document import base_of
from grokspec.spec.source import SourceFile, read_source
from grokspec.store import open_store

if TYPE_CHECKING:
    from grokspec.spec import SpecFile

TITLE = "Which claims hold"

THEORY = "theory"
"""The system of claims that read no results."""

SEVERAL = "several systems"
"""The system of a claim on specs of several folders."""

EXPERIMENTS = "experiments"
"""The system of specs that are in no folder."""


@dataclass(frozen=True)
class ReportRequest:
    """What to report, and from which files."""

    claims: Path
    store: Path | None = None
    profile: str = DEFAULT_PROFILE
    checklist: Path | None = None
    """Has the verdicts; without it the claims are judged."""
    mutants: Path | None = None
    """The kill matrix."""
    title: str = TITLE
    with_figures: bool = True
    workers: str = "auto"
    """For ``pytest -n``."""


def gather(request: ReportRequest) -> Report:
    """Judge the claims on stored results, and collect the contents of the report.

    Nothing is trained. Raises a GrokspecError if there are no claims or a file cannot be read.
    """
    if not os.path.exists(request.claims):
        raise GrokspecError(
            f"{request.claims}: no such folder of claims; name the one that has them"
        )
    store = open_store(request.store).folder
    matrix = read_matrix(request.mutants) if request.mutants else None
    records, figures = _judged(request, store)
    if not records:
        raise GrokspecError(f"{request.claims}: has no claim; a claim is a test under @claim(...)")
    sheets = _sheets(records, request, store)
    killed = killed_by_claim(matrix) if matrix else {}
    claims = [
        ReportedClaim(
            record=record,
            anchor=anchor,
            killed=tuple(killed.get(record.test, ())),
            evidence=figures.get(record.test),
            specs=tuple(sheets[file] for file in record.specs.values() if file),
        )
        for record, anchor in zip(records, _anchors(map(_in_pack, records)), strict=True)
    ]
    return Report(
        title=request.title,
        folder=shown_path(request.claims),
        profile=request.profile,
        made=datetime.now(timezone.utc),
        version=version("grokspec"),
        packs=_packs(claims),
        matrix=matrix,
    )


def _judged(request: ReportRequest, store: Path) -> tuple[list[JudgedClaim], dict[str, SvgFigure]]:
    """The records of all claims, from the checklist or judged now, and their figures."""
    if request.checklist is not None:
        return read_checklist(request.checklist).records(), {}
    with tempfile.TemporaryDirectory(prefix="grokspec-") as folder:
        options = [
            "--grokspec-run=never",
            f"--grokspec-store={store}",
            f"--grokspec-profile={request.profile}",
            "--controls",
            f"-n{request.workers}",
        ]
        if request.workers != "0":  # a worker then reads a spec for all the claims on it
            options.append("--dist=worksteal")
        if request.with_figures:
            options.append(f"--figures={folder}")
        records = checklist_of([request.claims], *options).records()
        drawn = {record.test: read_figure(Path(folder) / record.figure) for record in records}
        return records, {test: figure for test, figure in drawn.items() if figure is not None}


# Specs


def _sheets(
    records: Sequence[JudgedClaim], request: ReportRequest, store: Path
) -> dict[str, SpecSheet]:
    """The sheet of every spec that a claim names, by its file as the records have it."""
    named = {file: name for record in records for name, file in record.specs.items() if file}
    paths = {file: _located(file, request.claims) for file in named}
    figures: Mapping[Path, SvgFigure | str | None] = {}
    if request.with_figures:
        specs = list(dict.fromkeys(paths.values()))
        figures = draw_specs(specs, request.profile, store, processes=os.cpu_count() or 1)
    anchors = _anchors((f"spec-{name}" for name in named.values()), alone="")
    return {
        file: _sheet(path, named[file], anchor, figures.get(path), request, store)
        for (file, path), anchor in zip(paths.items(), anchors, strict=True)
    }


def _located(file: str, claims: Path) -> Path:
    """A spec file, which a record has relative to where pytest was started.

    That is here, or in one of the folders that the claims lie in.
    """
    places = (Path(), *claims.absolute().parents)
    paths = (folder / file for folder in places)
    return next((path for path in paths if os.path.isfile(path)), Path(file))


def _sheet(
    path: Path,
    name: str,
    anchor: str,
    figure: SvgFigure | str | None,
    request: ReportRequest,
    store: Path,
) -> SpecSheet:
    chain, spec = _chain(path), _spec(path, request)
    folder = name.rsplit("/", 1)[0] + "/" if "/" in name else ""
    drawn = figure if isinstance(figure, SvgFigure) else None
    return SpecSheet(
        name=name,
        anchor=anchor,
        title=_opening(chain[0].text) if chain else "",
        texts=tuple((folder + source.path.name, source.text.strip()) for source in chain),
        figure=drawn,
        without_figure=figure if isinstance(figure, str) else "",
        path=path,
        setting=setting_of(spec) if spec else "",
        provenance=provenance_of(spec, open_store(store)) if spec else None,
    )


def _spec(path: Path, request: ReportRequest) -> SpecFile | None:
    from grokspec.spec import read_spec

    try:
        return read_spec(path, request.profile)
    except GrokspecError:
        return None  # the claims that name it are NOT RUN, with the reason


def _chain(path: Path) -> list[SourceFile]:
    """A spec file and the files that it extends, as far as they can be read."""
    chain: list[SourceFile] = []
    following: Path | None = path
    try:
        while following is not None and following not in [source.path for source in chain]:
            chain.append(read_source(following))
            following = base_of(chain[-1])
    except GrokspecError:
        pass  # the claims that name the spec are NOT RUN, with the reason
    return chain


def _opening(text: str) -> str:
    """The first sentence of the comment at the top of a spec, on one line."""
    lines = [line for line in text.splitlines() if not line.startswith("#:")]
    comment: list[str] = []
    for line in lines:
        if not line.startswith("#") or not line.strip("# "):
            break
        comment.append(line.strip("# "))
    return first_sentence(" ".join(comment))


# The order of reading


def _in_pack(record: JudgedClaim) -> str:
    """The id of a claim, which is unique within its pack only."""
    return f"{record.pack.key}-{record.id}" if record.pack else record.id


def _packs(claims: Sequence[ReportedClaim]) -> tuple[ReportedPack, ...]:
    """Claims by pack, in the order of the packs' keys; those of none come first."""
    found: dict[str, list[ReportedClaim]] = {}
    for one in claims:
        found.setdefault(one.record.pack.key if one.record.pack else "", []).append(one)
    anchors = _anchors((f"pack-{key}" for key in found), alone="")
    return tuple(
        ReportedPack(
            pack=own[0].record.pack,
            anchor=anchor,
            headlines=_headlines(own),
            systems=_systems(own, f"on-{key}-" if key else "on-"),
        )
        for (key, own), anchor in zip(found.items(), anchors, strict=True)
    )


def _headlines(claims: Sequence[ReportedClaim]) -> tuple[Headline, ...]:
    """The headline claims by their headline, or by their id if it is just True."""
    found: dict[str, list[ReportedClaim]] = {}
    for one in claims:
        if one.record.headline:
            titled = isinstance(one.record.headline, str)
            found.setdefault(str(one.record.headline) if titled else one.record.id, []).append(one)
    return tuple(Headline(title, tuple(own)) for title, own in found.items())


def _systems(claims: Sequence[ReportedClaim], prefix: str) -> tuple[System, ...]:
    """Claims by system: the largest system first, then several systems, then theory.

    ``prefix`` begins their anchors.
    """
    found: dict[str, list[ReportedClaim]] = {}
    for one in sorted(claims, key=lambda one: natural(one.record.id)):
        found.setdefault(_system_of(one.record), []).append(one)
    last = {SEVERAL: 1, THEORY: 2}
    names = sorted(found, key=lambda name: (last.get(name, 0), -len(found[name])))
    anchors = _anchors((f"{prefix}{name}" for name in names), alone="")
    systems: list[System] = []
    shown: set[str] = set()
    for name, anchor in zip(names, anchors, strict=True):
        spec = next((spec.path for one in found[name] for spec in one.specs), None)
        title = "" if name in last or spec is None else _title_of_folder(spec)
        systems.append(System(name.replace("_", " "), anchor, title, _sections(found[name], shown)))
    return tuple(systems)


def _system_of(record: JudgedClaim) -> str:
    """The system of a claim: the folder of its specs."""
    folders = {spec.split("/", 1)[0] if "/" in spec else EXPERIMENTS for spec in record.specs}
    if not folders:
        return THEORY
    return folders.pop() if len(folders) == 1 else SEVERAL


def _title_of_folder(spec: Path) -> str:
    """The opening sentence of the base spec in the folder of a spec."""
    chain = _chain(spec)
    base = chain[-1] if chain and chain[-1].path.resolve().parent == spec.resolve().parent else None
    return _opening(base.text) if base is not None and len(chain) > 1 else ""


def _sections(claims: Sequence[ReportedClaim], shown: set[str]) -> tuple[Section, ...]:
    """Group claims by id; each spec is shown beside the first id that reads it.

    ``shown`` has the anchors of the specs shown so far, and is extended. An id that reads no new
    spec joins the section before it if they share a spec, or if both read none.
    """
    sections: list[Section] = []
    for id, own in by_id(claims):
        specs = {spec.anchor: spec for one in own for spec in one.specs}
        new = tuple(spec for anchor, spec in specs.items() if anchor not in shown)
        shown |= set(specs)
        if not new and sections and _belongs(specs, sections[-1]):
            last = sections.pop()
            beside = {spec.anchor for spec in last.sheets}
        else:
            last = Section((), new)
            beside = {spec.anchor for spec in new}
        elsewhere = tuple(spec for anchor, spec in specs.items() if anchor not in beside)
        sections.append(Section((*last.groups, Group(id, tuple(own), elsewhere)), last.sheets))
    return tuple(sections)


def _belongs(specs: Mapping[str, SpecSheet], section: Section) -> bool:
    beside = {spec.anchor for spec in section.sheets}
    return bool(beside & set(specs)) or not (beside or specs)


def _anchors(names: Iterable[str], alone: str = ".1") -> list[str]:
    """A unique fragment of an address for each name: ``P07.1``, ``P07.2``."""
    uses: dict[str, int] = {}
    anchors = []
    for name in names:
        plain = re.sub(r"[^\w-]+", "-", name).strip("-") or "claim"
        uses[plain] = uses.get(plain, 0) + 1
        anchors.append(plain + (f".{uses[plain]}" if uses[plain] > 1 else alone))
    return anchors
