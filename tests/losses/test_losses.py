import pytest
import torch
from torch.nn import functional

from grokspec.losses.cross_entropy import CrossEntropy
from grokspec.losses.mean_squared_error import MeanSquaredError

torch.manual_seed(0)
OUTPUTS = torch.randn(2, 6, 4, dtype=torch.float64)
TARGETS = functional.one_hot(torch.arange(6) % 4, 4).double().expand(2, 6, 4)
LOSSES = {"mse": MeanSquaredError(), "cross_entropy": CrossEntropy()}
PEERS = {"mse": functional.mse_loss, "cross_entropy": functional.cross_entropy}


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_torchs_own_for_each_run(name):
    expected = [PEERS[name](f, y) for f, y in zip(OUTPUTS, TARGETS, strict=True)]
    torch.testing.assert_close(LOSSES[name].value(OUTPUTS, TARGETS, {}), torch.stack(expected))


@pytest.mark.parametrize("name", LOSSES)
def test_a_losss_gradient_is_the_automatic_one(name):
    outputs = OUTPUTS.clone().requires_grad_()
    LOSSES[name].value(outputs, TARGETS, {}).sum().backward()
    torch.testing.assert_close(LOSSES[name].gradient(OUTPUTS, TARGETS, {}), outputs.grad)


@pytest.mark.parametrize(
    ("largest", "dtype", "rtol"), [(1e4, torch.float32, 1e-6), (800.0, torch.float64, 1e-14)]
)
def test_cross_entropy_is_finite_for_any_logits_as_is_its_gradient(largest, dtype, rtol):
    signs = torch.tensor([[1, -1, -1, 0], [-1, -1, -1, 1], [1, 1, 1, 1]], dtype=dtype)
    outputs, targets = (largest * signs).expand(4, 3, 4), TARGETS[0, :4, None].expand(4, 3, 4)
    exact = outputs.double()
    expected = (exact.logsumexp(-1) - (targets * exact).sum(-1)).mean(-1)
    shares = (exact - exact.logsumexp(-1, keepdim=True)).exp()
    loss, tight = LOSSES["cross_entropy"], {"rtol": rtol, "atol": 1e-7, "check_dtype": False}
    torch.testing.assert_close(loss.value(outputs, targets.to(dtype), {}), expected, **tight)
    gradient = loss.gradient(outputs, targets.to(dtype), {})
    torch.testing.assert_close(gradient, (shares - targets) / 3, **tight)
