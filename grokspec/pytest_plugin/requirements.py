"""What the selected claims of a session require."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, ConfigDict

from grokspec.claims.record import JudgedClaim
from grokspec.pytest_plugin.items import Reading, claim_of, readings_of, records_of


class Requirements(BaseModel):
    """Which results the selected claims read, and the records that they enter the checklist with.

    A worker of pytest-xdist sends them to the controller as JSON.
    """

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="strings")

    readings: tuple[Reading, ...] = ()
    records: tuple[JudgedClaim, ...] = ()


def requirements_of(session: pytest.Session) -> Requirements:
    """The requirements of the tests that were selected; none if no test will be run."""
    records = records_of(session.items)
    options = session.config.option
    broken = session.testsfailed and not options.continue_on_collection_errors
    if options.collectonly or broken:
        return Requirements()
    claims = [item for item in session.items if claim_of(item)]
    readings = dict.fromkeys(r for item in claims for r in readings_of(item).values())
    return Requirements(readings=tuple(readings), records=records)
