"""The description of an archive, read by the reference library of RO-Crate and by its rules."""

from __future__ import annotations

import json
import zipfile
from datetime import datetime
from urllib.parse import unquote

import pytest
from rocrate.rocrate import ROCrate
from stored import result

from grokspec.errors import GrokspecError
from grokspec.store.archive.contents import DESCRIPTION, Elsewhere
from grokspec.store.archive.crate import About, Author
from grokspec.store.archive.project import Project
from grokspec.store.archive.selection import everything
from grokspec.store.archive.writing import write_archive

ADA = Author("Ada Lovelace", "0000-0002-1825-0097")
ABOUT = About("2026-11-30", "Delays", "When networks generalize.", "CC-BY-4.0", (ADA, Author("B")))


@pytest.fixture(params=[ABOUT, About("2026-11-30")], ids=["said", "not said"])
def archive(request, store, tmp_path):
    """An archive with a file, a public one and results; with all that can be said, or nothing."""
    store.write([result(), result("b" * 64)])
    (tmp_path / "x y.toml").write_text("")
    public = Elsewhere(name="m.gz", sha256="0" * 64, url="https://example.org/m.gz")
    project = Project({"specs/x y.toml": tmp_path / "x y.toml"}, {}, (public,))
    write_archive(tmp_path / "x.zip", everything(store), project, request.param)
    return tmp_path / "x.zip"


def graph_of(archive) -> dict[str, dict]:
    with zipfile.ZipFile(archive) as zipped:
        entities = json.loads(zipped.read(DESCRIPTION))["@graph"]
    assert len({entity["@id"] for entity in entities}) == len(entities)
    return {entity["@id"]: entity for entity in entities}


def references_in(value):
    if isinstance(value, dict):
        if set(value) == {"@id"}:
            yield value["@id"]
        for inner in value.values():
            yield from references_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references_in(inner)


def test_the_reference_library_reads_it(archive):
    crate = ROCrate(archive)
    assert crate.root_dataset["conformsTo"].id == "https://w3id.org/ro/wfrun/process/0.5"
    training = crate.root_dataset["mentions"]
    assert training.type == "CreateAction"
    assert training["instrument"].type == "SoftwareApplication"
    used = {
        own["name"]: own["softwareVersion"]
        for own in training["instrument"]["softwareRequirements"]
    }
    assert used == {"torch": "2.13", "numpy": "2.4", "Python": "3.11"}
    assert training["result"].id.startswith("store/shards/")


def test_its_root_has_what_the_specification_demands(archive):
    graph = graph_of(archive)
    descriptor, root = graph[DESCRIPTION], graph["./"]
    assert descriptor["@type"] == "CreativeWork"
    assert descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    assert root["@type"] == "Dataset"
    assert root["name"]
    assert root["description"]
    assert datetime.fromisoformat(root["datePublished"])
    license = graph[root["license"]["@id"]]
    assert license["name"]
    assert license["description"]


def test_every_reference_leads_to_an_entity(archive):
    graph = graph_of(archive)
    outside = {"https://w3id.org/ro/crate/1.1"}
    assert set(references_in(list(graph.values()))) - outside <= graph.keys()


def test_every_file_in_it_is_a_part_with_its_size_and_hash(archive):
    graph = graph_of(archive)
    parts = [graph[part["@id"]] for part in graph["./"]["hasPart"]]
    assert all(part["@type"] == "File" and part["sha256"] for part in parts)
    here = {unquote(part["@id"]): part for part in parts if "://" not in part["@id"]}
    with zipfile.ZipFile(archive) as zipped:
        sizes = {info.filename: str(info.file_size) for info in zipped.infolist()}
    own = {DESCRIPTION, "grokspec-archive.json", "checksums.txt"}
    assert {name: part["contentSize"] for name, part in here.items()} == {
        name: size for name, size in sizes.items() if name not in own
    }
    assert graph["https://example.org/m.gz"]["sha256"] == "0" * 64


def test_what_is_said_of_an_archive_is_in_it(store, tmp_path):
    store.write([result()])
    write_archive(tmp_path / "x.zip", everything(store), Project({}, {}), ABOUT)
    graph = graph_of(tmp_path / "x.zip")
    root = graph["./"]
    assert (root["name"], root["description"]) == ("Delays", "When networks generalize.")
    assert root["license"] == {"@id": "https://spdx.org/licenses/CC-BY-4.0"}
    assert [graph[author["@id"]]["name"] for author in root["author"]] == ["Ada Lovelace", "B"]
    assert root["author"][0] == {"@id": "https://orcid.org/0000-0002-1825-0097"}
    assert graph["#training-1"]["agent"] == root["author"]
    assert root["mentions"] == {"@id": "#training-1"}  # a single value, no list of one


@pytest.mark.parametrize(
    "text", ["Ada <0000-0002-1825-0097>", "Ada <https://orcid.org/0000-0002-1825-0097>"]
)
def test_an_author_may_have_an_orcid(text):
    assert Author.read(text) == Author("Ada", "0000-0002-1825-0097")
    assert Author.read(" Ada ") == Author("Ada")


@pytest.mark.parametrize("text", ["", " <0000-0002-1825-0097>", "A <1>", "A <0000-0002-1825-009X>"])
def test_what_is_no_author_is_refused(text):
    with pytest.raises(GrokspecError, match=r"write a name, with an ORCID if there is one"):
        Author.read(text)


@pytest.mark.parametrize("license", ["CC BY", "ask me", "<x>"])
def test_what_is_no_license_is_refused(license):
    with pytest.raises(GrokspecError, match=r"write its identifier on spdx\.org/licenses"):
        About("2026-11-30", license=license)
