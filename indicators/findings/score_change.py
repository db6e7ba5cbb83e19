"""Changes of scores on the previous wave (M7, M9): the total, every node and every leaf."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from indicators.columns import SCORE_CHANGES_COLUMNS, TOTAL_NODE, empty_frame
from indicators.findings.common_leaves import common_nodes
from indicators.findings.content import contents_of
from indicators.findings.leaf_change import leaf_changes
from indicators.scores.leaf import NORMAL_95
from indicators.scores.likeness import OTHER_SITES, other_assessor, reasons_by_leaf
from indicators.scores.scored import Scored
from indicators.scores.table import TOTAL_NAME
from surveys.compare.multiplicity import benjamini_hochberg, step_down_max_t
from surveys.compare.vocabulary import ChangeVerdict, NotComparable
from surveys.questionnaire import Unit
from surveys.wave import Wave

LEVEL = 0.05
"""Largest adjusted p, or q, at which a change is called one."""
CERTAIN = 1e-12
"""Limits that are closer to the change have no sampling error between them: documents were all read."""
LEAST_KEPT = 0.5
"""Where the common leaves hold less of a node's points in either wave, what is left is not that node."""


class ScoreReason(StrEnum):
    """Why scores cannot be compared, beside `surveys.compare.NotComparable`; the column ``reason``."""

    EDITION = "edition"  # what the node is made of, or how it is scored, differs between the two editions
    COMPOSITION = "composition"  # blank in one wave: compared over what both waves have, where that is enough
    DEMONSTRATION = OTHER_SITES  # one wave leaves out demonstration sites, the other does not


def score_changes(
    old: Scored | None,
    new: Scored | None,
    changes: pd.DataFrame,
    wave_old: Wave,
    wave_new: Wave,
) -> pd.DataFrame:
    """Change of the total, of every node and of every leaf, in each area of the new wave.

    Parameters
    ----------
    old, new
        The two waves' scored trees; without one of them there are no rows.
    changes
        Changes of the rates (`surveys.compare.CHANGE_COLUMNS`); empty where nothing was compared.
    wave_old, wave_new
        Where they differ in who assessed (self-check, third party) nothing can be compared, unless the new
        wave's ``[compare]`` declares ``mode`` harmless; where one alone leaves out demonstration sites, no
        observation can.

    Returns
    -------
    Tidy table, `SCORE_CHANGES_COLUMNS`: by area, the total, then the tree in the order of the sheet.

    Notes
    -----
    M7, M9. Points of nodes are compared over the leaves that can be compared in both waves, both waves going
    through the new tree; where that leaves something out, `old` and `new` are those of what is left and
    `reason` says composition. Limits are change ± 1.96·√(RMSE₁² + RMSE₂²): communities that both waves drew
    make errors agree and the difference surer, so this is conservative for panels. Leaves are on their own
    scale, questionnaire leaves with the covariance of the two samples. Verdicts are judged together as those
    of rates are: the district's total alone, subdistricts' totals by step-down max-t (areas independent),
    the rest by false-discovery rates, a list for each level of areas.
    """
    if old is None or new is None:
        return empty_frame(SCORE_CHANGES_COLUMNS)
    before, now = contents_of(old.framework), contents_of(new.framework)
    same = {code for code, content in now.of_node.items() if before.of_node.get(code) == content}
    other_mode = other_assessor(wave_old, wave_new)
    unlike = reasons_by_leaf(new.framework, wave_old, wave_new)
    leaves = leaf_changes(old, new, changes, same, unlike)
    nodes = _nodes(old, new, leaves, same, before.of_total == now.of_total, other_mode)
    table = _in_sheet_order(pd.concat([nodes, leaves[nodes.columns]], ignore_index=True), new)
    table = table.assign(wave_old=wave_old.id, wave_new=wave_new.id, verdict=_verdicts(table))
    return table[list(SCORE_CHANGES_COLUMNS)].astype(SCORE_CHANGES_COLUMNS).reset_index(drop=True)


def _nodes(
    old: Scored, new: Scored, leaves: pd.DataFrame, same: set[str], same_total: bool, other_mode: bool
) -> pd.DataFrame:
    """The total and the inner nodes, over common leaves."""
    # Leaves without a change of their own: blank in one wave, or not the same thing twice.
    unlike = leaves["change"].isna() | ~leaves["node"].isin(list(same))
    table = common_nodes(old, new, _comparable(leaves, unlike))
    leaf_codes = {leaf.code for leaf in new.framework.leaves}
    table = table[~table["node"].isin(leaf_codes)]
    is_total = table["node"] == TOTAL_NODE
    like = np.where(is_total, same_total, table["node"].isin(same))
    known = table["old"].notna() & table["new"].notna()
    enough = table["kept"] >= LEAST_KEPT
    moved = table["moved"].astype(bool)
    reason = np.select(
        [~like, np.full(len(table), other_mode), ~known, moved],
        [
            ScoreReason.EDITION.value,
            NotComparable.MODE.value,
            NotComparable.ABSENT.value,
            ScoreReason.COMPOSITION.value,
        ],
        "",
    )
    compared = (reason == "") | ((reason == ScoreReason.COMPOSITION.value) & enough.to_numpy())
    change = np.where(compared, table["new"] - table["old"], np.nan)
    half = NORMAL_95 * np.hypot(table["error_old"], table["error_new"])
    nothing = reason == NotComparable.ABSENT.value
    return table.assign(
        method="",
        unit=str(Unit.POINTS),
        old=table["old"].where(compared),
        new=table["new"].where(compared),
        change=change,
        low=np.where(compared, change - half, np.nan),
        high=np.where(compared, change + half, np.nan),
        verdict=np.select(
            [compared, nothing], ["", ChangeVerdict.NOT_MEASURED.value], ChangeVerdict.NOT_COMPARABLE.value
        ),
        reason=reason,
    )[["area_code", "node", "method", "old", "new", "change", "low", "high", "unit", "verdict", "reason"]]


def _comparable(leaves: pd.DataFrame, unlike: pd.Series[bool]) -> pd.DataFrame:
    """Area code × leaf code: False where the leaf is `unlike` there."""
    areas, area_codes = pd.factorize(leaves["area_code"])
    nodes, node_codes = pd.factorize(leaves["node"])
    comparable = np.ones((len(area_codes), len(node_codes)), dtype=bool)
    comparable[areas[unlike], nodes[unlike]] = False
    return pd.DataFrame(comparable, index=pd.Index(area_codes), columns=pd.Index(node_codes))


def _in_sheet_order(table: pd.DataFrame, new: Scored) -> pd.DataFrame:
    """Rows by area, the total first, with the facts of areas and nodes."""
    indicators = new.tree.indicators
    node_of = {TOTAL_NODE: 0, **{indicator.code: at for at, indicator in enumerate(indicators, 1)}}
    at_area, at_node = table["area_code"].map(new.leaves.row_of_area), table["node"].map(node_of)
    areas, names = new.leaves.areas, [TOTAL_NAME, *(indicator.name for indicator in indicators)]
    table = table.assign(
        area_level=[str(areas[at].level) for at in at_area],
        area_name=[areas[at].name for at in at_area],
        node_name=[names[at] for at in at_node],
        depth=[new.tree.depth_of_node[at] for at in at_node],
        at_area=at_area,
        at_node=at_node,
    )
    return table.sort_values(["at_area", "at_node"], kind="stable", ignore_index=True)


def _verdicts(table: pd.DataFrame) -> npt.NDArray[np.object_]:
    """A change is called one where the list it belongs to and its own limits both say so."""
    change, low, high = (table[name].to_numpy(dtype=np.float64) for name in ("change", "low", "high"))
    open_ = (table["verdict"] == "").to_numpy() & ~np.isnan(change)
    # Limits of observations are not symmetric: the side towards no change decides.
    towards = np.where(change >= 0, change - low, high - change)
    certain = open_ & (towards <= CERTAIN)
    statistic = np.divide(change * NORMAL_95, towards, out=np.zeros_like(change), where=open_ & ~certain)
    p = 2 * special.ndtr(-np.abs(statistic))
    adjusted = np.ones(len(table))
    total, level = (table["node"] == TOTAL_NODE).to_numpy(), table["area_level"].to_numpy(dtype=object)
    for name in dict.fromkeys(level):
        uncertain = open_ & ~certain & (level == name)
        family, others = np.flatnonzero(uncertain & total), np.flatnonzero(uncertain & ~total)
        if len(family):
            alone = [np.eye(1)] * len(family)  # areas are independent, or nearly so
            adjusted[family] = np.fmax(step_down_max_t(statistic[family], alone), p[family])
        if len(others):
            adjusted[others] = benjamini_hochberg(p[others])
    surely = (certain & (np.abs(change) > CERTAIN)) | (~certain & (adjusted <= LEVEL))
    said = np.select(
        [open_ & surely & (low > 0), open_ & surely & (high < 0), open_],
        [
            ChangeVerdict.IMPROVED.value,
            ChangeVerdict.DECLINED.value,
            ChangeVerdict.NO_DETECTABLE_CHANGE.value,
        ],
        "",
    )
    return np.where(open_, said, table["verdict"].to_numpy(dtype=object))
