"""Git repositories for the tests."""

from __future__ import annotations

import subprocess
from pathlib import Path

ANYONE = ["-c", "user.name=anyone", "-c", "user.email=anyone@example.org"]


def git(folder: Path, *arguments: str) -> str:
    """The output of git in a folder."""
    done = subprocess.run(
        ["git", *ANYONE, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(folder: Path) -> str:
    """Commit all files of a folder, which becomes a repository; return the hash."""
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "-q", "-m", "a state")
    return git(folder, "rev-parse", "HEAD")


def inside(repository: Path) -> set[str]:
    """Everything in a repository that a command might change: git's files, worktrees and edits."""
    shown = {git(repository, "worktree", "list"), git(repository, "status", "--short")}
    return {*shown, *(str(path) for path in (repository / ".git").rglob("*"))}
