"""Training loops of torch's own, in which a test does by hand what an intervention does."""

import torch
from experiments import experiment

from grokspec.engines._data import draw_data
from grokspec.engines.base import engine_of

PERCEPTRON = {"kind": "perceptron", "hidden": [5, 4]}
STEPS = 24


def described(**changes):
    """A perceptron that records its losses and its norm after every step."""
    return experiment(
        **{
            "model": PERCEPTRON,
            "optimizer": {"kind": "gradient_descent", "learning_rate": 0.05, "weight_decay": 0.01},
            "training": {"steps": STEPS},
            "record": {"probes": ["loss", "weight_norm"], "steps": {"every": 1}},
            "engine": "autograd",
            **changes,
        }
    )


def train(*stack):
    return engine_of(stack[0]).train(stack, "cpu")


class Loop:
    """One run, trained by hand: the weights, the numbers and the data may be changed on the way."""

    def __init__(self, one):
        self.one, self.data = one, draw_data(one)
        initial = one.model.initial_weights(self.data, one.seed)
        self.initial = {name: torch.tensor(w) for name, w in initial.items()}
        self.weights = {name: w.clone() for name, w in self.initial.items()}
        self.rate, self.decay = one.optimizer.rate(one.model), one.optimizer.weight_decay
        self.scalars = {
            n: torch.tensor(getattr(one.model, n), dtype=torch.float64)
            for n in one.model.stackable_fields()
        }

    def loss(self, weights, part="train"):
        inputs, targets = (
            torch.as_tensor(getattr(self.data, f"{part}_{name}")) for name in ("inputs", "targets")
        )
        outputs = self.scalars["alpha"] * self.one.model.output(weights, inputs, self.scalars)
        return ((outputs - targets) ** 2).mean()

    @property
    def norm(self):
        return torch.cat([w.flatten() for w in self.weights.values()]).norm()

    @property
    def root_mean_square(self):
        return torch.cat([w.flatten() for w in self.weights.values()]).square().mean().sqrt()

    def step(self):
        leaves = {name: w.clone().requires_grad_() for name, w in self.weights.items()}
        with torch.enable_grad():
            slopes = torch.autograd.grad(self.loss(leaves), list(leaves.values()))
        for (name, w), slope in zip(self.weights.items(), slopes, strict=True):
            self.weights[name] = w - self.rate * (slope + self.decay * w)

    def trained(self, act, steps=STEPS):
        """The training loss, test loss and norm after every step; ``act(loop, step)`` acts."""
        rows = []
        for step in range(steps + 1):
            act(self, step)
            losses = [self.loss(self.weights, part) for part in ("train", "test")]
            rows.append([*losses, self.root_mean_square])
            self.step()
        return torch.tensor(rows).T.numpy()


def recorded(history):
    """The same numbers of a history."""
    return [history.quantities[name] for name in ("train_loss", "test_loss", "weight_norm")]
