"""Value, variance and degrees of freedom of every item in every domain, from the tally (M2, M5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from surveys.area import AreaLevel
from surveys.design import Design
from surveys.domain import Domain
from surveys.errors import Errors, Sums, clustered_errors, element_errors, is_one
from surveys.interval import Clustering
from surveys.item import Item
from surveys.pieces import domain_moments, sampled_by_unit
from surveys.sample import FloatArray
from surveys.score import weighting_of
from surveys.second_stage import without_unknown_second_stage
from surveys.tally import PSU, STRATUM, Moments, Tally, moments_by_cell
from surveys.variance import BoolArray

_ROUNDING = 1e-14
"""A spread below this part of the squared range is what rounding leaves of answers that are all alike."""


@dataclass(frozen=True)
class Precision:
    """Estimates and their errors; arrays have shape (domains, items) unless said otherwise.

    Parameters
    ----------
    sampled
        Records of the domain, in the base or not, shape (domains,).
    n, positive
        Respondents in the base, and how many of them are positive (for a mean: Σ of values).
    value
        NaN where nobody is in the base.
    spread
        Weighted population variance of the answers; exactly 0 where all are alike.
    variance
        Design variance; NaN where it cannot be estimated, never 0 for a single sampling unit, for a community
        that is one PSU, or where all strata of the domain are lonely.
    plain_variance
        V_d of M3: without finite-population correction and without the gain from weighting.
    degrees_of_freedom
        Units minus strata with an answerer in the domain.
    clustering
        Constants of M3; for respondents as units a = b.
    one_unit
        All answers of the domain, or as good as all of their weight, come from a single sampling unit and
        so say nothing about others; not where all units of its strata were sampled, for then its
        respondents are the sample.
    conditional
        The domain is one PSU, its respondents are taken as the units, shape (domains,).
    lonely
        The domain meets a stratum with a single sampled unit, shape (domains,).
    """

    sampled: FloatArray
    n: FloatArray
    positive: FloatArray
    value: FloatArray
    spread: FloatArray
    variance: FloatArray
    plain_variance: FloatArray
    degrees_of_freedom: FloatArray
    clustering: Clustering
    one_unit: BoolArray
    conditional: BoolArray
    lonely: BoolArray

    @property
    def standard_error(self) -> FloatArray:
        """Square root of the variance."""
        return np.sqrt(self.variance)


def precision_of(
    totals: Tally, items: Sequence[Item], design: Design, domains: Sequence[Domain]
) -> Precision:
    """Estimates and errors of all items in all domains.

    Raises
    ------
    InputError
        A stratum has one sampled unit and the design says LonelyPSU.FAIL.
    """
    design = without_unknown_second_stage(design, sampled_by_unit(totals, design))
    design.check()
    in_cell = np.array([domain.in_cell for domain in domains], dtype=bool).reshape(len(domains), -1)
    cell = moments_by_cell(totals, items)
    total = domain_moments(cell, in_cell)
    clustered = bool((totals.index_by_axis[PSU] >= 0).all())
    conditional = _conditional(totals, in_cell, domains) if clustered else np.zeros(len(domains), dtype=bool)
    scale = _scale(items, total.centre)
    so_far = _without_errors(total, items, scale, conditional)
    so_far = replace(
        so_far,
        sampled=in_cell @ totals.count_by_cell,
        lonely=_meets(totals, in_cell, design.is_lonely),
    )
    sums = Sums(totals, cell, _rows(total, ~conditional), in_cell[~conditional])
    errors = clustered_errors if clustered else element_errors
    result = _with_errors(so_far, errors(sums, design, weighting_of(totals, design)))
    in_part = _meets(totals, in_cell, design.unsampled_share_by_stratum > 0)
    return _without_false_zeros(_conditioned(total, result), scale, in_part)


def _without_errors(
    total: Moments, items: Sequence[Item], scale: FloatArray, conditional: BoolArray
) -> Precision:
    """Values and their spread; errors are still blank, `sampled` and `lonely` too."""
    base = np.where(total.a > 0, total.a, 1.0)
    centred = total.b / base
    spread = total.q / base - centred**2
    kish = total.a2 / base**2
    return Precision(
        sampled=np.zeros(len(conditional)),
        n=total.n,
        positive=total.positive,
        value=np.where(total.n > 0, _snapped(centred + total.centre, items), np.nan),
        spread=np.where(spread > _ROUNDING * scale**2, spread, 0.0),
        variance=np.full(total.n.shape, np.nan),
        plain_variance=np.full(total.n.shape, np.nan),
        degrees_of_freedom=np.zeros(total.n.shape),
        clustering=Clustering(kish, kish, kish, kish),
        one_unit=is_one(kish),
        conditional=conditional,
        lonely=np.zeros(len(conditional), dtype=bool),
    )


def _scale(items: Sequence[Item], centre: FloatArray) -> FloatArray:
    """Width of each item's range; its size where the range is not known. Shape (items,)."""
    width = np.array([item.highest - item.lowest for item in items])
    return np.where(width > 0, width, np.maximum(np.abs(centre), 1.0))


def _with_errors(so_far: Precision, errors: Errors) -> Precision:
    """Errors of the domains that are not conditional, put in their rows."""
    rows = ~so_far.conditional

    def put(values: FloatArray, into: FloatArray) -> FloatArray:
        result = into.copy()
        result[rows] = values
        return result

    one_unit = so_far.one_unit.copy()
    one_unit[rows] = errors.one_unit

    old, new = so_far.clustering, errors.clustering
    return replace(
        so_far,
        variance=put(errors.variance, so_far.variance),
        plain_variance=put(errors.plain_variance, so_far.plain_variance),
        degrees_of_freedom=put(errors.degrees_of_freedom, so_far.degrees_of_freedom),
        clustering=Clustering(
            *(put(getattr(new, field.name), getattr(old, field.name)) for field in fields(Clustering))
        ),
        one_unit=one_unit,
    )


def _conditioned(total: Moments, so_far: Precision) -> Precision:
    """A community that is one PSU: it is the stratum, its sampled respondents are the units."""
    rows = so_far.conditional
    if not rows.any():
        return so_far
    base = np.where(total.a[rows] > 0, total.a[rows], 1.0)
    ratio = total.b[rows] / base
    squares = (total.q2[rows] - 2 * ratio * total.b2[rows] + ratio**2 * total.a2[rows]) / base**2
    size = so_far.sampled[rows][:, None]
    within = np.maximum(squares, 0.0) * size / np.maximum(size - 1, 1)
    result, degrees = so_far.variance.copy(), so_far.degrees_of_freedom.copy()
    result[rows] = within
    degrees[rows] = np.maximum(so_far.n[rows] - 1, 0)
    return replace(so_far, variance=result, degrees_of_freedom=degrees)


def _without_false_zeros(result: Precision, scale: FloatArray, in_part: BoolArray) -> Precision:
    """No variance from a single unit; exactly 0 where the answers are all alike, not a rounding of it.

    Within one PSU answers that are all alike say nothing about the spread of answers: no error, and not 0.
    Neither is there one where answers differ and yet units happen to agree to the last digit. But where all
    units were sampled (`in_part` is False, shape (domains,)) there is no error of sampling, and 0 is right.
    """
    alike = result.spread == 0
    least = _ROUNDING * scale**2 * result.clustering.b
    vanishing = (result.variance <= least) & in_part[:, None]
    unknown = result.one_unit | (result.n == 0)
    error = np.where(alike & np.isfinite(result.variance), 0.0, result.variance)
    plain = np.where(alike & np.isfinite(result.plain_variance), 0.0, result.plain_variance)
    unsaid = np.where(alike, result.conditional[:, None], vanishing)
    return replace(
        result,
        variance=np.where(unknown | unsaid, np.nan, error),
        plain_variance=np.where(unknown, np.nan, plain),
    )


def _rows(moments: Moments, chosen: BoolArray) -> Moments:
    """Moments of some of the domains."""
    parts = {field.name: getattr(moments, field.name)[chosen] for field in fields(Moments)[1:]}
    return Moments(centre=moments.centre, **parts)


def _snapped(value: FloatArray, items: Sequence[Item]) -> FloatArray:
    """Values within rounding of the ends of their range are put on them, so that 100 % is 100 %."""
    lowest = np.array([item.lowest for item in items])
    highest = np.array([item.highest for item in items])
    near = 1e-12 * np.where(highest > lowest, highest - lowest, 0.0)
    value = np.where(np.abs(value - lowest) <= near, lowest, value)
    return np.where(np.abs(value - highest) <= near, highest, value)


def _conditional(totals: Tally, in_cell: BoolArray, domains: Sequence[Domain]) -> BoolArray:
    """Communities whose sampled records all lie in one PSU."""
    psu = totals.index_by_axis[PSU]
    community = [domain.level is AreaLevel.COMMUNITY for domain in domains]
    single = [len(np.unique(psu[cells])) == 1 for cells in in_cell]
    return np.asarray(np.array(community, dtype=bool) & np.array(single, dtype=bool))


def _meets(totals: Tally, in_cell: BoolArray, strata: BoolArray) -> BoolArray:
    """Whether each domain has a cell in one of the marked strata."""
    return np.asarray((in_cell & strata[totals.index_by_axis[STRATUM]]).any(axis=1), dtype=np.bool_)
