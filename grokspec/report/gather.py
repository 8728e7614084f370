"""Everything that a report contains, from judging the claims to drawing the figures."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

from grokspec.checklist import Checklist, Row, natural
from grokspec.claims import first_sentence
from grokspec.errors import GrokspecError
from grokspec.judging import judge
from grokspec.mutants.table import KillTable
from grokspec.report.contents import (
    Block,
    Drawn,
    Group,
    Headline,
    Judgement,
    Origins,
    Report,
    SpecSheet,
    System,
    by_id,
)
from grokspec.report.drawn import draw_specs, read_figure
from grokspec.report.listening import OPTION, Heard, read_heard
from grokspec.report.origins import origins_of
from grokspec.spec import DEFAULT_PROFILE
from grokspec.spec.document import base_of
from grokspec.spec.source import Source, read_source, shown_path
from grokspec.store import open_store

TITLE = "Which claims hold"

THEORY = "theory"
"""The system of claims that read no results."""

SEVERAL = "several systems"
"""The system of a claim on specs of several folders."""

EXPERIMENTS = "experiments"
"""The system of specs that lie in no folder."""


@dataclass(frozen=True)
class Asked:
    """What is to be reported, and from what."""

    claims: Path
    store: Path | None = None
    profile: str = DEFAULT_PROFILE
    checklist: Path | None = None  # where the verdicts stand; else the claims are judged
    faults: Path | None = None  # the kill table
    title: str = TITLE
    with_figures: bool = True
    workers: str = "auto"  # for ``pytest -n``


def gather(asked: Asked) -> Report:
    """Judge the claims on what is stored, and put together all that belongs to them.

    Nothing is trained. Raises a GrokspecError if there are no claims or a file cannot be read.
    """
    if not asked.claims.exists():
        raise GrokspecError(f"{asked.claims}: no such folder of claims; name the one they are in")
    store = open_store(asked.store).folder
    faults = KillTable.read(asked.faults) if asked.faults else None
    judged = _judge(asked, store)
    rows = judged.checklist.rows()
    if not rows:
        raise GrokspecError(f"{asked.claims}: holds no claim; one is a test under @claim(...)")
    sheets = _sheets(judged.heard.values(), asked, store)
    anchors = _anchors(row.id for row in rows)
    judgements = [
        Judgement(
            row=row,
            anchor=anchor,
            trials=tuple(judged.checklist.trials(row)),
            caught=_caught(row, faults),
            evidence=judged.figures.get(row.test),
            specs=tuple(sheets[p] for p in judged.specs_of(row) if p in sheets),
        )
        for row, anchor in zip(rows, anchors, strict=True)
    ]
    return Report(
        title=asked.title,
        claims=shown_path(asked.claims),
        profile=asked.profile,
        made=datetime.now(timezone.utc),
        version=version("grokspec"),
        headlines=_headlines(judgements),
        systems=_systems(judgements, {sheet.name: path for path, sheet in sheets.items()}),
        faults=faults,
    )


@dataclass(frozen=True)
class _Judged:
    """The checklist, what was heard of each claim's test, and what it was judged on."""

    checklist: Checklist
    heard: Mapping[str, Heard]
    figures: Mapping[str, Drawn] = field(default_factory=dict)

    def specs_of(self, row: Row) -> list[Path]:
        """The files of a claim's specs."""
        heard = self.heard.get(row.test)
        return [Path(file) for file in heard.specs.values()] if heard else []


def _judge(asked: Asked, store: Path) -> _Judged:
    """Have the claims judged, or collected only if the verdicts are there already."""
    with tempfile.TemporaryDirectory(prefix="grokspec-") as folder:
        figures, told = Path(folder) / "figures", Path(folder) / "heard.json"
        options = ["-p", "grokspec.report.listening", f"{OPTION}={told}"]
        if asked.checklist is not None:
            checklist = Checklist.read(asked.checklist)
            judge([asked.claims], *options, "--collect-only")
            return _Judged(checklist, read_heard(told) if told.exists() else {})
        options += [
            "--grokspec-run=never",
            f"--grokspec-store={store}",
            f"--grokspec-profile={asked.profile}",
            "--controls",
            f"-n{asked.workers}",
        ]
        if asked.with_figures:
            options.append(f"--figures={figures}")
        checklist = judge([asked.claims], *options).checklist
        heard = read_heard(told) if told.exists() else {}
        drawn = {test: read_figure(figures / one.figure) for test, one in heard.items()}
        return _Judged(checklist, heard, {t: d for t, d in drawn.items() if d is not None})


def _caught(row: Row, faults: KillTable | None) -> tuple:
    """The faults that turned a claim."""
    tried = faults.faults if faults else ()
    return tuple(one for one in tried if any(by.test == row.test for by in one.caught_by))


# Specs


def _sheets(heard: Iterable[Heard], asked: Asked, store: Path) -> dict[Path, SpecSheet]:
    """The sheet of every spec that a claim names, by its file."""
    named = {Path(file): name for one in heard for name, file in one.specs.items()}
    figures: Mapping[Path, Drawn | str | None] = {}
    if asked.with_figures:
        figures = draw_specs(list(named), asked.profile, store, processes=os.cpu_count() or 1)
    anchors = _anchors((f"spec-{name}" for name in named.values()), alone="")
    return {
        path: _sheet(path, name, anchor, figures.get(path), _origins(path, asked, store))
        for (path, name), anchor in zip(named.items(), anchors, strict=True)
    }


def _sheet(
    path: Path, name: str, anchor: str, figure: Drawn | str | None, origins: Origins | None
) -> SpecSheet:
    chain = _chain(path)
    folder = name.rsplit("/", 1)[0] + "/" if "/" in name else ""
    drawn = figure if isinstance(figure, Drawn) else None
    return SpecSheet(
        name=name,
        anchor=anchor,
        title=_opening(chain[0].text) if chain else "",
        texts=tuple((folder + source.path.name, source.text.strip()) for source in chain),
        figure=drawn,
        without_figure=figure if isinstance(figure, str) else "",
        origins=origins,
    )


def _origins(path: Path, asked: Asked, store: Path) -> Origins | None:
    from grokspec.plans import make_plan

    try:
        return origins_of(make_plan(path, asked.profile), open_store(store))
    except GrokspecError:
        return None  # the claims that name it are NOT RUN, and tell why


def _chain(path: Path) -> list[Source]:
    """A spec file and those that it extends, as far as they can be read."""
    chain: list[Source] = []
    following: Path | None = path
    try:
        while following is not None and following not in [source.path for source in chain]:
            chain.append(read_source(following))
            following = base_of(chain[-1])
    except GrokspecError:
        pass  # the claims that name the spec are NOT RUN, and tell why
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


def _headlines(judgements: Sequence[Judgement]) -> tuple[Headline, ...]:
    """The headline claims by their titles, or by their ids if they have none."""
    found: dict[str, list[Judgement]] = {}
    for one in judgements:
        if one.row.headline:
            titled = isinstance(one.row.headline, str)
            found.setdefault(str(one.row.headline) if titled else one.row.id, []).append(one)
    return tuple(Headline(title, tuple(held)) for title, held in found.items())


def _systems(judgements: Sequence[Judgement], files: Mapping[str, Path]) -> tuple[System, ...]:
    """Claims by the system that they are about: the largest first, then several, then theory."""
    found: dict[str, list[Judgement]] = {}
    for one in sorted(judgements, key=lambda one: natural(one.row.id)):
        found.setdefault(_system_of(one.row), []).append(one)
    last = {SEVERAL: 1, THEORY: 2}
    names = sorted(found, key=lambda name: (last.get(name, 0), -len(found[name])))
    anchors = _anchors((f"on-{name}" for name in names), alone="")
    systems: list[System] = []
    shown: set[str] = set()
    for name, anchor in zip(names, anchors, strict=True):
        spec = next((files[s.name] for one in found[name] for s in one.specs), None)
        title = "" if name in last or spec is None else _title_of_folder(spec)
        systems.append(System(name.replace("_", " "), anchor, title, _blocks(found[name], shown)))
    return tuple(systems)


def _system_of(row: Row) -> str:
    """The folder of a claim's specs."""
    folders = {spec.split("/", 1)[0] if "/" in spec else EXPERIMENTS for spec in row.spec}
    if not folders:
        return THEORY
    return folders.pop() if len(folders) == 1 else SEVERAL


def _title_of_folder(spec: Path) -> str:
    """How the spec opens that the others of its folder extend."""
    chain = _chain(spec)
    base = chain[-1] if chain and chain[-1].path.resolve().parent == spec.resolve().parent else None
    return _opening(base.text) if base is not None and len(chain) > 1 else ""


def _blocks(judgements: Sequence[Judgement], shown: set[str]) -> tuple[Block, ...]:
    """Judgements by id; a spec is shown beside the first id that is about it.

    ``shown`` are the anchors of those that are, to which more are added.

    An id that is about nothing new stays in the block of the one before if they share a spec, or
    if neither is about any.
    """
    blocks: list[Block] = []
    for id, held in by_id(judgements):
        specs = {spec.anchor: spec for one in held for spec in one.specs}
        new = tuple(spec for anchor, spec in specs.items() if anchor not in shown)
        shown |= set(specs)
        if not new and blocks and _belongs(specs, blocks[-1]):
            last = blocks.pop()
            beside = {spec.anchor for spec in last.sheets}
        else:
            last = Block((), new)
            beside = {spec.anchor for spec in new}
        elsewhere = tuple(spec for anchor, spec in specs.items() if anchor not in beside)
        blocks.append(Block((*last.groups, Group(id, tuple(held), elsewhere)), last.sheets))
    return tuple(blocks)


def _belongs(specs: Mapping[str, SpecSheet], block: Block) -> bool:
    beside = {spec.anchor for spec in block.sheets}
    return bool(beside & set(specs)) or not (beside or specs)


def _anchors(names: Iterable[str], alone: str = ".1") -> list[str]:
    """A fragment of an address for each name, no two alike: ``P07.1``, ``P07.2``."""
    uses: dict[str, int] = {}
    anchors = []
    for name in names:
        plain = re.sub(r"[^\w-]+", "-", name).strip("-") or "claim"
        uses[plain] = uses.get(plain, 0) + 1
        anchors.append(plain + (f".{uses[plain]}" if uses[plain] > 1 else alone))
    return anchors
