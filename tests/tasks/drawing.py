"""Tasks as a user would write them, for `test_function_task.py`."""

import random

import numpy as np
import torch


def draw(*, seed, inputs, train, test, noise=0.0):
    source = np.random.default_rng(seed)
    x = source.standard_normal((train + test, inputs))
    y = x[:, 0] + noise * source.standard_normal(train + test)
    return {
        "train_inputs": x[:train],
        "train_targets": y[:train],
        "test_inputs": x[train:],
        "test_targets": y[train:],
    }


def images(train, test):
    """Draws from the global generators, and returns a tuple of tensors."""
    x = torch.randn(train + test, 1, 2, 2) + np.random.rand() + random.random()
    y = torch.stack([x.sum((1, 2, 3)), x[:, 0, 0, 0]], 1)
    return x[:train], y[:train], x[train:], y[train:]


def tokens(train, test, outputs):
    x = np.random.randint(0, outputs, (train + test, 2))
    y = np.eye(outputs)[x.sum(1) % outputs]
    return x[:train], y[:train], x[train:], y[train:]


def nothing():
    pass


def three(train):
    return np.zeros((train, 4)), np.zeros(train), np.zeros((1, 4))


def misnamed():
    return {"train_inputs": 1, "targets": 2}


def texts(train, test):
    return [["a"] * 4] * train, [0.0] * train, [["a"] * 4] * test, [0.0] * test


def ragged(train, test):
    return [[1.0], [1.0, 2.0]], [0.0] * train, np.zeros((test, 4)), [0.0] * test


def infinite(train, test):
    return np.full((train, 4), np.inf), np.zeros(train), np.zeros((test, 4)), np.zeros(test)


def larger(train, test):
    return np.zeros((train, 5)), np.zeros(train), np.zeros((test, 5)), np.zeros(test)


def failing(**others):
    raise ValueError(f"no data today, only {sorted(others)}")
