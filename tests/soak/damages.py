"""Damages the files of a small trained store in every way, and looks what becomes of its results.

    python tests/soak/damages.py 500 [--seed 1]

After each damage a result is read to the bit as it was, or is missing; nothing is changed by
reading, nothing waits, and no command ends in anything but a GrokspecError of one line. Then the
same training makes the store complete again. Exits with 1 if that is not so.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import signal
import socket
import stat
import struct
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from grokspec.errors import GrokspecError
from grokspec.runner import train_runs
from grokspec.spec import SpecFile, read_spec
from grokspec.store import Store, open_store
from grokspec.store.inventory import take_inventory
from grokspec.store.shard import Result

SPEC = """
[task]
kind = "polynomial"
inputs = 4
train = 8
[model]
kind = "committee"
width = 4
epsilon = 0.25
[optimizer]
kind = "gradient_descent"
learning_rate = 0.5
[record]
steps = { log = 3 }
probes = ["loss"]
[training]
steps = 1
[sweep]
seed = 2
[sweep.grid]
"training.steps" = STEPS
"""

LONGEST = 30
"""Seconds that looking at a damaged store and training what is missing may take."""

Damage = Callable[[Random, Store], None]

ODD_VALUES: list[Any] = [None, True, -1, 0.96, 2**70, 1e300, "", "no", [], {}, [[]], "NaN", "\0"]


def any_shard(rng: Random, store: Store) -> Path:
    """One of the files of results."""
    return rng.choice(store.files())


def any_file(rng: Random, store: Store) -> Path:
    """A file of results, or store.json."""
    return rng.choice([*store.files(), store.folder / "store.json"])


def edit(path: Path, change: Callable[[bytearray], object]) -> None:
    """Change the content of a file."""
    data = bytearray(path.read_bytes())
    change(data)
    path.write_bytes(data)


def flip_a_bit(rng: Random, store: Store) -> None:
    """Anywhere in a file."""

    def change(data: bytearray) -> None:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)

    edit(any_file(rng, store), change)


def flip_a_bit_of_a_header(rng: Random, store: Store) -> None:
    """In what is read first."""

    def change(data: bytearray) -> None:
        data[rng.randrange(8 + struct.unpack_from("<Q", data)[0])] ^= 1 << rng.randrange(8)

    edit(any_shard(rng, store), change)


def flip_many_bits(rng: Random, store: Store) -> None:
    """In all files."""
    for path in [*store.files(), store.folder / "store.json"]:

        def change(data: bytearray) -> None:
            for _ in range(rng.randrange(1, 9)):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)

        edit(path, change)


def change_a_digit(rng: Random, store: Store) -> None:
    """Into another, in a header: a key, a number, a fingerprint."""

    def change(data: bytearray) -> None:
        end = 8 + struct.unpack_from("<Q", data)[0]
        digits = [i for i in range(8, end) if chr(data[i]).isdigit()]
        data[rng.choice(digits)] = ord(rng.choice("0123456789"))

    edit(any_shard(rng, store), change)


def write_zeros(rng: Random, store: Store) -> None:
    """In place of a part of a file."""

    def change(data: bytearray) -> None:
        begin = rng.randrange(len(data))
        end = rng.randint(begin, len(data))
        data[begin:end] = bytes(end - begin)

    edit(any_file(rng, store), change)


def cut(rng: Random, store: Store) -> None:
    """A file, anywhere."""
    path = any_file(rng, store)
    os.truncate(path, rng.randrange(path.stat().st_size))


def grow(rng: Random, store: Store) -> None:
    """A file, by a few bytes or a terabyte of nothing."""
    path = any_file(rng, store)
    os.truncate(path, path.stat().st_size + rng.choice([1, 8, 4096, 2**40]))


def append_bytes(rng: Random, store: Store) -> None:
    """To a file, or before it."""
    more = rng.randbytes(rng.choice([1, 8, 1000]))
    before = rng.random() < 0.5

    def change(data: bytearray) -> None:
        data[:] = more + data if before else data + more

    edit(any_file(rng, store), change)


def replace_by_bytes(rng: Random, store: Store) -> None:
    """A file, by others of the same or another length."""
    path = any_file(rng, store)
    path.write_bytes(rng.randbytes(rng.choice([0, 1, 8, 9, path.stat().st_size])))


def exchange_shards(rng: Random, store: Store) -> None:
    """Each has the name of the other."""
    one, other = rng.sample(store.files(), 2)
    spare = one.with_name("spare")
    one.rename(spare)
    other.rename(one)
    spare.rename(other)


def copy_over_another(rng: Random, store: Store) -> None:
    """One file of results."""
    one, other = rng.sample(store.files(), 2)
    shutil.copyfile(one, other)


def link_to_another(rng: Random, store: Store) -> None:
    """In place of a file of results."""
    one, other = rng.sample(store.files(), 2)
    other.unlink()
    (other.symlink_to if rng.random() < 0.5 else other.hardlink_to)(one)


def link_to_itself_elsewhere(rng: Random, store: Store) -> None:
    """A file is moved and linked to, which is no damage."""
    path = any_file(rng, store)
    there = store.folder / "elsewhere"
    path.rename(there)
    path.symlink_to(there)


def remove(rng: Random, store: Store) -> None:
    """A file."""
    any_file(rng, store).unlink()


def remove_the_shards(rng: Random, store: Store) -> None:
    """All of them, with their folder."""
    shutil.rmtree(store.shards)


def rename(rng: Random, store: Store) -> None:
    """A file of results, as people and tools do."""
    path = any_shard(rng, store)
    name = rng.choice(
        ["{}.damaged", ".{}", "._{}", "{}.part", "copy of {}", "x.safetensors", "{}~"]
    )
    path.rename(path.with_name(name.format(path.name)))


def copy_beside(rng: Random, store: Store) -> None:
    """A file of results, with another name or with another file's kind of name."""
    path = any_shard(rng, store)
    names = ["copy.safetensors", f".{path.name}", "0" * 64 + ".safetensors", "\x1b[2J.safetensors"]
    shutil.copyfile(path, path.with_name(rng.choice(names)))


def put_foreign_files(rng: Random, store: Store) -> None:
    """In all folders of the store."""
    for folder in (store.folder, store.shards, store.folder / "reservations"):
        folder.mkdir(exist_ok=True)
        for _ in range(3):
            place = folder / rng.choice(
                ["a.safetensors", ".DS_Store", "x.json", "0" * 32 + ".json"]
            )
            if not os.path.lexists(place):
                rng.choice(SPECIAL)(place)


def put_in_place(rng: Random, store: Store) -> None:
    """Of a file: a folder, a pipe, a link, …"""
    path = any_file(rng, store)
    path.unlink()
    rng.choice(SPECIAL)(path)


def put_in_place_of_the_shards(rng: Random, store: Store) -> None:
    """Of their folder: a file, a pipe, a link, …"""
    shutil.rmtree(store.shards)
    rng.choice(SPECIAL)(store.shards)


def put_in_place_of_the_reservations(rng: Random, store: Store) -> None:
    """Or of the lock in them."""
    place = store.folder / "reservations"
    shutil.rmtree(place, ignore_errors=True)
    if rng.random() < 0.5:
        place.mkdir()
        place = place / "lock"
    rng.choice(SPECIAL)(place)


def forbid(rng: Random, store: Store) -> None:
    """Reading a file; the superuser may all the same."""
    any_file(rng, store).chmod(0)


def edit_json(rng: Random, store: Store) -> None:
    """Any value in a header becomes another, or is gone."""

    def change(data: bytearray) -> None:
        length = struct.unpack_from("<Q", data)[0]
        header = json.loads(data[8 : 8 + length])
        place = rng.choice(["header", "runs", "sources", "experiments"])
        if place == "header":
            header = _edited(rng, header)
        else:
            inner = json.loads(header["__metadata__"][place])
            header["__metadata__"][place] = json.dumps(_edited(rng, inner))
        text = json.dumps(header).encode()
        data[:] = struct.pack("<Q", len(text)) + text + data[8 + length :]

    edit(any_shard(rng, store), change)


def nest_deeply(rng: Random, store: Store) -> None:
    """JSON, deeper than any parser goes."""
    path = any_file(rng, store)
    text = rng.choice([b"[", b'{"a":', b"[[{}],"]) * 50_000
    marker = path.name == "store.json"
    path.write_bytes(text if marker else struct.pack("<Q", len(text)) + text)


def edit_the_marker(rng: Random, store: Store) -> None:
    """store.json, into other JSON."""
    layouts = [json.dumps({"layout": value}) for value in (*ODD_VALUES, 0, 2, 1.0, "1")]
    (store.folder / "store.json").write_text(rng.choice([*layouts, "{}", "[1]", "1", "NaN"]))


def _edited(rng: Random, value: Any) -> Any:
    """The value with one of its inner values replaced or removed."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = rng.choice(sorted(value))
        if rng.random() < 0.1:
            return {k: v for k, v in value.items() if k != key}
        return value | {key: _edited(rng, value[key])}
    if isinstance(value, list) and value and rng.random() < 0.9:
        index = rng.randrange(len(value))
        return [_edited(rng, v) if i == index else v for i, v in enumerate(value)]
    if isinstance(value, int | float) and rng.random() < 0.5:
        return value + rng.choice([-1, 1, 1000])
    return rng.choice(ODD_VALUES)


def _socket(place: Path) -> None:
    short = Path(tempfile.mkdtemp()) / "s"  # its path may have no more than 107 characters
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(short))
    try:
        os.rename(short, place)
    except OSError:  # another file system
        place.mkdir()
    shutil.rmtree(short.parent)


SPECIAL: list[Callable[[Path], object]] = [
    lambda place: place.mkdir(),
    lambda place: os.mkfifo(place),
    _socket,
    lambda place: place.symlink_to("/dev/zero"),
    lambda place: place.symlink_to("nothing"),
    lambda place: place.symlink_to(place.name),
    lambda place: place.symlink_to(place.parent),
    lambda place: place.write_bytes(b""),
    lambda place: place.write_bytes(b"text"),
]

DAMAGES: list[Damage] = [
    flip_a_bit,
    flip_a_bit_of_a_header,
    flip_many_bits,
    change_a_digit,
    write_zeros,
    cut,
    grow,
    append_bytes,
    replace_by_bytes,
    exchange_shards,
    copy_over_another,
    link_to_another,
    link_to_itself_elsewhere,
    remove,
    remove_the_shards,
    rename,
    copy_beside,
    put_foreign_files,
    put_in_place,
    put_in_place_of_the_shards,
    put_in_place_of_the_reservations,
    forbid,
    edit_json,
    nest_deeply,
    edit_the_marker,
]


class Soak:
    """A small trained store, and copies of it that are damaged."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.spec = written_spec(folder, [4, 5, 6])
        self._whole = Store(folder / "whole")
        train_runs(self.spec.runs, self._whole, device="cpu", workers=0)
        self._keys = [run.key for run in self.spec.runs]
        self._right = numbers(self._whole, self._keys)
        assert len(self._right) == len(self._keys)

    def try_one(self, damage: Damage, seed: int) -> str:
        """Damage a copy, read it and train what is missing. Returns what became of it."""
        folder = self._folder / "damaged"
        shutil.copytree(self._whole.folder, folder, symlinks=True)
        signal.signal(signal.SIGALRM, too_long)
        signal.alarm(LONGEST)
        try:
            damage(Random(seed), Store(folder))
            before = state(folder)
            found = self._read(folder)
            assert state(folder) == before, "reading has changed the store"
            trained = self._train(folder)
            after = state(folder)
            assert after == after | state_of_shards(before), "training has changed what was there"
            return f"{found}, {trained}"
        finally:
            signal.alarm(0)
            shutil.rmtree(folder)

    def _read(self, folder: Path) -> str:
        try:
            store = open_store(folder)
            inventory = take_inventory(self.spec.runs, store)
            found = numbers(open_store(folder), self._keys)
        except GrokspecError as error:
            return _refused(error)
        assert found == {key: self._right[key] for key in found}, "another number was read"
        assert set(inventory.entries) == set(found), "what is counted is not what is read"
        return f"{len(self._keys) - len(found)} of {len(self._keys)} missing"

    def _train(self, folder: Path) -> str:
        try:
            train_runs(self.spec.runs, Store(folder), device="cpu", workers=0)
        except GrokspecError as error:
            return _refused(error)
        assert numbers(Store(folder), self._keys) == self._right, "not what was trained before"
        return "complete again"


def _refused(error: GrokspecError) -> str:
    if "\n" in str(error):
        raise AssertionError(f"more than a line: {error}")
    return "refused"


def too_long(*arguments: object) -> None:
    """End what waits."""
    raise TimeoutError("took too long")


def written_spec(folder: Path, steps: list[int]) -> SpecFile:
    """The spec with these numbers of steps, read from a file in this folder."""
    path = folder / "small.toml"
    path.write_text(SPEC.replace("STEPS", str(steps)))
    return read_spec(path)


def numbers(store: Store, keys: list[str]) -> dict[str, str]:
    """All that was recorded of each run that the store has, as a hash."""
    return {key: _hash(result) for key, result in store.read(keys).items()}


def _hash(result: Result) -> str:
    history = result.history
    digest = hashlib.sha256(history.steps.tobytes())
    for name, values in sorted(history.quantities.items()):
        digest.update(repr((name, values.dtype, values.shape)).encode() + values.tobytes())
    digest.update(repr((history.status, history.diverged_at, result.experiment)).encode())
    digest.update(result.fingerprint.encode())
    return digest.hexdigest()


def state(folder: Path) -> dict[str, tuple[int, ...]]:
    """Kind, size and time of all that lies in a folder."""
    found = {}
    for path in folder.rglob("*"):
        status = path.lstat()
        found[str(path)] = stat.S_IFMT(status.st_mode), status.st_size, status.st_mtime_ns
    return found


def state_of_shards(before: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """The part of a state about what is among the shards."""
    return {path: what for path, what in before.items() if Path(path).parent.name == "shards"}


def main() -> int:
    """Try as many damages as asked for, each kind in turn."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", type=int, nargs="?", default=500)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    outcomes: Counter[str] = Counter()
    failed = 0
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        soak = Soak(Path(folder))
        for number in range(asked.count):
            damage, seed = DAMAGES[number % len(DAMAGES)], asked.seed + number
            try:
                outcomes[soak.try_one(damage, seed)] += 1
            except Exception as error:
                failed += 1
                print(f"{damage.__name__}, seed {seed}: {type(error).__name__}: {error}")
    for outcome, count in sorted(outcomes.items()):
        print(f"{count:5} {outcome}")
    print(f"{asked.count} damages, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
