"""The pytest plugin: claims are collected, judged against their expected verdict, and reported.

    collection     checks claims as they are collected, and makes a test of each control
    requirements   what the selected claims need
    result_files   results that the command line gives in the place of specs
    roles          the controller trains it once, before the first claim is judged; workers read it
    provider       reads results from the store, and trains what the store does not have
    effects        what a control does to what a claim reads
    verdicts       lets a claim's test pass if its verdict is the right one
    remedies       what to do about an unexpected verdict
    drawing        draws what the claims were judged on
    reporting      prints and writes the checklist
    stopping       lets signals end pytest as Ctrl-C does
    expectations   the verdicts that profiles expect, from the files beside the claims
    replication    claims on fresh seeds, and how they came out there before
    verdict_files  the files beside the claims
    items          what all of these know of a test
    setup          registers them

pytest loads this module in every run wherever grokspec is installed, also where there are no
claims. So it imports nothing, and the parts are registered when the first claim is collected.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from grokspec.claims.controls import ClaimInput


PATHS = ("grokspec_store", "checklist", "figures")
"""Options that name a file or a folder."""

MARKER = (
    "claim(id, expected): a claim, made by @grokspec.claims.claim; "
    "-m \"claim(id='P07')\" and -m \"claim(expected='refuted')\" select by it"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, and the setting that names the folder of specs."""
    group = parser.getgroup("grokspec", "claims and the runs that they read")
    group.addoption(
        "--grokspec-run",
        choices=("missing", "never", "fresh"),
        default="missing",
        help="what to train for the selected claims: what the store does not have (missing, the "
        "default), nothing (never), or everything again (fresh)",
    )
    group.addoption(
        "--grokspec-store",
        metavar="FOLDER",
        help="where results are kept (default: $GROKSPEC_STORE, or else the user's cache)",
    )
    group.addoption(
        "--grokspec-results",
        metavar="[NAME=]FILE",
        action="append",
        default=[],
        help="results in a file as `grokspec.judge` writes it, which the claims on the spec NAME "
        "read in the place of the spec's own (without NAME: all claims, which must then be on one "
        "spec); may be given several times",
    )
    group.addoption(
        "--grokspec-profile",
        metavar="NAME",
        default="quick",
        help="the profile of the specs (default: quick)",
    )
    group.addoption(
        "--grokspec-seeds",
        metavar="N",
        default="0",
        help="judge the claims on fresh seeds: all seeds of their specs, moved by N (like 1000)",
    )
    group.addoption(
        "--record-replication",
        action="store_true",
        help="write what these claims were judged on the seeds that --grokspec-seeds names into a "
        "file (claims/<pack>/replications/N.json), so that reports say how often each repeats",
    )
    group.addoption(
        "--grokspec-device",
        metavar="DEVICE",
        default="auto",
        help="where to train: auto (default), cpu, cuda or cuda:<i>",
    )
    group.addoption(
        "--grokspec-workers",
        metavar="N",
        type=int,
        help="how many stacks train at a time (default: one on each core, or one on a GPU; 0: "
        "train in pytest's own process)",
    )
    group.addoption(
        "--grokspec-scheduler",
        metavar="ADDRESS",
        help="train on the workers of a Dask scheduler: its address, or its scheduler file",
    )
    group.addoption(
        "--stale",
        choices=("rerun", "keep", "fail"),
        default="rerun",
        help="what to do about results of code that has changed: train them again (rerun, the "
        "default), use them and warn (keep), or leave their claims NOT RUN (fail)",
    )
    group.addoption(
        "--checklist", metavar="FILE", help="write the checklist to this file, as a JSON list"
    )
    group.addoption(
        "--figures",
        metavar="FOLDER",
        help="draw what each claim was judged on, one SVG file a claim, into this folder",
    )
    group.addoption(
        "--controls",
        action="store_true",
        help="judge each claim under its controls, too, which must change the verdict (negative "
        "controls of supported claims, positive controls of refuted ones)",
    )
    group.addoption(
        "--accept-verdicts",
        action="store_true",
        help="write the verdicts of these claims at the profile that --grokspec-profile names into "
        "its file (claims/profiles/NAME.json), as those to be expected there from now on; what it "
        "has of other claims stays",
    )
    parser.addini(
        "grokspec_specs",
        "folder of the specs, relative to this file (default: the nearest folder called specs, "
        "from the claims' own folder upwards)",
    )
    parser.addini(
        "grokspec_profiles",
        "folder of the verdicts at other profiles than quick, relative to this file (default: the "
        "nearest folder called profiles, from the claims' own folder upwards)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and the parts where they are needed even if there are no claims."""
    config.addinivalue_line("markers", MARKER)
    _expand_home(config)
    named = ["--checklist", "--figures", "--grokspec-results", "--accept-verdicts"]
    named += ["--record-replication"]
    is_used = any(map(config.getoption, named)) or config.getoption("--grokspec-seeds") != "0"
    uses_xdist = config.getoption("dist", "no") != "no" or hasattr(config, "workerinput")
    if is_used or uses_xdist:
        _set_up(config)


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector) -> None:
    """Register the parts before the first claim is collected."""
    if "grokspec.claims" in sys.modules:
        _set_up(collector.config)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Report every mistake in the claims of a file at once, and let ``-k`` know their names."""
    report = yield
    if "grokspec.claims" in sys.modules:
        from grokspec.pytest_plugin.collection import check_claims, name_claims
        from grokspec.pytest_plugin.expectations import PROFILES, expect_of_profile

        if profiles := collector.config.stash.get(PROFILES, None):
            expect_of_profile(report, profiles)
        check_claims(report)
        name_claims(report)
    return report


@pytest.fixture
def results(request: pytest.FixtureRequest) -> ClaimInput:
    """What a claim reads: its spec's results as an ``xarray.Dataset``, a copy of its own.

    A claim on several specs gets a dict of them by name. Under ``--controls`` a control transforms
    them here.
    """
    from grokspec.pytest_plugin.roles import results_for

    return results_for(request.node)


@pytest.fixture
def given(request: pytest.FixtureRequest) -> object:
    """What a claim on theory is about, as its decorator says; a control gives something else."""
    from grokspec.pytest_plugin.roles import given_to

    return given_to(request.node)


def _expand_home(config: pytest.Config) -> None:
    """Expand a `~` in options that name files. Raises a UsageError if it is nobody's home."""
    for name in PATHS:
        named = getattr(config.option, name, None)
        if named and named.startswith("~"):
            from grokspec.errors import GrokspecError
            from grokspec.files.folders import named_path

            try:
                setattr(config.option, name, str(named_path(named)))
            except GrokspecError as error:
                raise pytest.UsageError(f"--{name.replace('_', '-')}: {error}") from None


def _set_up(config: pytest.Config) -> None:
    from grokspec.pytest_plugin.setup import register_parts

    register_parts(config)
