"""Reading a spec: from a TOML file to its runs, or to every mistake in it at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from grokspec.errors import GrokspecError
from grokspec.files.folders import named_path
from grokspec.files.inputs import InputFile
from grokspec.files.python import PythonName
from grokspec.formatting import count, distinct_texts, exact, shortened, shown_path, toml_text
from grokspec.html import card, faint, table
from grokspec.spec import DEFAULT_PROFILE, LIMIT
from grokspec.spec.document import Chain, Document, document_of, read_chain
from grokspec.spec.forms import AnySpec
from grokspec.spec.fresh_seeds import on_fresh_seeds
from grokspec.spec.layout import lay_out, with_one_label_each
from grokspec.spec.parts import known_parts
from grokspec.spec.points import Choice, Combination
from grokspec.spec.recorded_runs import are_recorded, recorded_runs
from grokspec.spec.runs import Run, Scalar, name_runs
from grokspec.spec.schema import FunctionSpec, Spec
from grokspec.spec.validation import Validation

if TYPE_CHECKING:
    from pydantic import BaseModel

    from grokspec.description import Description
    from grokspec.recorded import Recording

SECTIONS = ("task", "model", "optimizer", "training")
"""The parts of a spec that describe what is trained."""


@dataclass(frozen=True)
class SpecFile:
    """A spec file under one profile.

    ``name`` is the path below the nearest folder called "specs", without its ending. ``content`` is
    the whole file, with the values of the first point for swept fields; ``runs`` are in the order
    of the sweep.
    """

    name: str
    path: Path
    profile: str
    content: AnySpec
    runs: tuple[Run, ...]
    recording: Recording | None = field(default=None, repr=False)
    """What was recorded of the runs, in their order, if that was done elsewhere."""
    seeds_moved_by: int = 0
    """By how much the seeds of the runs are larger than in the file; see `on_fresh_seeds`."""

    @property
    def title(self) -> str:
        """The heading where the spec is shown: "polynomial/alpha · profile quick"."""
        moved = f" · seeds + {self.seeds_moved_by}" if self.seeds_moved_by else ""
        return f"{self.name} · profile {self.profile}{moved}"

    @property
    def axes(self) -> dict[str, dict[str, list[Any]]]:
        """Each axis of more than one value, with the values of its coordinates (see `lay_out`)."""
        points = [(run.experiment, run.coordinates) for run in self.runs]
        axes = lay_out(self.content.sweep, points, ())
        return {name: along for name, along in axes.items() if len(next(iter(along.values()))) > 1}

    @property
    def axes_in_words(self) -> dict[str, str]:
        """The values of each swept path, as text; a long list is shortened."""
        return {
            name: ", ".join(shortened(distinct_texts(list(dict.fromkeys(values)))))
            for along in self.axes.values()
            for name, values in along.items()
        }

    @property
    def in_a_line(self) -> str:
        """``polynomial/alpha, profile quick: 40 runs, 4 alpha × 10 seed``."""
        lengths = {name: len(next(iter(along.values()))) for name, along in self.axes.items()}
        box = " × ".join(f"{length} {name}" for name, length in lengths.items())
        runs = count(len(self.runs), "run")
        return f"{self.name}, profile {self.profile}: {', '.join(filter(None, [runs, box]))}"

    def __repr__(self) -> str:
        return f"<SpecFile {self.in_a_line}>"

    def _repr_html_(self) -> str:
        varied = {path for run in self.runs for path in run.coordinates}
        parts = {name: part for name in SECTIONS if (part := getattr(self.content, name, None))}
        rows = {name: _section(part, name, varied) for name, part in parts.items()}
        if isinstance(self.content, FunctionSpec):
            rows["function"] = str(self.content.call)
        elif isinstance(self.content, Spec):
            rows["recorded"] = ", ".join(probe.kind for probe in self.content.record.probes)
        if self.recording is not None:
            rows["recorded elsewhere"] = count(len(self.recording.sources), "file")
        return card(
            self.title,
            faint(f"spec, {count(len(self.runs), 'run')}"),
            table(rows | self.axes_in_words),
        )


def read_spec(
    path: str | Path,
    profile: str = DEFAULT_PROFILE,
    limit: int | None = LIMIT,
    change: str = "",
    seeds_moved_by: int = 0,
) -> SpecFile:
    """Read a spec file under a profile, with a change (TOML text) merged on top if there is one.

    Its seeds are moved as `on_fresh_seeds` says. Raises a GrokspecError with all mistakes. A sweep
    of more than ``limit`` runs is a mistake, and is not expanded any further.
    """
    spec = spec_of(read_chain(named_path(path)), profile, limit, change)
    return on_fresh_seeds(spec, seeds_moved_by)


def spec_of(
    chain: Chain, profile: str = DEFAULT_PROFILE, limit: int | None = LIMIT, change: str = ""
) -> SpecFile:
    """A spec whose files have been read; otherwise as `read_spec`."""
    document = document_of(chain, profile, change)
    with known_parts(document):
        return _spec_of(document, limit)


def _spec_of(document: Document, limit: int | None) -> SpecFile:
    path, profile = document.chain[0].path, document.profile
    name = spec_name(path)
    if not name.isprintable():
        raise GrokspecError(
            f"{shown_path(path)}: the name of a spec has only characters that can be printed; "
            "rename the file"
        )
    if are_recorded(document):
        return SpecFile(name, path, profile, *recorded_runs(document, name))
    validation = Validation(document)
    points = validation.points(limit)
    if points is None:
        validation.without_points()
        raise GrokspecError(*validation.diagnosis.mistakes)
    sound = validation.values(points)
    content = validation.whole(points[0])
    by_key = validation.experiments(points) if sound else {}
    experiments = list(by_key.values())
    validation.size(experiments)
    if not validation.diagnosis:
        validation.needs(experiments, points)
    located = with_one_label_each(
        [(e, _coordinates(e, p)) for e, p in zip(experiments, points, strict=False)]
    )
    if content is not None and not validation.diagnosis:
        validation.labels(points, located)
        validation.figure(content, located)
    if validation.diagnosis or content is None:
        raise GrokspecError(*validation.diagnosis.mistakes)
    return SpecFile(name, path, profile, content, name_runs(name, located, by_key))


def spec_name(path: Path) -> str:
    """The name of a spec: "polynomial/alpha" for ``specs/polynomial/alpha.toml``."""
    stem = path.absolute().with_suffix("")
    parts = stem.parts
    if "specs" not in parts[:-1]:
        return stem.name
    last = len(parts) - 2 - parts[-2::-1].index("specs")
    return "/".join(parts[last + 1 :])


def _coordinates(experiment: Description, point: Combination) -> dict[str, Scalar]:
    return {path: _coordinate(experiment, path, choice) for path, choice in point.items()}


def _coordinate(experiment: Description, path: str, choice: Choice) -> Scalar:
    """The name of a value, or the value; tables and lists as the spec writes them, in TOML."""
    if choice.name is not None:
        return choice.name
    found = experiment.value_at(path)
    if isinstance(found, InputFile | PythonName):
        return str(found)
    return found if isinstance(found, Scalar) else toml_text(choice.value)


def _section(part: BaseModel, name: str, varied: set[str]) -> str:
    """The kind, and the fields that are swept or differ from their defaults."""
    given = part.model_dump(exclude_defaults=True, mode="json")
    kind = getattr(part, "kind", "")
    words = [
        f"{field} {'varies' if f'{name}.{field}' in varied else f'= {exact(value)}'}"
        for field, value in given.items()
        if field != "kind"
    ]
    words += [
        f"{path.removeprefix(f'{name}.')} varies"
        for path in sorted(varied)
        if path.startswith(f"{name}.") and path.removeprefix(f"{name}.") not in given
    ]
    return ": ".join(filter(None, [kind, ", ".join(words)]))
