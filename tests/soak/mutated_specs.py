"""Specs with slips: the shipped ones, in which a few things are torn, repeated or exaggerated.

python tests/soak/mutated_specs.py 10000 --seed 1
"""

from __future__ import annotations

import argparse
import functools
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from grokspec.errors import GrokspecError
from grokspec.spec import read_spec

SPECS = Path(__file__).parents[2] / "specs"

TOKENS = [
    *"{}[]\"'=,.#",
    *("[[", "]]", '"""', "\n", "\t", "\x00", "\x1b[31m", "\u202e", "é", "∞"),
    *("true", "nan", "inf", "-1", "0", "1e308", "0x1F", "1979-05-27", "5.", "08", "1__0"),
    *('"infinite"', '"auto"', "{ log2 = [-3, 6] }", "{ linear = [0, 1], count = 100000 }"),
]

HUGE = [2**31, 2**62, 2**63, 10**12, 10**400, -(2**63), 1e308]

Change = Callable[[str, random.Random], str]


def _cut(text: str, draw: random.Random) -> str:
    start = draw.randrange(len(text))
    return text[:start] + text[start + draw.choice([1, 2, 5, 40]) :]


def _insert(text: str, draw: random.Random) -> str:
    at = draw.randrange(len(text))
    return text[:at] + draw.choice(TOKENS) + text[at:]


def _without_a_line(text: str, draw: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    del lines[draw.randrange(len(lines))]
    return "".join(lines)


def _line_elsewhere(text: str, draw: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    lines.insert(draw.randrange(len(lines)), draw.choice(lines))
    return "".join(lines)


def _exaggerated(text: str, draw: random.Random) -> str:
    """A number made huge."""
    digits = [i for i, c in enumerate(text) if c.isdigit()]
    if not digits:
        return text
    at = draw.choice(digits)
    return text[:at] + str(draw.choice(HUGE)) + text[at + 1 :]


def _misspelled(text: str, draw: random.Random) -> str:
    letters = [i for i, c in enumerate(text) if c.isalpha()]
    at = draw.choice(letters) if letters else 0
    return text[:at] + draw.choice("aexz_") + text[at + 1 :]


def _deep(text: str, draw: random.Random) -> str:
    depth = draw.choice([5, 40, 900, 5000])
    key = f"x{draw.randrange(100)}"
    deep = [
        f"{key}{'.a' * depth} = 1\n",
        f"{key} = {'[' * depth}{']' * depth}\n",
        f"{key} = {'{ a = ' * depth}1{' }' * depth}\n",
        f"[{key}{'.a' * depth}]\n",
    ]
    lines = text.splitlines(keepends=True)
    lines.insert(draw.randrange(len(lines)), draw.choice(deep))
    return "".join(lines)


def _many(text: str, draw: random.Random) -> str:
    """A line that is there very often."""
    lines = text.splitlines(keepends=True)
    at = draw.randrange(len(lines))
    n = draw.choice([3, 100, 5000])
    numbered = (lines[at].replace("=", f"{i} =", 1) for i in range(n))
    return "".join([*lines[:at], *numbered, *lines[at:]])


def _other_part(text: str, draw: random.Random) -> str:
    """A part of another spec put in."""
    lines = draw.choice([*_shipped().values()]).splitlines(keepends=True)
    first = draw.randrange(len(lines))
    at = draw.randrange(len(text))
    return text[:at] + "".join(lines[first : first + draw.choice([1, 3, 8])]) + text[at:]


CHANGES: list[Change] = [
    *(_cut, _insert, _without_a_line, _line_elsewhere, _exaggerated, _misspelled),
    *(_deep, _many, _other_part),
]


@functools.cache
def _shipped() -> dict[Path, str]:
    """The text of each shipped spec."""
    return {path: path.read_text(encoding="utf-8") for path in sorted(SPECS.rglob("*.toml"))}


def mutated_specs(count: int, seed: int, folder: Path) -> Iterator[Path]:
    """Write mutated specs, one after another, each beside the file that it extends."""
    shutil.copytree(SPECS, folder / "specs")
    draw = random.Random(seed)
    for _ in range(count):
        shipped, text = draw.choice([*_shipped().items()])
        for _ in range(draw.choice([1, 1, 2, 3])):
            text = draw.choice(CHANGES)(text, draw) or "\n"
        path = (folder / "specs" / shipped.relative_to(SPECS)).with_name("mutated.toml")
        path.write_bytes(text.encode("utf-8", "surrogatepass"))
        yield path


def outcome(path: Path, profile: str = "quick") -> str:
    """How reading a spec ends: "read" or "refused"; another outcome is an AssertionError."""
    try:
        read_spec(path, profile, limit=300)
    except GrokspecError as error:
        _require_places(error)
        return "refused"
    return "read"


def _require_places(refusal: GrokspecError) -> None:
    assert refusal.mistakes
    for mistake in refusal.mistakes:
        assert ".toml" in str(mistake).split(" ")[0], mistake  # its place, or its file
        assert all(c.isprintable() or c in "\n\t" for c in str(mistake)), mistake
    assert len(str(refusal)) < 30_000


def main() -> None:
    """Read many mutated specs, print the outcomes, and keep those that are faults."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int, nargs="?", default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("faulty-specs"))
    options = parser.parse_args()
    outcomes: Counter[str] = Counter()
    slowest = 0.0
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(mutated_specs(options.count, options.seed, Path(folder))):
            started = time.process_time()
            try:
                outcomes[outcome(path)] += 1
            except Exception as error:
                outcomes[type(error).__name__] += 1
                options.keep.mkdir(exist_ok=True)
                shutil.copy(path, options.keep / f"{options.seed}-{number}.toml")
                traceback.print_exc()
            slowest = max(slowest, time.process_time() - started)
    print(", ".join(f"{n:,} {what}" for what, n in outcomes.most_common()))
    print(f"slowest: {slowest:.1f} s of processor time")
    sys.exit(0 if outcomes.keys() <= {"read", "refused"} else 1)


if __name__ == "__main__":
    main()
