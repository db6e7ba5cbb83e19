"""What may be shown: the presentation gate (M4) and the disclosure rules for communities (M17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from surveys.sample import FloatArray
from surveys.variance import BoolArray


@dataclass(frozen=True)
class GateSettings:
    """Thresholds; the defaults are those of NCHS, Vital and Health Statistics 2(175), 2017.

    Parameters
    ----------
    least_n, least_effective_n
        Fewer respondents, or a smaller effective sample, are withheld.
    widest
        Limits as wide as this part of the range are withheld.
    narrow
        Limits as narrow as this are shown whatever their relative width.
    relative_width
        Wider limits in relation to the share are withheld; in relation to its complement, footnoted.
    review_degrees
        Fewer degrees of freedom are shown, for review.
    least_count
        M17, communities: one to `least_count` − 1 respondents on either side of a share are withheld.
    """

    least_n: float = 30
    least_effective_n: float = 30
    widest: float = 0.30
    narrow: float = 0.05
    relative_width: float = 1.30
    review_degrees: float = 8
    least_count: float = 5


DEFAULT_GATE = GateSettings()

_SAYS_NOTHING = 3
"""Times the width at which shares are withheld: limits of a mean over .90 of its range."""


@dataclass(frozen=True)
class Gate:
    """Decisions for each estimate, all of one shape."""

    insufficient: BoolArray
    small_cell: BoolArray
    few_degrees: BoolArray
    extreme: BoolArray
    unreliable_complement: BoolArray

    @property
    def withheld(self) -> BoolArray:
        """Not to be shown."""
        return self.insufficient | self.small_cell


def gate_shares(
    share: FloatArray,
    low: FloatArray,
    high: FloatArray,
    n: FloatArray,
    effective_n: FloatArray,
    degrees_of_freedom: FloatArray,
    settings: GateSettings = DEFAULT_GATE,
) -> Gate:
    """The gate for shares (M4); `effective_n` is capped at n. Where n = 0 nothing is withheld: 未测."""
    answered = n > 0
    width = high - low
    inside_low, inside_high = share > 0, share < 1
    relative = width / np.where(inside_low, share, np.inf)
    complement = width / np.where(inside_high, 1 - share, np.inf)
    few = (n < settings.least_n) | (np.minimum(effective_n, n) < settings.least_effective_n)
    wide = width >= settings.widest
    unsteady = (width > settings.narrow) & (relative > settings.relative_width)
    insufficient = answered & (few | wide | unsteady | np.isnan(width))
    shown = answered & ~insufficient
    return Gate(
        insufficient=insufficient,
        small_cell=np.zeros(insufficient.shape, dtype=bool),
        few_degrees=shown & (degrees_of_freedom < settings.review_degrees),
        extreme=shown & ~(inside_low & inside_high),
        unreliable_complement=shown & (width > settings.narrow) & (complement > settings.relative_width),
    )


def gate_means(
    relative_width: FloatArray,
    n: FloatArray,
    degrees_of_freedom: FloatArray,
    settings: GateSettings = DEFAULT_GATE,
) -> Gate:
    """The gate for means: a least number of respondents, and limits that exist and say something.

    NCHS's thresholds of effective size and width are made for shares. A mean of 160 answers is shown with the
    limits it has; where they are wide or rest on few units it is marked for review. Where they leave nearly
    nothing of the range out, as beside a weight that outweighs all others, the mean is no more than the
    answer of whoever has that weight, and is withheld.

    Parameters
    ----------
    relative_width
        (high − low)/(highest − lowest); NaN where there are no limits.
    """
    answered = n > 0
    vain = np.isnan(relative_width) | (relative_width >= _SAYS_NOTHING * settings.widest)
    insufficient = answered & ((n < settings.least_n) | vain)
    never = np.zeros(insufficient.shape, dtype=bool)
    unsure = (degrees_of_freedom < settings.review_degrees) | (relative_width >= settings.widest)
    return Gate(insufficient, never, answered & ~insufficient & unsure, never, never)


def small_cells(
    n: FloatArray, positive: FloatArray, settings: GateSettings = DEFAULT_GATE, *, is_share: BoolArray
) -> BoolArray:
    """Cells of a community that would tell about its respondents (M17); small bases are withheld by M4.

    Parameters
    ----------
    positive
        Respondents behind a share, without weights.
    is_share
        Counts are judged for shares only.
    """
    smaller = np.minimum(positive, n - positive)
    return is_share & (smaller > 0) & (smaller < settings.least_count)


def companion_cells(withheld: BoolArray, n: FloatArray, parent_by_domain: Sequence[str]) -> BoolArray:
    """What is withheld beside the only withheld community of a subdistrict, so that it cannot be computed.

    The subdistrict less the communities that are shown would give it back. Its companion is the smallest
    base among those that would be shown; the first in the order of the register where several are (M17).

    Parameters
    ----------
    withheld, n
        What is withheld for its own sake, and respondents in the base; shape (domains, items).
    parent_by_domain
        Code of the area above each community; empty for domains that are none.
    """
    result = np.zeros(withheld.shape, dtype=bool)
    parents = np.array(parent_by_domain, dtype=object)
    for parent in dict.fromkeys(code for code in parent_by_domain if code):
        rows = np.flatnonzero(parents == parent)
        hidden = withheld[rows] & (n[rows] > 0)
        base = np.where(~hidden & (n[rows] > 0), n[rows], np.inf)
        companion = base.argmin(axis=0)
        items = np.flatnonzero((hidden.sum(axis=0) == 1) & np.isfinite(base.min(axis=0)))
        result[rows[companion[items]], items] = True
    return result
