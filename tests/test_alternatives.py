"""The kinds of a family, each imported when it is first asked for."""

import sys

import pytest

from grokspec.alternatives import Alternatives

KINDS = {"adam": ("adam", "adamw"), "lion": ("lion",), "torch_rule": ("torch",), "_shared": ()}
"""Names of modules, each with the names of the kinds that it defines."""


@pytest.fixture
def known(tmp_path, monkeypatch):
    """The alternatives of a family in a package of its own."""
    package = tmp_path / "rules_for_test"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "base.py").write_text(
        "from grokspec.alternatives import Alternatives\nknown = Alternatives(__name__)\n"
    )
    for module, names in KINDS.items():
        lines = ["from rules_for_test.base import known", "class Kind: family = 'rule'"]
        lines += [f"known.add('{name}', Kind)" for name in names]
        (package / f"{module}.py").write_text("\n".join(lines))
    monkeypatch.syspath_prepend(tmp_path)
    from rules_for_test.base import known

    yield known
    for module in imported():
        del sys.modules[f"rules_for_test.{module}"]
    del sys.modules["rules_for_test"]


def imported() -> set[str]:
    return {m.partition(".")[2] for m in sys.modules if m.startswith("rules_for_test.")}


@pytest.mark.parametrize(("module", "name"), [(m, name) for m in KINDS for name in KINDS[m]])
def test_only_the_module_of_the_kind_that_is_asked_for_is_imported(known, module, name):
    assert known[name].__module__ == f"rules_for_test.{module}"
    assert imported() == {"base", module}


def test_a_name_that_no_kind_has_is_looked_for_everywhere(known):
    assert "sgd" not in known
    assert imported() == {"base", "adam", "lion", "torch_rule"}


def test_their_order_does_not_depend_on_what_was_asked_for_first(known):
    other = type("Other", (), {"family": "rule", "__module__": "elsewhere"})
    known.add("aaa", other)
    assert known["torch"]
    assert list(known) == ["adam", "adamw", "lion", "torch", "aaa"]
    assert len(known) == 5


def test_a_family_that_is_in_no_module_called_base_has_only_what_is_defined():
    assert list(Alternatives("grokspec.tasks.polynomial")) == []
