"""Parsed sources in the user's cache: found by content, silent where nothing can be kept."""

import json
from pathlib import Path

import pytest

from grokspec.store import sourcecache, sourcecode
from grokspec.store.sourcecode import read_source

CODE = "from os import path\nimport json\n\nx = 1\n"


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """The file in an empty cache."""
    file = tmp_path / "cache" / "sources.json"
    monkeypatch.setattr(sourcecache, "user_cache", lambda *_: file.parent)
    monkeypatch.setattr(sourcecache.atexit, "register", lambda save: None)
    monkeypatch.setattr(sourcecache, "_new", {})
    forget()
    yield file
    monkeypatch.undo()
    forget()


@pytest.fixture
def module(tmp_path) -> Path:
    file = tmp_path / "some_module.py"
    file.write_text(CODE)
    return file


def forget() -> None:
    """Be as a process that has just begun."""
    sourcecache._known.cache_clear()
    sourcecode._read.cache_clear()


def read(module: Path) -> sourcecode.ModuleSource:
    return read_source("some_module", module)


def test_what_one_process_has_parsed_another_does_not_parse(cache, module, monkeypatch):
    first = read(module)
    sourcecache.save()
    forget()
    monkeypatch.setattr(sourcecode.ast, "parse", None)
    assert read(module) == first
    assert first.imports == {("os", "path"), ("json", "")}


def test_an_edit_is_noticed_also_if_the_times_of_the_file_say_nothing(cache, module):
    first = read(module)
    sourcecache.save()
    forget()
    module.write_text(CODE.replace("1", "2"))
    assert read(module).hash != first.hash


def test_what_other_code_has_found_is_not_taken(cache, module, monkeypatch):
    read(module)
    sourcecache.save()
    forget()
    monkeypatch.setattr(sourcecode, "READER", "other")
    before = sourcecache._known().copy()
    read(module)
    assert len(sourcecache._known()) == len(before) + 1


def test_what_two_processes_find_is_kept_together(cache, module):
    sourcecache.keep("a", {"of": "this"})
    cache.parent.mkdir()
    cache.write_text('{"b": {"of": "another"}}')
    sourcecache.save()
    assert json.loads(cache.read_text()) == {"b": {"of": "another"}, "a": {"of": "this"}}


def test_only_the_last_are_kept(cache, monkeypatch):
    monkeypatch.setattr(sourcecache, "MOST_ENTRIES", 2)
    for key in "abc":
        sourcecache.keep(key, {})
    sourcecache.save()
    assert list(json.loads(cache.read_text())) == ["b", "c"]


BROKEN = ["", "{", "[]", '{"a": ', "null", "\x00", "[" * 100_000]


@pytest.mark.parametrize("text", BROKEN, ids=range(len(BROKEN)))
def test_a_broken_file_is_as_none_and_is_replaced(cache, module, text):
    cache.parent.mkdir()
    cache.write_text(text)
    first = read(module)
    sourcecache.save()
    assert [entry["hash"] for entry in json.loads(cache.read_text()).values()] == [first.hash]


@pytest.mark.parametrize(
    "entry",
    [1, None, [], {}, {"hash": "x"}, {"hash": "x", "imports": [1], "origins": {}},
     {"hash": "x", "imports": [], "origins": {"a": "bcd"}}],
    ids=repr,
)  # fmt: skip
def test_an_entry_that_says_nothing_is_not_taken(cache, module, entry):
    first = read(module)
    (key,) = sourcecache._known()
    forget()
    cache.parent.mkdir()
    cache.write_text(json.dumps({key: entry}))
    assert read(module) == first


def test_a_large_file_is_not_read(cache, module, monkeypatch):
    monkeypatch.setattr(sourcecache, "MOST_BYTES", 10)
    cache.parent.mkdir()
    cache.write_text(json.dumps({"a": {"b": "cdefghijk"}}))
    assert sourcecache.find("a") is None


def test_where_nothing_can_be_written_nothing_is_said(cache, module, capsys):
    cache.parent.touch()  # a file where the folder should be
    assert read(module).hash
    sourcecache.save()
    assert capsys.readouterr() == ("", "")


def test_without_a_home_there_is_no_cache(cache, module, monkeypatch):
    def nowhere(*_):
        raise sourcecache.GrokspecError("there is no home")

    monkeypatch.setattr(sourcecache, "user_cache", nowhere)
    assert read(module).hash
    sourcecache.save()
    assert not cache.exists()
