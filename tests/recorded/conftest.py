"""No public data is found in tests but what they put there."""

import pytest


@pytest.fixture(autouse=True)
def _no_public_data(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("GROKSPEC_DATA", str(tmp_path_factory.mktemp("public")))
