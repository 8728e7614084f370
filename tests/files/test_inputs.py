"""Files that a spec names: where they are looked for, their part in identity, what is refused."""

import hashlib
import os
import pickle
import shutil
from pathlib import Path
from typing import Annotated

import numpy as np
import pytest
from array_data import examples, write_arrays
from experiments import WHOLE
from pydantic import TypeAdapter

from grokspec.errors import GrokspecError
from grokspec.files.arrays import _header_or_reason, arrays
from grokspec.files.inputs import FileError, InputFile, SpecText, file_hash
from grokspec.plan import stack_runs
from grokspec.results import load_results
from grokspec.runner.training import Job, train_stack
from grokspec.spec import read_spec
from grokspec.tasks.arrays import Arrays

SPEC = WHOLE.replace('kind = "polynomial"\ninputs = 6\n', 'kind = "arrays"\nfile = "mine.npz"\n')
"""A spec on a file beside it, with 20 examples for training."""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working directory, and in it a folder with a file and a spec on it."""
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path / "project")
    return tmp_path


def write_project(folder: Path, seed: int = 0) -> None:
    folder.mkdir()
    (folder / "base.toml").write_text(SPEC)
    write_arrays(folder / "mine.npz", **examples(30, seed=seed))


def write(path: str, text: str) -> Path:
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def files(path: str | Path, profile: str = "quick") -> list[Path]:
    """The files of a spec's runs, in order."""
    return [run.experiment.task.file.path for run in read_spec(path, profile).runs]


def mistake(path: str | Path) -> str:
    with pytest.raises(GrokspecError) as caught:
        read_spec(path)
    (only,) = caught.value.mistakes
    return f"{only.place}  {only.message}"


# Where a path leads


def test_a_path_is_relative_to_the_spec_in_which_it_is_written(folder):
    spec = write("elsewhere/x.toml", 'extends = "../project/base.toml"\n[training]\nsteps = 3\n')
    assert files("project/base.toml") == files(spec) == [folder / "project" / "mine.npz"]


def test_the_working_directory_does_not_matter(folder, monkeypatch):
    monkeypatch.chdir("project")
    assert files("base.toml") == [folder / "project" / "mine.npz"]


def test_a_spec_that_extends_another_may_name_a_file_of_its_own(folder):
    write_arrays(folder / "other.npz", **examples(30, seed=1))
    spec = write("x.toml", 'extends = "project/base.toml"\ntask.file = "other.npz"\n')
    assert files(spec) == [folder / "other.npz"]


def test_a_profile_names_files_beside_the_file_in_which_it_stands(folder):
    write_arrays(folder / "project" / "large.npz", **examples(50))
    base = Path("project/base.toml")
    base.write_text(f'{SPEC}\n[profile.paper]\ntask.file = "large.npz"\n')
    spec = write("x.toml", 'extends = "project/base.toml"\n[profile.paper]\nseed = 1\n')
    assert files(spec, "paper") == [folder / "project" / "large.npz"]
    assert files(spec) == [folder / "project" / "mine.npz"]


@pytest.mark.parametrize(
    "axis",
    [
        'grid = { "task.file" = ["a.npz", "b.npz"] }',
        'zip = { "task.file" = ["a.npz", "b.npz"], "task.train" = [3, 4] }',
        'grid = { task = [{ kind = "arrays", file = "a.npz", train = 3 }, '
        '{ kind = "arrays", file = "b.npz", train = 3 }] }',
    ],
)
def test_a_sweep_names_files_beside_the_file_in_which_its_axis_stands(folder, axis):
    (folder / "sweeps").mkdir()
    for name in ("a", "b"):
        write_arrays(folder / "sweeps" / f"{name}.npz", **examples(30, seed=ord(name)))
    write("sweeps/sweep.toml", f'extends = "../project/base.toml"\n[sweep]\n{axis}\n')
    spec = write("x.toml", 'extends = "sweeps/sweep.toml"\n[training]\nsteps = 3\n')
    assert files(spec) == [folder / "sweeps" / "a.npz", folder / "sweeps" / "b.npz"]


def test_absolute_paths_and_the_home_folder_are_taken_as_they_are(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder / "project"))
    for written in ("~/mine.npz", str(folder / "project" / "mine.npz")):
        spec = write("x.toml", f'extends = "project/base.toml"\ntask.file = "{written}"\n')
        assert files(spec) == [folder / "project" / "mine.npz"]


def test_a_file_that_python_code_names_is_relative_to_the_working_directory(folder):
    assert Arrays(file="project/mine.npz", train=3).file.path == folder / "project" / "mine.npz"


def test_a_text_of_a_spec_is_a_text_like_any_other(tmp_path):
    data = SpecText.within(tmp_path, {"a": ["x", 1, {"b": "y"}]})
    assert data == {"a": ["x", 1, {"b": "y"}]}
    assert data["a"][2]["b"].folder == tmp_path
    assert pickle.loads(pickle.dumps(data["a"][0])).folder == tmp_path


# A file's part in a run's identity


def identity(path: str | Path) -> str:
    return read_spec(path).runs[0].key


def test_the_same_project_in_another_folder_has_the_same_runs(folder):
    shutil.copytree("project", "copy")
    assert identity("copy/base.toml") == identity("project/base.toml")


def test_a_file_under_another_name_makes_the_same_run(folder):
    shutil.copy("project/mine.npz", "same.npz")
    spec = write("x.toml", 'extends = "project/base.toml"\ntask.file = "same.npz"\n')
    assert identity(spec) == identity("project/base.toml")


def test_a_file_with_another_content_makes_another_run(folder):
    before = identity("project/base.toml")
    write_arrays(folder / "project" / "mine.npz", **examples(30, seed=1))
    assert identity("project/base.toml") != before


def test_two_names_of_one_content_are_the_same_run_twice(folder):
    shutil.copy("project/mine.npz", "project/same.npz")
    spec = write(
        "project/x.toml",
        'extends = "base.toml"\n[sweep.grid]\n"task.file" = ["mine.npz", "same.npz"]\n',
    )
    assert "the sweep has the same run twice" in mistake(spec)


def test_two_files_of_one_name_are_not_taken_for_one(folder):
    write_arrays(folder / "mine.npz", **examples(30, seed=1))
    spec = write(
        "x.toml",
        'extends = "project/base.toml"\n[[sweep.concat]]\ngrid = { "task.file" = ["mine.npz"] }\n'
        '[[sweep.concat]]\ngrid = { "model.alpha" = [2] }\n',
    )
    assert '"task.file": two different values of it are both called "mine.npz"' in mistake(spec)
    named = spec.read_text().replace('"mine.npz"', '{ name = "new", value = "mine.npz" }')
    runs = read_spec(write("x.toml", named)).runs
    assert [run.experiment.task.file.path.parent for run in runs] == [folder, folder / "project"]
    assert [run.coordinates.get("task.file") for run in runs] == ["new", None]


def test_coordinates_and_ids_have_the_name_as_it_is_written(folder):
    write_arrays(folder / "other.npz", **examples(30, seed=1))
    axis = '[sweep.grid]\n"task.file" = ["project/mine.npz", "other.npz"]\n'
    spec = read_spec(write("x.toml", f'extends = "project/base.toml"\n{axis}'))
    assert [run.coordinates["task.file"] for run in spec.runs] == ["project/mine.npz", "other.npz"]
    assert [run.id.rpartition("-s0")[0] for run in spec.runs] == [
        "x/fproject_mine.npz",
        "x/fother.npz",
    ]


def test_results_have_the_name_along_their_axis(folder, store):
    write_arrays(folder / "project" / "other.npz", **examples(30, seed=1))
    axis = '[sweep.grid]\n"task.file" = ["mine.npz", "other.npz"]\n'
    spec = read_spec(write("project/x.toml", f'extends = "base.toml"\n{axis}'))
    for stack in stack_runs(spec.runs):
        train_stack(store.folder, Job(stack.runs, "cpu"))
    assert list(load_results(spec, store)["file"].values) == ["mine.npz", "other.npz"]


def test_runs_on_files_of_other_shapes_train_in_stacks_of_their_own(folder):
    write_arrays(folder / "project" / "wide.npz", **examples(30, inputs=7))
    axis = '[sweep]\nseed = 2\ngrid = { "task.file" = ["mine.npz", "wide.npz"] }\n'
    spec = read_spec(write("project/x.toml", f'extends = "base.toml"\n{axis}'))
    sizes = [
        {run.experiment.task.input_size for run in stack.runs} for stack in stack_runs(spec.runs)
    ]
    assert sizes == [{4}, {7}]


# From the plan to the worker


@pytest.fixture
def forget():
    """Forgets what this process has read, like a new worker process."""

    def forget():
        arrays.cache_clear()
        _header_or_reason.cache_clear()

    return forget


def test_a_plan_reaches_a_worker_elsewhere_with_its_files(folder, monkeypatch, store):
    (run,) = pickle.loads(pickle.dumps(read_spec("project/base.toml").runs))
    monkeypatch.chdir("/")
    (entry,) = train_stack(store.folder, Job((run,), "cpu"))
    assert (entry.key, entry.status) == (run.key, "finished")


def test_a_file_that_is_edited_after_planning_is_refused_and_nothing_is_stored(
    folder, store, forget
):
    spec = read_spec("project/base.toml")
    forget()
    write_arrays(folder / "project" / "mine.npz", **examples(30, seed=1))
    with pytest.raises(GrokspecError, match=r"mine\.npz: has changed since the spec .* run again"):
        train_stack(store.folder, Job(spec.runs, "cpu"))
    assert not list(Path(store.folder).rglob("*.safetensors"))


def test_what_was_read_before_a_file_was_edited_is_what_its_runs_train_on(folder):
    task = read_spec("project/base.toml").runs[0].experiment.task
    before = task.draw(0)
    write_arrays(folder / "project" / "mine.npz", **examples(30, seed=1))
    assert np.array_equal(task.draw(0).train_inputs, before.train_inputs)


def test_a_file_that_is_gone_after_planning_is_refused(folder, store, forget):
    spec = read_spec("project/base.toml")
    forget()
    Path("project/mine.npz").unlink()
    with pytest.raises(GrokspecError, match=r"mine\.npz: cannot be read: No such file"):
        train_stack(store.folder, Job(spec.runs, "cpu"))


def test_what_is_wrong_with_a_file_can_leave_a_worker_process():
    error = pickle.loads(pickle.dumps(FileError(Path("a.npz"), "is odd")))
    assert (str(error), error.reason) == ("a.npz: is odd", "is odd")


def in_place(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def by_replacement(path: Path, content: bytes) -> None:
    path.with_suffix(".new").write_bytes(content)
    path.with_suffix(".new").replace(path)


@pytest.mark.parametrize("write", [in_place, by_replacement])
def test_a_content_of_the_same_size_and_time_is_another_file(tmp_path, write):
    path = tmp_path / "x.npz"
    path.write_bytes(b"1" * 100)
    before, time = InputFile.find(str(path)), path.stat().st_mtime_ns
    write(path, b"2" * 100)
    os.utime(path, ns=(time, time))
    assert file_hash(path) != before.sha256
    assert InputFile.find(str(path)).sha256 == hashlib.sha256(b"2" * 100).hexdigest()
    with pytest.raises(FileError, match=r"has changed since the spec that names it was read"):
        before.content()


def test_arrays_of_the_same_size_and_time_are_those_of_the_new_content(folder):
    """Whatever this process has read and kept of the content before."""
    path = folder / "project" / "mine.npz"
    time = path.stat().st_mtime_ns
    seen = []
    for seed in (0, 1, 0):
        write_arrays(path, **examples(30, seed=seed))
        os.utime(path, ns=(time, time))
        task = read_spec("project/base.toml").runs[0].experiment.task
        seen.append((task.file.sha256, task.draw(0).train_inputs.tolist()))
    assert seen[0] == seen[2]
    assert seen[0][0] != seen[1][0]
    assert seen[0][1] != seen[1][1]


def test_a_file_is_read_once_for_all_points_of_a_sweep(folder, monkeypatch):
    sweep = '[sweep]\nseed = 20\n[sweep.grid]\n"model.alpha" = [1, 2, 3]\n'
    spec = write("x.toml", f'extends = "project/base.toml"\n{sweep}')
    times = []
    find = InputFile.find.__func__
    monkeypatch.setattr(
        InputFile, "find", classmethod(lambda *given: times.append(given) or find(*given))
    )
    assert len(read_spec(spec).runs) == 60
    assert len(times) == 1


def test_a_pipe_that_takes_the_place_of_a_file_is_not_waited_for(folder, forget):
    task = read_spec("project/base.toml").runs[0].experiment.task
    forget()
    Path("project/mine.npz").unlink()
    os.mkfifo("project/mine.npz")
    with pytest.raises(FileError, match="is a pipe, not a file"):
        task.draw(0)
    with pytest.raises(FileError, match="is a pipe, not a file"):
        _ = task.sizes


# What is refused


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("mien.npz", 'no such file in {}; did you mean "mine.npz"?'),
        ("unlike", "no such file in {}"),
        ("none/mine.npz", "no such file; there is no folder {}/none either"),
        ("mine.npz/x", "no such file; there is no folder {}/mine.npz either"),
        (".", "is a folder; name one file in it"),
        ("", 'is not a path; write one, such as "data.npz"'),
        ("a\\u0000b", 'is not a path; write one, such as "data.npz"'),
        ("base.toml", "must end in .npz or .safetensors;"),
        ("x" * 300, "cannot be read: File name too long"),
        ("~nobody-of-this-name/x.npz", "cannot be read: Could not determine home directory."),
    ],
)
def test_a_path_without_a_file_is_refused_where_it_is_written(folder, written, why):
    Path("project/base.toml").write_text(SPEC.replace("mine.npz", written))
    message = mistake("project/base.toml")
    assert message.startswith("project/base.toml:3:8  task.file = ")
    assert why.format(folder / "project") in message


def test_a_pipe_is_refused_and_not_waited_for(folder):
    os.mkfifo("project/pipe.npz")
    Path("project/base.toml").write_text(SPEC.replace("mine.npz", "pipe.npz"))
    assert "is a device or a pipe" in mistake("project/base.toml")


def test_a_file_that_may_not_be_read_is_refused(folder, monkeypatch):
    def forbidden(*arguments, **options):
        raise PermissionError(13, "Permission denied")

    shutil.copy("project/mine.npz", "unseen.npz")
    monkeypatch.setattr(os, "open", forbidden)  # root may read whatever the mode says
    with pytest.raises(FileError, match="cannot be read: Permission denied"):
        InputFile.find("unseen.npz")


def test_a_value_that_is_not_text_is_refused(folder):
    Path("project/base.toml").write_text(SPEC.replace('"mine.npz"', "3"))
    assert mistake("project/base.toml").endswith("task.file = 3: must be text in quotes")


def test_a_mistake_in_a_value_of_an_axis_is_placed_there(folder):
    axis = '[sweep.grid]\n"task.file" = ["mine.npz", "mien.npz"]\n'
    message = mistake(write("project/x.toml", f'extends = "base.toml"\n{axis}'))
    assert message.startswith('project/x.toml:3:28  task.file = "mien.npz": no such file')


def test_the_schema_for_editors_says_that_it_is_a_text():
    field: TypeAdapter = TypeAdapter(Annotated[InputFile, "described"])
    assert field.json_schema() == {"type": "string", "minLength": 1}


def test_a_run_is_described_by_what_its_file_holds(folder):
    task = Arrays(file="project/mine.npz", train=3)
    digest = hashlib.sha256(Path("project/mine.npz").read_bytes()).hexdigest()
    assert task.model_dump(mode="json")["file"] == f"sha256:{digest}"
