"""Two trees' totals in one: the second (minors) has its own 100 points, a weight, and a gate (M9)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from indicators.columns import COMBINED_COLUMNS
from indicators.framework import FULL_POINTS
from indicators.scores.leaf import NORMAL_95
from indicators.scores.node_limits import total_limits
from indicators.scores.scored import Scored
from surveys.sample import FloatArray
from surveys.verdict import Verdict, verdicts_of

AT_THE_MARK = 1e-9
"""Points by which a drawn total may miss a mark that it reaches but for its last bits."""


def combine_trees(
    main: Scored,
    companion: Scored,
    *,
    share: float | None = None,
    gate: float | None = None,
    target: float | None = None,
) -> pd.DataFrame:
    """Total of both trees in every area: (1 − share)·main + share·companion (`COMBINED_COLUMNS`).

    Parameters
    ----------
    main, companion
        Of the same wave, with the same settings.
    share
        Weight of the companion's total, in (0, 1); None: its edition's.
    gate
        Points of the companion's total under which a city cannot apply; None: its edition's, or none.
    target
        Mark of the combined total, in points; None: that of the main edition, or none.

    Raises
    ------
    ValueError
        Neither the call nor the companion's edition names a share; or the trees were drawn differently.

    Notes
    -----
    M9. Both totals are those after their own deductions. The two trees draw the same answers alike and
    different observations apart, so the error is that of the sum of the draws, RMSE² = mean (T* − T̂)², with
    all that the trees share in it; limits are T̂ ± 1.96·RMSE cut to [0, 100]. Without draws the two errors are
    taken as fully correlated, which is the most they can be. The gate is held against the limits of the
    companion's total, the target against those of the combined one. Where either tree has no total there is
    no combined one.
    """
    of_edition = companion.framework
    weight = of_edition.share if share is None else share
    if weight is None or not 0.0 < weight < 1.0:
        raise ValueError(f"the edition {of_edition.name} has no share in a combined total")
    if main.settings != companion.settings:
        raise ValueError("both trees must be drawn with the same settings")
    bar = of_edition.gate_points if gate is None else gate
    mark = main.framework.target_points if target is None else target
    rows = [companion.leaves.row_of_area[area.code] for area in main.leaves.areas]
    total = (1.0 - weight) * main.total_by_area + weight * companion.total_by_area[rows]
    drawn = (1.0 - weight) * main.total_by_area_draw + weight * companion.total_by_area_draw[rows]
    error = _error(main, companion, rows, weight, total, drawn)
    low = np.clip(total - NORMAL_95 * error, 0.0, FULL_POINTS)
    high = np.clip(total + NORMAL_95 * error, 0.0, FULL_POINTS)
    main_low, main_high = total_limits(main)
    companion_low, companion_high = (limit[rows] for limit in total_limits(companion))
    second = companion.total_by_area[rows]
    second_error = FULL_POINTS * companion.root_mean_square_error_by_area_node[rows, 0]
    table = pd.DataFrame(
        {
            "wave": main.wave,
            "area_level": [str(area.level) for area in main.leaves.areas],
            "area_code": [area.code for area in main.leaves.areas],
            "area_name": [area.name for area in main.leaves.areas],
            "main_total": main.total_by_area,
            "main_low": main_low,
            "main_high": main_high,
            "companion_total": second,
            "companion_low": companion_low,
            "companion_high": companion_high,
            "companion_share": weight,
            "gate": _mark(bar),
            "gate_verdict": _verdicts(second, companion_low, companion_high, bar),
            "gate_probability": _chance(second, second_error, companion.total_by_area_draw[rows], bar),
            "total": total,
            "low": low,
            "high": high,
            "root_mean_square_error": error,
            "target": _mark(mark),
            "pass_probability": _chance(total, error, drawn, mark),
            "verdict": _verdicts(total, low, high, mark),
        }
    )
    return table[list(COMBINED_COLUMNS)].astype(COMBINED_COLUMNS)


def _error(
    main: Scored, companion: Scored, rows: list[int], weight: float, total: FloatArray, drawn: FloatArray
) -> FloatArray:
    """RMSE of the combined total in points; NaN where there is none."""
    if drawn.shape[1] > 0:
        of_draws = np.sqrt(np.mean((drawn - total[:, np.newaxis]) ** 2, axis=1))
        return np.asarray(np.where(np.isnan(total), np.nan, of_draws), dtype=np.float64)
    first = main.root_mean_square_error_by_area_node[:, 0]
    second = companion.root_mean_square_error_by_area_node[rows, 0]
    return np.asarray(FULL_POINTS * ((1.0 - weight) * first + weight * second), dtype=np.float64)


def _mark(points: float | None) -> float:
    return np.nan if points is None else points


def _verdicts(
    total: FloatArray, low: FloatArray, high: FloatArray, mark: float | None
) -> npt.NDArray[np.object_]:
    """Verdict against a mark; no total is NOT_MEASURED, no mark is no verdict."""
    if mark is None:
        return np.full(total.shape, "", dtype=object)
    verdict = verdicts_of(low, high, np.full(total.shape, mark))
    verdict[np.isnan(total)] = Verdict.NOT_MEASURED
    return verdict


def _chance(total: FloatArray, error: FloatArray, drawn: FloatArray, mark: float | None) -> FloatArray:
    """P(at or above the mark): the share of draws, or by the normal distribution without any."""
    if mark is None:
        return np.full(total.shape, np.nan)
    if drawn.shape[1] > 0:
        chance = np.mean(drawn >= mark - AT_THE_MARK, axis=1)
    else:
        ahead = total - mark
        normal = special.ndtr(ahead / np.where(error > 0, error, 1.0))
        chance = np.where(error > 0, normal, (ahead >= 0).astype(np.float64))
    return np.asarray(np.where(np.isnan(total), np.nan, chance), dtype=np.float64)
