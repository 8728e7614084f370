"""The pytest plugin: claims are collected, judged against their expected verdict, and reported.

    collection     claims are found and examined, and followed by their controls
    requirements   what the selected claims need
    roles          the controller trains it, once, before the first claim is judged; workers read
    provider       the store that results come from, and training for what it lacks
    verdicts       a claim's test passes if the verdict is the one that it must be
    drawing        figures of what the claims were judged on
    reporting      the checklist
    items          what all of these know of a test

The plugin is loaded in every pytest run wherever grokspec is installed, so that importing it loads
nothing that computes.
"""

from __future__ import annotations

import pytest

from grokspec.claims.checklist import Checklist
from grokspec.claims.controls import ClaimInput
from grokspec.errors import GrokspecError
from grokspec.pytest_plugin import collection, verdicts
from grokspec.pytest_plugin.drawing import Drawing, folder_of_figures
from grokspec.pytest_plugin.items import claim_of, control_of, readings_of
from grokspec.pytest_plugin.provider import Provider
from grokspec.pytest_plugin.reporting import Reporter
from grokspec.pytest_plugin.roles import ROLE, Controller, Worker


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, and the setting that names the folder of specs."""
    group = parser.getgroup("grokspec", "claims and the runs that they read")
    group.addoption(
        "--grokspec-run",
        choices=("missing", "never", "fresh"),
        default="missing",
        help="train what the selected claims need and the store has not (missing, the default), "
        "nothing (never), or all that they need again (fresh)",
    )
    group.addoption(
        "--grokspec-store",
        metavar="FOLDER",
        help="where results are kept (default: $GROKSPEC_STORE, or else the user's cache)",
    )
    group.addoption(
        "--grokspec-profile",
        metavar="NAME",
        default="quick",
        help="the profile of the specs (default: quick)",
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
        "pytest's own process trains them)",
    )
    group.addoption(
        "--stale",
        choices=("rerun", "keep", "fail"),
        default="rerun",
        help="what to do about results made by code that has since changed: train them again "
        "(rerun, the default), read them and say so (keep), or stop (fail)",
    )
    group.addoption(
        "--checklist", metavar="FILE", help="write the checklist to this file, as a JSON list"
    )
    group.addoption(
        "--figures",
        metavar="FOLDER",
        help="draw what each claim was judged on into this folder, one SVG file a claim",
    )
    group.addoption(
        "--controls",
        action="store_true",
        help="judge each claim under its controls, too, which must change the verdict: a supported "
        "one under its negative controls, a refuted one under its positive ones",
    )
    parser.addini(
        "grokspec_specs",
        "folder of the specs, relative to this file (default: the nearest folder called specs, "
        "from the claims' own folder upwards)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and the parts of the plugin."""
    config.addinivalue_line("markers", "claim(...): a claim; made by @grokspec.claims.claim")
    store = config.getoption("--grokspec-store")
    provider = Provider(
        mode=config.getoption("--grokspec-run"),
        store=config.invocation_params.dir / store if store else None,
        profile=config.getoption("--grokspec-profile"),
        device=config.getoption("--grokspec-device"),
        workers=config.getoption("--grokspec-workers"),
        stale=config.getoption("--stale"),
    )
    if hasattr(config, "workerinput"):
        role: Controller | Worker = Worker(config, provider)
    else:
        checklist = Checklist()
        role = Controller(config, provider, checklist)
        config.pluginmanager.register(Reporter(config, checklist), "grokspec-reporting")
    config.stash[ROLE] = role
    config.pluginmanager.register(role, "grokspec-role")
    config.pluginmanager.register(collection, "grokspec-collection")
    config.pluginmanager.register(verdicts, "grokspec-verdicts")
    if (figures := folder_of_figures(config)) is not None:
        config.pluginmanager.register(Drawing(figures), "grokspec-drawing")


@pytest.fixture
def results(request: pytest.FixtureRequest) -> ClaimInput:
    """What a claim reads: its spec's results as an ``xarray.Dataset``, a copy of its own.

    A claim on several specs is given a dict of them by name. Under ``--controls`` this is where a
    control transforms them.
    """
    if claim_of(request.node) is None:
        pytest.fail("`results` is for claims; decorate this test with @claim(...)", pytrace=False)
    role = request.config.stash[ROLE]
    try:
        read = {name: role.read(one) for name, one in readings_of(request.node).items()}
    except GrokspecError as error:
        raise pytest.fail.Exception(f"NOT RUN: {error}", pytrace=False) from None
    given = read if len(read) > 1 else next(iter(read.values()))
    control = control_of(request.node)
    return given if control is None else control.apply(given)


@pytest.fixture
def given(request: pytest.FixtureRequest) -> object:
    """What a claim on theory is about, as its decorator says; a control gives something else."""
    claim, control = claim_of(request.node), control_of(request.node)
    if claim is None:
        pytest.fail("`given` is for claims; decorate this test with @claim(...)", pytrace=False)
    return claim.given if control is None else control.transform(claim.given)
