"""Tally (M1): sums of weights by cell and answer, from which every rate and variance of a wave is made.

A cell is a combination of stratum, PSU, area, breakdown labels and weighting cell that occurs in the
sample. Tallies of chunks of the same design add up to the tally of the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from surveys.cores import in_threads
from surveys.item import Item
from surveys.renumber import renumbered
from surveys.sample import CodedQuestion, FloatArray, IntArray, Sample

STRATUM, PSU, AREA, WEIGHTING = "stratum", "psu", "area", "weighting"
"""Axes that every cell has; a breakdown `urban_rural` is the axis ``group:urban_rural``."""


def group_axis(group: str) -> str:
    """Name of a breakdown's axis."""
    return f"group:{group}"


@dataclass(frozen=True)
class Tally:
    """Sufficient statistics of one questionnaire.

    Parameters
    ----------
    index_by_axis
        For each axis the index of each cell into the sample's labels; −1 where there is none.
    first_answer_of_column, answers_of_column
        Where the answers of a coded column begin on the answer axis, and how many there are.
    count_by_cell_answer, weight_by_cell_answer, squared_weight_by_cell_answer
        Σ1, Σw and Σw², shape (cells, answers of all columns side by side).
    count_by_cell, weight_by_cell, squared_weight_by_cell
        The same over all sampled records, shape (cells,).
    """

    index_by_axis: Mapping[str, IntArray]
    first_answer_of_column: Mapping[str, int]
    answers_of_column: Mapping[str, int]
    count_by_cell_answer: FloatArray
    weight_by_cell_answer: FloatArray
    squared_weight_by_cell_answer: FloatArray
    count_by_cell: FloatArray
    weight_by_cell: FloatArray
    squared_weight_by_cell: FloatArray

    @property
    def cell_count(self) -> int:
        """Number of cells."""
        return len(self.count_by_cell)

    def __add__(self, other: Tally) -> Tally:
        """Tally of both; cells are matched by their indices, so both must come from one dictionary.

        Raises
        ------
        ValueError
            The tallies differ in their axes or columns.
        """
        same_columns = dict(self.answers_of_column) == dict(other.answers_of_column)
        if not same_columns or list(self.index_by_axis) != list(other.index_by_axis):
            raise ValueError("tallies of different columns or axes do not add up")
        joined = {
            axis: np.concatenate([i, other.index_by_axis[axis]]) for axis, i in self.index_by_axis.items()
        }
        is_same = all(np.array_equal(i, other.index_by_axis[axis]) for axis, i in self.index_by_axis.items())
        cell_of_row, index_by_axis = (None, self.index_by_axis) if is_same else _cells(joined)

        def added(mine: FloatArray, theirs: FloatArray) -> FloatArray:
            if cell_of_row is None:
                return mine + theirs
            size = len(next(iter(index_by_axis.values())))
            total = np.zeros((size, *mine.shape[1:]))
            # A tally names each cell once, so plain indexing adds all of it.
            total[cell_of_row[: len(mine)]] = mine
            total[cell_of_row[len(mine) :]] += theirs
            return total

        return Tally(
            index_by_axis,
            self.first_answer_of_column,
            self.answers_of_column,
            added(self.count_by_cell_answer, other.count_by_cell_answer),
            added(self.weight_by_cell_answer, other.weight_by_cell_answer),
            added(self.squared_weight_by_cell_answer, other.squared_weight_by_cell_answer),
            added(self.count_by_cell, other.count_by_cell),
            added(self.weight_by_cell, other.weight_by_cell),
            added(self.squared_weight_by_cell, other.squared_weight_by_cell),
        )


def tally(
    sample: Sample, columns: Sequence[CodedQuestion] | None = None, threads: int | None = None
) -> Tally:
    """One vectorised pass over the records.

    Parameters
    ----------
    columns
        Coded columns to hold, each with one code per record; None: all questions of the sample.
    threads
        None: as many as there are cores. A column is added up by one of them, so sums are equal to the bit
        for any number.
    """
    held = sample.questions if columns is None else tuple(columns)
    cell_of_record, index_by_axis = _cells(axes_of(sample))
    cell_count = len(index_by_axis[STRATUM])
    add = _sums_by_key(cell_of_record, cell_count, sample.weight_of_record)
    starts = np.cumsum([0, *(len(column.answers) for column in held)], dtype=np.intp).tolist()
    sums = np.zeros((3, cell_count, starts[-1]))

    def add_column(at: int) -> None:
        answers = len(held[at].answers)
        by_key = add(held[at].answer_of_record, answers)
        sums[:, :, starts[at] : starts[at] + answers] = by_key.reshape(3, cell_count, answers)

    in_threads(add_column, range(len(held)), threads)
    by_cell = add(np.zeros(sample.size, dtype=np.uint8), 1)
    return Tally(
        index_by_axis=index_by_axis,
        first_answer_of_column={c.name: start for c, start in zip(held, starts[:-1], strict=True)},
        answers_of_column={c.name: len(c.answers) for c in held},
        count_by_cell_answer=sums[0],
        weight_by_cell_answer=sums[1],
        squared_weight_by_cell_answer=sums[2],
        count_by_cell=by_cell[0],
        weight_by_cell=by_cell[1],
        squared_weight_by_cell=by_cell[2],
    )


def cells_of_records(sample: Sample) -> IntArray:
    """Cell of each record in the tally of this sample, for what needs the records once more."""
    return _cells(axes_of(sample))[0]


@dataclass(frozen=True)
class Moments:
    """Weighted sums of items over cells or domains; every array has shape (cells or domains, items).

    Values are centred at `centre` (one number an item), so that sums of squares do not cancel.

    Parameters
    ----------
    n
        Respondents in the base (Σ r).
    positive
        Σ r·y without weights and without centring: the count behind a share.
    a, b, q
        Σ w r, Σ w r y, Σ w r y².
    a2, b2, q2
        The same with w².
    """

    centre: FloatArray
    n: FloatArray
    positive: FloatArray
    a: FloatArray
    b: FloatArray
    q: FloatArray
    a2: FloatArray
    b2: FloatArray
    q2: FloatArray


def moments_by_cell(totals: Tally, items: Sequence[Item]) -> Moments:
    """Moments of items in each cell: linear maps of the tally."""
    base, value = _maps(totals, items)
    weight_by_answer = totals.weight_by_cell_answer.sum(axis=0)
    a_all = weight_by_answer @ base
    is_mean = np.array([not item.is_share for item in items], dtype=bool)
    # Shares stay as they are: the sums of a domain where all are positive are then equal bit by bit.
    centre = np.where(is_mean, weight_by_answer @ (base * value) / np.where(a_all > 0, a_all, 1.0), 0.0)
    y = base * (value - centre)
    counts = _mapped(totals, items, totals.count_by_cell_answer, base, base * value)
    weights = _mapped(totals, items, totals.weight_by_cell_answer, base, y, y**2)
    squares = _mapped(totals, items, totals.squared_weight_by_cell_answer, base, y, y**2)
    return Moments(centre, counts[0], counts[1], *weights, *squares)


def _mapped(
    totals: Tally, items: Sequence[Item], sums: FloatArray, *maps: FloatArray
) -> tuple[FloatArray, ...]:
    """Products of the tally with maps of shape (answers, items), each item over its own column only."""
    stacked = np.stack(maps, axis=2)
    result = np.empty((len(maps), totals.cell_count, len(items)))
    for at, item in enumerate(items):
        start = totals.first_answer_of_column[item.column]
        rows = slice(start, start + totals.answers_of_column[item.column])
        result[:, :, at] = (sums[:, rows] @ stacked[rows, at]).T
    return tuple(result)


def _maps(totals: Tally, items: Sequence[Item]) -> tuple[FloatArray, FloatArray]:
    shape = (totals.weight_by_cell_answer.shape[1], len(items))
    base, value = np.zeros(shape), np.zeros(shape)
    for index, item in enumerate(items):
        start = totals.first_answer_of_column[item.column]
        rows = slice(start, start + totals.answers_of_column[item.column])
        base[rows, index] = item.base_by_answer
        value[rows, index] = item.value_by_answer
    return base, value


def _sums_by_key(
    cell_of_record: IntArray, cell_count: int, weight: FloatArray
) -> Callable[[npt.NDArray[np.integer[Any]], int], FloatArray]:
    """A function that adds up 1, w and w² by cell and code; its result has shape (3, cells × codes)."""
    rows = len(weight)
    weight_of_cell = np.zeros(cell_count)
    weight_of_cell[cell_of_record] = weight
    if (weight_of_cell[cell_of_record] == weight).all():
        # One weight for all of a cell: counts say everything.

        def count(code: npt.NDArray[np.integer[Any]], codes: int) -> FloatArray:
            n = np.bincount(cell_of_record * codes + code, minlength=cell_count * codes)
            w = np.repeat(weight_of_cell, codes)
            return np.stack([n, n * w, n * w**2])

        return count
    terms = np.stack([np.ones(rows), weight, weight**2], axis=1)
    ones, edges = np.ones(rows), np.arange(rows + 1, dtype=np.int32)
    cell = cell_of_record.astype(np.int32)

    def add(code: npt.NDArray[np.integer[Any]], codes: int) -> FloatArray:
        # A product with the indicator of keys adds all three in one walk over the records, in their order.
        key = cell * np.int32(codes) + code
        indicator = csc_array(
            (ones, key.astype(np.int32, copy=False), edges), shape=(cell_count * codes, rows)
        )
        return np.ascontiguousarray((indicator @ terms).T)

    return add


def axes_of(sample: Sample) -> dict[str, IntArray]:
    """Index of each record on every axis; −1 where there is none."""
    none = np.full(sample.size, -1, dtype=np.intp)
    psu = none if sample.psu_of_record is None else sample.psu_of_record
    weighting = none if sample.weighting is None else sample.weighting.cell_of_record
    axes = {
        STRATUM: sample.stratum_of_record,
        PSU: psu,
        AREA: sample.area_of_record,
        WEIGHTING: weighting,
    }
    return axes | {group_axis(name): index for name, (_, index) in sample.groups.items()}


def _cells(index_by_axis: Mapping[str, IntArray]) -> tuple[IntArray, dict[str, IntArray]]:
    """Cell of each row and the indices of each cell, cells in ascending order of their indices."""
    rows = len(next(iter(index_by_axis.values())))
    cell = np.zeros(rows, dtype=np.intp)
    cells = min(rows, 1)
    for index in index_by_axis.values():
        if rows and index.min() == index.max():
            continue
        # Renumbered after each axis, so the key never outgrows an integer however many axes there are.
        values = int(index.max(initial=0)) + 2
        occurring, cell = renumbered(cell * values + index + 1, cells * values)
        cells = len(occurring)
    row = np.empty(cells, dtype=np.intp)
    row[cell] = np.arange(rows)  # any row of a cell will do: all have its indices
    return cell, {axis: np.asarray(index[row], dtype=np.intp) for axis, index in index_by_axis.items()}
