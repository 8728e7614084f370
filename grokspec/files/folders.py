"""Folders that a user names, and the user's cache: `~` is expanded, and an error has a remedy."""

from __future__ import annotations

from pathlib import Path

from grokspec.errors import GrokspecError


def named_path(named: Path | str) -> Path:
    """The path of a file or folder that a user names: as it is, with a `~` expanded.

    Raises a GrokspecError if the `~` stands for nobody's home.
    """
    path = Path(named)
    try:
        return path.expanduser()
    except RuntimeError:
        raise GrokspecError(
            f"{path}: there is no home folder for {path.parts[0]}; write the whole path"
        ) from None


def named_folder(named: Path | str, what: str, remedy: str) -> Path:
    """The absolute path of a folder that a user names; it need not exist.

    Raises a GrokspecError, with ``what`` the folder is and the ``remedy``, if the name begins with
    a `~` that stands for nobody's home or is relative to a working directory that was removed.
    """
    name = str(named)
    try:
        if "\0" not in name:
            return Path(named).expanduser().absolute()
        reason = "is not a path"
    except RuntimeError:
        reason = f"there is no home folder for {Path(named).parts[0]}"
    except FileNotFoundError:
        reason = "the working directory was removed"
    raise GrokspecError(f"{what} {name!r}: {reason}; {remedy}")


def user_cache(what: str, remedy: str) -> Path:
    """The folder of grokspec in the user's cache.

    Raises a GrokspecError, with ``what`` is kept there and the ``remedy``, for a user without a
    home.
    """
    from platformdirs import user_cache_path

    try:
        folder = user_cache_path("grokspec", appauthor=False)
    except RuntimeError:
        folder = Path("~")
    if folder.is_absolute():
        return folder
    raise GrokspecError(f"there is no home folder in whose cache {what} can be; {remedy}")
