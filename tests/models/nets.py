"""Networks as a user would write them, for `test_module.py`; each takes 16 numbers or 3 tokens."""

import torch
from torch import nn
from torch.nn.utils import parametrizations


class CNN(nn.Module):
    def __init__(self, width, norm=False, dropout=0.0):
        super().__init__()
        self.first = nn.Conv2d(1, width, 3, padding=1)
        self.norm = nn.BatchNorm2d(width) if norm else nn.Identity()
        self.dropout = nn.Dropout(dropout)
        self.last = nn.Linear(4 * width, 2)

    def forward(self, images):
        hidden = self.norm(self.first(images)).tanh()
        return self.last(self.dropout(nn.functional.avg_pool2d(hidden, 2)).flatten(1))


def mlp(width, bias=True):
    return nn.Sequential(nn.Linear(16, width, bias=bias), nn.Tanh(), nn.Linear(width, 2))


class NoisyLater(nn.Module):
    """Draws random numbers from its third step on."""

    def __init__(self):
        super().__init__()
        self.last = nn.Linear(16, 2)
        self.steps = 0

    def forward(self, inputs):
        self.steps += self.training
        return self.last(inputs) + (torch.rand(()) if self.steps > 2 else 0)


class Normed(nn.Module):
    """On 6 inputs."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(6)
        self.last = nn.Linear(6, 1)

    def forward(self, inputs):
        return self.last(self.norm(inputs))


class FailsInTraining(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(16, 2)

    def forward(self, inputs):
        if self.training:
            raise RuntimeError("not in training")
        return self.last(inputs)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(4, 5, batch_first=True)
        self.last = nn.Linear(5, 2)

    def forward(self, series):
        start = torch.zeros(1, len(series), 5)  # in the precision and on the device of the weights
        return self.last(self.gru(series, start)[0][:, -1])


class Attention(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(
            4, 2, dim_feedforward=6, dropout=dropout, batch_first=True
        )
        self.last = nn.Linear(16, 2)

    def forward(self, series):
        return self.last(self.layer(series).flatten(1))


class Tokens(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(5, 3)
        self.last = nn.LazyLinear(2)

    def forward(self, tokens):
        return self.last(self.embedding(tokens).flatten(1).tanh())


class OnAnything(nn.Module):
    """On inputs of any size, tokens or not."""

    def __init__(self, outputs):
        super().__init__()
        self.last = nn.LazyLinear(outputs)

    def forward(self, inputs):
        return self.last(inputs.to(self.last.weight.dtype)).tanh()


class Branching(nn.Module):
    """Its control flow depends on data, it changes tensors in place, and it reads numbers."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(16, 6), nn.Linear(6, 2)

    def forward(self, inputs):
        hidden = self.first(inputs)
        hidden.clamp_(min=0)
        if hidden.sum() > 0:
            hidden = hidden * 2
        return self.last(hidden) / (1 + hidden.detach().abs().max().item())


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode, self.decode = nn.Linear(16, 4, bias=False), nn.Linear(4, 16, bias=False)
        self.decode.weight = nn.Parameter(self.decode.weight)
        self.again = nn.Linear(4, 16, bias=False)
        self.again.weight = self.decode.weight

    def forward(self, inputs):
        return (self.decode(self.encode(inputs)) + self.again(self.encode(inputs).tanh()))[:, :2]


class Frozen(nn.Module):
    """A random first layer that is not trained, and random features in a buffer and outside."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(16, 6), nn.Linear(6, 2)
        self.first.requires_grad_(False)
        self.register_buffer("shift", torch.randn(6))
        self.outside = torch.randn(6)

    def forward(self, inputs):
        hidden = (self.first(inputs) + self.shift).tanh()
        return self.last(hidden * self.outside.to(hidden))


class Noisy(nn.Module):
    """Draws in evaluation mode, too, and from every global generator."""

    def __init__(self):
        super().__init__()
        self.last = nn.Linear(16, 2)

    def forward(self, inputs):
        import random

        import numpy

        scale = 1 + 0.1 * random.random() + 0.1 * float(numpy.random.rand())
        return scale * nn.functional.dropout(self.last(inputs), 0.2)


def normalized():
    return nn.Sequential(parametrizations.weight_norm(nn.Linear(16, 4)), nn.Linear(4, 2))


def spectral():
    return nn.Sequential(parametrizations.spectral_norm(nn.Linear(16, 4)), nn.Linear(4, 2))


class NoParameters(nn.Module):
    def forward(self, inputs):
        return inputs[:, :2]


class Complex(nn.Module):
    def __init__(self):
        super().__init__()
        self.phase = nn.Parameter(torch.zeros(16, 2, dtype=torch.complex64))

    def forward(self, inputs):
        return (inputs + 0j) @ self.phase


class Pair(nn.Module):
    def __init__(self):
        super().__init__()
        self.last = nn.Linear(16, 2)

    def forward(self, inputs):
        return self.last(inputs), inputs


class Detached(Pair):
    def forward(self, inputs):
        return self.last(inputs).detach()


class Flat(Pair):
    def forward(self, inputs):
        return self.last(inputs).flatten()


class Failing(Pair):
    def forward(self, inputs):
        hidden = self.last(inputs)
        return hidden + torch.randn(3)[: int(hidden.argmax() < 0)].sum() + undefined  # noqa: F821


class FailingInBackward(Pair):
    def forward(self, inputs):
        class Wrong(torch.autograd.Function):
            @staticmethod
            def forward(ctx, value):
                return value * 1

            @staticmethod
            def backward(ctx, slope):
                raise ValueError("no slope today")

        return Wrong.apply(self.last(inputs))


class FailingToBuild(nn.Module):
    def __init__(self, width=3):
        super().__init__()
        raise ValueError(f"no width {width}")


NUMBER = 7
