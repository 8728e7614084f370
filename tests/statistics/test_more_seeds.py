"""Whether the number of seeds that is said to decide an inconclusive finding does so."""

import math

import numpy as np
import pytest
from labeled_values import over_alpha, over_seeds
from scipy import stats

from grokspec.statistics import agreement, estimate, more_seeds
from grokspec.statistics.more_seeds import MOST_SEEDS, PROBABLE, ranks, seeds_to_decide
from grokspec.statistics.verdict import Verdict


def with_values_above(above, below, unknown=0):
    values = [2.0 + i for i in range(above)] + [-2.0 - i for i in range(below)]
    return estimate(over_seeds(values + [math.nan] * unknown)).above(0)


@pytest.mark.parametrize("size", [5, 6, 8, 9, 20, 99])
def test_intervals_run_between_the_same_values_as_those_of_an_estimate(size):
    rank = int(ranks(np.array(size), 0.95))
    values = np.arange(size, dtype=float)
    low = values[rank] if rank >= 0 else -math.inf
    assert float(estimate(over_seeds(values)).low) == low


def test_too_few_seeds_need_as_many_as_an_interval_takes():
    assert seeds_to_decide(with_values_above(5, 0).evidence) == 6


def test_the_nearer_to_a_tie_the_more_seeds_it_takes():
    needed = [seeds_to_decide(with_values_above(12 - n, n).evidence) for n in (3, 4, 5)]
    assert 12 < needed[0] < needed[1] < needed[2]


@pytest.mark.parametrize("unknown", [4, 6])
def test_seeds_do_not_decide_where_too_many_values_are_unknown(unknown):
    assert seeds_to_decide(with_values_above(2, 0, unknown).evidence) is None


def test_values_on_a_bound_count_as_outside_only_if_the_bound_does():
    values = over_seeds([0.0] * 3 + [1.0] * 2)
    assert seeds_to_decide(estimate(values).within(0, 2).evidence) == 6
    assert seeds_to_decide(estimate(values).above(0).evidence) > 6


def test_a_finding_of_no_seeds_takes_none():
    one = over_seeds([1.0, math.nan])
    finding = agreement(one, one, rtol=0.1)
    assert finding.verdict is Verdict.INCONCLUSIVE
    assert seeds_to_decide(finding.evidence) is None


def test_every_cell_has_to_be_decided():
    many = estimate(over_alpha([0.02, 0.02, 0.02, 0.02], seeds=8)).above(0)
    one = estimate(over_alpha([0.02], seeds=8)).above(0)
    assert many.verdict is one.verdict is Verdict.INCONCLUSIVE
    assert seeds_to_decide(many.evidence) > seeds_to_decide(one.evidence)


def test_the_number_decides_about_as_often_as_it_says():
    rng = np.random.default_rng(0)
    decided = []
    while len(decided) < 60:
        values = rng.standard_normal(MOST_SEEDS) + rng.normal()
        if (finding := estimate(over_seeds(values[:8])).above(0)).verdict is Verdict.INCONCLUSIVE:
            needed = seeds_to_decide(finding.evidence) or MOST_SEEDS
            judged = estimate(over_seeds(values[:needed])).above(0)
            decided.append(judged.verdict is not Verdict.INCONCLUSIVE)
    assert np.mean(decided) == pytest.approx(PROBABLE, abs=0.15)


def chance_of_a_decision(inside, short, total):
    """Exactly, for a bound on one side; the share of values to come is from a beta distribution."""
    rank = int(stats.binom.ppf(0.025, total, 0.5)) - 1
    rank += bool(stats.binom.cdf(rank + 1, total, 0.5) <= 0.025)
    to_come = stats.betabinom(total - inside - short, short + 0.5, inside + 0.5)
    return to_come.cdf(rank - short) + to_come.sf(total - rank - 1 - short)


@pytest.mark.parametrize(("inside", "short"), [(5, 1), (9, 3), (12, 4), (3, 9)])
def test_it_is_the_first_number_with_which_a_decision_is_probable(inside, short):
    judged = estimate(over_seeds([1.0] * inside + [-1.0] * short))
    mirrored = estimate(-judged.values).below(0)
    needed = seeds_to_decide(judged.above(0).evidence)
    draws = 0.05  # four standard errors of a thousand draws
    assert chance_of_a_decision(inside, short, needed) >= PROBABLE - draws
    assert seeds_to_decide(mirrored.evidence) == pytest.approx(needed, rel=0.2)
    fewer = [n for n in range(inside + short + 1, needed) if ranks(np.array(n), 0.95) >= 0]
    assert all(chance_of_a_decision(inside, short, n) < PROBABLE + draws for n in fewer)


def test_values_on_an_upper_bound_count_as_outside_only_if_the_bound_does():
    values = over_seeds([2.0] * 3 + [1.0] * 2)
    assert seeds_to_decide(estimate(values).within(0, 2).evidence) == 6
    assert seeds_to_decide(estimate(values).below(2).evidence) > 6


def test_no_more_seeds_are_looked_at_than_the_most_at_any_level():
    totals = (more_seeds._totals(0, level) for level in np.linspace(0.5, 0.99, 50))
    assert max(map(max, totals)) == MOST_SEEDS
