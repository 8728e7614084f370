"""Following a page from its top: files are written, commands and programs run."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import traceback
from pathlib import Path
from typing import Any

from pages import Block, Page, commands_of, first_not_in

LONGEST = 120
"""Seconds that one command may take."""


class NotSoError(AssertionError):
    """Something is not as a page says. The message has the line, and what happened instead."""

    def __init__(self, page: Page, block: Block, what: str) -> None:
        super().__init__(f"{page.path.name}:{block.line}: {what}")


def follow(page: Page) -> None:
    """Do in the current folder what a page says, in order. Raises NotSoError."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    printed = ""
    for block in page.blocks:
        if "not run" in block.notes:
            continue
        if path := block.notes.get("file"):
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(path).write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            run(page, block)
        elif block.language == "python":
            printed = execute(page, block, namespace)
        elif "output" in block.notes:
            missing = first_not_in(tuple(block.text.splitlines()), printed)
            if missing is not None:
                raise NotSoError(page, block, f"no line reads {missing!r} in\n{printed}")


def run(page: Page, block: Block) -> None:
    """Run the commands of a console block, and look for what is shown of their output."""
    for command in commands_of(block):
        done = subprocess.run(
            ["bash", "-c", command.text],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=LONGEST,
        )
        output = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
        shown = f"$ {command.text}\n{output}"
        if done.returncode != command.exit:
            raise NotSoError(
                page, block, f"exit code {done.returncode}, not {command.exit}, of\n{shown}"
            )
        if (missing := first_not_in(command.shown, output)) is not None:
            raise NotSoError(page, block, f"no line reads {missing!r} in\n{shown}")


def execute(page: Page, block: Block, namespace: dict[str, Any]) -> str:
    """Run a python block, and return what it prints."""
    code = compile("\n" * (block.line - 1) + block.text, str(page.path), "exec")
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        try:
            exec(code, namespace)
        except Exception as error:
            raise NotSoError(page, block, traceback.format_exc()) from error
    return printed.getvalue()
