"""A cycle of yearly assessments: what the scores of its years make together (domain: 15/25/60 %)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from indicators.columns import CYCLE_COLUMNS
from indicators.framework import FULL_POINTS
from indicators.scores.leaf import NORMAL_95

DEFAULT_WEIGHTS = (0.15, 0.25, 0.60)
"""Weights of the years, seen in public material; configuration."""
WEIGHTS_SUM = 1e-6
"""Weights may miss 1 by this much: people write thirds as 33.33333. They are then divided by their sum."""


def cycle_total(
    totals: Sequence[pd.DataFrame | None], weights: Sequence[float] = DEFAULT_WEIGHTS
) -> pd.DataFrame:
    """Weighted total of the years of a cycle, for every area that any year has.

    Parameters
    ----------
    totals
        One table for each year in order, None for a year still to come: ``area_level``, ``area_code``,
        ``area_name``, ``points_earned`` (NaN where there is no total), ``root_mean_square_error``.
    weights
        Of the years, positive, adding up to 1 within `WEIGHTS_SUM`; as many as there are entries of `totals`.

    Returns
    -------
    Tidy table, `CYCLE_COLUMNS`: areas in the order of the last year that has them.

    Raises
    ------
    ValueError
        The weights do not fit.

    Notes
    -----
    C = Σ w·T over the years that are known, divided by their weights; RMSE² = Σ w²·RMSE² over the same
    divisor squared: years are separate surveys. Where their samples share communities their errors may
    agree; `cautious_low` and `cautious_high` are limits that hold however much they do (Σ w·RMSE).
    `bound_low` and `bound_high`: the cycle's total if the years still to come brought 0 and 100.

    Examples
    --------
    >>> year = pd.DataFrame(
    ...     {"area_level": ["district"], "area_code": ["D"], "area_name": ["区"],
    ...      "points_earned": [80.0], "root_mean_square_error": [2.0]}
    ... )
    >>> found = cycle_total([year, year.assign(points_earned=90.0), None]).iloc[0]
    >>> found[["total", "bound_low", "bound_high"]].astype(float).round(2).tolist()
    [86.25, 34.5, 94.5]
    """
    weight_by_year = np.array(weights, dtype=np.float64)
    if len(weight_by_year) != len(totals) or not (weight_by_year > 0).all():
        raise ValueError("each year of a cycle needs a positive weight")
    if abs(weight_by_year.sum() - 1.0) > WEIGHTS_SUM:
        raise ValueError(f"the weights of a cycle add up to {weight_by_year.sum():.9g}, not to 1")
    weight_by_year /= weight_by_year.sum()
    areas = _areas(totals)
    points = _by_area_year(totals, areas, "points_earned")
    error = _by_area_year(totals, areas, "root_mean_square_error")
    known = ~np.isnan(points)
    weight = np.where(known, weight_by_year, 0.0)
    held = weight.sum(axis=1)
    divisor = np.where(held > 0, held, np.nan)
    earned = (weight * np.where(known, points, 0.0)).sum(axis=1)
    total = earned / divisor
    # A year whose error is not known leaves the cycle's unknown too.
    deviation = np.where(known, error, 0.0) * weight
    independent = np.sqrt((deviation**2).sum(axis=1)) / divisor
    agreeing = deviation.sum(axis=1) / divisor
    table = areas.assign(
        years=known.sum(axis=1),
        weight_known=held,
        total=total,
        root_mean_square_error=independent,
        low=np.maximum(total - NORMAL_95 * independent, 0.0),
        high=np.minimum(total + NORMAL_95 * independent, FULL_POINTS),
        cautious_low=np.maximum(total - NORMAL_95 * agreeing, 0.0),
        cautious_high=np.minimum(total + NORMAL_95 * agreeing, FULL_POINTS),
        bound_low=earned,
        bound_high=earned + FULL_POINTS * (1.0 - held),
    )
    return table[list(CYCLE_COLUMNS)].astype(CYCLE_COLUMNS)


def _areas(totals: Sequence[pd.DataFrame | None]) -> pd.DataFrame:
    """Every area once, as the last year that has it names it; those of the last year first."""
    given = [table for table in reversed(totals) if table is not None]
    if not given:
        raise ValueError("no year of the cycle has scores")
    columns = ["area_level", "area_code", "area_name"]
    return pd.concat([table[columns] for table in given]).drop_duplicates("area_code", ignore_index=True)


def _by_area_year(totals: Sequence[pd.DataFrame | None], areas: pd.DataFrame, column: str) -> np.ndarray:
    by_year = [
        np.full(len(areas), np.nan)
        if table is None
        else table.set_index("area_code")[column].reindex(areas["area_code"]).to_numpy(dtype=np.float64)
        for table in totals
    ]
    return np.stack(by_year, axis=1)
