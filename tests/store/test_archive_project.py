"""Which results and which files of the user go along with specs."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from executors import Inline
from experiments import WHOLE

from grokspec.errors import GrokspecError
from grokspec.runner import train_runs
from grokspec.spec import read_spec
from grokspec.store import Store
from grokspec.store.archive import project as projects
from grokspec.store.archive.project import project_of
from grokspec.store.archive.selection import of_specs
from grokspec.tasks.mnist import IMAGES, LABELS

DATA = '[task]\nkind = "arrays"\nfile = "{file}"\ntrain = 3\n\n[model]'
MODULE = '[model]\nkind = "module"\nclass = "{file}:Net"\n\n[optimizer]'


def put(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def on_data(file: str) -> str:
    return DATA.format(file=file) + WHOLE.partition("[model]")[2]


def with_module(file: str) -> str:
    before, _, after = WHOLE.partition("[model]")
    return before + MODULE.format(file=file) + after.partition("[optimizer]")[2]


def data(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, inputs=np.eye(6), targets=np.ones(6))
    return path


def names(*specs: Path, more: tuple[Path, ...] = ()) -> set[str]:
    return set(project_of([read_spec(spec) for spec in specs], more).files)


def test_a_spec_goes_with_what_it_extends_and_its_name_stays(tmp_path):
    put(tmp_path / "specs/tiny/base.toml", WHOLE)
    one = put(tmp_path / "specs/tiny/one.toml", 'extends = "base.toml"\n')
    assert names(one) == {"specs/tiny/base.toml", "specs/tiny/one.toml"}


def test_an_input_file_goes_along_where_the_spec_finds_it(tmp_path):
    data(tmp_path / "data/six.npz")
    spec = put(tmp_path / "specs/deep/x.toml", on_data("../../data/six.npz"))
    assert names(spec) == {"specs/deep/x.toml", "data/six.npz"}


def test_a_python_file_goes_with_those_beside_it_that_it_imports_and_none_is_run(tmp_path):
    net = "import layers\nraise SystemExit\nclass Net:\n    def __init__(self): ...\n"
    put(tmp_path / "nets.py", net)
    put(tmp_path / "layers.py", "raise SystemExit\n")
    put(tmp_path / "other.py", "")
    spec = put(tmp_path / "x.toml", with_module("nets.py"))
    assert names(spec) == {"x.toml", "nets.py", "layers.py"}


def test_files_of_parts_go_along(tmp_path):
    put(
        tmp_path / "mine.py",
        "from typing import Literal\nfrom grokspec.tasks.polynomial import Polynomial\n"
        'class Mine(Polynomial):\n    kind: Literal["mine"] = "mine"\n',
    )
    text = 'parts = ["mine.py"]\n' + WHOLE.replace('"polynomial"', '"mine"')
    assert names(put(tmp_path / "x.toml", text)) == {"x.toml", "mine.py"}


def test_recorded_results_go_along_as_files_and_folders(tmp_path):
    put(tmp_path / "logs/a0.csv", "step,train_loss\n0,1.0\n1,0.5\n")
    put(tmp_path / "logs/a1.csv", "step,train_loss\n0,1.0\n1,0.5\n")
    text = (
        '[results]\nfiles = "logs/a{seed}.csv"\nstep = "step"\n'
        'quantities = { train_loss = "train_loss" }\n'
    )
    spec = put(tmp_path / "x.toml", text)
    assert names(spec) == {"x.toml", "logs/a0.csv", "logs/a1.csv"}


def test_further_files_and_folders_go_along_without_hidden_and_compiled_ones(tmp_path):
    spec = put(tmp_path / "specs/x.toml", WHOLE)
    for name in ("test_x.py", ".env", "__pycache__/test_x.pyc", ".git/config", "more/paper.toml"):
        put(tmp_path / "claims" / name)
    assert names(spec, more=(tmp_path / "claims",)) == {
        "specs/x.toml",
        "claims/test_x.py",
        "claims/more/paper.toml",
    }


def test_public_files_are_named_by_address_and_checksum(tmp_path, monkeypatch):
    monkeypatch.setenv("GROKSPEC_DATA", str(tmp_path / "nothing"))
    task = '[task]\nkind = "mnist"\ntrain = 10\ntest = 10\n\n[model]'
    text = (task + WHOLE.partition("[model]")[2]).replace('"committee"', '"perceptron"')
    text = text.replace("epsilon = 0.25\n", "").replace("width = 8", "hidden = [8]")
    found = project_of([read_spec(put(tmp_path / "x.toml", text))])
    assert set(found.files) == {"x.toml"}
    known = {(f.name, f.url, f.sha256) for f in (IMAGES, LABELS)}
    assert {(own.name, own.url, own.sha256) for own in found.elsewhere} == known
    assert not (tmp_path / "nothing").exists()


def test_a_file_that_is_named_by_its_whole_path_is_named_and_not_packed(tmp_path):
    file = data(tmp_path / "far/six.npz")
    found = project_of([read_spec(put(tmp_path / "near/x.toml", on_data(str(file))))])
    assert set(found.files) == {"x.toml"}
    (own,) = found.elsewhere
    assert (own.name, own.url) == ("six.npz", "")
    assert own.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


def test_files_with_nothing_in_common_but_the_home_of_all_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(projects.Path, "home", lambda: tmp_path / "home" / "me")
    data(tmp_path / "scratch/six.npz")
    spec = put(tmp_path / "home/me/x.toml", on_data("../../scratch/six.npz"))
    with pytest.raises(GrokspecError, match=r"have only the folder .* in common; put what"):
        names(spec)


@pytest.mark.parametrize("name", ["a:b.npz", "nul.npz"])
def test_a_name_that_not_every_system_has_is_refused(tmp_path, name):
    data(tmp_path / name)
    with pytest.raises(GrokspecError, match=r"the name has .*; rename it to pack it"):
        names(put(tmp_path / "x.toml", on_data(name)))


SWEEP = '[sweep.grid]\n"model.alpha" = [1, 2]\n'


def train(path: Path, store: Store):
    spec = read_spec(path)
    train_runs(spec.runs, store, device="cpu", workers=1, executor=Inline())
    return spec


def test_only_the_results_of_the_specs_are_taken_in_whole_shards(store, tmp_path):
    one = train(put(tmp_path / "one.toml", WHOLE + SWEEP), store)
    train(put(tmp_path / "two.toml", WHOLE.replace("width = 8", "width = 9")), store)
    found = of_specs([one], store)
    assert {entry.key for entry in found.entries} == {run.key for run in one.runs}
    part = read_spec(put(tmp_path / "part.toml", WHOLE + SWEEP.replace("[1, 2]", "[2]")))
    found = of_specs([part], store)
    assert {entry.key for entry in found.entries} == {run.key for run in one.runs}
    assert found.others == 1


def test_records_of_other_runs_that_make_up_a_result_are_taken(store, tmp_path):
    text = WHOLE.replace('["loss"]', '["loss", "baseline"]')
    train(put(tmp_path / "more.toml", text), store)
    spec = read_spec(put(tmp_path / "less.toml", WHOLE))
    found = of_specs([spec], store)
    (stored,) = found.specs
    assert (len(found.shards), stored.recorded, stored.missing) == (1, spec.runs, ())


def test_a_spec_without_any_result_is_refused(store, tmp_path):
    one = train(put(tmp_path / "one.toml", WHOLE), store)
    other = read_spec(put(tmp_path / "two.toml", WHOLE.replace("width = 8", "width = 9")))
    with pytest.raises(GrokspecError, match=r"has no result of\n  two · profile quick\n`grokspec"):
        of_specs([one, other], store)
