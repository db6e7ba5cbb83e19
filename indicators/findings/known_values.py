"""Leaves put to values that are taken as known: the table of leaves as the scoring function sees it then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from indicators.scores.leaf import LeafTable
from indicators.scores.scored import Scored, evaluate
from indicators.scores.uncertainty import Known
from surveys.sample import FloatArray, IntArray

CERTAIN_N = 1e15
"""Effective number of answers of a value that is known: its draws do not leave it."""


def with_known(leaves: LeafTable, rows: IntArray, columns: IntArray, values: FloatArray) -> LeafTable:
    """The table with these cells put to known values, without any error of their own.

    Parameters
    ----------
    rows, columns, values
        Shape (settings,): places in the table, and values on the leaves' own scales.
    """
    changed = {
        name: getattr(leaves, name).copy()
        for name in ("value", "low", "high", "standard_error", "effective_n", "rate_verdict", "carried_from")
    }
    for name in ("value", "low", "high"):
        changed[name][rows, columns] = values
    changed["standard_error"][rows, columns] = 0.0
    changed["effective_n"][rows, columns] = CERTAIN_N
    changed["rate_verdict"][rows, columns] = ""
    changed["carried_from"][rows, columns] = ""
    covariance = leaves.covariance.copy()
    covariance[rows, columns, :] = 0.0
    covariance[rows, :, columns] = 0.0
    return replace(leaves, covariance=covariance, **changed)


def with_moved(leaves: LeafTable, row: int, shift_by_leaf: FloatArray) -> LeafTable:
    """The table with the values of one area moved, each keeping the error it has."""
    changed = {}
    for name in ("value", "low", "high"):
        numbers = getattr(leaves, name).copy()
        numbers[row] += shift_by_leaf
        changed[name] = numbers
    verdict = leaves.rate_verdict.copy()
    verdict[row, shift_by_leaf != 0] = ""
    return replace(leaves, rate_verdict=verdict, **changed)


def only_areas(leaves: LeafTable, rows: Sequence[int]) -> LeafTable:
    """The table of some areas; their numbers do not depend on the others."""
    at = np.array(rows, dtype=np.intp)
    by_area = {
        field.name: getattr(leaves, field.name)[at]
        for field in fields(leaves)
        if isinstance(getattr(leaves, field.name), np.ndarray)
    }
    return replace(leaves, areas=tuple(leaves.areas[row] for row in rows), **by_area)


@dataclass(frozen=True)
class KnownCells:
    """Leaves that are taken as known, each shape (cells,).

    Parameters
    ----------
    rows, columns
        Places in a `LeafTable`.
    value
        On the leaves' own scales.
    """

    rows: IntArray
    columns: IntArray
    value: FloatArray


NOTHING_KNOWN = KnownCells(np.array([], dtype=np.intp), np.array([], dtype=np.intp), np.array([]))


def scored_again(
    scored: Scored, leaves: LeafTable, rows: Sequence[int], cells: KnownCells = NOTHING_KNOWN
) -> Scored:
    """The tree of some areas evaluated for other leaves, with the same draws and deductions.

    Parameters
    ----------
    leaves
        The leaves of all areas, those that are to be known with the errors they have.
    rows
        Areas to evaluate, each once.
    cells
        Leaves that are known, in areas among `rows`.
    """
    before = only_areas(leaves, rows)
    place_of_row = {row: place for place, row in enumerate(rows)}
    places = np.array([place_of_row[row] for row in cells.rows.tolist()], dtype=np.intp)
    known = np.zeros(before.value.shape, dtype=bool)
    known[places, cells.columns] = True
    return evaluate(
        scored.framework,
        with_known(before, places, cells.columns, cells.value),
        scored.correlation,
        scored.settings,
        scored.deducted_by_area[list(rows)],
        wave=scored.wave,
        last_day=scored.last_day,
        previous=scored.previous,
        known=Known(before, known) if known.any() else None,
    )
