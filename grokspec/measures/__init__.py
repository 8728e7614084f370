"""Quantities of interest: each turns the stored histories into one number a run.

A measure is a function of a spec's results (an xarray Dataset, see `grokspec.results`) that
reduces the ``record`` dimension. Claims and figures call the same ones.
"""

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
from grokspec.measures.linearised import departure_at_end, departure_to_peak, largest_departure
from grokspec.measures.movement import movement_over_lazy, relative_change
from grokspec.measures.weights import (
    alignment_growth,
    first_alignment,
    norm_growth,
    norm_growth_since_memorised,
    norm_over_solution,
)

__all__ = [
    "Measure",
    "alignment_growth",
    "bump",
    "departure_at_end",
    "departure_to_peak",
    "final_loss",
    "final_loss_without_power",
    "final_misalignment",
    "final_train_loss",
    "first_alignment",
    "first_fall",
    "grokking_delay",
    "largest_departure",
    "largest_power",
    "late_fall",
    "later_bumps",
    "log_grokking_delay",
    "loss_over_kernel_regression",
    "loss_when_half_learnt",
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
]
