"""A spec with [results] has its runs from files, and is read, drawn and judged like any other."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import grokspec
from grokspec.cli.app import app
from grokspec.errors import GrokspecError
from grokspec.spec import read_spec
from grokspec.store import Store

SPEC = """
[results]
files = "runs.csv"
step = "epoch"
seed = "seed"
axes = ["alpha"]

[results.quantities]
train_loss = "loss"
test_loss = "val"

[figure]
kind = "curves"
color = "alpha"
panels = [["train_loss", "test_loss"]]
"""

CLAIM = """
from grokspec.claims import claim
from grokspec.claims.controls import mirrored, retrained
from grokspec.statistics import trend

@claim("X1", "here", spec="mine", control=(mirrored("alpha"), retrained("model.alpha = 2")))
def test_the_loss_grows_with_alpha(results):
    \"\"\"The larger α, the larger the loss at the end.\"\"\"
    last = results["test_loss"].isel(record=-1)
    assert trend(last, along="alpha").increases
"""


def recorded(folder: Path, text: str = SPEC) -> Path:
    """A spec beside a table of 3 × 8 runs whose last loss is α plus a little."""
    noise = (np.random.default_rng(0).random((3, 8, 5)) / 4).tolist()
    rows = [
        f"{alpha},{seed},{10 * step},{noise[i][seed][step]!r},{alpha + noise[i][seed][step]!r}"
        for i, alpha in enumerate((1, 2, 4))
        for seed in range(8)
        for step in range(5)
    ]
    (folder / "runs.csv").write_text("\n".join(["alpha,seed,epoch,loss,val", *rows]) + "\n")
    path = folder / "specs" / "mine.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text.replace("runs.csv", "../runs.csv"))
    return path


def test_the_results_are_what_is_in_the_file(tmp_path):
    spec = recorded(tmp_path)
    results = grokspec.results(spec, store=tmp_path / "store").to_xarray()
    assert results["test_loss"].dims == ("alpha", "seed", "record")
    table = np.loadtxt(tmp_path / "runs.csv", delimiter=",", skiprows=1)
    np.testing.assert_array_equal(results["test_loss"], table[:, 4].reshape(3, 8, 5))
    np.testing.assert_array_equal(results["alpha"], [1, 2, 4])
    np.testing.assert_array_equal(results["step"], [0, 10, 20, 30, 40])
    assert (results["status"] == "finished").all()
    assert not (tmp_path / "store").exists()


def test_a_run_is_known_by_what_was_recorded(tmp_path):
    spec = recorded(tmp_path)
    keys = [run.key for run in read_spec(spec).runs]
    table = tmp_path / "runs.csv"
    head, *rows = table.read_text().splitlines()
    table.write_text("\n".join([head, *reversed(rows)]))
    assert [run.key for run in read_spec(spec).runs] == keys
    table.write_text("\n".join([head, rows[0].replace("1,0,0,0.", "1,0,0,1."), *rows[1:]]))
    assert [run.key for run in read_spec(spec).runs][1:] == keys[1:]
    assert read_spec(spec).runs[0].key != keys[0]


def test_nothing_is_trained(tmp_path):
    spec, store = recorded(tmp_path), Store(tmp_path / "store")
    assert len(grokspec.run(spec, store=store).kept) == 24
    for command in ("run", "plan"):
        said = CliRunner().invoke(app, [command, str(spec), "--store", str(store.folder)])
        assert said.output == "mine: 24 runs, recorded elsewhere in 1 file; nothing to train\n"
    assert not store.folder.exists()


def test_its_figure_is_drawn(tmp_path):
    file = tmp_path / "mine.svg"
    said = CliRunner().invoke(app, ["figure", str(recorded(tmp_path)), "--output", str(file)])
    assert said.exit_code == 0, said.output
    assert "<svg" in file.read_text()


def test_its_claims_are_judged_and_a_control_that_trains_is_skipped(pytester):
    recorded(pytester.path)
    pytester.mkdir("claims")
    (pytester.path / "claims" / "test_mine.py").write_text(CLAIM)
    ended = pytester.runpytest_subprocess("claims", "--controls", "-rs")
    ended.assert_outcomes(passed=2, skipped=1)
    ended.stdout.fnmatch_lines(["*SUPPORTED*X1*", "*were recorded elsewhere*"])


def test_the_report_says_where_results_were_recorded(pytester):
    recorded(pytester.path)
    pytester.mkdir("claims")
    (pytester.path / "claims" / "test_mine.py").write_text(CLAIM)
    said = CliRunner().invoke(app, ["report", "claims", "--output", "report.html"])
    assert said.exit_code == 0, said.output
    page = (pytester.path / "report.html").read_text()
    assert "Recorded elsewhere" in page
    assert "runs.csv" in page
    assert "120 rows" in page
    sha256 = hashlib.sha256((pytester.path / "runs.csv").read_bytes()).hexdigest()
    assert sha256[:12] in page


def test_axes_of_a_quantity_have_the_names_that_the_spec_gives_them(tmp_path):
    norms = np.arange(24.0).reshape(2, 3, 4)
    np.savez(tmp_path / "runs.npz", steps=[0, 1, 5], norms=norms)
    (tmp_path / "mine.toml").write_text(
        '[results]\nfiles = "runs.npz"\nstep = "steps"\nseed = 2\n[results.quantities]\n'
        'norms = { from = "norms", along = ["seed", "step", "layer"] }\n'
    )
    results = grokspec.results(tmp_path / "mine.toml").to_xarray()
    assert results["norms"].dims == ("seed", "record", "layer")
    np.testing.assert_array_equal(results["norms"], norms)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"epoch"', '"epochs"', r'mine.toml:3:9  .*has no column "epochs"; did you mean "epoch"'),
        ('"runs.csv"', '"run.csv"', r"mine.toml:3:9"),
        ("[results]", "[sweep]\nseed = 3\n[results]", r"sweep: a spec with \[results\] trains"),
        ('color = "alpha"', 'color = "alpa"', 'not an axis of the sweep; did you mean "alpha"'),
        ('"test_loss"]]', '"test_los"]]', 'not recorded; did you mean "test_loss"'),
        ("files =", "file =", 'did you mean "files"'),
        ("[results]", "[results]\nseeds = 3", 'did you mean "seed"'),
    ],
)
def test_mistakes_are_placed(tmp_path, old, new, message):
    with pytest.raises(GrokspecError, match=message):
        read_spec(recorded(tmp_path, SPEC.replace(old, new)))


def test_every_mistake_in_the_spec_is_found_together_with_those_in_the_file(tmp_path):
    text = SPEC.replace('"epoch"', '"epochs"').replace("[figure]", "[model]\nalpha = 1\n[figure]")
    with pytest.raises(GrokspecError) as caught:
        read_spec(recorded(tmp_path, text))
    assert len(caught.value.mistakes) == 2
