import pytest
import torch

from grokspec.optimizers.adam import Adam, AdamW
from grokspec.optimizers.base import Optimizer
from grokspec.optimizers.gradient_descent import GradientDescent
from grokspec.optimizers.momentum import Momentum

RATES, DECAYS = [0.1, 0.03], [0.0, 0.2]

PEERS = {
    "gradient_descent": (GradientDescent, torch.optim.SGD, {}, {}),
    "momentum": (Momentum, torch.optim.SGD, {"momentum": 0.8}, {"momentum": 0.8}),
    "adam": (Adam, torch.optim.Adam, {"betas": (0.8, 0.95)}, {"betas": (0.8, 0.95)}),
    "adamw": (AdamW, torch.optim.AdamW, {"betas": (0.9, 0.98)}, {"betas": (0.9, 0.98)}),
}


def test_every_optimizer_has_a_peer_in_torch():
    ours = {kind for kind, rule in Optimizer.alternatives.items() if not rule.has_instances}
    assert set(PEERS) == ours


@pytest.mark.parametrize("kind", PEERS)
def test_stacked_steps_are_those_of_torch_optim_run_by_run(kind):
    ours, peer, settings, peer_settings = PEERS[kind]
    torch.manual_seed(0)
    start = torch.randn(2, 3, 4, dtype=torch.float64)
    gradients = torch.randn(20, 2, 3, 4, dtype=torch.float64)

    stacked = start.clone()
    optimizer = ours(learning_rate=1.0, **settings)
    state = optimizer.start(stacked)
    rates, decays = (torch.tensor(v, dtype=torch.float64).view(2, 1, 1) for v in (RATES, DECAYS))
    for gradient in gradients:
        optimizer.step(stacked, gradient, state, rates, decays)

    for run in range(2):
        weight = start[run].clone().requires_grad_()
        alone = peer([weight], lr=RATES[run], weight_decay=DECAYS[run], **peer_settings)
        for gradient in gradients:
            weight.grad = gradient[run]
            alone.step()
        torch.testing.assert_close(stacked[run], weight.detach(), rtol=1e-12, atol=1e-14)
