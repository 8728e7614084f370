"""A page is read as `pages` says."""

import textwrap

import pytest
from pages import commands_of, first_not_in, read_page


@pytest.fixture
def page(tmp_path):
    def read(text):
        path = tmp_path / "page.md"
        path.write_text(textwrap.dedent(text))
        return read_page(path)

    return read


def test_a_note_is_for_the_block_below_it(page):
    read = page(
        """\
        <!-- file: a/b.toml -->
        ```toml
        x = 1
        ```

        ```python
        y = 2
        ```
        """
    )
    assert [(b.language, b.text, b.notes, b.line) for b in read.blocks] == [
        ("toml", "x = 1\n", {"file": "a/b.toml"}, 3),
        ("python", "y = 2\n", {}, 7),
    ]


def test_a_note_that_text_parts_from_a_block_is_not_for_it(page):
    (block,) = page("<!-- not run: no -->\nSo it is.\n```python\nx\n```\n").blocks
    assert block.notes == {}


def test_a_block_in_a_comment_is_read_too(page):
    (block,) = page("<!-- unseen\n```console\n$ true\n```\n-->\n").blocks
    assert [command.text for command in commands_of(block)] == ["true"]


def test_a_block_in_a_list_is_read_without_its_indent(page):
    (block,) = page("- So:\n\n  ```python\n  if x:\n      y\n  ```\n").blocks
    assert block.text == "if x:\n    y\n"


def test_commands_have_their_output_and_the_last_its_exit(page):
    (block,) = page("<!-- exit: 2 -->\n```console\n$ a \\\n  b\none\n\n$ c\ntwo\n```\n").blocks
    first, second = commands_of(block)
    assert (first.text, first.shown, first.exit) == ("a \\\n  b", ("one",), 0)
    assert (second.text, second.shown, second.exit) == ("c", ("two",), 2)


@pytest.mark.parametrize(
    ("shown", "missing"),
    [
        (("one", "three"), None),
        (("one", "…", "three"), None),
        (("t…e",), None),
        (("three", "one"), "one"),
        (("on",), "on"),
        (("t.o",), "t.o"),
    ],
)
def test_lines_shown_occur_in_order_and_whole(shown, missing):
    assert first_not_in(shown, "one  \ntwo\nthree\n") == missing


def test_links_and_headings_are_found(page):
    read = page("# A `b` — c, d\n[x](y.md#z) ![p](q.svg) [w](https://example.org) `a b`\n")
    assert read.links == ["y.md#z", "q.svg"]
    assert read.anchors == {"a-b--c-d"}
    assert read.mentions[-1] == "a b"
