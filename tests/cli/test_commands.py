"""The command line, as its user sees it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from experiments import WHOLE

from grokspec import cli
from grokspec.formatting import amount, duration
from grokspec.plan import stack_runs
from grokspec.runner.pace import Clock
from grokspec.runner.training import Job, train_stack
from grokspec.spec import read_spec

SPEC = f"""\
{WHOLE}
[sweep]
seed = 2
[sweep.grid]
"model.alpha" = [1, 2]
[figure]
kind = "curves"
panels = [["train_loss", "test_loss"]]
color = "alpha"
[profile.paper.sweep]
seed = 30
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch) -> Path:
    """The working directory, with a spec x.toml and an empty store."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GROKSPEC_STORE", "store")
    monkeypatch.setenv("COLUMNS", "200")
    Path("x.toml").write_text(SPEC)
    return tmp_path


@pytest.fixture
def grokspec(folder, capsys):
    """Runs a command in this process: its exit code, stdout and stderr."""

    def grokspec(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            cli.main(list(arguments))
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return grokspec


@pytest.fixture
def trained(folder) -> None:
    """The results of the spec, in the store."""
    for stack in stack_runs(read_spec("x.toml").runs):
        train_stack("store", Job(stack.runs, "cpu"))


def test_check_shows_the_runs_of_each_profile(grokspec):
    assert grokspec("check", "x.toml") == (0, "x.toml  quick: 4 runs, paper: 60 runs\n", "")


def test_a_damaged_file_of_the_store_is_named_in_one_line_and_the_command_goes_on(folder):
    """In a process of its own: pytest collects warnings."""
    Path("store/shards").mkdir(parents=True)
    os.mkfifo("store/shards/x.safetensors")
    command = [sys.executable, "-c", "import grokspec.cli as c; c.main()", "plan", "x.toml"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert done.stderr.startswith(f"warning: {folder}/store/shards/x.safetensors is no result of")
    assert done.stderr.count("\n") == 1
    assert "4 missing" in done.stdout


def test_check_takes_folders_and_several_paths(grokspec):
    code, out, _ = grokspec("check", ".", "x.toml")
    assert (code, len(out.splitlines())) == (0, 2)


def test_mistakes_go_to_stderr_all_at_once_without_a_traceback_and_exit_with_2(grokspec):
    wrong = SPEC.replace("width = 8", "width = -8").replace('"polynomial"', '"polynomal"')
    Path("x.toml").write_text(wrong)
    code, out, err = grokspec("check", "x.toml")
    assert (code, out) == (2, "")
    assert err == (
        'x.toml:2:8  task.kind = "polynomal": not a task; did you mean "polynomial"?\n'
        '   2 | kind = "polynomal"\n'
        "     |        ^^^^^^^^^^^\n"
        'x.toml:8:9  model.width = -8: must be at least 1, or "infinite"\n'
        "   8 | width = -8\n"
        "     |         ^^\n"
    )


@pytest.mark.parametrize("command", ["check", "plan", "run", "figure"])
def test_every_command_reports_a_mistaken_spec_alike(grokspec, command):
    Path("x.toml").write_text("seeed = 1\n")
    code, _, err = grokspec(command, "x.toml")
    assert code == 2
    assert 'x.toml:1:1  seeed: a spec has no such part; did you mean "seed"?' in err


@pytest.mark.parametrize("command", ["plan", "run", "figure"])
def test_every_command_takes_a_profile_and_a_limit(grokspec, command):
    code, _, err = grokspec(command, "x.toml", "--profile", "paper", "--limit", "59")
    assert code == 2
    assert "more than 59 runs" in err
    code, _, err = grokspec(command, "x.toml", "--profile", "papr")
    assert code == 2
    assert 'x.toml: no profile "papr"; did you mean "paper"?' in err


@pytest.mark.parametrize("command", ["plan", "run", "figure"])
def test_commands_take_fresh_seeds(grokspec, trained, command):
    code, out, err = grokspec(command, "x.toml", "--seeds-moved-by", "1")
    assert (code, out) == (2, "")
    assert "x.toml: moved by 1, seed 0 is 1, which is among the spec's own" in err


def test_plan_lists_the_moved_runs(grokspec, trained):
    _, out, _ = grokspec("plan", "x.toml", "--seeds-moved-by", "1000")
    assert "4 missing" in out
    assert "missing x/a1-s1001-" in " ".join(out.split())


def test_plan_lists_the_runs_what_is_missing_the_stacks_and_the_cost(grokspec):
    code, out, _ = grokspec("plan", "x.toml")
    assert code == 0
    assert out.startswith("x, profile quick: 4 missing\nstore store\n")
    assert re.findall(r"missing +x/(a\d-s\d)-[0-9a-f]{8}\n", out) == [
        "a1-s0",
        "a1-s1",
        "a2-s0",
        "a2-s1",
    ]
    assert re.search(r"stacks to train\n +\d+ runs +[\d.]+ \w?flop +[\d.]+ \w?B  moments  x/", out)
    assert re.search(r"about .* and [\d.]+ kB of memory, \d+ at a time", out)
    assert "moments on cpu does 10 Gflop/s, by assumption: the store has no result of it yet" in out


def test_plan_shows_what_is_in_the_store(grokspec, trained):
    code, out, _ = grokspec("plan", "x.toml")
    assert code == 0
    assert out.startswith("x, profile quick: 4 stored\n")
    assert out.endswith("nothing to train\n")


def test_plan_estimates_by_what_the_store_has_recorded(grokspec, trained):
    _, out, _ = grokspec("plan", "x.toml", "--profile", "paper")
    assert out.startswith("x, profile paper: 4 stored, 56 missing\n")
    assert "by what 4 results in the store took" in out


def test_plan_shows_a_long_list_in_part_unless_all_is_asked_for(grokspec):
    _, part, _ = grokspec("plan", "x.toml", "-p", "paper")
    assert part.count("missing x/") == 10
    assert "… and 50 more runs, which --all shows" in part
    _, whole, _ = grokspec("plan", "x.toml", "-p", "paper", "--all")
    assert whole.count("missing x/") == 60
    assert "more runs" not in whole


def test_plan_as_json_is_json_alone(grokspec):
    code, out, _ = grokspec("plan", "x.toml", "--json")
    plan = json.loads(out)
    assert (code, len(plan["runs"])) == (0, 4)
    assert plan["runs"][3]["at"] == {"model.alpha": 2.0, "seed": 1}


def test_plan_says_why_runs_of_a_module_go_one_by_one(grokspec):
    nets = Path(__file__).parents[1] / "models" / "nets.py"
    module = f'kind = "module"\nclass = "{nets}:Normed"'
    text = SPEC.replace('kind = "committee"\nwidth = 8\nepsilon = 0.25', module)
    Path("x.toml").write_text(text.replace("seed = 2\n", "seed = 8\n"))
    why = "torch.nn.BatchNorm1d changes its running statistics in training"
    _, out, _ = grokspec("plan", "x.toml")
    assert out.count(f"\n  one by one: {why}\n") == 1
    _, out, _ = grokspec("plan", "x.toml", "--json")
    assert {stack["why_one_by_one"] for stack in json.loads(out)["stacks"]} == {why}


def test_plan_looks_into_the_store_that_is_named(grokspec, trained):
    _, out, _ = grokspec("plan", "x.toml", "--store", "elsewhere")
    assert out.startswith("x, profile quick: 4 missing\nstore elsewhere\n")
    assert not Path("elsewhere").exists()


def test_run_trains_what_is_missing_and_ends_with_a_table(grokspec):
    code, out, _ = grokspec("run", "x.toml", "--device", "cpu", "--workers", "1")
    assert code == 0
    assert out.startswith("x, profile quick: 4 runs in store\n")
    assert re.search(r"trained +4 .* on cpu", out)
    assert "kept" not in out
    code, out, _ = grokspec("run", "x.toml")
    assert code == 0
    assert re.search(r"trained +0 ", out)
    assert re.search(r"kept +4 +in the store already", out)


def test_run_ends_with_a_code_of_its_own_if_there_is_more_to_do(grokspec, monkeypatch):
    monkeypatch.setattr(Clock, "runs_in_time", lambda clock, stack: 1)
    code, out, _ = grokspec("run", "x.toml", "--device", "cpu", "--workers", "1")
    assert code == 75
    assert re.search(r"trained +1 ", out)
    assert re.search(r"left +3 +no time; the same command goes on", out)


def test_run_does_not_ask_to_be_called_again_if_that_would_not_help(grokspec):
    code, out, err = grokspec("run", "x.toml", "--time-limit", "0s", "--device", "cpu")
    assert code == 1
    assert re.search(r"left +4 ", out)
    assert "goes on" not in out
    assert "no run could be trained in this time, and 4 are left" in err


def test_run_trains_a_part_of_the_runs(grokspec):
    code, out, _ = grokspec("run", "x.toml", "--shard", "2/4", "--device", "cpu", "--workers", "1")
    assert code == 0
    assert out.startswith("x, profile quick: 1 of 4 runs in store\n")


def test_plan_prices_a_cluster(grokspec):
    _, out, _ = grokspec("plan", "x.toml", "--workers", "40")
    assert re.search(r"40 at a time \(about .* of one\)", out)


def test_run_refuses_a_device_that_does_not_exist(grokspec):
    code, _, err = grokspec("run", "x.toml", "--device", "gpu")
    assert code == 2
    assert 'device "gpu": not a device; there are auto, cpu, cuda' in err


@pytest.mark.parametrize(
    ("ending", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")]
)
def test_figure_draws_the_results_into_a_file(grokspec, trained, ending, start):
    code, out, _ = grokspec("figure", "x.toml", "--output", f"drawn/here.{ending}")
    assert (code, out) == (0, f"drawn/here.{ending}\n")
    assert Path(f"drawn/here.{ending}").read_bytes().startswith(start)


def test_a_figure_has_the_name_of_its_spec(grokspec, trained):
    code, out, _ = grokspec("figure", "x.toml")
    assert (code, out) == (0, "x.svg\n")
    assert Path("x.svg").exists()


def test_figure_without_training_names_what_is_missing(grokspec):
    code, _, err = grokspec("figure", "x.toml", "--no-run")
    assert code == 2
    assert "4 of 4 runs have no result" in err
    assert "x/a1-s0-" in err
    assert not Path("x.svg").exists()


def test_a_figure_that_has_nothing_to_draw_is_one_line_and_no_file(grokspec, trained, monkeypatch):
    monkeypatch.setattr("grokspec.figures._band.LARGEST", 1e-9)  # so no loss is large enough
    Path("x.toml").write_text(SPEC.replace("[figure]", '[figure]\nscale = "log"'))
    code, _, err = grokspec("figure", "x.toml")
    reason = "no value is above zero, and the axis is logarithmic"
    assert (code, err) == (2, f"figure: there is nothing to draw: {reason}\n")
    assert not Path("x.svg").exists()


def test_a_spec_without_a_figure_is_refused_before_anything_is_trained(grokspec):
    Path("x.toml").write_text(SPEC[: SPEC.index("[figure]")])
    code, _, err = grokspec("figure", "x.toml")
    assert code == 2
    assert err.startswith("x.toml has no [figure]; say what to draw, ")
    assert not Path("store").exists()


def test_an_unknown_format_is_refused_before_anything_is_trained(grokspec):
    code, _, err = grokspec("figure", "x.toml", "-o", "x.gif")
    assert (code, err) == (2, "x.gif: a figure is written as .svg, .png or .pdf\n")
    assert not Path("store").exists()


def test_schema_is_json_on_the_terminal_or_in_a_file(grokspec):
    code, out, _ = grokspec("schema")
    assert code == 0
    assert "extends" in json.loads(out)["properties"]
    assert grokspec("schema", "--output", "deep/x.json") == (0, "", "")
    assert Path("deep/x.json").read_text("utf-8") == out


def test_new_starts_a_spec_that_passes_its_check(grokspec):
    code, out, _ = grokspec("new", "specs/mine/x.toml")
    assert code == 0
    assert out.startswith("specs/mine/x.toml: edit it, then `grokspec plan specs/mine/x.toml`")
    code, out, _ = grokspec("check", "specs")
    assert (code, out) == (0, "specs/mine/x.toml  quick: 32 runs, paper: 40 runs\n")


def test_new_overwrites_nothing(grokspec):
    code, _, err = grokspec("new", "x.toml")
    assert (code, err) == (2, "x.toml exists already; name a new file\n")
    assert Path("x.toml").read_text() == SPEC


def test_new_names_the_task_that_is_nearest(grokspec):
    code, _, err = grokspec("new", "y.toml", "--from", "polynom")
    assert (code, err) == (2, '"polynom": not a task; did you mean "polynomial"?\n')
    assert not Path("y.toml").exists()


def test_a_file_that_cannot_be_written_is_named(grokspec):
    code, _, err = grokspec("new", "x.toml/y.toml")
    assert code == 2
    assert err.startswith("x.toml/y.toml: cannot be written: ")


@pytest.mark.parametrize(
    "arguments", [["plan"], ["chek", "x.toml"], ["plan", "x.toml", "--profil", "quick"]]
)
def test_a_mistaken_command_line_exits_with_2_too(grokspec, arguments):
    code, _, err = grokspec(*arguments)
    assert code == 2
    assert "Usage: grokspec" in err


def test_the_version_is_shown(grokspec):
    code, out, _ = grokspec("--version")
    assert code == 0
    assert re.fullmatch(r"grokspec \d+\.\d+\.\d+\n", out)


def test_an_interrupt_ends_a_command_in_a_line(grokspec, monkeypatch):
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("grokspec.runner.estimate.estimate_training", interrupted)
    code, _, err = grokspec("plan", "x.toml")
    assert code == 130
    assert "Traceback" not in err


HEAVY = ["torch", "jaxtyping", "numpy", "xarray", "scipy", "matplotlib", "safetensors", "h5py"]


@pytest.mark.parametrize(
    "statement",
    [
        "import grokspec",
        "import grokspec.cli; run('--help')",
        "import grokspec.cli; run('check', 'x.toml')",
        "import grokspec.cli; run('plan', 'x.toml', '--json')",
        "import grokspec.cli; run('plan', 'x.toml', '-p', 'paper')",
        "import grokspec.cli; run('schema')",
        "import grokspec.cli; run('new', 'y.toml')",
        "import grokspec; grokspec.make_plan(grokspec.read_spec('x.toml'))",
    ],
)
def test_what_trains_nothing_loads_nothing_heavy(folder, statement):
    program = f"""
import contextlib, os, sys
def run(*arguments):
    import grokspec.cli
    with contextlib.redirect_stdout(open(os.devnull, "w")), contextlib.suppress(SystemExit):
        grokspec.cli.main(list(arguments))
{statement}
print(*sorted(set({HEAVY}) & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=dict(os.environ)
    )
    assert (done.stdout, done.stderr) == ("\n", "")


def test_a_check_of_an_arrays_file_and_its_values_loads_no_torch(tmp_path):
    import numpy as np

    np.savez(tmp_path / "x.npz", inputs=np.eye(4), targets=np.eye(4))
    (tmp_path / "x.toml").write_text(
        '[task]\nkind = "arrays"\nfile = "x.npz"\ntrain = 3\n'
        '[model]\nkind = "perceptron"\nhidden = [2]\n'
        '[optimizer]\nkind = "adam"\nlearning_rate = 0.1\n'
        '[training]\nsteps = 2\nloss = "cross_entropy"\n'
        '[record]\nprobes = ["loss", "accuracy"]\n'
    )
    program = f"import sys, grokspec; grokspec.load({str(tmp_path / 'x.toml')!r}); "
    program += f"print(*sorted(set({HEAVY}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("numpy\n", "")


def test_importing_the_package_loads_neither_pydantic_nor_the_schema():
    program = "import grokspec, sys; print('pydantic' in sys.modules, grokspec.read_spec.__name__)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("False read_spec\n", "")


def test_the_public_names_are_all_there():
    import grokspec

    assert {name: getattr(grokspec, name) for name in grokspec.__all__}
    assert set(grokspec.__all__) <= set(dir(grokspec))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        grokspec.nothing  # noqa: B018


def test_plan_and_results_stay_functions_whatever_is_imported():
    import grokspec
    import grokspec.plan
    import grokspec.results
    from grokspec import api

    assert (grokspec.plan, grokspec.results) == (api.plan, api.results)


def test_the_installed_command_is_this_one(folder):
    command = Path(sys.executable).with_name("grokspec")
    done = subprocess.run([command, "check", "x.toml"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("x.toml  quick: 4 runs")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1.26e9, "1.26 GB"), (5e18, "5 EB")],
)
def test_amounts_have_decimal_prefixes(value, text):
    assert amount(value, "B") == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "less than a second"), (40, "40 s"), (600, "10 min"), (12_600, "3.5 h")],
)
def test_durations_read_as_people_say_them(seconds, text):
    assert duration(seconds) == text
