"""A few weights that outweigh all others by far: the warning, and how files in parts know of it.

The median needs every weight, a file in parts keeps none. Records are counted by what their factor depends on
and by the size of their base weight, to an eighth of a doubling; only where these counts leave it possible
that a weight is far above the median are the files walked once more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from surveys.problem import Problem, Severity
from surveys.quality import list_rows
from surveys.sample import FloatArray, IntArray, Sample
from surveys.tally import AREA, STRATUM, WEIGHTING, Tally, axes_of
from surveys.weights.summary import weight_summary

VERY_UNEQUAL = 50.0
"""A weight above this multiple of the median is named in a warning: it may be a slip of the pen."""
_PER_DOUBLING = 8
_SIZES = 1 << 15
_MIDDLE = _SIZES // 2
_ROUNDING = 1e-9


@dataclass(frozen=True)
class WeightSizes:
    """Number of records by place (what the factor on their base weight depends on) and size of that weight.

    Parameters
    ----------
    key
        Place and size as one number, ascending.
    """

    key: IntArray
    count: IntArray

    def __add__(self, other: WeightSizes) -> WeightSizes:
        """Records of both."""
        key, at = np.unique(np.concatenate([self.key, other.key]), return_inverse=True)
        count = np.bincount(at, weights=np.concatenate([self.count, other.count]))
        return WeightSizes(key, count.astype(np.intp))

    def heavy_from(self, factor_of: Factors) -> float | None:
        """Above which final weight one may be `VERY_UNEQUAL` times the median; None where none is."""
        place, size = np.divmod(self.key, _SIZES)
        factor = factor_of.at(place)
        lowest = np.exp2((size - _MIDDLE) / _PER_DOUBLING) * factor
        order = np.argsort(lowest, kind="stable")
        reached = np.cumsum(self.count[order])
        median = lowest[order][np.searchsorted(reached, (reached[-1] - 1) // 2, side="right")]
        highest = float(lowest.max()) * 2 ** (1 / _PER_DOUBLING)
        least = VERY_UNEQUAL * float(median) * (1 - _ROUNDING)
        return least if highest > least else None


@dataclass(frozen=True)
class Factors:
    """Final weight over base weight by place, places ascending."""

    place: IntArray
    factor_by_place: FloatArray

    def at(self, place: IntArray) -> FloatArray:
        """The factor at each place."""
        return self.factor_by_place[np.searchsorted(self.place, place)]


def weight_sizes(sample: Sample) -> WeightSizes:
    """Base weights of a part, counted."""
    size = np.floor(np.log2(sample.weight_of_record) * _PER_DOUBLING).astype(np.intp) + _MIDDLE
    key, count = np.unique(places_of(sample) * _SIZES + size, return_counts=True)
    return WeightSizes(key, count.astype(np.intp))


def places_of(sample: Sample) -> IntArray:
    """Place of each record of a part."""
    return _places(axes_of(sample), len(sample.strata), len(sample.area_codes))


def factors(base: Tally, final: Tally, strata: int, areas: int) -> Factors:
    """What the weights of each place were multiplied by; both tallies have the same cells in order.

    Parameters
    ----------
    base
        With strata and weighting cells as the parts number them.
    """
    place, cell = np.unique(_places(base.index_by_axis, strata, areas), return_index=True)
    return Factors(place, final.weight_by_cell[cell] / base.weight_by_cell[cell])


def very_unequal(
    weight: FloatArray, questionnaire: str, column: str, heavy: tuple[str, IntArray, int]
) -> Problem:
    """The warning.

    Parameters
    ----------
    weight
        Final weights of all usable records.
    column
        Header of the weights, where there is one.
    heavy
        First file with such weights, their rows in it, and how many there are in all files.
    """
    summary = weight_summary(weight)
    file, rows, count = heavy
    detail = {
        "questionnaire": questionnaire,
        "rows": list_rows(rows),
        "times": f"{float(weight.max()) / float(np.median(weight)):,.0f}",
        "effective": f"{summary.effective_n:,.0f}",
        "n": f"{summary.n:,}",
    }
    where = (file, int(rows[0]), column)
    return Problem("weights_very_unequal", Severity.WARNING, *where, detail=detail, count=count)


def _places(index_by_axis: Mapping[str, IntArray], strata: int, areas: int) -> IntArray:
    place = (index_by_axis[WEIGHTING] + 1) * (areas + 1) + index_by_axis[AREA] + 1
    return place * (strata + 1) + index_by_axis[STRATUM] + 1
