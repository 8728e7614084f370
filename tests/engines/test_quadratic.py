import pytest
import torch

from grokspec.engines.moments.quadratic import BLOCK, SharedInputs, sandwich


@pytest.mark.parametrize("size", [1, 7, 4 * BLOCK - 1, 4 * BLOCK, 5 * BLOCK + 3])
@pytest.mark.parametrize(("groups", "runs"), [(1, 1), (1, 3), (2, 3)])
def test_blocks_give_what_einsum_gives(size, groups, runs):
    torch.manual_seed(0)
    inputs = torch.randn(groups, 6, size, dtype=torch.float64)
    matrices = torch.randn(groups, runs, size, size, dtype=torch.float64)
    matrices = matrices + matrices.mT
    factors = torch.randn(groups, 6, runs, dtype=torch.float64)
    shared = SharedInputs(inputs)
    before = matrices.clone()

    forms = torch.einsum("gpi,grij,gpj->gpr", inputs, matrices, inputs)
    torch.testing.assert_close(shared.quadratic_forms(matrices), forms)
    gram = torch.einsum("gpr,gpi,gpj->grij", factors, inputs, inputs)
    torch.testing.assert_close(shared.weighted_gram(factors), gram)
    assert torch.equal(matrices, before)


def test_sandwich_is_the_second_moment_of_mapped_vectors():
    torch.manual_seed(0)
    vectors = torch.randn(50, 4, dtype=torch.float64)
    outer = torch.randn(4, 4, dtype=torch.float64)
    moved = vectors @ outer.mT
    torch.testing.assert_close(sandwich(outer, vectors.mT @ vectors / 50), moved.mT @ moved / 50)
