"""The shipped claims can fail: mistakes that make the science wrong change their verdicts.

Each mistake is put into a smaller copy of a shipped spec, or into its results, and the shipped
claims judge the outcome.
"""

import functools
import importlib.util
import itertools
from pathlib import Path

import pytest
from shape_checks import unchecked

from grokspec.claims.claim import evaluation
from grokspec.claims.controls import held, swapped
from grokspec.results import load_results
from grokspec.runner import train_runs
from grokspec.spec import read_spec
from grokspec.statistics.verdict import Verdict
from grokspec.store import Store

ROOT = Path(__file__).parents[2]

SMALL = {
    "alpha": "training = { steps = 2_000 }\nsweep = { seed = 7 }",
    "epsilon": """
        training = { steps = 3_000 }
        sweep = { seed = 7, grid = { "model.centered" = [true] } }
    """,
    "lazy": "training = { steps = 1_000 }\nsweep = { seed = 7 }",
}
CLAIMS = {
    "alpha": ["test_delay_grows_with_laziness", "test_rich_networks_end_lower"],
    "epsilon": [
        "test_delay_shrinks_with_alignment",
        "test_lower_epsilon_ends_lower_when_centered",
    ],
    "lazy": ["test_departure_from_the_linearized_model_falls_as_one_over_alpha"],
}
ALPHAS = [0.125, 1.0, 8.0, 64.0]


@pytest.fixture(scope="module")
def claims():
    path = ROOT / "claims/kumar2024/test_polynomial.py"
    found = importlib.util.spec_from_file_location("polynomial", path)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def results_of(tmp_path_factory):
    """Results of a small copy of a spec, with a mistake if one is given as TOML."""
    folder = tmp_path_factory.mktemp("specs")
    store = Store(folder / "store")

    @functools.cache
    def results(spec, mistake=""):
        name = f"{spec}-{len(mistake)}.toml"
        shipped = ROOT / "specs/kumar2024/polynomial" / f"{spec}.toml"
        (folder / name).write_text(f'extends = "{shipped}"\n{SMALL[spec]}\n{mistake}\n')
        small = read_spec(folder / name)
        with unchecked():
            train_runs(small.runs, store, workers=0)
        return load_results(small, store)

    return results


def verdicts(claims, spec, results):
    found = []
    for name in CLAIMS[spec]:
        with evaluation() as judged:
            getattr(claims, name)(results)
        found.append(judged.finding.verdict)
    return found


@pytest.mark.parametrize("spec", SMALL)
def test_without_a_mistake_the_claims_are_supported(claims, results_of, spec):
    assert set(verdicts(claims, spec, results_of(spec))) == {Verdict.SUPPORTED}


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(ALPHAS, 2)))
def test_no_claim_is_supported_with_the_results_of_two_alphas_exchanged(
    claims, results_of, one, other
):
    exchanged = swapped("alpha", one, other).apply(results_of("alpha"))
    assert Verdict.SUPPORTED not in verdicts(claims, "alpha", exchanged)


def test_no_claim_on_epsilon_is_supported_where_epsilon_is_ignored(claims, results_of):
    ignored = held("epsilon").apply(results_of("epsilon"))
    assert Verdict.SUPPORTED not in verdicts(claims, "epsilon", ignored)


def test_dropping_the_alpha_squared_of_the_learning_rate_changes_a_verdict(claims, results_of):
    wrong = results_of("alpha", "optimizer = { rate_over_alpha_squared = false }")
    assert set(verdicts(claims, "alpha", wrong)) != {Verdict.SUPPORTED}


def test_dropping_the_centering_changes_a_verdict(claims, results_of):
    wrong = results_of("lazy", "model = { centered = false }")
    assert set(verdicts(claims, "lazy", wrong)) != {Verdict.SUPPORTED}
