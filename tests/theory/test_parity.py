"""Written networks compute the parity of any number of signs."""

import numpy as np
import pytest

from grokspec.theory.parity import (
    SmallNetwork,
    patterns,
    relu,
    two_units_for_each_step,
    unit_for_each_pattern,
    unit_for_each_slope,
    unit_for_each_step,
)


@pytest.mark.parametrize("signs", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(
    ("write", "units"),
    [
        (unit_for_each_pattern, lambda k: 2**k),
        (two_units_for_each_step, lambda k: 2 * k),
        (unit_for_each_step, lambda k: k + 1),
        (unit_for_each_slope, lambda k: k),
    ],
)
def test_a_written_network_is_the_parity_with_as_many_units_as_it_says(write, units, signs):
    network = write(signs)
    inputs = patterns(signs)
    negative = [sum(sign < 0 for sign in example) for example in inputs.tolist()]

    assert network.units == units(signs)
    np.testing.assert_allclose(network.outputs(inputs), [(-1) ** n for n in negative])


def test_patterns_are_all_there_are_and_no_two_alike():
    assert len({tuple(pattern) for pattern in patterns(4).tolist()}) == 16


def test_outputs_are_those_of_torch():
    import torch

    random = np.random.default_rng(0)
    network = SmallNetwork(
        random.normal(size=(5, 3)), random.normal(size=5), random.normal(size=5), relu, 0.5
    )
    inputs = random.normal(size=(7, 3))
    layers = torch.nn.Sequential(torch.nn.Linear(3, 5), torch.nn.ReLU(), torch.nn.Linear(5, 1))
    values = (network.incoming, network.bias, network.outgoing[None], np.array([network.constant]))
    layers.double()
    with torch.no_grad():
        for parameter, value in zip(layers.parameters(), values, strict=True):
            parameter.copy_(torch.tensor(value))
        expected = layers(torch.tensor(inputs))[:, 0].numpy()

    np.testing.assert_allclose(network.outputs(inputs), expected)
