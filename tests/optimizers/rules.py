"""Optimizers as a user would write them, for `test_torch_optimizer.py`."""

import torch


class Lion(torch.optim.Optimizer):
    def __init__(self, params, lr, weight_decay=0.0, beta=0.9):
        super().__init__(params, {"lr": lr, "weight_decay": weight_decay, "beta": beta})

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for weight in group["params"]:
                momentum = self.state[weight].setdefault("momentum", torch.zeros_like(weight))
                momentum.lerp_(weight.grad, 1 - group["beta"])
                weight.mul_(1 - group["lr"] * group["weight_decay"])
                weight.add_(momentum.sign(), alpha=-group["lr"])


class Replacing(torch.optim.Optimizer):
    """Puts a new tensor in the place of a weight; has no weight decay."""

    def __init__(self, params, lr):
        super().__init__(params, {"lr": lr})

    def step(self):
        for group in self.param_groups:
            total = sum(weight.grad.abs().sum() for weight in group["params"])
            for weight in group["params"]:
                weight.data = weight.data - group["lr"] * weight.grad / (1 + total)


class NeedsClosure(Replacing):
    def step(self, closure):
        raise AssertionError


class Failing(Replacing):
    def step(self):
        raise ValueError("no step today")


class FailingToBuild(Replacing):
    def __init__(self, params, lr):
        raise ValueError("no optimizer today")


class NoOptimizer:
    def __init__(self, params, lr):
        pass

    def step(self):
        pass
