"""The pytest plugin: claims are collected, judged against the verdict on record, and reported.

    collection   claims are found and examined, and their controls put behind them
    supply       what the selected claims need is trained, once, before the first is judged
                 (provision: how; progress: how far it is)
    judging      a claim's test passes if the verdict is the one that it must be
    drawing      figures of what the claims were judged on
    reporting    the checklist

It is loaded in every pytest run of whoever has grokspec installed, so that importing it loads
nothing that computes.
"""

from __future__ import annotations

import pytest

from grokspec.checklist import Checklist
from grokspec.claims import Results
from grokspec.errors import GrokspecError
from grokspec.pytest_plugin import collection, judging
from grokspec.pytest_plugin.claimed import claim_of, control_of, readings_of
from grokspec.pytest_plugin.drawing import Drawing, folder_of_figures
from grokspec.pytest_plugin.reporting import Reporter
from grokspec.pytest_plugin.supply import SUPPLY, Provision, Supply, WorkersSupply


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
        help="judge each claim on the experiments, too, that must turn it: a supported one on its "
        "controls, a refuted one on its counter-experiments",
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
    provision = Provision(
        mode=config.getoption("--grokspec-run"),
        store=config.invocation_params.dir / store if store else None,
        profile=config.getoption("--grokspec-profile"),
        device=config.getoption("--grokspec-device"),
        stale=config.getoption("--stale"),
    )
    if hasattr(config, "workerinput"):
        supply: Supply | WorkersSupply = WorkersSupply(config, provision)
    else:
        checklist = Checklist()
        supply = Supply(config, provision, checklist)
        config.pluginmanager.register(Reporter(config, checklist), "grokspec-reporting")
    config.stash[SUPPLY] = supply
    config.pluginmanager.register(supply, "grokspec-supply")
    config.pluginmanager.register(collection, "grokspec-collection")
    config.pluginmanager.register(judging, "grokspec-judging")
    if (figures := folder_of_figures(config)) is not None:
        config.pluginmanager.register(Drawing(figures), "grokspec-drawing")


@pytest.fixture
def results(request: pytest.FixtureRequest) -> Results:
    """What a claim reads: its spec's results as an ``xarray.Dataset``, a copy of its own.

    A claim on several specs is given a dict of them by name. Under ``--controls`` this is where a
    control does what it does.
    """
    if claim_of(request.node) is None:
        pytest.fail("`results` is for claims; decorate this test with @claim(...)", pytrace=False)
    supply = request.config.stash[SUPPLY]
    try:
        read = {name: supply.read(one) for name, one in readings_of(request.node).items()}
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
