"""What the lazy limit says before any feature is learnt (§10, §8.1; Eq. 7–9)."""

from grokspec.claims import claim
from grokspec.controls import held, permuted
from grokspec.measures import first_fall, movement_over_lazy
from grokspec.statistics import estimate, power_law, ratio

# How far the weights move


@claim("T10", "Eq. 8, 9", spec="polynomial/movement", control=held("alpha", at=16))
def test_lazy_weights_move_by_the_difficulty_of_the_task(results):
    """In the lazy limit the weights move by √(yᵀK⁻¹y)."""
    assert estimate(movement_over_lazy(results.sel(alpha=256.0))).within(0.98, 1.02)


@claim("T10", "Eq. 9, our finding", spec="polynomial/movement", control=permuted("alpha"))
def test_movement_departs_from_the_lazy_one_as_one_over_alpha(results):
    """The movement departs from √(yᵀK⁻¹y) as 1/α: it is that of the lazy limit alone."""
    departure = abs(movement_over_lazy(results) - 1)
    departure.attrs["long_name"] = "departure of the movement from the lazy limit's"

    assert power_law(departure, along="alpha").within(-1.1, -0.8)


# How early training depends on α


@claim("T11", "Eq. 7, §8.1", spec="polynomial/early", control=held("centered", at=False))
def test_centred_early_training_does_not_depend_on_alpha(results):
    """Centred and with η = η₀/α², the training loss begins to fall alike for every α."""
    fall = first_fall(results.sel(centered=True))

    assert ratio(fall, at_one(fall)).within(0.97, 1.03)


@claim(
    "T11",
    "§8.1, without Eq. 7",
    spec="polynomial/early",
    verdict="refuted",
    counter=held("centered", at=True),
)
def test_early_training_does_not_depend_on_alpha_without_centring(results):
    """Not centred, with η = η₀/α², the training loss begins to fall alike for every α."""
    fall = first_fall(results.sel(centered=False))

    assert ratio(fall, at_one(fall)).within(0.97, 1.03)


def at_one(values):
    """The values at α = 1, at every α."""
    return values.sel(alpha=1.0, drop=True).broadcast_like(values)
