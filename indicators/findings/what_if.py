"""What-if (M9): the tree scored again with some leaves at other values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from indicators.columns import WHAT_IF_COLUMNS, WHAT_IF_SETTINGS_COLUMNS
from indicators.findings.known_values import KnownCells, scored_again, with_moved
from indicators.findings.setting import Setting
from indicators.framework import Framework, Method
from indicators.scores.leaf import LeafTable
from indicators.scores.leaf_score import leaf_scores
from indicators.scores.node_limits import total_limits
from indicators.scores.scored import Scored, total_points
from indicators.scores.tree import BoolArray
from indicators.status import NodeStatus, ScoreFlag
from surveys.sample import FloatArray, IntArray
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
    framework
        The tree whose totals these are.
    """

    totals: pd.DataFrame
    settings: pd.DataFrame
    framework: Framework


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
    little too wide. Where exactly one subdistrict of a leaf is withheld the district does not follow: how far
    it does tells the parts of all others, and with them the value withheld (M17). Subdistricts do not follow
    the district. Effects of single settings do not add up where
    the tree is not additive: `change` is the joint one.
    """
    untold = gives_back(scored.leaves)
    part = np.where(untold, 0.0, parts_of_district(scored.leaves, base_by_area))
    cells = _cells(settings)
    touched = sorted(set(cells.rows.tolist()) | _districts(cells, part))
    after = scored_again(scored, _with_district(scored.leaves, cells, part), touched, cells)
    before = scored_again(scored, scored.leaves, touched)
    single = _single(scored, cells, part)
    points = np.zeros((len(settings), len(scored.leaves.areas)))
    points[:, DISTRICT] = single.district_points
    points[np.arange(len(settings)), cells.rows] = single.points
    totals = _total_table(before, after, points[:, touched].sum(axis=0))
    unknown = untold[cells.columns] & (cells.rows != DISTRICT)
    return WhatIf(totals, _setting_table(scored, cells, single, unknown), scored.framework)


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
    part[~leaves.measured | leaves.carried | leaves.carried[DISTRICT] | ~leaves.measured[DISTRICT]] = 0.0
    part[DISTRICT] = 0.0
    return part


def gives_back(leaves: LeafTable) -> BoolArray:
    """Leaves whose withheld value the parts of the district would give back, shape (leaves,).

    Parts add up to 1: with one subdistrict withheld its part is what the others leave, and its value what
    they leave of the district's. Of two or more only their common mean can be had.
    """
    withheld = leaves.has_status(NodeStatus.WITHHELD)[DISTRICT + 1 :]
    return np.asarray(withheld.sum(axis=0) == 1, dtype=bool)


@dataclass(frozen=True)
class _Single:
    """What each setting does alone, shape (settings,) each.

    Parameters
    ----------
    points, district_points
        What it adds to the total of its own area, and to the district's.
    district_value
        The district's value of its leaf then.
    """

    points: FloatArray
    district_points: FloatArray
    district_value: FloatArray


def _cells(settings: Sequence[Setting]) -> KnownCells:
    return KnownCells(
        rows=np.array([setting.row for setting in settings], dtype=np.intp),
        columns=np.array([setting.column for setting in settings], dtype=np.intp),
        value=np.array([setting.value for setting in settings], dtype=np.float64),
    )


def _districts(cells: KnownCells, part: FloatArray) -> set[int]:
    """The district, where it follows any setting."""
    return {DISTRICT} if (part[cells.rows, cells.columns] > 0).any() else set()


def _shifts(leaves: LeafTable, cells: KnownCells, part: FloatArray) -> FloatArray:
    """How far the district follows each setting, on the leaf's own scale, shape (settings,)."""
    at = cells.rows, cells.columns
    follows = part[at] > 0
    return np.where(follows, part[at] * (cells.value - leaves.value[at]), 0.0)


def _with_district(leaves: LeafTable, cells: KnownCells, part: FloatArray) -> LeafTable:
    """The leaves before any is known, the district where the settings take it."""
    shift_by_leaf = np.zeros(leaves.value.shape[1])
    np.add.at(shift_by_leaf, cells.columns, _shifts(leaves, cells, part))
    return with_moved(leaves, DISTRICT, shift_by_leaf)


def _single(scored: Scored, cells: KnownCells, part: FloatArray) -> _Single:
    """Each setting alone, in its own area and in the district."""
    leaves, each = scored.leaves, np.arange(len(cells.rows))
    own = leaves.value[cells.rows]  # a copy, shape (settings, leaves)
    own[each, cells.columns] = cells.value
    district = np.tile(leaves.value[DISTRICT], (len(each), 1))
    district[each, cells.columns] += _shifts(leaves, cells, part)
    in_district = cells.rows == DISTRICT
    district[in_district] = own[in_district]
    whole = np.full(len(each), DISTRICT)
    return _Single(
        points=_gains(scored, cells.rows, own),
        district_points=_gains(scored, whole, district),
        district_value=district[each, cells.columns],
    )


def _gains(scored: Scored, rows: IntArray, value_by_leaf: FloatArray) -> FloatArray:
    """What these values add to the totals of these areas; shapes (settings,) and (settings, leaves)."""
    score = np.where(scored.leaves.measured[rows], leaf_scores(scored.framework, value_by_leaf), 0.0)
    available, deducted = scored.available_by_area_leaf[rows], scored.deducted_by_area[rows]
    return total_points(scored.tree, score, available, deducted) - scored.total_by_area[rows]


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


def _setting_table(scored: Scored, cells: KnownCells, single: _Single, unknown: BoolArray) -> pd.DataFrame:
    """A row for each setting; blank for the district where `unknown`: what it would do may not be told."""
    leaves, at = scored.leaves, (cells.rows, cells.columns)
    areas = [leaves.areas[row] for row in cells.rows]
    indicators = [leaves.leaves[column] for column in cells.columns]
    columns: dict[str, object] = {
        "area_level": [str(area.level) for area in areas],
        "area_code": [area.code for area in areas],
        "area_name": [area.name for area in areas],
        "node": [leaf.code for leaf in indicators],
        "node_name": [leaf.name for leaf in indicators],
        "value": leaves.value[at],
        "set_to": cells.value,
        "unit": [str(leaves.unit[column]) for column in cells.columns],
        "points": single.points,
        "district_value": leaves.value[DISTRICT, cells.columns],
        "district_set_to": np.where(unknown, np.nan, single.district_value),
        "district_points": np.where(unknown, np.nan, single.district_points),
    }
    return pd.DataFrame(columns)[list(WHAT_IF_SETTINGS_COLUMNS)].astype(WHAT_IF_SETTINGS_COLUMNS)
