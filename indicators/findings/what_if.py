"""What-if (M9): the tree scored again with some leaves at other values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from indicators.columns import WHAT_IF_COLUMNS, WHAT_IF_SETTINGS_COLUMNS
from indicators.findings.known_values import scored_again, with_known, with_moved
from indicators.findings.setting import Setting
from indicators.framework import Method
from indicators.scores.leaf import LeafTable
from indicators.scores.leaf_score import leaf_scores
from indicators.scores.node_limits import score_limits
from indicators.scores.scored import Scored, after_deductions, total_points
from indicators.status import ScoreFlag
from surveys.sample import FloatArray
from surveys.verdict import verdict_of

DISTRICT = 0
"""Row of the district in a `LeafTable`."""


@dataclass(frozen=True)
class WhatIf:
    """What becomes of the totals.

    Parameters
    ----------
    totals
        One row for each area that a setting touches, the district first (`WHAT_IF_COLUMNS`).
    settings
        One row for each setting, and what it does alone (`WHAT_IF_SETTINGS_COLUMNS`).
    """

    totals: pd.DataFrame
    settings: pd.DataFrame


def what_if(scored: Scored, settings: Sequence[Setting], base_by_area: pd.DataFrame) -> WhatIf:
    """Score the tree again with leaves at other values.

    Parameters
    ----------
    settings
        Checked ones (`indicators.findings.setting.settings_of`), at least one.
    base_by_area
        Weighted bases Σwr, area code × measure (`Estimation.base_by_area`): by them the district follows its
        subdistricts.

    Notes
    -----
    M9: the whole scoring function again, draws and deductions included. A value that is set is taken as
    known: it has no error left. Where a subdistrict's leaf is set the district's follows as it is made:
    a rate by the subdistrict's part of the weighted base, 得分率 by its part of the checks, grades that the
    district has from its subdistricts by their mean; the district keeps the error it has there, which is a
    little too wide. Subdistricts do not follow the district. Effects of single settings do not add up where
    the tree is not additive: `change` is the joint one.
    """
    part = parts_of_district(scored.leaves, base_by_area)
    touched = sorted({setting.row for setting in settings} | _districts(settings, part))
    after = scored_again(scored, _set(scored.leaves, settings, part), touched)
    before = scored_again(scored, scored.leaves, touched)
    single = [_set(scored.leaves, [setting], part) for setting in settings]
    points = np.stack([_totals(scored, table) - scored.total_by_area for table in single])
    totals = _total_table(before, after, points[:, touched].sum(axis=0))
    return WhatIf(totals, _setting_table(scored, settings, single, points))


def parts_of_district(leaves: LeafTable, base_by_area: pd.DataFrame) -> FloatArray:
    """What each subdistrict's value is of the district's, shape (areas, leaves); the district's own row is 0.

    The district's value of a leaf is Σ part · value over its subdistricts (and what belongs to none of
    them). 0 where the district's value is not made of subdistricts': grades of its own, values carried over.
    """
    part = np.zeros(leaves.value.shape)
    codes = [area.code for area in leaves.areas]
    for column, leaf in enumerate(leaves.leaves):
        if leaf.method is Method.QUESTIONNAIRE:
            size = base_by_area[leaf.source].reindex(codes).to_numpy(dtype=np.float64)
        elif leaf.method is Method.OBSERVATION or (
            str(ScoreFlag.MEAN_OF_SUBDISTRICTS) in leaves.flag[DISTRICT, column].split(";")
        ):
            size = leaves.n[:, column].astype(np.float64)
        else:
            continue
        if size[DISTRICT] > 0:
            part[:, column] = np.nan_to_num(size / size[DISTRICT])
    part[~leaves.measured | leaves.carried | leaves.carried[DISTRICT]] = 0.0
    part[DISTRICT] = 0.0
    return part


def _districts(settings: Sequence[Setting], part: FloatArray) -> set[int]:
    """The district, where it follows any setting."""
    return {DISTRICT} if any(part[setting.row, setting.column] > 0 for setting in settings) else set()


def _set(leaves: LeafTable, settings: Sequence[Setting], part: FloatArray) -> LeafTable:
    rows = np.array([setting.row for setting in settings], dtype=np.intp)
    columns = np.array([setting.column for setting in settings], dtype=np.intp)
    values = np.array([setting.value for setting in settings])
    shift = np.zeros(leaves.value.shape[1])
    np.add.at(shift, columns, part[rows, columns] * (values - leaves.value[rows, columns]))
    return with_moved(with_known(leaves, rows, columns, values), DISTRICT, shift)


def _totals(scored: Scored, leaves: LeafTable) -> FloatArray:
    """Total points of every area for these values, shape (areas,)."""
    score = np.where(leaves.measured, leaf_scores(scored.framework, leaves.value), 0.0)
    return total_points(scored.tree, score, scored.available_by_area_leaf, scored.deducted_by_area)


def total_limits(scored: Scored) -> tuple[FloatArray, FloatArray]:
    """95 % limits of the totals after deductions, shape (areas,) each."""
    low, high = (after_deductions(share[:, 0], scored.deducted_by_area) for share in score_limits(scored))
    return low, high


def _total_table(before: Scored, after: Scored, singles: FloatArray) -> pd.DataFrame:
    areas = before.leaves.areas
    target = np.nan if before.framework.target_points is None else before.framework.target_points
    columns: dict[str, object] = {
        "wave": before.wave,
        "area_level": [str(area.level) for area in areas],
        "area_code": [area.code for area in areas],
        "area_name": [area.name for area in areas],
        "change": after.total_by_area - before.total_by_area,
        "singles": singles,
        "target": target,
    }
    for name, scored in (("before", before), ("after", after)):
        low, high = total_limits(scored)
        columns[name] = scored.total_by_area
        columns[f"{name}_low"], columns[f"{name}_high"] = low, high
        columns[f"{name}_pass_probability"] = scored.pass_probability_by_area_node[:, 0]
        columns[f"verdict_{name}"] = [
            "" if np.isnan(target) else str(verdict_of(float(a), float(b), target))
            for a, b in zip(low, high, strict=True)
        ]
    return pd.DataFrame(columns)[list(WHAT_IF_COLUMNS)].astype(WHAT_IF_COLUMNS)


def _setting_table(
    scored: Scored, settings: Sequence[Setting], single: Sequence[LeafTable], points: FloatArray
) -> pd.DataFrame:
    leaves = scored.leaves
    rows = []
    for at, setting in enumerate(settings):
        area, leaf = leaves.areas[setting.row], leaves.leaves[setting.column]
        rows.append(
            {
                "area_level": str(area.level),
                "area_code": area.code,
                "area_name": area.name,
                "node": leaf.code,
                "node_name": leaf.name,
                "value": leaves.value[setting.row, setting.column],
                "set_to": setting.value,
                "unit": str(leaves.unit[setting.column]),
                "points": points[at, setting.row],
                "district_value": leaves.value[DISTRICT, setting.column],
                "district_set_to": single[at].value[DISTRICT, setting.column],
                "district_points": points[at, DISTRICT],
            }
        )
    table = pd.DataFrame(rows, columns=list(WHAT_IF_SETTINGS_COLUMNS))
    return table.astype(WHAT_IF_SETTINGS_COLUMNS)
