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
    "degrees_of_freedom": "float64",  # of the survey's part of it
    "bootstrap_error": "float64",  # the same by Rao–Wu replicates, as a check
    "root_mean_square_error": "float64",  # … by draws through the whole function; makes the limits
    "low": "float64",  # 95 % interval of points_earned
    "high": "float64",
    "coverage": "float64",  # share of the declared points that was measured in this wave, so not carried
    "bound_low": "float64",  # points_earned if all that was not measured in this wave scored 0
    "bound_high": "float64",  # … if it scored full
    "deducted": "float64",  # points the negative list took from the total; 0 for other nodes
    "pass_probability": "float64",  # P(at or above the target), from the draws; NaN without a target
    "carried_from": "str",  # leaf: id and last day of the wave whose value stands in; empty otherwise
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
    "counted": "bool",  # it takes points or caps the grade: verified, in the window, below the caps
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
    "previous_value": "float64",  # in the previous wave, where it is comparable; NaN otherwise
    "change": "float64",
    "change_low": "float64",
    "change_high": "float64",
    "change_verdict": "str",  # surveys.compare.ChangeVerdict; empty without a previous wave
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
    "by": "str",  # Breakdown: all, demonstration, site_type, mode, standard, site
    "name": "str",  # type of site, ObservationMode, indicator code or site; empty for all and demonstration
    "demonstration": "bool",  # rows of demonstration sites stand apart, but for by = all
    "checks": "int64",
    "sites": "int64",
    "sites_passed": "int64",
    "earned_share": "float64",  # 得分率, with its 95 % limits; NaN for a single site (by = site)
    "earned_low": "float64",
    "earned_high": "float64",
    "passed_share": "float64",  # 达标率
    "passed_low": "float64",
    "passed_high": "float64",
    "difference": "float64",  # of 得分率: demonstration sites less the others, a mode less the other modes
    "difference_low": "float64",
    "difference_high": "float64",
}

RANKING_COLUMNS: dict[str, str] = {
    "wave": "str",
    "kind": "str",  # RankedKind: total, common (the total over leaves that all areas have), node, rate
    "name": "str",  # TOTAL_NODE, indicator code, or measure
    "label": "str",
    "comparable": "int64",  # areas whose effective points agree share a number; only they are ranked together
    "areas": "int64",  # how many areas are ranked together
    "area_code": "str",
    "area_name": "str",
    "value": "float64",
    "unit": "str",
    "low": "float64",  # 95 % interval of the value itself
    "high": "float64",
    "rank": "int64",  # place of the estimate; ties share the better place
    "rank_low": "int64",  # joint 95 % set of ranks (M8): best …
    "rank_high": "int64",  # … and worst place
    "simple_rank_low": "int64",  # Klein–Wright–Wieczorek, as a check
    "simple_rank_high": "int64",
    "tier": "str",  # Tier: surely_top, undecided, surely_bottom; empty with fewer than three areas
}

QUADRANT_COLUMNS: dict[str, str] = {
    "wave": "str",
    "area_level": "str",
    "area_code": "str",
    "area_name": "str",
    "node": "str",
    "node_name": "str",
    "method": "str",
    "importance_kind": "str",  # declared (points) or derived (Shapley share of R²)
    "importance": "float64",
    "importance_low": "float64",  # 95 % interval of a derived importance; NaN for declared points
    "importance_high": "float64",
    "importance_mark": "float64",  # where the crosshair stands: the mean importance
    "value": "float64",
    "low": "float64",
    "high": "float64",
    "unit": "str",
    "target": "float64",  # the crosshair of performance
    "gap": "float64",  # value − target in shares of the scale's range (−1 … 1), positive where it is better
    "gap_low": "float64",
    "gap_high": "float64",
    "quadrant": "str",  # Quadrant: repair, strength, maintain, chance
    "stability": "float64",  # share of draws that stay in the quadrant
    "labelled": "bool",  # stability ≥ .8
    "n": "int64",
}

SENSITIVITY_COLUMNS: dict[str, str] = {
    "wave": "str",
    "area_level": "str",
    "area_code": "str",
    "area_name": "str",
    "scenario": "str",  # Scenario: headline, points, leave_one_out, geometric, missing, sampling
    "variants": "int64",  # how many ways of scoring the row sums up (sampling: draws)
    "total_low": "float64",  # lowest and highest total among them (sampling: the total's own 95 % interval)
    "total_high": "float64",
    "rank_low": "int64",  # best and worst place (sampling: of the joint 95 % set, M8); 0 where not ranked
    "rank_high": "int64",
    "verdict": "str",  # of the headline, against the total's target; empty without one
    "verdict_share": "float64",  # share of variants on the headline's side of the target, else in its third
    "fragile": "bool",  # some variant turns the side of the target; without one the third of the places
    "turned_by": "str",  # the variant that does, or moves the total most: a node's name, or a `Filling`
}

WATERFALL_COLUMNS: dict[str, str] = {
    "kind": "str",  # wave (previous → this) or area (one → another)
    "from_label": "str",
    "to_label": "str",
    "area_level": "str",
    "area_code": "str",  # the area whose change it is; of a comparison of areas: the second
    "area_name": "str",
    "order": "int64",
    "step": "str",  # WaterfallStep: start, leaf, not_comparable, composition, deduction, …, end
    "node": "str",
    "node_name": "str",
    "project": "str",  # top node above the leaf
    "points": "float64",  # what the step adds; of start and end: the total
    "total_after": "float64",
}

SCORE_CHANGES_COLUMNS: dict[str, str] = {
    "wave_old": "str",
    "wave_new": "str",
    "area_level": "str",
    "area_code": "str",
    "area_name": "str",
    "node": "str",  # TOTAL_NODE or an inner node or leaf
    "node_name": "str",
    "depth": "int64",
    "old": "float64",  # points earned; of leaves: the value on its own scale
    "new": "float64",
    "unit": "str",
    "change": "float64",
    "low": "float64",  # 95 % interval of the change
    "high": "float64",
    "verdict": "str",  # surveys.compare.ChangeVerdict
    "reason": "str",  # why not comparable; empty where it is
}

COMBINED_COLUMNS: dict[str, str] = {
    "wave": "str",
    "area_level": "str",
    "area_code": "str",
    "area_name": "str",
    "main_total": "float64",  # points of each tree after its deductions, with its 95 % interval
    "main_low": "float64",
    "main_high": "float64",
    "companion_total": "float64",
    "companion_low": "float64",
    "companion_high": "float64",
    "companion_share": "float64",  # weight of the companion tree (minors: .2)
    "gate": "float64",  # points under which the companion tree bars the application; NaN without
    "gate_verdict": "str",  # Verdict of the companion total against the gate
    "gate_probability": "float64",  # P(companion total at or above the gate)
    "total": "float64",  # combined
    "low": "float64",
    "high": "float64",
    "root_mean_square_error": "float64",
    "target": "float64",
    "pass_probability": "float64",
    "verdict": "str",
}

WHAT_IF_COLUMNS: dict[str, str] = {
    "wave": "str",
    "area_level": "str",
    "area_code": "str",  # an area whose total is touched; the district where only its own leaves are set too
    "area_name": "str",
    "before": "float64",  # total points, as measured
    "before_low": "float64",
    "before_high": "float64",
    "before_pass_probability": "float64",  # NaN without a target
    "after": "float64",  # the tree scored again with all settings
    "after_low": "float64",
    "after_high": "float64",
    "after_pass_probability": "float64",
    "change": "float64",  # after − before: the joint effect
    "singles": "float64",  # settings one at a time; not the change where the tree is not additive
    "target": "float64",
    "verdict_before": "str",
    "verdict_after": "str",
}

WHAT_IF_SETTINGS_COLUMNS: dict[str, str] = {
    "area_level": "str",
    "area_code": "str",
    "area_name": "str",
    "node": "str",
    "node_name": "str",
    "value": "float64",  # as measured, on the leaf's own scale
    "set_to": "float64",  # the value taken as known
    "unit": "str",
    "points": "float64",  # what it adds alone to the total of its own area
    "district_value": "float64",  # the district's value of the leaf, as measured; NaN where it has none
    "district_set_to": "float64",  # … with this setting alone; NaN where that would reveal a withheld value
    "district_points": "float64",  # what it adds alone to the district's total; NaN likewise
}

WAY_COLUMNS: dict[str, str] = {
    "order": "int64",
    "node": "str",
    "node_name": "str",
    "lead_unit": "str",
    "stage": "str",  # WayStage: to_target first, to_full where that is not enough
    "value": "float64",  # as it stands before the step, on the leaf's own scale
    "set_to": "float64",
    "needed": "float64",  # where the step brings the total to its target: the value that does; NaN elsewhere
    "unit": "str",
    "points": "float64",  # what the step adds, the steps before it taken
    "total_after": "float64",
    "low_after": "float64",
    "high_after": "float64",
    "pass_probability": "float64",
    "reached": "str",  # WayMark: estimate (total at its target), surely (its lower limit too); or empty
}

CYCLE_COLUMNS: dict[str, str] = {
    "area_level": "str",
    "area_code": "str",
    "area_name": "str",
    "years": "int64",  # years with a total
    "weight_known": "float64",  # their share of the cycle
    "total": "float64",  # weighted mean of the years known
    "root_mean_square_error": "float64",
    "low": "float64",  # 95 % interval, years independent
    "high": "float64",
    "cautious_low": "float64",  # … however much the errors of the years agree
    "cautious_high": "float64",
    "bound_low": "float64",  # the whole cycle if the years not known brought 0
    "bound_high": "float64",  # … and 100
}


def empty_frame(columns: Mapping[str, str]) -> pd.DataFrame:
    """A table without rows that has every column with its type."""
    return pd.DataFrame({name: pd.Series(dtype=dtype) for name, dtype in columns.items()})
