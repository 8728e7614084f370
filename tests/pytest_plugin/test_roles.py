import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time

import pytest
from claims_project import Project

from grokspec.spec import read_spec
from grokspec.store.shard import read_entries

ALPHA = """
@claim("P01", "§1", spec="tiny/alpha", control=reversed_in_time())
def test_alpha(results):
    "The loss falls at every α."
    assert estimate(fall(results)).below(1)
"""

EPSILON = """
@claim("P02", "§2", spec="tiny/epsilon", control=reversed_in_time())
def test_epsilon(results):
    "The loss falls at every ε."
    assert estimate(fall(results)).below(1)
"""


def runs_in(project):
    """The specs of the runs in a project's store, with how many there are of each."""
    ids = [entry.id for entry in project.store.index().values()]
    specs = {id.rsplit("/", 1)[0] for id in ids}
    return {spec: sum(id.startswith(f"{spec}/") for id in ids) for spec in specs}


# What is trained


@pytest.mark.parametrize(
    "selection",
    [
        ["-k", "alpha"],
        ["-m", "wanted"],
        ["claims/test_tiny.py::test_alpha"],
        ["--deselect", "claims/test_tiny.py::test_epsilon"],
    ],
)
def test_only_what_the_selected_claims_need_is_trained(cold, selection):
    cold.claims("@pytest.mark.wanted" + ALPHA + EPSILON)
    cold.configure("markers = wanted")
    cold.run(*selection).assert_outcomes(passed=1, deselected=0 if "::" in selection[0] else 1)
    assert runs_in(cold) == {"tiny/alpha": 12}


def test_runs_that_specs_share_are_trained_once(cold):
    cold.claims(ALPHA + EPSILON)
    outcome = cold.run()
    outcome.assert_outcomes(passed=2)
    outcome.stdout.fnmatch_lines(
        ["grokspec: 18 runs to train, for tiny/alpha, tiny/epsilon", "grokspec: trained in *"]
    )
    assert sum(runs_in(cold).values()) == 18  # α = 1, ε = 0.25 is a point of both


def test_last_failed_trains_what_it_runs(cold):
    cold.claims(ALPHA + EPSILON.replace("below(1)", "above(1)"))
    cold.run("--grokspec-run=never", "-k", "alpha").assert_outcomes(errors=1, deselected=1)
    cold.run("--lf").assert_outcomes(passed=1)
    assert runs_in(cold) == {"tiny/alpha": 12}


def test_collecting_trains_nothing(cold):
    cold.claims(ALPHA)
    outcome = cold.run("--collect-only")
    assert outcome.ret == 0
    outcome.stdout.no_fnmatch_line("*= claims =*")
    outcome.stdout.no_fnmatch_line("*NOT RUN*")
    assert not cold.store_folder.exists()


def test_tests_that_cannot_all_be_collected_train_nothing(cold):
    cold.claims(ALPHA)
    cold.claims("import no_such_module", name="test_broken")
    assert cold.run().ret == pytest.ExitCode.INTERRUPTED
    assert not cold.store_folder.exists()


def test_what_is_there_is_not_trained_again(warm):
    warm.claims(ALPHA + EPSILON)
    outcome = warm.run()
    outcome.assert_outcomes(passed=2)
    outcome.stdout.no_fnmatch_line("*to train*")


def test_fresh_trains_all_again(cold):
    cold.claims(ALPHA)
    cold.run()
    before = {entry.shard for entry in cold.store.index().values()}
    cold.run("--grokspec-run=fresh").assert_outcomes(passed=1)
    assert before.isdisjoint(entry.shard for entry in cold.store.index().values())


LAZIER = """
@claim("P01", "§1", spec="tiny/alpha", control=retrained("model.width = 24\\ntraining.steps = 1"))
def test_alpha(results):
    "The loss falls by a tenth at every α."
    assert estimate(fall(results)).below(0.9)
"""


def test_a_change_of_the_spec_is_trained_for_its_control_alone(cold):
    cold.claims(LAZIER)
    cold.run().assert_outcomes(passed=1)
    assert runs_in(cold) == {"tiny/alpha": 12}

    outcome = cold.run("--controls")
    outcome.assert_outcomes(passed=2)
    outcome.stdout.fnmatch_lines(
        ["*trained with model.width = 24,", "*training.steps = 1: the claim is then *"]
    )
    assert runs_in(cold) == {"tiny/alpha": 24}


def test_a_change_of_the_spec_is_trained_under_xdist_too_and_on_fresh_seeds(cold):
    cold.claims(LAZIER)
    options = "--controls", "-n1", "--grokspec-workers=0", "--grokspec-seeds=1000"
    outcome = cold.run_apart(*options)
    assert outcome.ret == 0, outcome.output
    assert runs_in(cold) == {"tiny/alpha": 24}
    moved = read_spec(cold.folder / "specs/tiny/alpha.toml", seeds_moved_by=1000)
    assert cold.store.index().keys() > {run.key for run in moved.runs}


def test_the_workers_of_a_cluster_train(cold):
    from distributed import LocalCluster

    cold.claims(ALPHA)
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        protocol="tcp://",
        dashboard_address=":0",
    ) as cluster:
        scheduler = f"--grokspec-scheduler={cluster.scheduler_address}"
        outcome = cold.run_apart(scheduler, "-n1", "--grokspec-device=cpu")
    assert outcome.ret == 0, outcome.output
    assert runs_in(cold) == {"tiny/alpha": 12}


def test_a_scheduler_that_is_no_address_leaves_the_claims_not_run(cold):
    cold.claims(ALPHA)
    outcome = cold.run("--grokspec-scheduler=nowhere")
    outcome.assert_outcomes(errors=1)
    outcome.stdout.fnmatch_lines(["NOT RUN: *scheduler nowhere: is no address; *"])


def test_a_mistake_in_a_change_stops_its_control_alone(warm):
    warm.claims(LAZIER.replace("model.width", "model.widht"))
    outcome = warm.run("--controls")
    outcome.assert_outcomes(passed=1, errors=1)
    outcome.stdout.fnmatch_lines(["*tiny/alpha.toml, changed:1:7 *widht*did you mean*width*"])


def test_the_store_can_be_named_in_the_environment(cold, monkeypatch, full_store):
    cold.claims(ALPHA)
    monkeypatch.setenv("GROKSPEC_STORE", str(full_store))
    monkeypatch.setattr(cold, "arguments", lambda *options: ["claims", *options])
    cold.run("--grokspec-run=never").assert_outcomes(passed=1)


# What is not there


def test_missing_results_are_not_run_and_red_and_one_line_says_what_to_do(cold):
    cold.claims(ALPHA)
    outcome = cold.run("--grokspec-run=never")
    outcome.assert_outcomes(errors=1)
    assert outcome.ret == pytest.ExitCode.TESTS_FAILED
    outcome.stdout.fnmatch_lines(
        [
            "*ERROR at setup of test_alpha*",
            "NOT RUN: tiny/alpha: 12 of 12 runs have no result of today's code; pytest with "
            "--grokspec-run=missing trains them",
            "*= claims =*",
        ],
        consecutive=True,
    )
    outcome.stdout.fnmatch_lines(
        ["– NOT RUN  P01  The loss falls at every α. (§1)", "1 claim: 1 not run"]
    )


def test_a_spec_with_mistakes_leaves_its_claims_not_run(cold):
    cold.claims(ALPHA + EPSILON)
    cold.spec("tiny/alpha", 'extends = "base.toml"\n[task]\ninputs = "six"\n')
    outcome = cold.run()
    outcome.assert_outcomes(passed=1, errors=1)
    outcome.stdout.fnmatch_lines(["NOT RUN: *specs/tiny/alpha.toml:3:10*", "– NOT RUN    P01 *"])


def test_an_unknown_profile_leaves_claims_not_run(warm):
    warm.claims(ALPHA)
    outcome = warm.run("--grokspec-profile", "paper")
    outcome.assert_outcomes(errors=1)
    outcome.stdout.fnmatch_lines(["NOT RUN: *paper*"])


@pytest.fixture
def changed_code(monkeypatch):
    """Have the code be another than that which made the results in the store."""
    monkeypatch.setattr("grokspec.store.inventory.fingerprint", lambda experiment: "another")


def test_stale_results_can_be_kept_and_that_is_said(warm, changed_code):
    warm.claims(ALPHA)
    outcome = warm.run("--stale=keep")
    outcome.assert_outcomes(passed=1, warnings=1)
    outcome.stdout.fnmatch_lines(["*stale results were used: 12 of 12 of tiny/alpha*"])


def test_stale_results_can_stop_the_claims(warm, changed_code):
    warm.claims(ALPHA)
    outcome = warm.run("--stale=fail")
    outcome.assert_outcomes(errors=1)
    outcome.stdout.fnmatch_lines(["NOT RUN: *"])


# With several processes


@pytest.fixture(scope="module")
def parallel(tmp_path_factory):
    """A cold project after pytest -n 2, and what that printed."""
    project = Project(tmp_path_factory.mktemp("parallel"))
    project.claims(ALPHA + EPSILON)
    (project.folder / "tmp").mkdir()
    options = ["-n", "2", "-v", "--controls", "--checklist", "list.json", "--junitxml", "junit.xml"]
    finished = project.run_apart(*options, TMPDIR=str(project.folder / "tmp"))
    return project, finished


def test_workers_judge_what_was_trained_for_them(parallel):
    _, finished = parallel
    assert finished.ret == 0
    finished.stdout.fnmatch_lines_random(
        ["*SUPPORTED claims/test_tiny.py::test_alpha*", "*SUPPORTED *::test_epsilon*"]
    )


def test_each_run_is_trained_once_whatever_the_number_of_workers(parallel):
    project, _ = parallel
    trained = [e.key for shard in project.store.files() for e in read_entries(shard)]
    assert len(trained) == len(set(trained)) == 18


def test_training_is_announced_under_xdist(parallel):
    _, finished = parallel
    finished.stdout.fnmatch_lines(
        [
            "grokspec: 18 runs to train, for tiny/alpha, tiny/epsilon",
            "grokspec: trained in * s on cpu",
            "*2 workers*",
        ]
    )


def test_the_checklist_crosses_from_the_workers(parallel):
    project, finished = parallel
    finished.stdout.fnmatch_lines(["✓ SUPPORTED  P01 *", "✓ SUPPORTED  P02 *"])
    written = json.loads((project.folder / "list.json").read_text())
    assert [(record["id"], record["verdict"], record["n"]) for record in written] == [
        ("P01", "supported", 6),
        ("P02", "supported", 6),
    ]
    assert [record["controls"][0]["outcome"] for record in written] == ["effective"] * 2
    junit = (project.folder / "junit.xml").read_text()
    assert junit.count('<property name="grokspec.claim" value="{&quot;test&quot;:') == 2
    assert junit.count('<property name="grokspec.control" value="{&quot;test&quot;:') == 2


def test_the_files_between_controller_and_workers_are_removed(parallel):
    project, _ = parallel
    assert list((project.folder / "tmp").glob("grokspec-*")) == []


def test_a_stop_under_xdist_leaves_the_rest_not_run(warm):
    warm.claims(
        """
        @claim("P01", "§1", spec="tiny/alpha", expected="refuted", control=reversed_in_time())
        @pytest.mark.parametrize("n", range(20))
        def test_a_surprise(results, n):
            "The loss rises."
            assert estimate(fall(results)).below(1)
        """
    )
    finished = warm.run_apart("-n", "1", "-x")
    assert finished.ret != 0
    finished.stdout.fnmatch_lines(["* UNEXPECTED: REFUTED was expected", "20 claims: *not run"])


def test_without_xdist_it_is_the_same(warm):
    warm.claims(ALPHA)
    warm.run("-p", "no:xdist").assert_outcomes(passed=1)


PATIENT = """
extends = "base.toml"
engine = "patient"
training.steps = {steps}
[record]
probes = ["loss"]
[model]
width = {width}
"""

PATIENT_CLAIM = """
@claim("P03", "§3", spec="tiny/patient", control=permuted("alpha"))
def test_patient(results):
    "It is trained."
    assert estimate(results["loss"].isel(record=0)).above(-1)
"""


@pytest.fixture(scope="module")
def failed(tmp_path_factory):
    """What pytest -n 1 prints on a terminal while training that fails in the end."""
    import pty

    project = Project(tmp_path_factory.mktemp("failed"))
    project.claims(ALPHA + PATIENT_CLAIM)
    project.spec("tiny/patient", PATIENT.format(steps=100, width=13))
    ours, theirs = pty.openpty()
    process = project.start("-n", "1", "--color=no", stdout=theirs, TERM="xterm", COLUMNS="80")
    os.close(theirs)
    printed = b""
    with contextlib.suppress(OSError):  # which is how a pseudo-terminal ends
        while chunk := os.read(ours, 4096):
            printed += chunk
    os.close(ours)
    return process.wait(60), printed.decode()


needs_a_terminal = pytest.mark.skipif(os.name == "nt", reason="there is no pty")


@needs_a_terminal
def test_what_cannot_be_trained_fails_the_claims_that_need_it_and_no_others(failed):
    ret, printed = failed
    assert ret == pytest.ExitCode.TESTS_FAILED
    pytest.LineMatcher(printed.splitlines()).fnmatch_lines(
        [
            "grokspec: 18 runs to train, for tiny/alpha, tiny/patient *",
            "grokspec: some runs could not be trained*",
            "NOT RUN: tiny/patient/* could not be trained: ValueError: the thirteenth unit is *",
            "✓ SUPPORTED  P01 *",
            "– NOT RUN    P03 *",
            "*1 passed, 1 error in *",
        ]
    )
    assert "INTERNALERROR" not in printed


MNIST = """
[task]
kind = "mnist"
train = 20
side = 7
[model]
kind = "perceptron"
hidden = [4]
[optimizer]
kind = "adamw"
learning_rate = 1e-3
[training]
steps = 5
[record]
probes = ["loss"]
[sweep]
seed = 6
grid = { "model.alpha" = [1.0, 4.0] }
"""

MNIST_CLAIM = """
@claim("P04", "§4", spec="tiny/mnist", control=permuted("alpha"))
def test_mnist(results):
    "It is trained."
    assert estimate(results["train_loss"].isel(record=0)).above(0)
"""


@pytest.mark.parametrize("mode", ["missing", "fresh"])
def test_without_the_data_of_one_claim_it_is_not_run_and_the_others_are(cold, monkeypatch, mode):
    monkeypatch.setenv("GROKSPEC_DATA", str(cold.folder / "data"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")  # where nobody answers
    cold.claims(ALPHA + EPSILON + MNIST_CLAIM)
    cold.spec("tiny/mnist", MNIST)
    outcome = cold.run(f"--grokspec-run={mode}")
    outcome.assert_outcomes(passed=2, errors=1)
    assert outcome.ret == pytest.ExitCode.TESTS_FAILED
    reasons = [line for line in outcome.outlines if line.startswith("NOT RUN: ")]
    assert [re.sub("s0-[0-9a-f]{8}", "s0-…", line) for line in reasons] == [
        f"NOT RUN: tiny/mnist/a1-s0-… and 11 more could not be trained: "
        f"{cold.folder}/data/mnist/t10k-images-idx3-ubyte.gz is not there and could not be "
        "downloaded (ProxyError); put https://ossci-datasets.s3.amazonaws.com/mnist/"
        "t10k-images-idx3-ubyte.gz there, or set GROKSPEC_DATA to a folder that has "
        "mnist/t10k-images-idx3-ubyte.gz"
    ]
    outcome.stdout.fnmatch_lines(["– NOT RUN    P04 *", "3 claims: 2 supported, 1 not run"])


@needs_a_terminal
def test_progress_rewrites_its_line_on_a_terminal_under_xdist(failed):
    _, printed = failed
    shown = re.findall(r"training\S* .*?(\d+)%\S* +\S*(\d+) of 18 runs", printed)
    assert len({percent for percent, _ in shown}) > 2, printed


def wait_for(text, process, seconds=60):
    """Read what a process prints until it has printed this."""
    printed, end = "", time.monotonic() + seconds
    while text not in printed:
        assert time.monotonic() < end, printed
        line = process.stdout.readline()
        assert line, printed
        printed += line
    return printed


def all_ended(group, seconds):
    """Whether a group of processes ends within so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.skipif(os.name == "nt", reason="signals to a group of processes")
@pytest.mark.parametrize(
    ("options", "number", "send", "code", "words"),
    [
        ([], signal.SIGINT, os.killpg, pytest.ExitCode.INTERRUPTED, "KeyboardInterrupt"),
        (["-n", "1"], signal.SIGTERM, os.kill, 143, "StoppedBySignal: SIGTERM"),
    ],
    ids=["Ctrl-C alone", "SIGTERM under xdist"],
)
def test_a_signal_ends_training_at_once_and_leaves_nothing_behind(
    cold, tmp_path, options, number, send, code, words
):
    cold.claims(PATIENT_CLAIM)
    cold.spec("tiny/patient", PATIENT.format(steps=100_000, width=12))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = cold.start(*options, TMPDIR=str(temporary))
    try:
        wait_for("grokspec: 6 runs to train", process)
        time.sleep(1.5)
        asked = time.monotonic()
        send(process.pid, number)
        printed, _ = process.communicate(timeout=30)
        assert time.monotonic() - asked < 15
        assert process.returncode == code
        assert words in printed
        assert "Traceback" not in printed
        assert all_ended(process.pid, seconds=5)
        assert not list(temporary.glob("grokspec-*"))
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


# What it costs others


def test_loading_the_plugin_loads_nothing_that_computes():
    heavy = ["torch", "numpy", "scipy", "xarray", "pydantic", "safetensors"]
    code = f"import sys, grokspec.pytest_plugin; print(sorted(set({heavy}) & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_run_without_claims_loads_nothing_that_computes(tmp_path):
    (tmp_path / "test_plain.py").write_text(
        textwrap.dedent(
            """
            import sys

            def test_plain():
                heavy = {"torch", "numpy", "scipy", "xarray", "pydantic", "safetensors"}
                assert not heavy & set(sys.modules)
            """
        )
    )
    command = [sys.executable, "-m", "pytest", "-p", "grokspec.pytest_plugin", str(tmp_path)]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, stdout=subprocess.DEVNULL)
