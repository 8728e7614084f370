"""Losses as a user would write them, for `test_function_loss.py`."""


def hinge(outputs, targets):
    return (1 - outputs * targets).clamp(min=0).mean()


def by_numbers(outputs, targets):
    """Depends on a number that vmap cannot read."""
    scale = 2.0 if outputs.detach().sum().item() > 0 else 1.0
    return scale * ((outputs - targets) ** 2).mean()


def squares(outputs, targets):
    return (outputs - targets) ** 2


def number(outputs, targets):
    return float(outputs.mean())


def detached(outputs, targets):
    return (outputs.detach() - targets).mean()


def failing(outputs, targets):
    raise ValueError("no loss today")
