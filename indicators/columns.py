"""The tidy tables of results: every column, with its type and meaning (docs/results.md says more)."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

SCORES_COLUMNS: dict[str, str] = {
    "wave": "str",
    "area_level": "str",
    "area_code": "str",
    "area_name": "str",
    "node": "str",  # indicator code; TOTAL_NODE for the total after deductions
    "node_name": "str",
    "parent": "str",
    "depth": "int64",  # 0 for the total, 1 for projects, …
    "method": "str",  # Method for leaves, "" for inner nodes
    "points": "float64",  # declared
    "effective_points": "float64",  # after the weight of what is blank was shared out
    "value": "float64",  # leaf value on its own scale; NaN for inner nodes and withheld leaves
    "unit": "str",
    "score_share": "float64",  # in [0, 1]
    "points_earned": "float64",  # score_share × effective points (total: after deductions)
    "standard_error": "float64",  # of points_earned, by linearisation (M9)
    "low": "float64",  # 95 % interval of points_earned
    "high": "float64",
    "coverage": "float64",  # share of the declared points that was measured
    "bound_low": "float64",  # points_earned if everything not collected scored 0
    "bound_high": "float64",  # … if it scored full
    "status": "str",  # NodeStatus
    "target": "float64",
    "verdict": "str",
    "n": "int64",  # respondents, checks or documents behind a leaf; 0 for inner nodes
    "effective_n": "float64",  # of a leaf: n_e of M3 for shares, N of M12 for observations; NaN elsewhere
    "lead_unit": "str",
    "flag": "str",
}
TOTAL_NODE = "total"

DEDUCTIONS_COLUMNS: dict[str, str] = {
    "area_code": "str",
    "item": "str",
    "item_name": "str",
    "date": "str",  # ISO
    "description": "str",
    "points": "float64",  # deducted from the total, after caps
    "veto_grade": "str",
    "counted": "bool",  # verified and inside the window
    "reason": "str",  # why it does not count; empty where it does
}

FINDINGS_COLUMNS: dict[str, str] = {
    "rank": "int64",  # order within the area (M11)
    "area_level": "str",
    "area_code": "str",
    "area_name": "str",
    "node": "str",
    "node_name": "str",
    "text": "str",  # the standard itself
    "method": "str",
    "class": "str",  # WeaknessClass
    "value": "float64",
    "low": "float64",
    "high": "float64",
    "unit": "str",
    "target": "float64",
    "n": "int64",
    "points": "float64",  # effective points of the leaf
    "points_lost": "float64",  # effective points − earned
    "points_recoverable": "float64",  # W[s(t) − s(v)]₊
    "points_confirmed_loss": "float64",  # W[s(t) − s(high)]₊
    "probability_below": "float64",
    "verdict": "str",
    "lead_unit": "str",
    "lead_unit_name": "str",
    "supporting_units": "str",
    "group": "str",
    "task_force": "str",
    "tags": "str",
}

OBSERVATIONS_COLUMNS: dict[str, str] = {
    "area_level": "str",
    "area_code": "str",
    "area_name": "str",
    "site_type": "str",
    "demonstration": "bool",
    "checks": "int64",
    "sites": "int64",
    "sites_passed": "int64",
    "earned_share": "float64",  # 得分率
    "passed_share": "float64",  # 达标率
}


def empty_frame(columns: Mapping[str, str]) -> pd.DataFrame:
    """A table without rows that has every column with its type."""
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in columns.items()})
