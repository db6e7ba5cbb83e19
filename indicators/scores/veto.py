"""Vetoes of estimates (M9): a leaf or node that lies surely below its mark caps the grade."""

from __future__ import annotations

import numpy as np
import pandas as pd

from indicators.columns import DEDUCTIONS_COLUMNS, empty_frame
from indicators.framework import Indicator
from indicators.scores.node_limits import score_limits
from indicators.scores.scored import Scored
from indicators.status import VETO_OF_ESTIMATE
from surveys.sample import FloatArray


def vetoes_of(scored: Scored) -> pd.DataFrame:
    """Vetoes of estimates as rows of `DEDUCTIONS_COLUMNS`: no points, a grade, always counted.

    Notes
    -----
    M9. It holds where the *upper* limit of the estimate lies below `veto_below`: of a leaf's value on its own
    scale, of an inner node's share of its points. (Leaves where less is better have no veto.) It caps the
    grade alone; no score changes. Values that were carried over veto nothing, nor does a node that is made of
    nothing else: they did in their own wave.
    """
    _, high = score_limits(scored)
    rows: list[dict[str, object]] = []
    for node, indicator in enumerate(scored.tree.indicators, 1):
        if not indicator.veto_grade or indicator.veto_below is None:
            continue
        holds = _upper_limit(scored, node, high) < indicator.veto_below
        rows += [_row(scored, int(row), indicator) for row in np.flatnonzero(holds)]
    if not rows:
        return empty_frame(DEDUCTIONS_COLUMNS)
    order = {area.code: at for at, area in enumerate(scored.leaves.areas)}
    rows.sort(key=lambda row: order[str(row["area_code"])])
    return pd.DataFrame(rows, columns=list(DEDUCTIONS_COLUMNS)).astype(DEDUCTIONS_COLUMNS)


def _upper_limit(scored: Scored, node: int, high_by_area_node: FloatArray) -> FloatArray:
    """Upper limit of one node in every area on the scale of its veto; NaN where it says nothing."""
    leaf = scored.tree.leaf_of_node[node]
    high = high_by_area_node[:, node] if leaf < 0 else scored.leaves.high[:, leaf]
    own = (scored.leaves.measured & ~scored.leaves.carried)[:, scored.tree.is_below[node]]
    return np.where(own.any(axis=1), high, np.nan)


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
