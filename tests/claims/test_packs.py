"""The pack of a claim is named by a paper.toml in its folder or above."""

import pytest

from grokspec.claims.packs import Paper, forget_packs, pack_of, read_pack
from grokspec.errors import GrokspecError

WHOLE = """
name = "Levi et al. 2023"
about = "Linear networks that grok."

[[papers]]
title = "Grokking in Linear Estimators"
authors = ["Noam Levi", "Alon Beck"]
year = 2023
arxiv = "2310.16441"
"""


@pytest.fixture(autouse=True)
def _anew():
    forget_packs()


def paper(folder, text):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "paper.toml").write_text(text)
    return folder / "paper.toml"


def test_a_pack_has_the_name_of_its_folder(tmp_path):
    pack = read_pack(paper(tmp_path / "levi2023", WHOLE))
    assert (pack.key, pack.name) == ("levi2023", "Levi et al. 2023")
    assert pack.papers[0].authors == ("Noam Levi", "Alon Beck")


def test_the_nearest_folder_with_a_paper_is_the_pack_of_a_claim(tmp_path):
    paper(tmp_path / "outer", WHOLE)
    paper(tmp_path / "outer" / "inner", WHOLE)
    assert pack_of(tmp_path / "outer" / "inner" / "deep" / "test_x.py").key == "inner"
    assert pack_of(tmp_path / "outer" / "test_x.py").key == "outer"


def test_a_claim_without_a_paper_above_it_is_of_no_pack(tmp_path):
    assert pack_of(tmp_path / "claims" / "test_x.py") is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "Levi et al. 2023"', "", "name: is missing"),
        (
            "about =",
            "abuot =",
            "abuot: not a field of this file; it has name,",
        ),
        ('["Noam Levi", "Alon Beck"]', "[]", "papers.authors: name at least one"),
        ('"2310.16441"', '"arXiv:2310.16441"', 'papers.arxiv: is no identifier of arXiv, like "'),
        ("year = 2023", "year = 23", "papers.year: input should be greater than or equal to 1900"),
    ],
)
def test_a_mistake_is_reported_at_its_place(tmp_path, old, new, message):
    assert old in WHOLE
    path = paper(tmp_path / "levi2023", WHOLE.replace(old, new))
    with pytest.raises(GrokspecError) as error:
        read_pack(path)
    assert message in str(error.value)
    assert "paper.toml:" in str(error.value)


def test_an_empty_file_is_a_mistake(tmp_path):
    with pytest.raises(GrokspecError, match=r"paper\.toml:1:1  the file is empty"):
        read_pack(paper(tmp_path / "levi2023", ""))


def test_a_citation_names_the_first_authors_and_where_it_appeared():
    own = Paper(title="T", authors=tuple("ABCDEFGH"), year=2023, venue="ICLR", arxiv="2310.16441")
    assert own.citation == "A, B, C, D, E, F and others, T (2023; ICLR, arXiv 2310.16441)"
    assert Paper(title="T", authors=("A",), year=2023).citation == "A, T (2023)"
