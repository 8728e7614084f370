import numpy as np
import pytest
import torch
from array_data import write_arrays
from experiments import experiment
from pydantic import ValidationError
from shape_checks import unchecked
from small_models import stacked

from grokspec.engines.base import engine_of
from grokspec.models.diagonal_linear import DiagonalLinear
from grokspec.models.matrix_factorization import MatrixFactorization
from grokspec.models.symmetric_factorization import SymmetricFactorization

SIDE = 5
ENTRIES = np.stack(np.divmod(np.arange(SIDE**2), SIDE), 1)
MODEL = {"kind": "matrix_factorization", "side": SIDE, "hidden": [4, 3]}


def product(model):
    weights = {name: w[0] for name, w in stacked(model, (2, 1), 1).items()}
    factors = [weights[f"weight_{n}"] for n in range(len(weights), 0, -1)]
    return weights, torch.linalg.multi_dot(factors)


def test_tokens_ask_for_an_entry_of_the_product():
    model = MatrixFactorization(side=SIDE, hidden=(4, 3))
    weights, matrix = product(model)
    entries = model.output(weights, torch.from_numpy(ENTRIES), {})
    torch.testing.assert_close(entries.view(SIDE, SIDE), matrix)


def test_real_numbers_ask_for_a_sum_of_entries():
    model = MatrixFactorization(side=SIDE, hidden=(4,))
    weights, matrix = product(model)
    sensing = torch.randn(7, SIDE, SIDE, dtype=torch.float64)
    expected = torch.einsum("eij,ij->e", sensing, matrix)[:, None]
    torch.testing.assert_close(model.output(weights, sensing.flatten(1), {}), expected)


@pytest.mark.parametrize(("draws", "mean"), [("normal", 1.0), ("identity", 1.0)])
def test_initial_factors_keep_the_size_of_a_vector(draws, mean):
    """On average over its components, whatever the widths are."""
    model = MatrixFactorization(side=200, hidden=(200,), draws=draws)
    matrix = product(model)[1]
    assert (matrix**2).sum(0).mean() == pytest.approx(mean, rel=0.1)


def described(tmp_path, targets, **model):
    file = write_arrays(tmp_path / "matrix.npz", inputs=ENTRIES, targets=targets)
    return experiment(
        task={"kind": "arrays", "file": str(file.path), "train": 20},
        model=MODEL | model,
        optimizer={"kind": "gradient_descent", "learning_rate": 0.5},
        training={"steps": 200},
        record__probes=["loss"],
    )


def test_a_symmetric_factorization_starts_at_zero_and_is_a_difference_of_squares():
    model = SymmetricFactorization(side=SIDE)
    weights = {n: torch.from_numpy(w) for n, w in model.draw_weights(2, 1, 0).items()}
    assert not model.output(weights, torch.from_numpy(ENTRIES), {}).any()
    weights = {name: w + torch.randn(SIDE, SIDE).double() for name, w in weights.items()}
    plus, minus = weights["positive"].numpy(), weights["negative"].numpy()
    found = model.output(weights, torch.from_numpy(ENTRIES), {}).view(SIDE, SIDE)
    np.testing.assert_allclose(found, plus @ plus.T - minus @ minus.T, atol=1e-12)


def test_with_diagonal_factors_it_is_a_diagonal_network():
    vectors = {n: torch.randn(1, SIDE, dtype=torch.float64) for n in ("positive", "negative")}
    diagonals = {name: w.diag_embed() for name, w in vectors.items()}
    entries = torch.arange(SIDE)[None, :, None].expand(1, SIDE, 2)
    slope = torch.randn(1, SIDE, 1, dtype=torch.float64)
    value, pullback = SymmetricFactorization(side=SIDE).on(entries, {})(diagonals)
    units = torch.eye(SIDE, dtype=torch.float64)[None]
    expected, expected_pullback = DiagonalLinear().on(units, {})(vectors)
    torch.testing.assert_close(value, expected)
    for name, gradient in expected_pullback(slope).items():
        torch.testing.assert_close(pullback(slope)[name], gradient.diag_embed())


def test_a_matrix_of_rank_one_is_completed(tmp_path):
    column = np.random.default_rng(0).choice([-1.0, 1.0], (SIDE, 1))
    run = described(tmp_path, (column @ column.T).reshape(-1, 1), sigma=0.5)
    with unchecked():
        history = engine_of(run).train([run], "cpu")[0]
    assert history.quantities["train_loss"][-1] < 1e-3
    assert history.quantities["test_loss"][-1] < 0.05


def test_entries_beyond_the_matrix_are_refused_with_the_remedy(tmp_path):
    with pytest.raises(ValidationError, match=r"let model\.side be how many rows and columns"):
        described(tmp_path, np.ones((SIDE**2, 1)), side=4)


def test_inputs_that_are_no_matrix_are_refused():
    task = {"kind": "polynomial", "inputs": 6, "train": 20, "test": 10}
    with pytest.raises(ValidationError, match="must be a matrix of side² = 25; those of the task"):
        experiment(task=task, model=MODEL)
