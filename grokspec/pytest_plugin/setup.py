"""The parts of the plugin, registered once there are claims."""

from __future__ import annotations

import pytest

from grokspec.claims.checklist import Checklist
from grokspec.claims.packs import forget_packs
from grokspec.claims.questions import forget_questions
from grokspec.pytest_plugin import collection, verdicts
from grokspec.pytest_plugin.drawing import Drawing, folder_of_figures
from grokspec.pytest_plugin.expectations import PROFILES, profiles_of
from grokspec.pytest_plugin.provider import Provider
from grokspec.pytest_plugin.replication import REPLICATIONS, replications_of
from grokspec.pytest_plugin.reporting import Reporter
from grokspec.pytest_plugin.result_files import result_files
from grokspec.pytest_plugin.roles import ROLE, Controller, Worker
from grokspec.pytest_plugin.stopping import Stopping
from grokspec.pytest_plugin.verdict_files import forget_files


def register_parts(config: pytest.Config) -> None:
    """Register the parts, unless they are.

    Raises a UsageError if figures cannot be written, results are not there, or verdicts cannot be
    accepted.
    """
    if ROLE in config.stash:
        return
    replications = config.stash[REPLICATIONS] = replications_of(config)
    store = config.getoption("--grokspec-store")
    folder = config.invocation_params.dir
    provider = Provider(
        mode=config.getoption("--grokspec-run"),
        store=folder / store if store else None,
        profile=config.getoption("--grokspec-profile"),
        seeds_moved_by=replications.seeds_moved_by,
        device=config.getoption("--grokspec-device"),
        workers=config.getoption("--grokspec-workers"),
        scheduler=config.getoption("--grokspec-scheduler"),
        stale=config.getoption("--stale"),
        given=result_files(config.getoption("--grokspec-results"), folder),
    )
    forget_packs()
    forget_questions()
    forget_files()
    config.stash[PROFILES] = profiles_of(config)
    if hasattr(config, "workerinput"):
        role: Controller | Worker = Worker(config, provider)
    else:
        checklist = Checklist()
        role = Controller(config, provider, checklist)
        config.pluginmanager.register(Reporter(config, checklist), "grokspec-reporting")
        config.pluginmanager.register(Stopping(), "grokspec-stopping")
    config.stash[ROLE] = role
    config.pluginmanager.register(role, "grokspec-role")
    config.pluginmanager.register(collection, "grokspec-collection")
    config.pluginmanager.register(verdicts, "grokspec-verdicts")
    if (figures := folder_of_figures(config)) is not None:
        config.pluginmanager.register(Drawing(figures), "grokspec-drawing")
