"""Public data that is not shipped: each file is downloaded once, when it is first trained on.

It is kept in the folder named by the environment variable GROKSPEC_DATA, by default in the user's
cache, and its checksum is compared each time it is read. A file may also be put there by hand.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from grokspec.errors import GrokspecError
from grokspec.files.folders import named_folder, user_cache
from grokspec.files.inputs import FileError, opened

VARIABLE = "GROKSPEC_DATA"
"""The environment variable that names the folder of public data."""

TIMEOUT = 30.0
"""Seconds to wait for a server that does not answer."""


class NotThereError(GrokspecError):
    """A public file is not there, and could not be downloaded."""

    def __init__(self, file: PublicFile, message: str) -> None:
        super().__init__(message)
        self.file = file

    def __reduce__(self) -> tuple[type[NotThereError], tuple[PublicFile, str]]:
        return NotThereError, (self.file, str(self))  # for pickling


@dataclass(frozen=True)
class PublicFile:
    """A file that anybody can download."""

    name: str
    """Its path in the folder of data."""
    url: str
    sha256: str

    def content(self) -> bytes:
        """The content of the file, which is downloaded if it is not there.

        Raises a GrokspecError if the download fails, or if the file there has another checksum.
        Such a file is left as it is: it may be the user's own.
        """
        path = data_folder() / self.name
        if not os.path.lexists(path):
            self._download(path)
        with opened(path) as file:
            content = file.read()
        if (found := hashlib.sha256(content).hexdigest()) != self.sha256:
            raise FileError(
                path,
                f"is truncated, altered or another file: the sha256 of its {len(content):,} bytes "
                f"is {found[:8]}…, not {self.sha256[:8]}…; remove it to download it again",
            )
        return content

    def _download(self, path: Path) -> None:
        import pooch

        try:
            pooch.retrieve(
                self.url,
                known_hash=f"sha256:{self.sha256}",
                fname=path.name,
                path=path.parent,
                downloader=pooch.HTTPDownloader(timeout=TIMEOUT),
            )
        except OSError as error:  # the errors of requests are OSErrors, too
            raise self._not_there(path, error.strerror or type(error).__name__) from error
        except ValueError as error:  # another checksum; pooch has removed the file
            raise self._not_there(path, "the server sent another file") from error

    def _not_there(self, path: Path, reason: str) -> NotThereError:
        return NotThereError(
            self,
            f"{path} is not there and could not be downloaded ({reason}); put {self.url} there, or "
            f"set {VARIABLE} to a folder that has {self.name}",
        )


def data_folder() -> Path:
    """The folder where public data is kept. Raises a GrokspecError if there is no such home."""
    if named := os.environ.get(VARIABLE):
        return named_folder(named, "the folder of public data", f"set {VARIABLE} to another folder")
    return user_cache("public data", f"set {VARIABLE} to a folder") / "data"
