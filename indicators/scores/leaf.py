"""Values of all leaves in all areas, with what is known of their error; three kinds of blank told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from indicators.framework import Indicator
from indicators.scores.tree import BoolArray
from indicators.status import NodeStatus
from surveys.area import Area
from surveys.questionnaire import Unit
from surveys.sample import FloatArray

NORMAL_95 = 1.959963984540054
"""Two-sided 95 % point of the normal distribution."""

TextArray = npt.NDArray[np.object_]
"""Texts (or members of a StrEnum) by area and leaf."""


ARRAYS = (
    "status",
    "value",
    "low",
    "high",
    "standard_error",
    "degrees_of_freedom",
    "effective_n",
    "n",
    "target",
    "rate_verdict",
    "flag",
    "carried_from",
)
"""Fields of a `LeafTable` that are (areas, leaves)."""


@dataclass(frozen=True)
class LeafTable:
    """Every leaf of a framework in several areas; arrays are (areas, leaves) unless said otherwise.

    Parameters
    ----------
    areas
        The district first, then subdistricts in the order of the register.
    leaves
        In the order of `Framework.leaves`.
    unit, sample
        By leaf: unit of its values, and the questionnaire it comes from ("" for other methods).
    status
        NodeStatus: MEASURED, or which kind of blank.
    value, low, high
        Value and its 95 % limits on the value's own scale; NaN unless MEASURED.
    standard_error
        Design-based, on the same scale; 0 for documents, NaN where it cannot be estimated.
    degrees_of_freedom
        Of the survey's error; NaN for other methods.
    effective_n
        n_e of M3 for shares of a questionnaire, N of M12 for observations; NaN elsewhere.
    n
        Respondents, checks or documents; also of a withheld leaf.
    target
        Mark on the value's scale; NaN without one.
    rate_verdict
        The rate's own verdict where the leaf takes its measure's target; "" elsewhere.
    flag
        Flags joined by ";".
    carried_from
        Wave and last day of field work of a value that stands in for one not collected; "" elsewhere.
    covariance
        (areas, leaves, leaves), of the values on their own scales: of the answers of one sample, of sites,
        0 between them; rows of blank leaves are 0, the diagonal NaN where an error cannot be estimated.
    """

    areas: tuple[Area, ...]
    leaves: tuple[Indicator, ...]
    unit: tuple[Unit, ...]
    sample: tuple[str, ...]
    status: TextArray
    value: FloatArray
    low: FloatArray
    high: FloatArray
    standard_error: FloatArray
    degrees_of_freedom: FloatArray
    effective_n: FloatArray
    n: npt.NDArray[np.int64]
    target: FloatArray
    rate_verdict: TextArray
    flag: TextArray
    carried_from: TextArray
    covariance: FloatArray

    @cached_property
    def measured(self) -> BoolArray:
        """Leaves with a value, carried ones among them."""
        return self.has_status(NodeStatus.MEASURED)

    @cached_property
    def carried(self) -> BoolArray:
        """Leaves whose value is that of an earlier wave."""
        return np.asarray(self.carried_from != "", dtype=bool)

    @cached_property
    def row_of_area(self) -> dict[str, int]:
        """Row of each area, by its code."""
        return {area.code: row for row, area in enumerate(self.areas)}

    @cached_property
    def column_of_leaf(self) -> dict[str, int]:
        """Column of each leaf, by its code."""
        return {leaf.code: column for column, leaf in enumerate(self.leaves)}

    def subset(self, columns: Sequence[int]) -> LeafTable:
        """The same areas with some of the leaves, in this order."""
        at = np.array(columns, dtype=np.intp)
        arrays = {name: getattr(self, name)[:, at] for name in ARRAYS}
        return replace(
            self,
            leaves=tuple(self.leaves[column] for column in columns),
            unit=tuple(self.unit[column] for column in columns),
            sample=tuple(self.sample[column] for column in columns),
            covariance=self.covariance[:, at[:, None], at],
            **arrays,
        )

    def has_status(self, *statuses: NodeStatus) -> BoolArray:
        """Which leaves have one of these statuses."""
        found = np.zeros(self.status.shape, dtype=bool)
        for status in statuses:
            found |= np.asarray(self.status == status, dtype=bool)
        return found


def chosen(
    condition: BoolArray, status: NodeStatus, other: NodeStatus | TextArray
) -> npt.NDArray[np.object_]:
    """`np.where` that keeps members of a vocabulary what they are."""
    both = np.array(status, dtype=object), np.asarray(other, dtype=object)
    return np.where(condition, *both)


def joined_flags(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Flags of two arrays joined by ";" where both have one."""
    between = np.where((first != "") & (second != ""), ";", "").astype(object)
    joined: np.ndarray = first.astype(object) + between + second.astype(object)
    return joined
