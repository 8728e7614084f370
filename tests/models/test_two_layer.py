import pytest
import torch
from experiments import experiment
from pydantic import ValidationError

from grokspec.engines.base import engine_of
from grokspec.models.base import Model
from grokspec.models.committee import Committee
from grokspec.models.two_layer import TwoLayer

RUNS, WIDTH, SIZE, EXAMPLES = 3, 8, 5, 7


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


@pytest.fixture
def normal(generator):
    return lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)


@pytest.fixture
def weights(normal):
    return {"hidden": normal(RUNS, WIDTH, SIZE), "readout": normal(RUNS, WIDTH)}


@pytest.fixture
def initial(normal):
    return {"hidden": normal(RUNS, WIDTH, SIZE), "readout": normal(RUNS, WIDTH)}


@pytest.fixture
def inputs(normal):
    return normal(RUNS, EXAMPLES, SIZE)


@pytest.fixture
def scalars():
    epsilon = torch.tensor([0.2, 0.5, 0.8], dtype=torch.float64)
    return {"epsilon": epsilon, "alpha": 4 * epsilon}


def test_own_gradient_is_the_automatic_one(weights, inputs, scalars, normal):
    model, cotangent = TwoLayer(width=WIDTH, epsilon=0.1), normal(RUNS, EXAMPLES, 1)
    value, pullback = model.on(inputs, scalars)(weights)
    expected, expected_pullback = Model.on(model, inputs, scalars)(weights)
    torch.testing.assert_close(value, expected)
    torch.testing.assert_close(pullback(cotangent), expected_pullback(cotangent))


def test_output_is_the_mean_over_units_of_readout_times_activation(weights, inputs, scalars):
    model = TwoLayer(width=WIDTH, epsilon=0.1)
    hidden = torch.einsum("rpi,rhi->rph", inputs, weights["hidden"])
    activation = hidden + 0.5 * scalars["epsilon"][:, None, None] * hidden**2
    expected = torch.einsum("rph,rh->rp", activation, weights["readout"]) / WIDTH
    torch.testing.assert_close(model.on(inputs, scalars)(weights)[0][..., 0], expected)


def test_readouts_of_one_make_it_the_committee_machine(weights, inputs, scalars):
    ones = {**weights, "readout": torch.ones(RUNS, WIDTH, dtype=torch.float64)}
    committee = Committee(width=WIDTH, epsilon=0.1)
    expected = committee.on(inputs, scalars)({"hidden": weights["hidden"]})[0]
    torch.testing.assert_close(
        TwoLayer(width=WIDTH, epsilon=0.1).on(inputs, scalars)(ones)[0], expected
    )


@pytest.mark.parametrize("centered", [False, True])
@pytest.mark.parametrize("linearized", [False, True])
def test_predictors_are_the_forms_of_the_predictions(
    weights, initial, inputs, scalars, centered, linearized
):
    model = TwoLayer(width=WIDTH, epsilon=0.1, centered=centered, linearized=linearized)

    def outputs(weights):
        return Model.on(model, inputs, scalars)(weights)[0][..., 0]

    expected = outputs(weights)
    if linearized:
        moved = {name: weights[name] - initial[name] for name in weights}
        first, slope = torch.func.jvp(outputs, (initial,), (moved,))
        expected = first + slope
    if centered:
        expected = expected - outputs(initial)

    linear, quadratic = model.predictors(weights, initial, scalars)
    forms = torch.einsum("rpi,ri->rp", inputs, linear) + 0.5 * torch.einsum(
        "rpi,rij,rpj->rp", inputs, quadratic, inputs
    )
    torch.testing.assert_close(forms, scalars["alpha"][:, None] * expected)


def test_hidden_weights_are_those_of_the_committee_machine_of_the_same_seed():
    drawn = TwoLayer(width=WIDTH, epsilon=0.1).draw_weights(SIZE, 1, seed=3)
    expected = Committee(width=WIDTH, epsilon=0.1).draw_weights(SIZE, 1, seed=3)
    assert drawn["hidden"] == pytest.approx(expected["hidden"])
    assert drawn["readout"].shape == (WIDTH,)


def test_population_loss_is_that_of_a_large_test_sample_also_after_training():
    described = experiment(
        model={"kind": "two_layer", "width": 12, "epsilon": 0.25},
        optimizer__learning_rate=0.05,
        task__test=200_000,
        record__steps={"log": 1},
    )
    history = engine_of(described).train([described], "cpu")[0].quantities
    assert history["test_loss"] == pytest.approx(history["population_loss"], rel=0.05)


def test_kernel_regression_is_refused_as_its_kernel_is_another():
    reason = r'Eq\. 5, which is for model\.kind = "committee", not "two_layer"'
    with pytest.raises(ValidationError, match=reason):
        experiment(
            model={"kind": "two_layer", "width": 12, "epsilon": 0.25},
            record__probes=["kernel_regression"],
        )
