"""Where a page is wrong, the line is named."""

import textwrap

import pytest
from following import NotSoError, follow
from pages import read_page

RIGHT = """\
<!-- file: x/numbers.txt -->
```text
1
2
```

```console
$ cat x/numbers.txt
1
2
```

<!-- exit: 3 -->
```console
$ true
$ exit 3
```

```python
x = 6
```

```python
print(7 * x)
```

<!-- output -->
```text
42
```

<!-- not run: no reason -->
```python
1 / 0
```
"""


@pytest.fixture
def following(tmp_path, monkeypatch):
    def follows(text):
        (tmp_path / "page.md").write_text(textwrap.dedent(text))
        folder = tmp_path / "folder"
        folder.mkdir(exist_ok=True)
        monkeypatch.chdir(folder)
        follow(read_page(tmp_path / "page.md"))

    return follows


def test_a_page_that_is_right_is_followed_to_its_end(following):
    following(RIGHT)


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("$ cat x/numbers.txt\n1\n", "$ cat x/numbers.txt\n3\n", "page.md:8: no line reads '3'"),
        ("$ true", "$ false", "page.md:15: exit code 1, not 0, of\n$ false"),
        ("$ exit 3", "$ exit 4", "page.md:15: exit code 4, not 3"),
        ("x = 6", "x = y", "page.md:20: Traceback"),
        ("\n42\n", "\n43\n", "page.md:29: no line reads '43' in\n42"),
        ("x/numbers.txt -->", "x/letters.txt -->", "No such file"),
    ],
)
def test_what_is_wrong_is_reported_with_its_line(following, right, wrong, message):
    assert RIGHT.count(right) == 1
    with pytest.raises(NotSoError) as caught:
        following(RIGHT.replace(right, wrong))
    assert message in str(caught.value)


def test_a_traceback_names_the_line_of_the_page(following):
    with pytest.raises(NotSoError, match=r'page\.md", line 20, in'):
        following(RIGHT.replace("x = 6", "x = y"))
