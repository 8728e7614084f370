"""Runs in TensorBoard's event files, as torch, TensorFlow and grokspec write them."""

import numpy as np
import pytest
from recorded_files import mistake, points, recording, values

pytest.importorskip("tensorboard")

from torch.utils.tensorboard import SummaryWriter
from torch.utils.tensorboard.summary import hparams

EVENTS = {"files": "a{alpha}_s{seed}", "axes": None, "seed": None}


@pytest.fixture
def write(tmp_path):
    def write_one(name="a0.5_s3", numbers=((0, 4.0), (10, 2.0)), tag="loss/train"):
        with SummaryWriter(str(tmp_path / name)) as writer:
            for step, number in numbers:
                writer.add_scalar(tag, number, step)
        return tmp_path / name

    return write_one


def test_a_folder_of_event_files_is_a_run(tmp_path, write):
    write()
    write("a1_s0", [(10, 1.0), (0, 3.0)])
    read = recording(tmp_path, **EVENTS)
    assert points(read) == [(0.5, 3), (1.0, 0)]
    assert values(read) == [[4, 2], [3, 1]]
    assert [source.rows for source in read.sources] == [2, 2]


def test_a_folder_without_events_in_its_files_is_told(tmp_path):
    (tmp_path / "a1_s1").mkdir()
    (tmp_path / "a1_s1" / "events.out.tfevents.1.host.1.0").write_bytes(b"")
    assert 'a1_s1: has no column "loss/train"; there is step' in mistake(tmp_path, **EVENTS)


def test_several_event_files_of_a_folder_are_one_run(tmp_path, write):
    write(numbers=[(0, 4.0)])
    write(numbers=[(10, 2.0)])
    assert values(recording(tmp_path, **EVENTS)) == [[4, 2]]


def test_a_pattern_may_match_the_event_file(tmp_path, write):
    write()
    read = recording(tmp_path, **EVENTS | {"files": "a{alpha}_s{seed}/events*"})
    assert points(read) == [(0.5, 3)]


def test_hyperparameters_are_axes(tmp_path):
    with SummaryWriter(str(tmp_path / "run")) as writer:
        for summary in hparams({"alpha": 0.25, "arm": "free", "decay": True, "seed": 4}, {}):
            writer._get_file_writer().add_summary(summary)
        writer.add_scalar("loss/train", 1.5, 0)
    read = recording(tmp_path, files="run", axes=["alpha", "arm", "decay"])
    assert points(read) == [(0.25, "free", True, 4)]


def test_a_run_that_was_started_again_has_steps_twice(tmp_path, write):
    write(numbers=[(0, 4.0), (5, 3.0)])
    write(numbers=[(5, 2.0)])
    message = mistake(tmp_path, **EVENTS)
    assert "has train_loss of the run at step 5 in event 2 and in event 3" in message


def test_numbers_that_are_tensors_are_read(tmp_path):
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
    from tensorboard.summary.writer.event_file_writer import EventFileWriter
    from tensorboard.util.tensor_util import make_tensor_proto

    writer = EventFileWriter(str(tmp_path / "run"))
    plugin = SummaryMetadata.PluginData(plugin_name="scalars")
    value = Summary.Value(
        tag="loss/train",
        metadata=SummaryMetadata(plugin_data=plugin),
        tensor=make_tensor_proto(np.float32(0.5)),
    )
    writer.add_event(Event(step=3, summary=Summary(value=[value])))
    writer.close()
    read = recording(tmp_path, files="run", axes=None, seed=None)
    assert values(read) == [[0.5]]


def test_the_steps_of_events_are_called_step(tmp_path, write):
    write()
    message = mistake(tmp_path, **EVENTS | {"step": "global_step"})
    assert 'has no column "global_step"; there are loss/train, step' in message


def test_what_a_killed_run_has_recorded_is_read(tmp_path, write):
    folder = write(numbers=[(step, 1.0) for step in range(50)])
    (path,) = folder.iterdir()
    path.write_bytes(path.read_bytes()[:-20])
    (run,) = recording(tmp_path, **EVENTS).runs
    assert 40 < len(run.history.steps) < 50
