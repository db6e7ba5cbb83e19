"""The total of a cycle: by hand, years to come, bounds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicators.columns import CYCLE_COLUMNS
from indicators.findings.cycle import cycle_total


def year(points: dict[str, float], error: float = 1.0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "area_level": "subdistrict",
            "area_code": list(points),
            "area_name": list(points),
            "points_earned": list(points.values()),
            "root_mean_square_error": error,
        }
    )


def test_three_years_by_hand() -> None:
    """0.15·80 + 0.25·84 + 0.6·90 = 87; errors 2, 2, 1: √(0.3² + 0.5² + 0.6²) and at worst 0.3 + 0.5 + 0.6."""
    found = cycle_total([year({"S": 80.0}, 2.0), year({"S": 84.0}, 2.0), year({"S": 90.0})])
    assert list(found.columns) == list(CYCLE_COLUMNS)
    row = found.iloc[0]
    error = np.sqrt(0.3**2 + 0.5**2 + 0.6**2)
    assert row["total"] == pytest.approx(87.0)
    assert row["root_mean_square_error"] == pytest.approx(error)
    assert (row["low"], row["high"]) == pytest.approx(
        (87 - 1.959964 * error, 87 + 1.959964 * error), abs=1e-6
    )
    assert row["cautious_low"] == pytest.approx(87 - 1.959964 * 1.4, abs=1e-6)
    assert (row["bound_low"], row["bound_high"]) == pytest.approx((87.0, 87.0))
    assert row["years"] == 3 and row["weight_known"] == pytest.approx(1.0)


def test_years_to_come_leave_a_partial_total_with_bounds() -> None:
    """(0.15·80 + 0.25·84)/0.4 = 82.5; the whole cycle between 33 and 93. An area seen once has its own."""
    found = cycle_total([year({"S": 80.0}), year({"S": 84.0, "T": 60.0}), None]).set_index("area_code")
    assert found.loc["S", "total"] == pytest.approx(82.5)
    assert tuple(found.loc["S", ["bound_low", "bound_high"]]) == pytest.approx((33.0, 93.0))
    assert found.loc["T", ["years", "total"]].tolist() == [1, 60.0]
    assert tuple(found.loc["T", ["bound_low", "bound_high"]]) == pytest.approx((15.0, 90.0))


def test_an_area_without_any_total_stays_blank() -> None:
    found = cycle_total([year({"S": np.nan}), year({"S": np.nan})], (0.4, 0.6)).iloc[0]
    assert np.isnan(found["total"]) and np.isnan(found["low"])
    assert (found["bound_low"], found["bound_high"]) == (0.0, 100.0)


@given(st.lists(st.floats(0, 100), min_size=3, max_size=3), st.floats(0, 5))
def test_the_cautious_interval_holds_the_other_and_the_total_lies_among_its_years(
    points: list[float], error: float
) -> None:
    row = cycle_total([year({"S": value}, error) for value in points]).iloc[0]
    assert min(points) - 1e-9 <= row["total"] <= max(points) + 1e-9
    assert row["cautious_low"] <= row["low"] + 1e-9 and row["high"] <= row["cautious_high"] + 1e-9
    assert row["low"] >= 0 and row["high"] <= 100


def test_thirds_that_miss_one_are_divided_by_their_sum() -> None:
    """0.3333333 three times: the mean of 60, 70 and 80, and nothing left for years to come."""
    row = cycle_total([year({"S": points}) for points in (60.0, 70.0, 80.0)], (0.3333333,) * 3).iloc[0]
    assert (row["total"], row["weight_known"]) == pytest.approx((70.0, 1.0), abs=1e-12)
    assert (row["bound_low"], row["bound_high"]) == pytest.approx((70.0, 70.0), abs=1e-12)


@pytest.mark.parametrize("weights", [(0.5, 0.6), (0.5,), (1.2, -0.2)])
def test_weights_that_do_not_fit_are_refused(weights: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="weight"):
        cycle_total([year({"S": 1.0}), year({"S": 1.0})], weights)
