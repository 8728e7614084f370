"""What to do about a claim with an unexpected verdict."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pytest

from grokspec.formatting import count, shown_path
from grokspec.pytest_plugin.expectations import FOLDER, OPTION, PROFILES, Profiles
from grokspec.pytest_plugin.items import RECORD, readings_of
from grokspec.pytest_plugin.roles import ROLE
from grokspec.statistics.evidence import Comparison, Intervals, Predictions
from grokspec.statistics.finding import Finding
from grokspec.statistics.verdict import Verdict

if TYPE_CHECKING:
    from grokspec.spec import SpecFile

SEED = "seed"


def remedy(item: pytest.Item, finding: Finding) -> str:
    """What to do about this finding, which is not the expected one."""
    profiles, record = item.config.stash[PROFILES], item.stash[RECORD]
    if record.is_replicated and finding.verdict is not Verdict.INCONCLUSIVE:
        return (
            "what comes out otherwise on other seeds holds under a condition, or by chance: judge "
            "it on more seeds, or say under which condition it holds"
        )
    if not profiles.in_code and not record.is_replicated:
        return _at_profile(item, finding, profiles)
    if finding.verdict is Verdict.REFUTED:
        return 'if the claim is wrong and not the code, write expected="refuted"'
    if finding.verdict is Verdict.SUPPORTED:
        return 'if the claim holds and the code is right, write expected="supported"'
    return _more_seeds(item, finding)


def _at_profile(item: pytest.Item, finding: Finding, profiles: Profiles) -> str:
    """The same at another profile than the default one, whose verdicts are in a file."""
    if item.config.stash[ROLE].provider.given.files:
        return f"these results give another verdict than those of the specs at {profiles.profile}"
    folder = item.path.parent / FOLDER
    file = shown_path(profiles.file_beside(item.path))
    if profiles.accepts:
        return f"{file} has this verdict from now on; look at its changes before you commit them"
    first = "" if profiles.folder_of(item.path) else f" (first mkdir {shown_path(folder)})"
    accepting = (
        f"if this is what holds at {profiles.profile}, judge it with {OPTION}, which writes the "
        f"verdict into {file}{first}"
    )
    if finding.verdict is Verdict.INCONCLUSIVE:
        return f"{_more_seeds(item, finding)}\n          {accepting}"
    return accepting


def _more_seeds(item: pytest.Item, finding: Finding) -> str:
    """How many seeds would probably decide the claim, and how they are added."""
    over = {part.over for part in finding.evidence if isinstance(part, Intervals)}
    if not over and any(isinstance(part, Comparison) for part in finding.evidence):
        return (
            "no seed decides it: some numbers that it compares are unknown; see which runs diverged"
        )
    if over != {SEED}:
        return "only more values can decide it: usually more seeds in the sweep of its spec"
    predictions = (part for part in finding.evidence if isinstance(part, Predictions))
    if level := next((p.level for p in predictions if p.verdict is Verdict.INCONCLUSIVE), None):
        return _to_exclude(level, finding.n)
    from grokspec.statistics.more_seeds import MOST_SEEDS, seeds_to_decide

    needed = seeds_to_decide(finding.evidence)
    if needed is None:
        return (
            f"even {MOST_SEEDS:,} seeds would probably not decide it: the median is too close to "
            "the bound, or too many values are unknown"
        )
    provider = item.config.stash[ROLE].provider
    readings = readings_of(item).values()
    specs = [provider.spec(one) for one in readings if not provider.is_recorded_elsewhere(one)]
    remedies = [_how_to_have(needed, specs)] if specs else []
    remedies += ["record as many elsewhere"] if len(specs) < len(readings) else []
    return (
        f"about {count(needed, SEED)} would probably decide it (it has {finding.n}): "
        f"{' and '.join(remedies)}; the runs that are there stay"
    )


def _to_exclude(level: float, seeds: int) -> str:
    from grokspec.statistics.predictions import values_to_exclude

    return (
        f"more seeds may decide it (it has {seeds}); to exclude a number it takes "
        f"{values_to_exclude(level)}"
    )


def _how_to_have(seeds: int, specs: Iterable[SpecFile]) -> str:
    """What to write in the specs, and where."""
    return " and ".join(dict.fromkeys(f"{_in_sweep(seeds, s)} in {_place(s)}" for s in specs))


def _in_sweep(seeds: int, spec: SpecFile) -> str:
    """The line that gives the sweep so many seeds, those that it has among them."""
    own = list(spec.content.sweep.seeds) or [spec.runs[0].experiment.seed - spec.seeds_moved_by]
    if own != list(range(own[0], own[0] + len(own))):
        return f"write {seeds} seeds into the list sweep.seed"
    if own[0] == 0:
        return f"write sweep.seed = {seeds}"
    return f"write sweep.seed = {{ count = {seeds}, from = {own[0]} }}"


def _place(spec: SpecFile) -> str:
    """The file and the profile in which the seeds of a spec are written."""
    from grokspec.spec.document import read_document

    origin = read_document(spec.path, spec.profile).origin(("sweep", SEED))
    profile = f", [profile.{origin.path[1]}]" if origin.path[:1] == ("profile",) else ""
    return f"{shown_path(origin.source.path)}{profile}"
