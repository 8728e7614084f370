"""What the selected claims of a session need."""

from __future__ import annotations

from typing import Any

import pytest

from grokspec.claims.claim import Claim
from grokspec.claims.record import JudgedClaim, Record
from grokspec.pytest_plugin.expectations import PROFILES
from grokspec.pytest_plugin.items import PACK, SPECS, Reading, claim_of, readings_of, records_of
from grokspec.pytest_plugin.provider import Provider
from grokspec.pytest_plugin.replication import REPLICATIONS


class Requirements(Record):
    """The results that the selected claims read, and their records before they are judged.

    A worker of pytest-xdist sends them to the controller as JSON.
    """

    specs: tuple[tuple[str, str], ...] = ()
    """The specs whose results they are: the pack of the claim (or nothing), and the name."""
    readings: tuple[Reading, ...] = ()
    records: tuple[JudgedClaim, ...] = ()


def requirements_of(session: pytest.Session, provider: Provider) -> Requirements:
    """The requirements of the selected tests; none if no test will run."""
    files, stash = provider.given.files.values(), session.config.stash

    def standing(item: pytest.Item, claim: Claim) -> dict[str, Any]:
        at_profiles = stash[PROFILES].standing(item, claim, files)
        return at_profiles | stash[REPLICATIONS].standing(item, claim, provider)

    records = records_of(session.items, files, standing)
    options = session.config.option
    broken = session.testsfailed and not options.continue_on_collection_errors
    if options.collectonly or broken:
        return Requirements()
    claims = [item for item in session.items if claim_of(item)]
    specs = dict.fromkeys((_pack_of(item), name) for item in claims for name in item.stash[SPECS])
    readings = dict.fromkeys(r for item in claims for r in readings_of(item).values())
    return Requirements(specs=tuple(specs), readings=tuple(readings), records=records)


def _pack_of(item: pytest.Item) -> str:
    pack = item.stash[PACK]
    return pack.key if pack else ""
