"""Vetoes of estimates (M9): a leaf or node that lies surely below its mark caps the grade."""

from __future__ import annotations

import numpy as np
import pandas as pd

from indicators.columns import DEDUCTIONS_COLUMNS, empty_frame
from indicators.framework import Direction, Indicator, Method
from indicators.scores.node_limits import score_limits
from indicators.scores.scored import Scored
from indicators.status import VETO_OF_ESTIMATE
from surveys.sample import FloatArray


def vetoes_of(scored: Scored) -> pd.DataFrame:
    """Vetoes of estimates as rows of `DEDUCTIONS_COLUMNS`: no points, a grade, always counted.

    Notes
    -----
    M9. It holds where the *upper* limit of the estimate lies below `veto_below`: of a leaf's value on its own
    scale, of an inner node's share of its points. Where less is better, where the lower limit lies above it.
    A veto caps the grade alone; no score changes. A value that was carried over vetoes nothing: it did in
    its own wave.
    """
    low, high = score_limits(scored)
    rows: list[dict[str, object]] = []
    for node, indicator in enumerate(scored.tree.indicators, 1):
        if not indicator.veto_grade or indicator.veto_below is None:
            continue
        holds = _surely_beyond(indicator, *_limits_of(scored, node, low, high))
        rows += [_row(scored, int(row), indicator) for row in np.flatnonzero(holds)]
    if not rows:
        return empty_frame(DEDUCTIONS_COLUMNS)
    order = {area.code: at for at, area in enumerate(scored.leaves.areas)}
    rows.sort(key=lambda row: order[str(row["area_code"])])
    return pd.DataFrame(rows, columns=list(DEDUCTIONS_COLUMNS)).astype(DEDUCTIONS_COLUMNS)


def _limits_of(scored: Scored, node: int, low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Limits of one node in every area on the scale of its veto; NaN where it says nothing."""
    leaf = scored.tree.leaf_of_node[node]
    if leaf < 0:
        return low[:, node], high[:, node]
    own = scored.leaves.measured[:, leaf] & ~scored.leaves.carried[:, leaf]
    limits = scored.leaves.low[:, leaf], scored.leaves.high[:, leaf]
    return np.where(own, limits[0], np.nan), np.where(own, limits[1], np.nan)


def _surely_beyond(indicator: Indicator, low: FloatArray, high: FloatArray) -> np.ndarray:
    mark = indicator.veto_below
    assert mark is not None
    if indicator.method is Method.QUESTIONNAIRE and indicator.direction is Direction.DOWN:
        return np.asarray(low > mark)
    return np.asarray(high < mark)


def _row(scored: Scored, row: int, indicator: Indicator) -> dict[str, object]:
    return {
        "area_code": scored.leaves.areas[row].code,
        "item": indicator.code,
        "item_name": indicator.name,
        "date": scored.last_day,
        "description": VETO_OF_ESTIMATE,
        "points": 0.0,
        "veto_grade": indicator.veto_grade,
        "counted": True,
        "reason": "",
    }
