"""Every kind of damage, twice; `python tests/soak/damages.py 500` tries many more."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from damages import DAMAGES, Soak


@pytest.fixture(scope="module")
def soak(tmp_path_factory) -> Soak:
    return Soak(tmp_path_factory.mktemp("soak"))


def named(damage: Callable) -> str:
    return damage.__name__


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("damage", DAMAGES, ids=named)
def test_after_a_damage_results_are_right_or_missing_and_can_be_trained_again(soak, damage, seed):
    soak.try_one(damage, seed)


def test_a_damage_that_is_not_noticed_is_noticed_here(soak, monkeypatch):
    """A checksum that is not compared lets another number through."""
    from grokspec.store.index import Index

    monkeypatch.setattr(Index, "check", lambda self, shard: None)
    monkeypatch.setattr(Index, "content", lambda self, shard: shard.read_bytes())

    def alter(rng, store):
        shard: Path = store.files()[0]
        *before, last = shard.read_bytes()
        shard.write_bytes(bytes([*before, last ^ 1]))

    with pytest.raises(AssertionError, match="another number was read"):
        soak.try_one(alter, 0)
