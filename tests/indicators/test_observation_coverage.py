"""Coverage of the limits of observation leaves, and how often a sound leaf is called weak (M12)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from indicators.evidence.observation import add_up_sites, observed_leaves
from indicators.evidence.tables import CHECKS_COLUMNS
from surveys.interval import clopper_pearson_interval
from tests.factory_scoring import small_wave

SUBDISTRICTS = [f"S{at}" for at in range(18)]
REGISTER = small_wave(SUBDISTRICTS).areas
LEAVES = 150
SITES = 3
"""In each subdistrict."""


def drawn_checks(
    rng: np.random.Generator, truth: np.ndarray, correlation: float, most: int, levels: int
) -> pd.DataFrame:
    """Checks of 18 × 3 sites and every leaf; sites differ by a beta variable around the truth.

    Each site has 1 to `most` checks of a leaf, each with one of `levels` + 1 partial scores.
    """
    site = np.repeat(np.arange(18 * SITES), LEAVES)
    leaf = np.tile(np.arange(LEAVES), 18 * SITES)
    spread = 1 / correlation - 1
    quality = rng.beta(truth[site // SITES] * spread, (1 - truth[site // SITES]) * spread)
    checks_of_cell = rng.integers(1, most + 1, len(site))
    cell_of_check = np.repeat(np.arange(len(site)), checks_of_cell)
    earned = rng.binomial(levels, quality[cell_of_check]) / levels
    return pd.DataFrame(
        {
            "node": leaf[cell_of_check].astype("str"),
            "area_code": np.asarray(SUBDISTRICTS)[site[cell_of_check] // SITES],
            "site": site[cell_of_check].astype("str"),
            "site_type": "",
            "demonstration": False,
            "earned": earned,
            "standing": earned,
            "mark": 0.8,
            "site_label": site[cell_of_check].astype("str"),
            "mode": "covert",
            "date": None,
        }
    ).astype(CHECKS_COLUMNS)


FLAT, VARIED = np.full(18, 0.85), np.linspace(0.6, 0.98, 18)


@pytest.mark.parametrize(
    ("truth", "correlation", "most", "levels"),
    [
        (FLAT, 0.2, 1, 4),  # one check a site, in quarters
        (VARIED, 0.1, 1, 4),
        (FLAT, 0.5, 20, 1),  # sites with 1 to 20 yes-or-no checks that mostly agree
        (VARIED, 0.2, 6, 2),
    ],
)
def test_limits_cover_and_hardly_ever_confirm_a_weakness_at_the_target(
    truth: np.ndarray, correlation: float, most: int, levels: int
) -> None:
    """2,700 intervals of three sites each: at least .93 hold the truth; at most .03 lie wholly below it.

    A subdistrict whose truth is its target is called confirmed weak exactly when its interval lies below.
    """
    rng = np.random.default_rng(20_220_815)
    checks = drawn_checks(rng, truth, correlation, most, levels)
    leaves = [str(at) for at in range(LEAVES)]
    found = observed_leaves(add_up_sites(checks, leaves, REGISTER), REGISTER)
    covered, weak = [], []
    for code, true_share in zip(SUBDISTRICTS, truth, strict=True):
        low, high = clopper_pearson_interval(found[code].value_by_leaf, found[code].binomial_n_by_leaf)
        covered.append((low <= true_share) & (true_share <= high))
        weak.append(high < true_share)
    assert np.mean(covered) >= 0.93
    assert np.mean(weak) <= 0.03
