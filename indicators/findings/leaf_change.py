"""Changes of leaf values between two waves (M7): rates by their joint variance, observations by MOVER."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from indicators.framework import Direction, Method
from indicators.scores.leaf import LeafTable
from indicators.scores.scored import Scored
from indicators.status import NodeStatus
from surveys.area import AreaLevel
from surveys.compare.mover import mover_interval
from surveys.compare.vocabulary import ChangeVerdict, NotComparable

OTHER_CONTENT = "edition"
"""Reason of a leaf whose value is made in another way in the other edition (`ScoreReason.EDITION`)."""
_TURNED = {
    ChangeVerdict.IMPROVED.value: ChangeVerdict.DECLINED.value,
    ChangeVerdict.DECLINED.value: ChangeVerdict.IMPROVED.value,
}


def leaf_changes(
    old: Scored,
    new: Scored,
    changes: pd.DataFrame,
    same: Collection[str],
    unlike: Mapping[str, tuple[str, ...]],
) -> pd.DataFrame:
    """One row for each area × leaf of the new wave that applies there.

    Parameters
    ----------
    changes
        `surveys.compare.CHANGE_COLUMNS`: a rate's change with its covariance and its verdict among all rates.
    same
        Leaves whose content is the same in both editions.
    unlike
        By leaf, why its values are not the same thing twice (`likeness.reasons_by_leaf`); asked of
        observations and documents, rates bring their own reasons.

    Returns
    -------
    ``area_code``, ``node``, ``method``, ``old``, ``new``, ``change``, ``low``, ``high``, ``unit``,
    ``verdict`` ("" where it is still to be judged), ``reason``.

    Notes
    -----
    M7. 得分率 of observations: limits of the difference from the limits of both waves, as if the sites of
    the two were drawn anew; sites that are visited again make it conservative. Documents were all read: a
    change of theirs is certain. A value carried over from the earlier wave is no second measurement.
    """
    cells = _cells(new.leaves)
    asked = cells["method"] == Method.QUESTIONNAIRE
    parts = [_rates(cells[asked], new.leaves, changes), _checked(cells[~asked], old, new, same, unlike)]
    table = pd.concat([part for part in parts if not part.empty], ignore_index=True)
    order = {leaf.code: at for at, leaf in enumerate(new.framework.leaves)}
    return table.sort_values("node", key=lambda nodes: nodes.map(order), kind="stable", ignore_index=True)


def _cells(leaves: LeafTable) -> pd.DataFrame:
    """Area × leaf of the new wave, those that apply."""
    rows, columns = np.nonzero(~leaves.has_status(NodeStatus.NOT_APPLICABLE))
    return pd.DataFrame(
        {
            "area_code": [leaves.areas[at].code for at in rows],
            "node": [leaves.leaves[at].code for at in columns],
            "method": [str(leaves.leaves[at].method) for at in columns],
            "measure": [leaves.leaves[at].source for at in columns],
            "unit": [str(leaves.unit[at]) for at in columns],
            "row": rows,
            "column": columns,
        }
    )


def _rates(cells: pd.DataFrame, leaves: LeafTable, changes: pd.DataFrame) -> pd.DataFrame:
    """Changes of the measures of questionnaire leaves."""
    if cells.empty:
        return cells
    blank = pd.DataFrame(
        columns=["area_code", "measure", "old", "new", "change", "low", "high", "verdict", "reason"]
    )
    known = blank
    if not changes.empty:
        whole = (changes["group"] == "") & (changes["area_level"] != AreaLevel.COMMUNITY)
        named = changes[whole].rename(columns={"value_old": "old", "value_new": "new"})
        known = named[list(blank.columns)]
    table = cells.merge(known, on=["area_code", "measure"], how="left")
    carried = leaves.carried[table["row"], table["column"]]
    nothing = table["verdict"].isna().to_numpy() | carried
    table.loc[nothing, ["old", "change", "low", "high"]] = np.nan
    table.loc[nothing, "verdict"] = ChangeVerdict.NOT_MEASURED.value
    table.loc[nothing, "reason"] = NotComparable.ABSENT.value
    # What rates call a rise is a fall where less is better.
    down = [leaves.leaves[at].direction is Direction.DOWN for at in table["column"]]
    turned = table["verdict"].map(lambda verdict: _TURNED.get(verdict, verdict))
    table["verdict"] = table["verdict"].where(~np.array(down), turned)
    numbers = ["old", "new", "change", "low", "high"]
    return table.astype(dict.fromkeys(numbers, "float64"))


def _checked(
    cells: pd.DataFrame,
    old: Scored,
    new: Scored,
    same: Collection[str],
    unlike: Mapping[str, tuple[str, ...]],
) -> pd.DataFrame:
    """Changes of observation and document leaves."""
    if cells.empty:
        return cells
    before, now = old.leaves, new.leaves
    row, column = cells["row"].to_numpy(), cells["column"].to_numpy()
    codes, areas = cells["node"], cells["area_code"]
    old_row = areas.map(before.row_of_area).fillna(-1).astype(int).to_numpy()
    old_column = codes.map(before.column_of_leaf).fillna(-1).astype(int).to_numpy()
    there = (old_row >= 0) & (old_column >= 0)

    def of_old(values: np.ndarray, blank: bool | float | str) -> np.ndarray:
        found: np.ndarray = np.where(there, values[old_row, old_column], blank)
        return found

    measured_old = of_old(before.measured & ~before.carried, False).astype(bool)
    measured_new = (now.measured & ~now.carried)[row, column]
    hidden = (now.status[row, column] == NodeStatus.WITHHELD) | (
        of_old(before.status, "") == NodeStatus.WITHHELD
    )
    alike = codes.isin(list(same)).to_numpy()
    why = np.array([";".join(unlike.get(code, ())) for code in codes], dtype=object)
    reason = np.select(
        [there & ~alike, why != "", hidden, ~(measured_old & measured_new)],
        [OTHER_CONTENT, why, NotComparable.WITHHELD.value, NotComparable.ABSENT.value],
        "",
    )
    known = reason == ""
    ends = [
        np.where(measured_old, of_old(values, np.nan).astype(float), np.nan) for values in _limits(before)
    ]
    after = [np.where(measured_new, values[row, column], np.nan) for values in _limits(now)]
    low, high = mover_interval(ends[0], (ends[1], ends[2]), after[0], (after[1], after[2]))
    nothing = reason == NotComparable.ABSENT.value
    return cells.assign(
        old=ends[0],
        new=after[0],
        change=np.where(known, after[0] - ends[0], np.nan),
        low=np.where(known, low, np.nan),
        high=np.where(known, high, np.nan),
        verdict=np.select(
            [known, nothing],
            ["", ChangeVerdict.NOT_MEASURED.value],
            ChangeVerdict.NOT_COMPARABLE.value,
        ),
        reason=reason,
    )


def _limits(leaves: LeafTable) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return leaves.value, leaves.low, leaves.high
