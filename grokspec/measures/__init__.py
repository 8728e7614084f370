"""Quantities of interest, each computed from the histories of a spec as one number a run.

A measure is a function of a spec's results (an xarray Dataset, see `grokspec.results.dataset`) that
reduces the ``record`` dimension. Claims and figures use the same measures.
"""

from grokspec.measures.accuracy import (
    accuracy_caught_up,
    accuracy_delay,
    accuracy_gap,
    accuracy_when_memorized,
    best_test_accuracy,
    final_test_accuracy,
    generalization_time,
    highest_loss_while_flat,
    log_accuracy_delay,
    log_loss_against_accuracy,
    loss_when_memorized,
    lowest_loss_while_flat,
    with_accuracy,
)
from grokspec.measures.base import Measure, measure, measure_named
from grokspec.measures.crossing_times import grokking_delay, log_grokking_delay
from grokspec.measures.kernel import alignment_growth, initial_alignment
from grokspec.measures.linearized import (
    departure_at_end,
    departure_to_peak,
    departure_until,
    largest_departure,
)
from grokspec.measures.losses import (
    bump,
    final_loss,
    final_loss_without_power,
    final_misalignment,
    final_train_loss,
    first_fall,
    largest_loss_gap,
    largest_loss_ratio,
    largest_power,
    late_fall,
    later_bumps,
    loss_over_kernel_regression,
    loss_when_half_learned,
    mean_gap,
    power_share_of_rise,
    power_transience,
    train_fall_at_peak,
)
from grokspec.measures.recorded import final, growth, when_memorized
from grokspec.measures.time_to_grok import time_to_grok
from grokspec.measures.weights import (
    movement_over_lazy,
    norm_growth,
    norm_growth_since_memorized,
    norm_over_solution,
    relative_change,
)

__all__ = [
    "Measure",
    "accuracy_caught_up",
    "accuracy_delay",
    "accuracy_gap",
    "accuracy_when_memorized",
    "alignment_growth",
    "best_test_accuracy",
    "bump",
    "departure_at_end",
    "departure_to_peak",
    "departure_until",
    "final",
    "final_loss",
    "final_loss_without_power",
    "final_misalignment",
    "final_test_accuracy",
    "final_train_loss",
    "first_fall",
    "generalization_time",
    "grokking_delay",
    "growth",
    "highest_loss_while_flat",
    "initial_alignment",
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
    "loss_when_half_learned",
    "loss_when_memorized",
    "lowest_loss_while_flat",
    "mean_gap",
    "measure",
    "measure_named",
    "movement_over_lazy",
    "norm_growth",
    "norm_growth_since_memorized",
    "norm_over_solution",
    "power_share_of_rise",
    "power_transience",
    "relative_change",
    "time_to_grok",
    "train_fall_at_peak",
    "when_memorized",
    "with_accuracy",
]
