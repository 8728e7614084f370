"""The report as JSON: all that the page tells, but for the figures."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from grokspec.report.contents import Judgement, Report, SpecSheet, System


def data(report: Report) -> str:
    """One JSON object. Infinities and NaN are the strings inf, -inf and nan."""
    told = {
        "title": report.title,
        "claims": report.claims,
        "profile": report.profile,
        "made": report.made,
        "grokspec": report.version,
        "judgements": [_judgement(one, s) for s in report.systems for one in s.judgements],
        "specs": [_sheet(sheet) for sheet in report.specs],
        "faults": None if report.faults is None else json.loads(report.faults.as_json()),
    }
    return json.dumps(_strict(told), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _judgement(one: Judgement, system: System) -> dict[str, Any]:
    row = {field.name: getattr(one.row, field.name) for field in fields(one.row)}
    trials = [
        {"kind": t.kind, "experiment": t.control, "verdict": t.verdict, "outcome": t.outcome}
        for t in one.trials
    ]
    caught = [fault.id for fault in one.caught]
    return {"system": system.name, **row, "turned": one.row.turned, "trials": trials} | {
        "faults_caught": caught
    }


def _sheet(sheet: SpecSheet) -> dict[str, Any]:
    return {
        "name": sheet.name,
        "title": sheet.title,
        "texts": dict(sheet.texts),
        "origins": None if sheet.origins is None else asdict(sheet.origins),
    }


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _strict(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_strict(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
