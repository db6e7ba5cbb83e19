"""Waterfall (M9): which leaves a total's change is made of, between two waves or between two areas."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

import numpy as np
import pandas as pd

from indicators.columns import TOTAL_NODE, WATERFALL_COLUMNS, empty_frame
from indicators.findings.content import contents_of
from indicators.framework import Framework
from indicators.scores.likeness import other_assessor, reasons_by_leaf
from indicators.scores.tree import SAME_POINTS
from surveys.wave import Wave


class WaterfallKind(StrEnum):
    """What stands at the two ends."""

    WAVE = "wave"  # the previous wave and this one, in one area
    AREA = "area"  # two areas of one wave


class WaterfallStep(StrEnum):
    """What a step is; steps come in this order."""

    START = "start"
    LEAF = "leaf"  # a leaf scored better or worse, at the mean of its effective points
    NOT_COMPARABLE = "not_comparable"  # leaves that are not the same thing at both ends, all together
    COMPOSITION = "composition"  # leaves of a project count for more or less: others are blank
    DEDUCTION = "deduction"  # the negative list took more or less
    NOT_ADDITIVE = "not_additive"  # what no sum of leaves explains: other means, and the floor of 0
    END = "end"


def waterfall_of(
    scores_old: pd.DataFrame,
    scores_new: pd.DataFrame,
    framework_old: Framework | None,
    framework_new: Framework | None,
    waves: tuple[Wave, Wave],
) -> pd.DataFrame:
    """Steps from the totals of one wave to those of another, for every area that both have.

    Parameters
    ----------
    scores_old, scores_new
        `SCORES_COLUMNS` of the two waves.
    framework_old, framework_new
        Their editions. Totals of trees that are not the same are no sum of the same leaves: then there are
        no rows.
    waves
        The old and the new wave. Leaves whose values are not the same thing in both (another wording, other
        weights, …) are one step together; where another kind of assessor, or all leaves, leave nothing to
        compare there are no rows.

    Returns
    -------
    Tidy table, `WATERFALL_COLUMNS`, kind ``wave``.

    Notes
    -----
    M9. With W the effective points and s the score of a leaf, T = ΣWs, and exactly
    ΔT = Σ W̄Δs + Σ (s̄ − S̄)ΔW, where bars are means of both ends and S̄ the mean of T/100 (ΣΔW = 0, so it
    changes no sum but lets a leaf of mean score leave without a step). The first sum is told by leaf, the
    second by project. A leaf that is blank at one end keeps its score: only its weight changes. W̄Δs of what
    M7 cannot compare is summed without being told by leaf: it is in the printed totals, but it says nothing
    of a rise or a fall.
    """
    if framework_old is None or framework_new is None or scores_old.empty or scores_new.empty:
        return empty_frame(WATERFALL_COLUMNS)
    if contents_of(framework_old).of_total != contents_of(framework_new).of_total:
        return empty_frame(WATERFALL_COLUMNS)
    unlike = reasons_by_leaf(framework_new, *waves)
    if other_assessor(*waves) or len(unlike) == len(framework_new.leaves):
        return empty_frame(WATERFALL_COLUMNS)
    labels = str(scores_old["wave"].iloc[0]), str(scores_new["wave"].iloc[0])
    return _waterfall(scores_old, scores_new, WaterfallKind.WAVE, labels, unlike)


def waterfall_between(scores: pd.DataFrame, start: str, end: str) -> pd.DataFrame:
    """Steps from one area's total to another's in the same wave (`WATERFALL_COLUMNS`, kind ``area``).

    Parameters
    ----------
    start, end
        Codes of the areas. Leaves that one of them does not have, as those of the district alone, are steps
        of composition.
    """
    old, new = scores[scores["area_code"] == start], scores[scores["area_code"] == end]
    if old.empty or new.empty:
        return empty_frame(WATERFALL_COLUMNS)
    labels = str(old["area_name"].iloc[0]), str(new["area_name"].iloc[0])
    return _waterfall(old.assign(area_code=end), new, WaterfallKind.AREA, labels)


def _waterfall(
    old: pd.DataFrame,
    new: pd.DataFrame,
    kind: WaterfallKind,
    labels: tuple[str, str],
    unlike: Collection[str] = (),
) -> pd.DataFrame:
    totals = _totals(old, new)
    leaves = _leaves(old, new, totals)
    moves = _leaf_steps(leaves)
    is_unlike = moves["node"].isin(list(unlike))
    parts = [
        _step(totals, WaterfallStep.START, totals["total_old"]),
        moves[~is_unlike],
        _not_comparable_steps(moves[is_unlike]),
        _composition_steps(leaves),
        _step(totals, WaterfallStep.DEDUCTION, totals["deducted_old"] - totals["deducted_new"]),
    ]
    explained = pd.concat(parts[1:]).groupby("area_code")["points"].sum().reindex(totals["area_code"])
    change = totals["total_new"] - totals["total_old"]
    parts.append(_step(totals, WaterfallStep.NOT_ADDITIVE, change - explained.to_numpy()))
    parts.append(_step(totals, WaterfallStep.END, totals["total_new"]))
    table = pd.concat(parts, ignore_index=True).merge(
        totals[["area_code", "area_level", "area_name", "place"]], on="area_code"
    )
    steps = {step: at for at, step in enumerate(WaterfallStep)}
    table = table.assign(at=table["step"].map(steps)).sort_values(["place", "at", "sheet"], kind="stable")
    added = table["points"].where(table["step"] != WaterfallStep.END, 0.0)
    table = table.assign(
        kind=str(kind),
        from_label=labels[0],
        to_label=labels[1],
        order=table.groupby("place").cumcount(),
        total_after=added.groupby(table["place"]).cumsum(),
        step=table["step"].astype(str),
    )
    return table[list(WATERFALL_COLUMNS)].astype(WATERFALL_COLUMNS).reset_index(drop=True)


def _totals(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Areas whose total is known at both ends, in the order of the new table."""
    columns = ["area_code", "points_earned", "deducted", "effective_points", "score_share"]
    ends = [table[table["node"] == TOTAL_NODE] for table in (old, new)]
    both = ends[1][[*columns, "area_level", "area_name"]].merge(
        ends[0][columns], on="area_code", suffixes=("_new", "_old")
    )
    both = both.rename(columns={"points_earned_old": "total_old", "points_earned_new": "total_new"})
    both = both[both["total_old"].notna() & both["total_new"].notna()].reset_index(drop=True)
    return both.assign(
        place=np.arange(len(both)), mean_share=(both["score_share_old"] + both["score_share_new"]) / 2
    )


def _leaves(old: pd.DataFrame, new: pd.DataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Leaves of these areas with score and effective points at both ends."""
    columns = ["area_code", "node", "effective_points", "score_share"]
    of_new, of_old = (table[table["method"] != ""] for table in (new, old))
    both = of_new[[*columns, "node_name"]].merge(
        of_old[columns], on=["area_code", "node"], suffixes=("_new", "_old")
    )
    both = both.merge(totals[["area_code", "mean_share"]], on="area_code")
    nodes = new.drop_duplicates("node")
    sheet = {node: at for at, node in enumerate(nodes["node"])}
    project_of, name_of = _projects(nodes), dict(zip(nodes["node"], nodes["node_name"], strict=True))
    return both.assign(
        sheet=both["node"].map(sheet),
        project=both["node"].map(project_of),
        project_name=both["node"].map(project_of).map(name_of),
        share_old=both["score_share_old"].fillna(both["score_share_new"]).fillna(0.0),
        share_new=both["score_share_new"].fillna(both["score_share_old"]).fillna(0.0),
    )


def _projects(nodes: pd.DataFrame) -> Mapping[str, str]:
    """Top node above each node, from a table of every node once."""
    parent_of = dict(zip(nodes["node"], nodes["parent"], strict=True))

    def top(node: str) -> str:
        while parent_of[node]:
            node = parent_of[node]
        return node

    return {node: top(node) for node in parent_of}


def _leaf_steps(leaves: pd.DataFrame) -> pd.DataFrame:
    """W̄Δs of the leaves that count at both ends."""
    seen = leaves[(leaves["effective_points_old"] > 0) & (leaves["effective_points_new"] > 0)]
    mean = (seen["effective_points_old"] + seen["effective_points_new"]) / 2
    return pd.DataFrame(
        {
            "area_code": seen["area_code"],
            "step": WaterfallStep.LEAF,
            "node": seen["node"],
            "node_name": seen["node_name"],
            "project": seen["project"],
            "points": mean * (seen["share_new"] - seen["share_old"]),
            "sheet": seen["sheet"],
        }
    )


def _not_comparable_steps(moves: pd.DataFrame) -> pd.DataFrame:
    """One step of all these leaf steps, in areas that have any."""
    points = moves.groupby("area_code", sort=False)["points"].sum()
    return pd.DataFrame(
        {
            "area_code": points.index,
            "step": WaterfallStep.NOT_COMPARABLE,
            "node": "",
            "node_name": "",
            "project": "",
            "points": points.to_numpy(),
            "sheet": 0,
        }
    )


def _composition_steps(leaves: pd.DataFrame) -> pd.DataFrame:
    """Σ (s̄ − S̄)ΔW by project, for projects in which some weight changed."""
    change = leaves["effective_points_new"] - leaves["effective_points_old"]
    mean = (leaves["share_old"] + leaves["share_new"]) / 2
    moved = leaves.assign(points=(mean - leaves["mean_share"]) * change, moved=change.abs() > SAME_POINTS)
    keys = ["area_code", "project", "project_name"]
    table = moved.groupby(keys, as_index=False, sort=False).agg(
        points=("points", "sum"), moved=("moved", "any"), sheet=("sheet", "first")
    )
    table = table[table["moved"]]
    return pd.DataFrame(
        {
            "area_code": table["area_code"],
            "step": WaterfallStep.COMPOSITION,
            "node": table["project"],
            "node_name": table["project_name"],
            "project": table["project"],
            "points": table["points"],
            "sheet": table["sheet"],
        }
    )


def _step(totals: pd.DataFrame, step: WaterfallStep, points: pd.Series[float]) -> pd.DataFrame:
    """A step that every area has once."""
    return pd.DataFrame(
        {
            "area_code": totals["area_code"],
            "step": step,
            "node": TOTAL_NODE if step in (WaterfallStep.START, WaterfallStep.END) else "",
            "node_name": "",
            "project": "",
            "points": points.to_numpy(),
            "sheet": 0,
        }
    )
