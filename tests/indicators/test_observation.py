"""On-site observations: 得分率, its pooled variance against plain loops, and 达标率 of sites."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.columns import OBSERVATIONS_COLUMNS
from indicators.evidence.observation import add_up_sites, observed_leaves
from indicators.evidence.observation_summary import summarise_observations
from indicators.evidence.tables import CHECKS_COLUMNS
from surveys.interval import clopper_pearson_interval
from tests.factory_scoring import small_wave

REGISTER = small_wave(("S1", "S2", "S3")).areas


def checks_of(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    """Checks as (leaf, area, site, earned), marks 0.8."""
    table = [
        (node, area, site, "市场", False, earned, earned, 0.8, site, "covert", None)
        for node, area, site, earned in rows
    ]
    return pd.DataFrame(table, columns=list(CHECKS_COLUMNS)).astype(CHECKS_COLUMNS)


def test_pooled_variance_by_hand() -> None:
    """One leaf, sites 1, 0.6 in S1 (R .8) and 0.5, 0.8, 0.8 in S2 (R .7), a single 0.4 in S3.

    Residuals ±0.2 and −0.2, 0.1, 0.1: Σe² = 0.08 + 0.06 = 0.14 over (2 − 1) + (3 − 1) = 3 → 0.14/3 a site.
    V: S1 /2, S2 /3, S3 (a single site borrows it) /1, district with 6 sites /6.
    """
    checks = checks_of(
        ("1", "S1a", "甲", 1.0),
        ("1", "S1b", "乙", 0.6),
        ("1", "S2a", "丙", 0.5),
        ("1", "S2a", "丁", 0.8),
        ("1", "S2b", "戊", 0.8),
        ("1", "S3", "己", 0.4),
    )
    found = observed_leaves(add_up_sites(checks, ["1"], REGISTER), REGISTER)
    assert found["S1"].value_by_leaf[0] == pytest.approx(0.8)
    assert found["D"].value_by_leaf[0] == pytest.approx(4.1 / 6)
    one_site = 0.14 / 3
    for code, sites in (("S1", 2), ("S2", 3), ("S3", 1), ("D", 6)):
        assert found[code].covariance[0, 0] == pytest.approx(one_site / sites, rel=1e-12)
        assert found[code].sites_by_leaf[0] == sites


def test_sites_with_uneven_numbers_of_checks_by_hand() -> None:
    """Three good checks at 甲, a bad one at 乙: rates 1 and 0, sample variance ½ whatever the numbers.

    V = ½·(0.75² + 0.25²) = 0.3125. κ is held at 1 (½ over ¾·¼), and ν = 1·(9 + 1)²/(2·(81 + 1)) < 1 counts
    as 1: N = (1.95996/12.70620)²/0.625 = 0.03807.
    """
    good = [("1", "S1", "甲", 1.0)] * 3
    found = observed_leaves(add_up_sites(checks_of(*good, ("1", "S1", "乙", 0.0)), ["1"], REGISTER), REGISTER)
    assert found["S1"].value_by_leaf[0] == 0.75
    assert found["S1"].covariance[0, 0] == pytest.approx(0.3125, rel=1e-12)
    assert found["S1"].binomial_n_by_leaf[0] == pytest.approx(0.03807, abs=1e-5)


def test_limits_are_binomial_on_the_sites_that_were_seen() -> None:
    """The sites of the test above, one check each: R̄ = 4.1/6, R̄(1 − R̄) = 0.21639.

    κ = (0.14/3)/0.21639 = 0.21566, t_3 = 3.18245,
    (1.95996/3.18245)² = 0.37930: N of S1 (two sites) = 2/0.21566·0.37930 = 3.5176.
    """
    checks = checks_of(
        ("1", "S1", "甲", 1.0),
        ("1", "S1", "乙", 0.6),
        ("1", "S2", "丙", 0.5),
        ("1", "S2", "丁", 0.8),
        ("1", "S2", "戊", 0.8),
        ("1", "S3", "己", 0.4),
    )
    found = observed_leaves(add_up_sites(checks, ["1"], REGISTER), REGISTER)
    assert found["S1"].binomial_n_by_leaf[0] == pytest.approx(3.5176, abs=2e-4)
    assert found["D"].binomial_n_by_leaf[0] == pytest.approx(3 * 3.5176, abs=6e-4)


def test_two_bad_sites_confirm_nothing() -> None:
    """Sites all good or all bad, two bad ones in S1: no more is known than from two yes-or-no answers."""
    others = [("1", "S2", str(at), float(at % 2)) for at in range(8)]
    checks = checks_of(("1", "S1", "甲", 0.0), ("1", "S1", "乙", 0.0), *others)
    found = observed_leaves(add_up_sites(checks, ["1"], REGISTER), REGISTER)
    assert found["S1"].value_by_leaf[0] == 0
    assert found["S1"].binomial_n_by_leaf[0] < 2.5


def test_leaf_without_two_sites_in_any_subdistrict_takes_the_spread_over_the_district() -> None:
    """Sites 1, 0.5, 0 in three subdistricts: variance 0.25 around 0.5, for one site as for the mean /3."""
    checks = checks_of(("1", "S1", "甲", 1.0), ("1", "S2", "乙", 0.5), ("1", "S3", "丙", 0.0))
    found = observed_leaves(add_up_sites(checks, ["1"], REGISTER), REGISTER)
    assert found["S1"].covariance[0, 0] == pytest.approx(0.25)
    assert found["D"].covariance[0, 0] == pytest.approx(0.25 / 3)


def test_error_of_a_leaf_seen_at_one_site_is_unknown() -> None:
    found = observed_leaves(add_up_sites(checks_of(("1", "S1", "甲", 0.7)), ["1"], REGISTER), REGISTER)
    assert np.isnan(found["S1"].covariance[0, 0])
    assert found["S2"].checks_by_leaf[0] == 0
    assert np.isnan(found["S2"].value_by_leaf[0])


def test_spotless_leaf_keeps_an_error() -> None:
    """Four sites, all full: half a site that is not is added: share 4.5/5, variance 0.09 a site."""
    checks = checks_of(*[("1", "S1", str(at), 1.0) for at in range(4)])
    found = observed_leaves(add_up_sites(checks, ["1"], REGISTER), REGISTER)
    assert found["S1"].covariance[0, 0] == pytest.approx(0.9 * 0.1 / 4)


def test_sites_that_agree_but_for_rounding_agree() -> None:
    """Sites of one and of three checks, all 0.7: 0.7 + 0.7 + 0.7 is not 2.1 in binary; share 3.3/5."""
    checks = checks_of(*[("1", "S1", str(at), 0.7) for at in (0, 1, 2, 2, 2, 3)])
    found = observed_leaves(add_up_sites(checks, ["1"], REGISTER), REGISTER)
    share = 3.3 / 5
    parts = (3 * 1 + 9) / 36
    assert found["S1"].covariance[0, 0] == pytest.approx(share * (1 - share) * parts)


def test_checks_of_one_site_hang_together() -> None:
    """Two leaves seen at the same sites, good or bad together: covariance as their variances; else 0."""
    together = [(leaf, "S1", site, earned) for site, earned in (("甲", 1.0), ("乙", 0.4)) for leaf in "12"]
    apart = [("3", "S1", "丙", 1.0), ("3", "S1", "丁", 0.4)]
    found = observed_leaves(add_up_sites(checks_of(*together, *apart), ["1", "2", "3"], REGISTER), REGISTER)
    matrix = found["S1"].covariance
    np.testing.assert_allclose(matrix[:2, :2], 0.18 / 2, rtol=1e-12)
    assert matrix[0, 2] == 0
    assert matrix[2, 2] == pytest.approx(0.18 / 2)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 30), st.integers(1, 4))
def test_covariance_has_no_negative_direction(seed: int, sites: int, leaves: int) -> None:
    rng = np.random.default_rng(seed)
    rows = [
        (str(leaf), f"S{rng.integers(1, 4)}", f"点{site}", float(rng.choice([0.0, 0.3, 1.0])))
        for site in range(sites)
        for leaf in range(leaves)
        if rng.random() < 0.7
    ]
    found = observed_leaves(
        add_up_sites(checks_of(*rows), [str(leaf) for leaf in range(leaves)], REGISTER), REGISTER
    )
    for observed in found.values():
        known = ~np.isnan(np.diag(observed.covariance))
        eigenvalues = np.linalg.eigvalsh(observed.covariance[np.ix_(known, known)])
        assert (eigenvalues >= -1e-9).all()
        values = observed.value_by_leaf[observed.checks_by_leaf > 0]
        assert ((values >= 0) & (values <= 1)).all()


def summary(checks: pd.DataFrame, by: str) -> pd.DataFrame:
    """Rows of one breakdown by area, name and demonstration."""
    table = summarise_observations(checks, REGISTER)
    assert list(table.columns) == list(OBSERVATIONS_COLUMNS)
    return table[table["by"] == by].set_index(["area_code", "name", "demonstration"])


def test_summary_by_hand() -> None:
    """S1: 甲 0.9 and 0.8 passes (mean 0.85 ≥ 0.8), 乙 0.5 does not; S2: 丙 0.8 passes. District: 3 sites."""
    checks = checks_of(
        ("1", "S1a", "甲", 0.9), ("2", "S1a", "甲", 0.8), ("1", "S1b", "乙", 0.5), ("1", "S2", "丙", 0.8)
    )
    for by in ("all", "site_type", "mode"):
        table = summary(checks, by)
        assert table.index.get_level_values("area_code").tolist() == ["D", "S1", "S2"]
        assert table["checks"].tolist() == [4, 3, 1]
        assert table["sites"].tolist() == [3, 2, 1]
        assert table["sites_passed"].tolist() == [2, 1, 1]
        assert table["earned_share"].tolist() == pytest.approx([3.0 / 4, 2.2 / 3, 0.8])
        assert table["passed_share"].tolist() == pytest.approx([2 / 3, 1 / 2, 1.0])
        assert table["difference"].isna().all()
    standards = summary(checks, "standard")["earned_share"]
    assert standards.loc["S1"].tolist() == pytest.approx([0.7, 0.8])
    assert summary(checks, "demonstration").empty


def test_sites_stand_where_they_are_without_limits() -> None:
    """甲 (0.9, 0.8) passes, 乙 0.5 does not; 丙 of the district as a whole stands under the district."""
    checks = checks_of(
        ("1", "S1a", "甲", 0.9), ("2", "S1", "甲", 0.8), ("1", "S1b", "乙", 0.5), ("1", "D", "丙", 0.8)
    )
    table = summary(checks, "site").reset_index()
    rows = table[["area_code", "name", "checks", "sites", "sites_passed", "earned_share", "passed_share"]]
    assert sorted(rows.to_numpy().tolist()) == [
        ["D", "丙", 1, 1, 1, 0.8, 1.0],
        ["S1", "乙", 1, 1, 0, 0.5, 0.0],
        ["S1", "甲", 2, 1, 1, pytest.approx(0.85), 1.0],
    ]
    assert table[["earned_low", "earned_high", "passed_low", "passed_high"]].isna().all(axis=None)


def test_limits_of_a_summary_are_those_of_a_leaf_of_the_same_sites() -> None:
    """得分率: N of S1 = 3.5176 as by hand above. 达标率, sites passing 1/2 in S1 and 2/3 in S2, 0/1 in S3.

    Pass or fail: Σe² = ½ + ⅔ over 3 degrees of freedom, 0.38889; over P(1 − P) = ¼ that is above 1, so κ = 1:
    N = 2·(1.95996/3.18245)² = 0.75861.
    """
    checks = checks_of(
        ("1", "S1", "甲", 1.0),
        ("1", "S1", "乙", 0.6),
        ("1", "S2", "丙", 0.5),
        ("1", "S2", "丁", 0.8),
        ("1", "S2", "戊", 0.8),
        ("1", "S3", "己", 0.4),
    )
    row = summary(checks, "all").loc[("S1", "", False)]
    low, high = clopper_pearson_interval(0.8, 3.5176)
    assert (row["earned_low"], row["earned_high"]) == pytest.approx((float(low), float(high)), abs=2e-5)
    low, high = clopper_pearson_interval(0.5, 0.75861)
    assert (row["passed_low"], row["passed_high"]) == pytest.approx((float(low), float(high)), abs=2e-5)


def test_demonstration_sites_stand_apart_and_are_compared() -> None:
    """示范 0.9, others 0.5 and 0.7: 0.3 more; limits by MOVER from those of the two rows."""
    checks = checks_of(("1", "S1", "甲", 0.9), ("1", "S1", "乙", 0.5), ("1", "S1", "丙", 0.7))
    checks = checks.assign(demonstration=[True, False, False])
    table = summary(checks, "demonstration")
    show, usual = table.loc[("S1", "", True)], table.loc[("S1", "", False)]
    assert show["difference"] == pytest.approx(0.3)
    assert np.isnan(usual["difference"])
    a, b = show["earned_share"] - show["earned_low"], usual["earned_high"] - usual["earned_share"]
    assert show["difference_low"] == pytest.approx(0.3 - np.hypot(a, b))
    c, d = show["earned_high"] - show["earned_share"], usual["earned_share"] - usual["earned_low"]
    assert show["difference_high"] == pytest.approx(0.3 + np.hypot(c, d))
    assert summary(checks, "all").loc[("S1", "", False), "checks"] == 3
    assert summary(checks, "site_type").loc["S1"]["checks"].tolist() == [2, 1]


def test_a_mode_is_compared_with_the_other_modes() -> None:
    """明查 0.9, 0.7; 暗访 0.5; 巡查 0.6: 0.8 against 0.55; a demonstration site's mode stands apart."""
    checks = checks_of(
        *[("1", "S1", site, e) for site, e in zip("甲乙丙丁戊", (0.9, 0.7, 0.5, 0.6, 1.0), strict=True)]
    )
    modes = ["announced", "announced", "covert", "patrol", "announced"]
    table = summary(checks.assign(mode=modes, demonstration=[False] * 4 + [True]), "mode").loc["S1"]
    assert table["difference"].loc[("announced", False)] == pytest.approx(0.25)
    assert table["difference"].loc[("covert", False)] == pytest.approx(0.5 - 2.2 / 3)
    assert np.isnan(table["difference"].loc[("announced", True)])
    low, high = table["difference_low"], table["difference_high"]
    compared = table["difference"].notna()
    assert ((low < table["difference"]) & (table["difference"] < high))[compared].all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_no_order_of_checks_changes_a_summary_and_limits_hold_their_share(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = [
        (str(rng.integers(3)), f"S{rng.integers(1, 4)}", f"点{site}", float(rng.choice([0.0, 0.5, 1.0])))
        for site in rng.integers(0, 6, 20)
    ]
    checks = checks_of(*rows).assign(mode=rng.choice(["covert", "patrol", ""], 20))
    table = summarise_observations(checks, REGISTER)
    pd.testing.assert_frame_equal(
        table, summarise_observations(checks.sample(frac=1, random_state=1), REGISTER)
    )
    sampled = table[table["by"] != "site"]
    for share in ("earned", "passed"):
        value, low, high = (sampled[f"{share}_{part}"] for part in ("share", "low", "high"))
        assert ((low >= 0) & (low <= value + 1e-12) & (value <= high + 1e-12) & (high <= 1)).all()
        assert (high > low).all()


def test_same_name_of_a_site_in_two_subdistricts_is_two_sites() -> None:
    checks = checks_of(("1", "S1", "农贸市场", 1.0), ("1", "S2", "农贸市场", 0.0))
    assert len(add_up_sites(checks, ["1"], REGISTER).subdistrict_of_site) == 2


def test_a_site_named_under_its_community_and_under_its_subdistrict_is_one() -> None:
    """Market in S1a earns 1, and 0 where the row says S1: one site of two checks, earned 1 of 2."""
    checks = checks_of(("1", "S1a", "农贸市场", 1.0), ("1", "S1", "农贸市场", 0.0), ("1", "S1b", "公园", 1.0))
    found = observed_leaves(add_up_sites(checks, ["1"], REGISTER), REGISTER)
    assert found["S1"].sites_by_leaf[0] == 2
    assert found["D"].sites_by_leaf[0] == 2
    table = summary(checks, "all")
    assert table["sites"].tolist() == [2, 2]
    assert table["sites_passed"].tolist() == [1, 1]
