"""Standard errors of scores by replicates (M9): a check of what linearisation and draws say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from indicators.framework import Method
from indicators.scores.leaf_score import leaf_scores
from indicators.scores.scored import NUMBERS_AT_A_TIME, Scored, total_points
from indicators.scores.tree import BoolArray, node_scores
from surveys.problem import Problem, Severity
from surveys.replicates.area_rates import AreaReplicates, Unreplicated
from surveys.sample import FloatArray, IntArray

_NO_SPREAD = 1e-12


def bootstrap_errors(scored: Scored, replicates: AreaReplicates) -> FloatArray:
    """Standard error of every node, in points, from the whole scoring function under every replicate.

    Parameters
    ----------
    replicates
        Rates of the same wave's areas (`surveys.replicates.area_rates.area_replicates`).

    Returns
    -------
    array
        Shape (areas, nodes); of node 0, the total after deductions. NaN where nothing is measured, where
        the replicates do not tell the error of an answer below, and where all of them agree although
        something below was sampled (every replicate is beyond a goalpost): no error would be a claim.

    Notes
    -----
    M2, M9. Answers: Rao–Wu replicates of the sampling units, raked anew. Sites are few (often one to three of
    a standard in a subdistrict), so they are not resampled: observed leaves are moved by normal draws with
    the covariance of their sites (M12), values carried over by the draws of their own wave. Documents are
    fixed. A replicate in which nobody of a base is left has no value for the nodes above; it is counted
    (`AreaReplicates.lost_by_area_measure`), and the others stand for it.
    """
    errors = np.full(scored.share_by_area_node.shape, np.nan)
    draws = replace(scored, settings=replace(scored.settings, draws=replicates.count))
    block = max(NUMBERS_AT_A_TIME // (replicates.count * scored.tree.size), 1)
    for start in range(0, len(errors), block):
        rows = range(start, min(start + block, len(errors)))
        nodes = _node_values(scored, _values(draws, replicates, rows), rows)
        errors[start : start + block] = _spread(nodes)
    points = scored.points_by_area_node.copy()
    points[:, 0] = 1.0  # the total is in points already
    below = scored.tree.is_below.T
    untold = (_untold(scored, replicates) @ below) > 0
    sampled = (_sampled(scored) @ below) > 0
    return np.where(untold | (sampled & (errors < _NO_SPREAD)), np.nan, errors * points)


def bootstrap_totals(scored: Scored, replicates: AreaReplicates) -> FloatArray:
    """Total points under every replicate, after deductions; shape (areas, replicates).

    For simulations: percentiles of these are no interval to print (M9).
    """
    draws = replace(scored, settings=replace(scored.settings, draws=replicates.count))
    rows = range(len(scored.leaves.areas))
    return _node_values(scored, _values(draws, replicates, rows), rows)[..., 0]


def replicate_problems(replicates: AreaReplicates) -> tuple[Problem, ...]:
    """Warnings: questionnaires that have no replicates, and measures that some replicates lose."""
    unreplicated = [
        Problem(_WHY[why], Severity.WARNING, value=questionnaire)
        for questionnaire, why in replicates.unreplicated.items()
    ]
    lost = replicates.lost_by_area_measure
    losing = [
        Problem(
            "replicates_lost",
            Severity.WARNING,
            value=replicates.measures[measure],
            detail={
                "areas": str((lost[:, measure] > 0).sum()),
                "most": str(lost[:, measure].max()),
                "replicates": str(replicates.count),
            },
        )
        for measure in np.flatnonzero(lost.any(axis=0))
    ]
    return (*unreplicated, *losing)


_WHY = {
    Unreplicated.RECORDS_GONE: "no_replicates_in_parts",
    Unreplicated.TOO_MANY_RECORDS: "no_replicates_of_so_many",
}


def _values(draws: Scored, replicates: AreaReplicates, rows: range) -> FloatArray:
    """Leaf values under every replicate, shape (rows, replicates, leaves); NaN where blank or lost."""
    values = draws.value_draws(rows, salt="replicates")
    area_of_row, measure_of_leaf = _places(draws, replicates)
    asked = _asked(draws)
    for at, row in enumerate(rows):
        columns = np.flatnonzero(asked[row])
        measures = measure_of_leaf[columns]
        values[at][:, columns] = replicates.value_by_replicate_area_measure[:, area_of_row[row], measures]
    return values


def _places(scored: Scored, replicates: AreaReplicates) -> tuple[IntArray, IntArray]:
    """Where the replicates hold each area and each leaf's measure; −1 for leaves of other methods."""
    area_at = {code: at for at, code in enumerate(replicates.area_codes)}
    measure_at = {name: at for at, name in enumerate(replicates.measures)}
    leaves = scored.leaves.leaves
    asked = [leaf.source if leaf.method is Method.QUESTIONNAIRE else "" for leaf in leaves]
    return (
        np.array([area_at[area.code] for area in scored.leaves.areas], dtype=np.intp),
        np.array([measure_at[source] if source else -1 for source in asked], dtype=np.intp),
    )


def _node_values(scored: Scored, values: FloatArray, rows: range) -> FloatArray:
    """Node scores of these leaf values, of the total in points; shape (rows, replicates, nodes)."""
    at = slice(rows.start, rows.stop)
    measured = scored.leaves.measured[at][:, np.newaxis, :]
    kept = scored.score_by_area_leaf[at][:, np.newaxis, :]  # a blank that counts as zero is certain
    score = np.where(measured, leaf_scores(scored.framework, values), kept)
    available = scored.available_by_area_leaf[at][:, np.newaxis, :]
    nodes = node_scores(scored.tree, score, available)
    nodes[..., 0] = total_points(scored.tree, score, available, scored.deducted_by_area[at][:, np.newaxis])
    return nodes


def _spread(nodes: FloatArray) -> FloatArray:
    """Standard deviation over replicates, those that are lost left out; shape (rows, nodes)."""
    known = ~np.isnan(nodes)
    count = known.sum(axis=1)
    mean = np.where(known, nodes, 0.0).sum(axis=1) / np.maximum(count, 1)
    squares = np.where(known, nodes - mean[:, np.newaxis, :], 0.0) ** 2
    variance = squares.sum(axis=1) / np.maximum(count - 1, 1)
    return np.where(count > 1, np.sqrt(variance), np.nan)


def _asked(scored: Scored) -> BoolArray:
    """Leaves whose value is a rate of this wave, shape (areas, leaves)."""
    of_questionnaire = [leaf.method is Method.QUESTIONNAIRE for leaf in scored.leaves.leaves]
    own = scored.leaves.measured & ~scored.leaves.carried
    return np.asarray(own & np.array(of_questionnaire, dtype=bool), dtype=bool)


def _untold(scored: Scored, replicates: AreaReplicates) -> BoolArray:
    """Rates of which the replicates do not tell the error, shape (areas, leaves)."""
    area_of_row, measure_of_leaf = _places(scored, replicates)
    known = replicates.known_by_area_measure[area_of_row[:, np.newaxis], measure_of_leaf]
    return np.asarray(_asked(scored) & ~known, dtype=bool)


def _sampled(scored: Scored) -> BoolArray:
    """Measured leaves that rest on a sample, shape (areas, leaves): all but documents."""
    method = [leaf.method is not Method.DOCUMENT for leaf in scored.leaves.leaves]
    return np.asarray(scored.leaves.measured & np.array(method, dtype=bool), dtype=bool)
