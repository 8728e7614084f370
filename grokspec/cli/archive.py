"""`grokspec store export` and `import`: results that travel, in one file."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from grokspec.cli.options import Limit, Profile, StoreFolder
from grokspec.cli.output import by_ending
from grokspec.errors import visible
from grokspec.files.folders import named_path
from grokspec.formatting import amount, count, shortened, shown_path
from grokspec.spec import DEFAULT_PROFILE, LIMIT

if TYPE_CHECKING:
    from grokspec.store.archive.importing import ImportSummary, PackedState
    from grokspec.store.archive.opening import Archive
    from grokspec.store.archive.selection import Selection
    from grokspec.store.archive.writing import Written
    from grokspec.store.shard import Entry

ArchivePath = Annotated[
    Path, typer.Argument(metavar="FILE", parser=named_path, help="The archive, a .zip file.")
]


def export_results(
    file: ArchivePath,
    specs: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[SPEC]...",
            parser=named_path,
            help="The specs whose results to pack; without any, all of the store.",
        ),
    ] = None,
    profile: Profile = DEFAULT_PROFILE,
    store: StoreFolder = None,
    limit: Limit = LIMIT,
    checklist: Annotated[
        Path | None,
        typer.Option(
            "--checklist", metavar="FILE", parser=named_path, help="A checklist to pack along."
        ),
    ] = None,
    more: Annotated[
        list[Path] | None,
        typer.Option(
            "--with",
            metavar="PATH",
            parser=named_path,
            help="A file or folder to pack along with the specs, such as claims; may be repeated.",
        ),
    ] = None,
    weights: Annotated[
        bool, typer.Option(help="Pack the weights that runs have kept, too.")
    ] = True,
    name: Annotated[str, typer.Option("--name", help="The title of the archive.")] = "",
    description: Annotated[str, typer.Option("--description", help="What is in it.")] = "",
    license: Annotated[
        str, typer.Option("--license", help="The license: CC-BY-4.0, or an address.")
    ] = "",
    author: Annotated[
        list[str] | None,
        typer.Option(
            "--author", help='An author: "Name" or "Name <ORCID>"; may be repeated.', metavar="NAME"
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file if there is one.")
    ] = False,
) -> None:
    """Pack results, with their specs and the versions that made them, into one file to deposit."""
    from grokspec.spec import read_spec
    from grokspec.store import open_store
    from grokspec.store.archive.crate import About, Author
    from grokspec.store.archive.project import project_of
    from grokspec.store.archive.selection import everything, of_specs
    from grokspec.store.archive.writing import require_free, today, write_archive

    by_ending(file, {".zip": None}, "an archive")  # before a spec is taken for its name
    require_free(file, force)
    authors = tuple(map(Author.read, author or ()))
    about = About(today(), name, description, license, authors)
    read = [read_spec(spec, profile, limit) for spec in specs or ()]
    opened = open_store(store)
    selection = of_specs(read, opened, weights) if read else everything(opened, weights)
    project = project_of(read, more or ())
    written = write_archive(file, selection, project, about, checklist, force)
    for line in _packed(file, written, selection):
        typer.echo(visible(line))


def _packed(file: Path, written: Written, selection: Selection) -> list[str]:
    manifest = written.manifest
    results = count(len({entry.key for entry in selection.entries}), "run")
    lines = [f"{shown_path(file)}: {results}, {amount(written.size, 'B')}"]
    for stored in selection.specs:
        inventory, missing = stored.inventory, len(stored.missing)
        if not inventory.runs:
            lines.append(f"  {stored.spec.title}: recorded elsewhere, in its files")
            continue
        made_up = {run.key for run in stored.recorded}
        stale = [run for run in inventory.stale if run.key not in made_up]
        notes = [f"{len(stale)} by other code"] if stale else []
        notes += [f"{missing} missing, which `grokspec run` trains"] if missing else []
        lines.append(f"  {', '.join([stored.spec.in_a_line, *notes])}")
    if selection.others:
        others = count(selection.others, "result")
        lines.append(f"with {others} of other runs, which lie in the same files")
    if selection.weights:
        lines.append(f"with {count(len(selection.weights), 'file')} of weights")
    for own in manifest.elsewhere:
        lines.append(
            f"named, not packed: {own.url}"
            if own.url
            else f"not packed: {own.name}, as its spec names it by a whole path; write it relative "
            "to the spec"
        )
    return lines


def import_results(
    file: ArchivePath,
    store: StoreFolder = None,
    unpack: Annotated[
        Path | None,
        typer.Option(
            "--unpack",
            metavar="FOLDER",
            parser=named_path,
            help="Write the specs, and what was packed with them, into this folder.",
        ),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Say what is in the archive, and write nothing.")
    ] = False,
) -> None:
    """Check an archive of results, and put them into a store; nothing in it is run."""
    from grokspec.store import open_store
    from grokspec.store.archive.importing import import_archive, states
    from grokspec.store.archive.opening import open_archive

    opened = open_store(store)
    with open_archive(file) as archive:
        entries = archive.entries()
        found = states(archive, entries)
        lines = _contents(archive, entries, found)
        if not check:
            summary = import_archive(archive, opened, unpack)
            lines += _imported(summary, opened.folder, unpack)
    for line in [*lines, *_how_to_judge(found, opened.folder)]:
        typer.echo(visible(line))


def _contents(
    archive: Archive, entries: Sequence[Entry], found: Sequence[PackedState]
) -> list[str]:
    runs = count(len({entry.key for entry in entries}), "run")
    lines = [f"{shown_path(archive.path)}: {runs}, all files as they were packed"]
    lines += [f"  made by {versions}" for versions in sorted(set(map(_versions, entries)))]
    for state in found:
        title = f"{state.name}, profile {state.profile}" if state.profile else state.name
        lines.append(f"  {title}: {_counts(state)}")
        if state.changed:
            lines.append(f"    other code here: {', '.join(shortened(state.changed))}")
    if any(state.stale for state in found) and (other := _other_pythons(entries)):
        here = ".".join(map(str, sys.version_info[:2]))
        lines.append(f"    by Python {other}, and this is {here}: the same code has another hash")
    for own in archive.manifest.elsewhere:
        lines.append(f"  not in it: {own.name}{f', from {own.url}' if own.url else ''}")
    return lines


def _versions(entry: Entry) -> str:
    made = entry.provenance
    return (
        f"grokspec {made.grokspec}, torch {made.torch}, numpy {made.numpy}, Python {made.python} "
        f"on {made.device}"
    )


def _other_pythons(entries: Sequence[Entry]) -> str:
    """The versions that made results, up to the second number, if they are not this one's."""
    made = {tuple(entry.provenance.python.split(".")[:2]) for entry in entries}
    here = tuple(map(str, sys.version_info[:2]))
    return ", ".join(sorted(".".join(version) for version in made - {here}))


def _counts(state: PackedState) -> str:
    if not state.runs:
        return "recorded elsewhere, in its files"
    counts = {"current": state.current, "stale": state.stale, "missing": state.missing}
    found = [f"{number:,} {name}" for name, number in counts.items() if number]
    return f"{count(state.runs, 'run')}, {', '.join(found)}"


def _imported(summary: ImportSummary, store: Path, unpack: Path | None) -> list[str]:
    new = [count(summary.shards, "file") + " of results"]
    new += [count(summary.weights, "file") + " of weights"] if summary.weights else []
    there = f"; {summary.there:,} there already" if summary.there else ""
    lines = [f"into {shown_path(store)}: {' and '.join(new)}{there}"]
    if unpack is not None:
        lines.append(f"into {shown_path(unpack)}: {count(summary.unpacked, 'file')}")
    return lines


def _how_to_judge(found: Sequence[PackedState], store: Path) -> list[str]:
    """How claims on these results are judged here without training."""
    stale = any(state.stale for state in found)
    profile = next((state.profile for state in found if state.profile), DEFAULT_PROFILE)
    options = [f"--grokspec-store={shlex.quote(str(store))}"]
    options += [f"--grokspec-profile={profile}"] if profile != DEFAULT_PROFILE else []
    options += ["--stale=keep"] if stale else []
    why = " by the code that made them" if stale else ""
    return [
        f"to judge claims on these results{why} without training:",
        f"  pytest claims --grokspec-run=never {' '.join(options)}",
    ]
