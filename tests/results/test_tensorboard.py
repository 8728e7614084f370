"""What is written for TensorBoard, read back by TensorBoard."""

import sys
from pathlib import Path

import numpy as np
import pytest

import grokspec
from grokspec import cli

needs_tensorboard = pytest.mark.skipif(
    "not __import__('importlib.util').util.find_spec('tensorboard')",
    reason="TensorBoard is not installed",
)


def read_back(folder: Path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    accumulator.Reload()
    return accumulator


@needs_tensorboard
def test_each_run_has_a_folder_with_its_scalars_at_the_recorded_steps(results, tmp_path):
    folder = results.to_tensorboard(tmp_path / "events")
    for run, history in zip(results.spec.runs, results.histories, strict=True):
        events = read_back(folder / run.id)
        for name in ("train_loss", "test_loss"):
            scalars = events.Scalars(name)
            assert [scalar.step for scalar in scalars] == list(history.steps)
            with np.errstate(over="ignore"):  # TensorBoard keeps single precision
                single = history.quantities[name].astype(np.float32)
            np.testing.assert_array_equal([scalar.value for scalar in scalars], single)
        (once,) = events.Scalars("baseline")
        assert (once.step, once.value) == (0, pytest.approx(float(history.quantities["baseline"])))


@needs_tensorboard
def test_the_coordinates_are_the_hyperparameters(results, tmp_path):
    from tensorboard.plugins.hparams import plugin_data_pb2

    folder = results.to_tensorboard(tmp_path / "events")
    data = read_back(folder / results.spec.runs[3].id).summary_metadata
    content = data["_hparams_/session_start_info"].plugin_data.content
    shown = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info.hparams
    assert {name: value.number_value for name, value in shown.items()} == {"alpha": 2, "seed": 1}


@needs_tensorboard
def test_only_the_chosen_quantities_are_written(results, spec, store, tmp_path):
    folder = tmp_path / "events"
    assert command(spec, folder, "--store", store.folder, "--quantity", "test_loss") == 0
    scalars = read_back(folder / results.spec.runs[0].id).scalars.Keys()
    assert {tag.removeprefix("end/") for tag in scalars} == {"test_loss"}


@needs_tensorboard
def test_a_folder_that_has_events_is_refused(results, tmp_path):
    folder = results.to_tensorboard(tmp_path / "events")
    before = sorted(folder.rglob("*"))
    with pytest.raises(grokspec.GrokspecError, match=r"already has events.*; name another"):
        results.to_tensorboard(folder)
    assert sorted(folder.rglob("*")) == before


@needs_tensorboard
def test_a_file_is_refused_as_a_folder(results, tmp_path):
    (tmp_path / "events").touch()
    with pytest.raises(grokspec.GrokspecError, match="events is a file; name a folder"):
        results.to_tensorboard(tmp_path / "events")


def test_without_tensorboard_the_message_says_how_to_install_it(results, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(grokspec.GrokspecError) as caught:
        results.to_tensorboard(tmp_path / "events")
    assert str(caught.value) == (
        'TensorBoard is not installed; install it with `pip install "grokspec[tensorboard]"`'
    )
    assert not (tmp_path / "events").exists()


def command(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(["tensorboard", *map(str, arguments)])
    return int(ended.value.code or 0)


@needs_tensorboard
def test_the_command_writes_the_same(results, spec, store, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert command(spec, "events", "--store", store.folder) == 0
    assert capsys.readouterr().out == "events: 6 runs; `tensorboard --logdir events` shows them\n"
    assert {p.parent.relative_to("events").as_posix() for p in Path("events").rglob("*tfev*")} == {
        run.id for run in results.spec.runs
    }


@needs_tensorboard
def test_the_command_trains_nothing_and_names_what_is_missing(spec, store, tmp_path, capsys):
    assert command(spec, tmp_path / "events", "--store", store.folder) == 2
    assert "6 of 6 runs have no result" in capsys.readouterr().err
    assert not (tmp_path / "events").exists()
