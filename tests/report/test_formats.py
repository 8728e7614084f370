"""The report as a page, as tables and as data."""

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import unquote

import pytest
from reported_project import HOSTILE

from grokspec.report import wording
from grokspec.report.json_file import json_file
from grokspec.report.latex import escaped, latex
from grokspec.report.markdown import markdown


class Reader(HTMLParser):
    """The elements of a page, its visible words, and whether its tags are closed in order."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.words, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in ("meta", "link", "img", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.words.append(text)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def text(page_file):
    return page_file.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def read(text):
    return Reader(text)


def test_the_page_is_sound_html(read):
    assert read.open == []
    ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    links = [a["href"][1:] for a in read.all("a")]
    assert set(links) <= set(ids)


def test_every_section_is_named_by_its_heading(read):
    ids = {attributes.get("id") for _, attributes in read.elements}
    names = [attributes["aria-labelledby"] for attributes in read.all("section")]
    assert names
    assert set(names) <= ids


def test_headings_go_down_one_level_at_a_time(read):
    levels = [int(tag[1]) for tag, _ in read.elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))


def test_the_page_needs_nothing_but_itself(text, read):
    sources = [a["src"] for _, a in read.elements if "src" in a]
    assert sources
    assert all(source.startswith("data:") for source in sources)
    assert not re.search(r"url\((?!#)|@import", re.sub(r'src="[^"]*"', "", text))


def test_hostile_text_stays_text(text, read):
    assert len(read.all("script")) == 1
    assert "<script>alert" not in text
    assert HOSTILE in "".join(read.words)


def test_no_format_has_control_characters(text, report):
    for written in (text, markdown(report), latex(report)):
        assert "\x1b" not in written
        assert "x1b" in written


def test_profiles_and_folders_are_escaped_as_the_table_is(report):
    hostile = replace(report, profile="a|b\n\\input{x}", folder="<b>`c`", title="\\input{t}\r\nx")
    head = [line for line in markdown(hostile).splitlines() if not line.startswith("|")]
    assert not [line for line in head if re.search(r"(?<!\\)[<|`{]", line)]
    first, *rest = latex(hostile).splitlines()
    assert first.startswith("%")
    assert not [line for line in rest if "input" in line]


def test_each_figure_is_a_document_of_its_own_with_a_description(read):
    images = read.all("img")
    assert len(images) == 6  # of five claims that were judged, and of one spec
    for image in images:
        ElementTree.fromstring(unquote(image["src"].removeprefix("data:image/svg+xml,")))
        assert len(image["alt"]) > 20


def test_the_words_of_the_page(read):
    words = " ".join(" ".join(read.words).split())
    for part in (
        "6 claims: ✓ 3 supported",
        "1 claim was not run, each with its reason.",
        "Training trains",
        "Insensitive",
        "1 of 1 mutants killed (100%)",
        "weights climb <b>up</b>",
        'extends = "base.toml"',
        "12 of 12 stored",
        "6 of 6 runs have no result",
        "Negative control, time reversed: then refuted",
    ):
        assert part in words


def test_the_same_report_makes_the_same_page(report, text):
    from grokspec.report.page import page

    assert page(report) == text


def test_markdown_has_a_table_for_each_system(report):
    lines = markdown(report).splitlines()
    assert [line for line in lines if line.startswith("## ")] == [
        "## tiny",
        "## experiments",
        "## several systems",
        "## theory",
        "## Contested",
    ]
    systems = lines[: lines.index("## Contested")]
    rows = [line for line in systems if line.startswith("|")]
    assert len(rows) == 6 + 2 * 4
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {9}
    assert "| ✓ supported | P2 | The train loss falls. | Fig. 9 |" in markdown(report)


def test_markdown_escapes_what_it_would_read_as_markup(report):
    (line,) = (line for line in markdown(report).splitlines() if "| Q1 |" in line)
    assert r"\<script\>alert('pwned')\</script\> \& 100% of $x\_1 \{\~^\#\} \\end \|" in line
    assert r"\`b\` \*c\*" in line


def test_the_json_is_strict_and_has_all_claims_and_specs(report):
    def refuse(constant):
        raise ValueError(constant)

    found = json.loads(json_file(report), parse_constant=refuse)
    first = next(one for one in found["judged"] if one["test"].endswith("::test_falls"))
    assert (first["id"], first["verdict"], first["system"]) == ("P2", "supported", "tiny")
    assert first["killed"] == ["sign"]
    assert first["controls"][0]["outcome"] == "effective"
    assert len(first["interval"]) == 2
    specs = {spec["name"]: spec for spec in found["specs"]}
    assert specs["tiny/drawn"]["provenance"]["stored"] == 12
    assert HOSTILE in [one["sentence"] for one in found["judged"]]


def test_latex_is_one_longtable_with_booktabs(report):
    text = latex(report)
    assert text.count(r"\begin{longtable}") == text.count(r"\end{longtable}") == 1
    body = text[text.index(r"\endfoot") : text.index(r"\end{longtable}")]
    rows = [line for line in body.splitlines() if line.endswith(r"\\")]
    assert len([row for row in rows if len(re.findall(r"(?<!\\)&", row)) == 4]) == 6
    for rule in (r"\toprule", r"\midrule", r"\bottomrule"):
        assert rule in text


PAPER = r"""\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage[margin=2cm]{geometry}
\usepackage{array,booktabs,longtable}
\begin{document}
\input{claims}
\end{document}
"""


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex here")
def test_latex_is_set_within_the_margins(report, tmp_path):
    (tmp_path / "claims.tex").write_text(latex(report))
    (tmp_path / "paper.tex").write_text(PAPER)
    setting = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "paper.tex"]
    for _ in range(3):  # a longtable comes to its widths by and by
        done = subprocess.run(setting, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
    assert "Overfull" not in done.stdout


def test_latex_has_no_character_left_that_it_would_read_as_a_command(report):
    (row,) = (line for line in latex(report).splitlines() if "& Q1 &" in line)
    assert r"\textless{}script\textgreater{}" in row
    assert r"\& 100\% of \$x\_1 \{\textasciitilde{}\textasciicircum{}\#\}" in row
    assert r"\textbackslash{}end \textbar{}" in row
    assert r"$\alpha$$^{2}$" in row


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("λ Λ Α ο", r"$\lambda$ $\Lambda$ A o"),
        ("10⁻⁵ w₀", "10$^{-5}$ w$_{0}$"),
        ("−∞ ≤ ½", r"$-$$\infty$ $\leq$ $\frac{1}{2}$"),
        ("two\nlines", "two lines"),
        ("é", "é"),
    ],
)
def test_signs_become_mathematics(text, shown):
    assert escaped(text) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.012345, "0.0123"),
        (-2.0, "−2"),
        (1.5e-7, "1.5×10⁻⁷"),
        (1024.0, "1024"),
        (-120000, "−120000"),
        (1234.5, "1.23×10³"),
        (float("inf"), "∞"),
        (float("nan"), "not known"),
        (None, "not known"),
    ],
)
def test_a_number_has_three_digits_or_those_of_a_whole_one(value, shown):
    assert wording.number(value) == shown


@pytest.mark.parametrize(
    ("numbers", "shown"), [((), ""), ((3,), "3"), ((0, 1, 2, 7, 9, 10), "0–2, 7, 9–10")]
)
def test_whole_numbers_are_written_as_spans(numbers, shown):
    assert wording.spans(numbers) == shown
