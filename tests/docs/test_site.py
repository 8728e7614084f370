"""The pages make a site without a warning, and its pages load nothing from elsewhere."""

import os
import re
import subprocess
import sys

import pytest
from pages import ROOT

LOADED = re.compile(r'<(?:script|img|iframe|source)\b[^>]*\bsrc="(\w+:)?//', re.I)
STYLED = re.compile(r'<link\b(?=[^>]*\brel="(?:stylesheet|preconnect|icon|preload)")[^>]*//', re.I)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mkdocs",
            "build",
            "--strict",
            "-f",
            ".mkdocs.yml",
            "-d",
            str(folder),
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )
    assert done.returncode == 0, done.stdout
    return folder


def test_every_page_is_in_the_site(site):
    pages = names_in(ROOT / "docs", "*.md")
    made = names_in(site, "*.html")
    assert made == {page.replace("README", "index") for page in pages} | {"404"}


def names_in(folder, pattern):
    return {str(path.relative_to(folder).with_suffix("")) for path in folder.rglob(pattern)}


def test_the_pages_load_nothing_from_elsewhere(site):
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not LOADED.search(text), page.name
        assert not STYLED.search(text), page.name


def test_the_api_page_has_everything_that_claims_import(site):
    import grokspec.claims.controls
    import grokspec.measures
    import grokspec.statistics

    text = (site / "api.html").read_text(encoding="utf-8")
    documented = {name.rsplit(".", 1)[-1] for name in re.findall(r'\bid="(grokspec[\w.]+)"', text)}
    controls = {
        name
        for name, value in vars(grokspec.claims.controls).items()
        if callable(value)
        and value.__module__ == "grokspec.claims.controls"
        and not name.startswith("_")
    }
    statistics = {
        name
        for name in grokspec.statistics.__all__
        if name not in ("LEVEL", "false_discovery")  # which claims have no use for
    }
    functions = {"claim", "load", "plan", "results", "run", "Results"}
    measures = set(grokspec.measures.__all__) - {"Measure"}  # a type alias
    assert controls | statistics | functions | measures <= documented
