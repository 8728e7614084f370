"""Quantities of interest: each turns the stored histories into one number a run.

A measure is a function of a spec's results (an xarray Dataset, see `grokspec.dataset`) that
reduces the ``record`` dimension. Claims and figures call the same ones.
"""

from grokspec.measures.accuracy import (
    final_test_accuracy,
    highest_loss_while_flat,
    log_accuracy_delay,
    log_loss_against_accuracy,
    loss_when_memorised,
    lowest_loss_while_flat,
)
from grokspec.measures.base import Measure, measure, measure_named
from grokspec.measures.causes import (
    largest_power,
    late_fall,
    power_share_of_rise,
    power_transience,
)
from grokspec.measures.curves import (
    bump,
    final_loss,
    final_loss_without_power,
    final_misalignment,
    final_train_loss,
    first_fall,
    later_bumps,
    loss_over_kernel_regression,
    mean_gap,
    train_fall_at_peak,
)
from grokspec.measures.delay import grokking_delay, log_grokking_delay
from grokspec.measures.halving import loss_when_half_learnt
from grokspec.measures.lag import (
    accuracy_delay,
    accuracy_when_memorised,
    best_test_accuracy,
    generalisation_time,
)
from grokspec.measures.linearised import (
    departure_at_end,
    departure_to_peak,
    departure_until,
    largest_departure,
)
from grokspec.measures.loss_gap import largest_loss_gap, largest_loss_ratio
from grokspec.measures.movement import movement_over_lazy, relative_change
from grokspec.measures.threshold_accuracy import (
    accuracy_caught_up,
    accuracy_gap,
    with_accuracy,
)
from grokspec.measures.weights import (
    alignment_growth,
    first_alignment,
    norm_growth,
    norm_growth_since_memorised,
    norm_over_solution,
)

__all__ = [
    "Measure",
    "accuracy_caught_up",
    "accuracy_delay",
    "accuracy_gap",
    "accuracy_when_memorised",
    "alignment_growth",
    "best_test_accuracy",
    "bump",
    "departure_at_end",
    "departure_to_peak",
    "departure_until",
    "final_loss",
    "final_loss_without_power",
    "final_misalignment",
    "final_test_accuracy",
    "final_train_loss",
    "first_alignment",
    "first_fall",
    "generalisation_time",
    "grokking_delay",
    "highest_loss_while_flat",
    "largest_departure",
    "largest_loss_gap",
    "largest_loss_ratio",
    "largest_power",
    "late_fall",
    "later_bumps",
    "log_accuracy_delay",
    "log_grokking_delay",
    "log_loss_against_accuracy",
    "loss_over_kernel_regression",
    "loss_when_half_learnt",
    "loss_when_memorised",
    "lowest_loss_while_flat",
    "mean_gap",
    "measure",
    "measure_named",
    "movement_over_lazy",
    "norm_growth",
    "norm_growth_since_memorised",
    "norm_over_solution",
    "power_share_of_rise",
    "power_transience",
    "relative_change",
    "train_fall_at_peak",
    "with_accuracy",
]
