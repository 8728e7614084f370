"""Public data that is not shipped: each file is fetched once, when it is first trained on.

It is kept in the folder that the environment variable GROKSPEC_DATA names, or else in the user's
cache, and known by its checksum, which is compared at every reading. A file may as well be put
there by hand.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from grokspec.errors import GrokspecError
from grokspec.files.inputs import FileError

VARIABLE = "GROKSPEC_DATA"
"""The environment variable that names the folder of public data."""

TIMEOUT = 30.0
"""Seconds for which a server may be silent."""


@dataclass(frozen=True)
class PublicFile:
    """A file that anybody can fetch."""

    name: str
    """Where it lies below the folder of data."""
    url: str
    sha256: str

    def content(self) -> bytes:
        """What it holds; it is fetched if it is not there.

        Raises a GrokspecError if it cannot be had, and one that names the file if what lies in its
        place is not it. Such a file is left as it is: it may be somebody's.
        """
        path = data_folder() / self.name
        if not path.exists():
            self._fetch(path)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise FileError(path, f"cannot be read: {error.strerror}") from error
        if (found := hashlib.sha256(content).hexdigest()) != self.sha256:
            raise FileError(
                path,
                f"is truncated, altered or another file: the sha256 of its {len(content):,} bytes "
                f"is {found[:8]}…, not {self.sha256[:8]}…; remove it, and it is fetched again",
            )
        return content

    def _fetch(self, path: Path) -> None:
        import pooch

        try:
            pooch.retrieve(
                self.url,
                known_hash=f"sha256:{self.sha256}",
                fname=path.name,
                path=path.parent,
                downloader=pooch.HTTPDownloader(timeout=TIMEOUT),
            )
        except OSError as error:  # which those of requests are, too
            raise self._lacking(path, error.strerror or type(error).__name__) from error
        except ValueError as error:  # the checksum is another; pooch keeps nothing of it
            raise self._lacking(path, "another file was sent") from error

    def _lacking(self, path: Path, reason: str) -> GrokspecError:
        return GrokspecError(
            f"{path} is not there, and could not be fetched ({reason}): put {self.url} there, or "
            f"set {VARIABLE} to a folder that has {self.name}"
        )


def data_folder() -> Path:
    """Where public data is kept."""
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("grokspec", appauthor=False) / "data"
