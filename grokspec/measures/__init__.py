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
    later_bumps,
    loss_over_kernel_regression,
    train_fall_at_peak,
)
from grokspec.measures.delay import grokking_delay, log_grokking_delay
from grokspec.measures.linearised import departure_at_end, departure_to_peak, largest_departure
from grokspec.measures.weights import (
    alignment_growth,
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
    "grokking_delay",
    "largest_departure",
    "largest_power",
    "late_fall",
    "later_bumps",
    "log_grokking_delay",
    "loss_over_kernel_regression",
    "measure",
    "measure_named",
    "norm_growth",
    "norm_growth_since_memorised",
    "norm_over_solution",
    "power_share_of_rise",
    "power_transience",
    "train_fall_at_peak",
]
