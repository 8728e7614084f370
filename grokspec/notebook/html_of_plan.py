"""A spec and a plan as a notebook shows them: what is trained, what is varied, how many runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from grokspec.notebook.html import card, faint, folded, table
from grokspec.notebook.plain import sides

if TYPE_CHECKING:
    from pydantic import BaseModel

    from grokspec.plans import Plan
    from grokspec.spec.reader import SpecFile
    from grokspec.spec.schema import Spec

NAMED = 8
"""Of a longer list, how many are shown."""

SECTIONS = ("task", "model", "optimizer", "training")
"""Parts of a spec that say what is trained."""


def spec_as_html(file: SpecFile) -> str:
    """What is trained and what is varied."""
    points = [(point.experiment, point.coordinates) for point in file.experiments]
    varied = {path for _, coordinates in points for path in coordinates}
    rows = {name: _section(getattr(file.spec, name), name, varied) for name in SECTIONS}
    rows["recorded"] = ", ".join(probe.kind for probe in file.spec.record.probes)
    rows |= axes_told(file.spec, points)
    head = f"{file.name} · profile {file.profile}"
    return card(head, faint(f"spec, {_counted(len(points), 'run')}"), table(rows))


def plan_as_html(plan: Plan) -> str:
    """What is varied, what it costs, and the runs by their ids."""
    from grokspec.cli.display import amount

    points = [(run.experiment, run.coordinates) for run in plan.runs]
    stacks = plan.stacks()
    flops = sum(stack.price.flops for stack in stacks)
    told = f"plan, {_counted(len(points), 'run')} in {_counted(len(stacks), 'stack')}"
    return card(
        f"{plan.name} · profile {plan.profile}",
        faint(f"{told}, {amount(flops, 'flop')}"),
        table(axes_told(plan.spec, points)),
        folded("the runs", shortened([run.id for run in plan.runs])),
    )


def axes_told(spec: Spec, points: Sequence[tuple[Any, Any]]) -> dict[str, str]:
    """The values along each axis; of what is zipped, all that go together."""
    return {
        name: ", ".join(shortened([_shown(value) for value in values]))
        for coordinates in sides(spec, points).values()
        for name, values in coordinates.items()
    }


def shortened(texts: Sequence[str]) -> list[str]:
    """The texts, or if they are many the first of them, how many are left out, and the last."""
    if len(texts) <= NAMED:
        return list(texts)
    return [*texts[: NAMED - 2], f"… {len(texts) - NAMED + 1:,} more …", texts[-1]]


def _section(part: BaseModel, name: str, varied: set[str]) -> str:
    """The kind, and the fields that are not as they are by default."""
    said = part.model_dump(exclude_defaults=True, mode="json")
    kind = getattr(part, "kind", "")
    told = [
        f"{field} {'varies' if f'{name}.{field}' in varied else f'= {_shown(value)}'}"
        for field, value in said.items()
        if field != "kind"
    ]
    told += [
        f"{path.removeprefix(f'{name}.')} varies"
        for path in sorted(varied)
        if path.startswith(f"{name}.") and path.removeprefix(f"{name}.") not in said
    ]
    return ": ".join(filter(None, [kind, ", ".join(told)]))


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
