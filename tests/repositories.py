"""Git repositories for the tests."""

from __future__ import annotations

import subprocess
from pathlib import Path

ANYONE = ["-c", "user.name=anyone", "-c", "user.email=anyone@example.org"]


def git(folder: Path, *arguments: str) -> str:
    """What git answers in a folder."""
    done = subprocess.run(
        ["git", *ANYONE, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(folder: Path) -> str:
    """Commit all that is in a folder, which becomes a repository; the commit's hash."""
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "a state")
    return git(folder, "rev-parse", "HEAD")


def inside(repository: Path) -> set[str]:
    """Everything that git keeps of a repository: its files, worktrees and what is edited."""
    told = {git(repository, "worktree", "list"), git(repository, "status", "--short")}
    return {*told, *(str(path) for path in (repository / ".git").rglob("*"))}
