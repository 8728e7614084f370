"""A pytest plugin that undoes settings by which a project's pytest would leave out claims.

`grokspec diff`, `report` and `mutants` run pytest as the project has configured it, but judge every
claim once. This file is copied to where pytest finds it: it must also serve an older grokspec, so
it imports nothing of it.
"""

from __future__ import annotations

import sys

import pytest

UNDONE = {
    "lf": False,
    "failedfirst": False,
    "newfirst": False,
    "stepwise": False,
    "stepwise_skip": False,
    "stepwise_reset": False,
    "maxfail": 0,
    "collectonly": False,
    "setuponly": False,
    "setupplan": False,
    "setupshow": False,
    "usepdb": False,
    "trace": False,
    "looponfail": False,
    "cacheshow": None,
}
"""Options that stop pytest early, leave out tests or wait for a user, and their values without."""


NEEDED = ("xdist", "grokspec")
"""Plugins that are loaded even if the project blocks them or has pytest load none by itself."""


def pytest_addoption(pluginmanager: pytest.PytestPluginManager) -> None:
    """Load the plugins whose options the command line has."""
    for name in NEEDED:
        pluginmanager.unblock(name)
        pluginmanager.load_setuptools_entrypoints("pytest11", name=name)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Undo them before other plugins look at them."""
    for name, value in UNDONE.items():
        if hasattr(config.option, name):
            setattr(config.option, name, value)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Keep the plugin of Hypothesis from loading it only to say nothing, which takes a second."""
    plugins = session.config.pluginmanager
    if "hypothesis" not in sys.modules and plugins.has_plugin("hypothesispytest"):
        plugins.unregister(name="hypothesispytest")
