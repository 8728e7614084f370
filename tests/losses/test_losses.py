import pytest
import torch
from torch.nn import functional

from grokspec.losses import LOSSES

torch.manual_seed(0)
OUTPUTS = torch.randn(2, 6, 4, dtype=torch.float64)
TARGETS = functional.one_hot(torch.arange(6) % 4, 4).double().expand(2, 6, 4)
PEERS = {"mse": functional.mse_loss, "cross_entropy": functional.cross_entropy}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_torchs_own_for_each_run(name):
    expected = [PEERS[name](f, y) for f, y in zip(OUTPUTS, TARGETS, strict=True)]
    torch.testing.assert_close(LOSSES[name].value(OUTPUTS, TARGETS), torch.stack(expected))


@pytest.mark.parametrize("name", LOSSES)
def test_a_losss_gradient_is_the_automatic_one(name):
    outputs = OUTPUTS.clone().requires_grad_()
    LOSSES[name].value(outputs, TARGETS).sum().backward()
    torch.testing.assert_close(LOSSES[name].gradient(OUTPUTS, TARGETS), outputs.grad)
