"""Truth by simulation: ranges of places hold all true places at once; a small part of docs/simulation.md."""

from __future__ import annotations

import pytest

from tests.benchmarks.simulation_cases import rank_cases, rank_shortfall
from tests.benchmarks.simulation_ranks import simulate_ranks

CASES = {(case.label, case.setting.psus): case for case in rank_cases()}


@pytest.mark.parametrize(
    "name", [("all .80", 4), ("all .98", 6), ("spread over .70–.97", 4), ("crowded over .95–.995", 10)]
)
def test_ranges_hold_all_true_places_at_once(name: tuple[str, int]) -> None:
    """Joint coverage ≥ .94 less two Monte Carlo errors, everything estimated; 160 surveys a setting.

    Step-down sets are narrower than the simple check, which covers more.
    """
    outcome = simulate_ranks(CASES[name], 160)
    assert outcome.surveys == 160
    assert rank_shortfall(outcome) == 0
    assert outcome.width <= outcome.simple_width
    assert outcome.coverage <= outcome.simple_coverage


def test_each_subdistricts_own_variance_would_tell_equal_ones_apart() -> None:
    """Why M8 pools: with 4 communities each, variances that happen to be small decide pairs (.34 there)."""
    outcome = simulate_ranks(CASES["all .90", 4], 80)
    assert outcome.own_coverage < 0.6 < 0.9 <= outcome.coverage
