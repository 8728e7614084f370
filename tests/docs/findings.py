"""The page of findings of each pack, and the claims that it is about."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

from pages import ROOT, read_page

from grokspec.claims.claim import Claim

PACKS = sorted(path.parent.name for path in (ROOT / "claims").glob("*/paper.toml"))

ID = re.compile(r"\b[A-Z]\d\d\b")


def page_of(pack: str) -> str:
    """The prose of the page of a pack."""
    return read_page(ROOT / "docs" / "findings" / f"{pack}.md").prose


def claims_of(pack: str) -> list[Claim]:
    """What the claims of a pack say of themselves."""
    return [
        claim
        for path in sorted((ROOT / "claims" / pack).rglob("test_*.py"))
        for claim in _claims_in(path)
    ]


def _claims_in(path: Path) -> list[Claim]:
    found = importlib.util.spec_from_file_location(f"claims_{path.stem}", path)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    marks = [mark for test in vars(module).values() for mark in getattr(test, "pytestmark", ())]
    return [mark.args[0] for mark in marks if mark.name == "claim"]
