"""A folder to write specs in, and a complete spec."""

from collections.abc import Callable
from pathlib import Path

import pytest
from experiments import WHOLE

from grokspec.errors import GrokspecError
from grokspec.spec import read_spec

Write = Callable[..., Path]
Mistakes = Callable[..., list[str]]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a file into the working directory, a temporary folder."""
    monkeypatch.chdir(tmp_path)

    def write(text: str | bytes, name: str = "x.toml") -> Path:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def whole(write: Write) -> Path:
    """A complete spec, base.toml."""
    return write(WHOLE, "base.toml")


@pytest.fixture
def mistakes(write: Write, whole: Path) -> Mistakes:
    """The mistakes of a spec that extends base.toml: each message with its place."""

    def mistakes(text: str, profile: str = "quick", **options: int) -> list[str]:
        path = write(f'extends = "base.toml"\n{text}')
        with pytest.raises(GrokspecError) as caught:
            read_spec(path, profile, **options)
        return [f"{m.place}  {m.message}" for m in caught.value.mistakes]

    return mistakes
