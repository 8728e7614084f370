"""Which names files may have in an archive: those that stay in the folder, on every system."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

LONGEST_NAME, LONGEST_PART = 1_000, 255
"""In bytes: of a whole name, and of a part between slashes."""

DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{i}" for port in ("com", "lpt") for i in range(10))]
)
"""What Windows takes for a device, with any ending."""


def why_refused(name: str) -> str:
    """Why a file may not have a name; empty if it may."""
    if not name or len(name.encode(errors="surrogatepass")) > LONGEST_NAME:
        return f"is empty or has more than {LONGEST_NAME:,} bytes"
    if not name.isprintable():
        return "has characters that cannot be printed"
    if "\\" in name or ":" in name:
        return "has a backslash or a colon, which are no part of a name on every system"
    for part in name.split("/"):
        if part in ("", ".", ".."):
            return "is no plain path below a folder"
        if part != part.rstrip(". ") or part.partition(".")[0].lower() in DEVICES:
            return f"has the part {part!r}, which is no name on every system"
        if len(part.encode()) > LONGEST_PART:
            return f"has a part of more than {LONGEST_PART} bytes"
    return ""


def clash(names: Iterable[str]) -> tuple[str, str] | None:
    """Two names that cannot both be files where case or composed letters don't count."""
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    for name in names:
        key = unicodedata.normalize("NFC", name).casefold()
        if key in files:
            return files[key], name
        files[key] = name
        parts = key.split("/")
        folders |= {"/".join(parts[:length]): name for length in range(1, len(parts))}
    both = next((key for key in files if key in folders), None)
    return None if both is None else (files[both], folders[both])
