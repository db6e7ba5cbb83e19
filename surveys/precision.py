"""Value, variance and degrees of freedom of every item in every domain, from the tally (M2, M5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from surveys.area import AreaLevel
from surveys.classes import classes_of
from surveys.design import Design
from surveys.domain import Domain
from surveys.interval import Clustering, clustering_of
from surveys.item import Item
from surveys.sample import FloatArray
from surveys.score import Weighting, cell_scores, residual_scores, weighting_of
from surveys.tally import PSU, STRATUM, Moments, Tally, moments_by_cell
from surveys.variance import BoolArray, element_variance, is_estimable, sum_by, variance
from surveys.wave import LonelyPSU

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
        Design variance; NaN where it cannot be estimated, never 0 for a single sampling unit or where all
        strata of the domain are lonely.
    plain_variance
        V_d of M3: without finite-population correction and without the gain from weighting.
    degrees_of_freedom
        Units minus strata with an answerer in the domain.
    clustering
        Constants of M3; for respondents as units a = b.
    one_unit
        All answers of the domain come from a single sampling unit.
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
    design.check()
    in_cell = np.array([domain.in_cell for domain in domains], dtype=bool).reshape(len(domains), -1)
    cell = moments_by_cell(totals, items)
    total = _within(cell, in_cell)
    base = np.where(total.a > 0, total.a, 1.0)
    centred = total.b / base
    spread = total.q / base - centred**2
    width = np.array([item.highest - item.lowest for item in items])
    scale = np.where(width > 0, width, np.maximum(np.abs(total.centre), 1.0))
    spread = np.where(spread > _ROUNDING * scale**2, spread, 0.0)
    value = np.where(total.n > 0, _snapped(centred + total.centre, items), np.nan)
    clustered = bool((totals.index_by_axis[PSU] >= 0).all())
    conditional = _conditional(totals, in_cell, domains) if clustered else np.zeros(len(domains), dtype=bool)
    blank = np.full(total.n.shape, np.nan)
    kish = total.a2 / base**2
    result = Precision(
        sampled=in_cell @ totals.count_by_cell,
        n=total.n,
        positive=total.positive,
        value=value,
        spread=spread,
        variance=blank,
        plain_variance=blank,
        degrees_of_freedom=np.zeros(total.n.shape),
        clustering=Clustering(kish, kish, kish, kish),
        one_unit=total.n == 1,
        conditional=conditional,
        lonely=_meets_lonely(totals, in_cell, design),
    )
    work = _Work(totals, cell, total, in_cell, design, weighting_of(totals, design))
    result = _clustered(work, result) if clustered else _element(work, result)
    return _without_false_zeros(_conditioned(work, result))


@dataclass(frozen=True)
class _Work:
    totals: Tally
    cell: Moments
    total: Moments
    in_cell: BoolArray
    design: Design
    weighting: Weighting | None


def _clustered(work: _Work, so_far: Precision) -> Precision:
    """PSUs as units: scores of cells are summed to PSUs, PSUs without members stay in with 0."""
    rows = np.flatnonzero(~so_far.conditional)
    member = work.in_cell[rows].T
    psu, units = work.totals.index_by_axis[PSU], work.design.unit_count
    infinite = replace(
        work.design,
        population_by_stratum=np.full(len(work.design.strata), np.inf),
        lonely_psu=LonelyPSU.REMOVE,
    )
    arrays = [so_far.variance.copy(), so_far.plain_variance.copy(), so_far.degrees_of_freedom.copy()]
    spread_over_units = [np.array(part) for part in _parts(so_far.clustering)]
    one_unit = so_far.one_unit.copy()
    for item in range(so_far.n.shape[1]):  # over items, all domains at once
        a, b = work.cell.a[:, [item]], work.cell.b[:, [item]]
        base = work.total.a[rows, item]
        plain = cell_scores(a, b, work.total.b[rows, item] / np.where(base > 0, base, 1.0), base, member)
        score = residual_scores(plain, work.totals, work.weighting)
        answering = sum_by(member * work.cell.n[:, [item]], psu, units) > 0
        answering_by_stratum = sum_by(
            answering.astype(np.float64), work.design.stratum_of_unit, len(work.design.strata)
        )
        arrays[0][rows, item] = np.where(
            is_estimable(answering_by_stratum, work.design),
            variance(sum_by(score, psu, units), work.design, answering),
            np.nan,
        )
        arrays[1][rows, item] = variance(sum_by(plain, psu, units), infinite)
        arrays[2][rows, item] = answering.sum(axis=0) - (answering_by_stratum > 0).sum(axis=0)
        one_unit[rows, item] = answering.sum(axis=0) == 1
        constants = clustering_of(
            sum_by(member * a, psu, units), sum_by(member * work.cell.a2[:, [item]], psu, units), infinite
        )
        for target, part in zip(spread_over_units, _parts(constants), strict=True):
            target[rows, item] = part
    return replace(
        so_far,
        variance=arrays[0],
        plain_variance=arrays[1],
        degrees_of_freedom=arrays[2],
        clustering=Clustering(*spread_over_units),
        one_unit=one_unit,
    )


def _element(work: _Work, so_far: Precision) -> Precision:
    """Respondents as units: Σz² and Σz of a stratum come from the squared weights of the tally."""
    classes, cell = classes_of(work.totals, work.in_cell, work.weighting), work.cell
    stratum, strata = classes.stratum_of_class, len(work.design.strata)
    result, degrees = np.empty(so_far.n.shape), np.empty(so_far.n.shape)
    for item in range(so_far.n.shape[1]):
        base = np.where(work.total.a[:, item] > 0, work.total.a[:, item], 1.0)
        ratio = work.total.b[:, item] / base
        n, a, b, a2, b2, q2 = (
            classes.sums(values[:, item]) for values in (cell.n, cell.a, cell.b, cell.a2, cell.b2, cell.q2)
        )
        score = (b - ratio * a) / base
        squares = _squares(q2, b2, a2, ratio) / base**2
        if classes.weighting is not None:
            # Σ(u − w·x′β)² = Σu² − 2x′β·Σwu + (x′β)²·Σw², over all records of the weighting cell.
            fit = classes.weighting.fit_by_row(score)
            crossed = (b2 - ratio * a2) / base
            squares = squares - 2 * fit * crossed + fit**2 * classes.squared_weight_by_class
            score = score - fit * classes.weight_by_class
        members = sum_by(n, stratum, strata)
        total = sum_by(score, stratum, strata)
        error = element_variance(sum_by(squares, stratum, strata), total, members, work.design)
        result[:, item] = np.where(is_estimable(members, work.design), error, np.nan)
        degrees[:, item] = so_far.n[:, item] - (members > 0).sum(axis=0)
    return replace(so_far, variance=result, plain_variance=result, degrees_of_freedom=degrees)


def _conditioned(work: _Work, so_far: Precision) -> Precision:
    """A community that is one PSU: it is the stratum, its sampled respondents are the units."""
    rows = so_far.conditional
    if not rows.any():
        return so_far
    base = np.where(work.total.a[rows] > 0, work.total.a[rows], 1.0)
    ratio = work.total.b[rows] / base
    squares = _squares(work.total.q2[rows], work.total.b2[rows], work.total.a2[rows], ratio) / base**2
    size = so_far.sampled[rows][:, None]
    within = np.maximum(squares, 0.0) * size / np.maximum(size - 1, 1)
    result, degrees = so_far.variance.copy(), so_far.degrees_of_freedom.copy()
    result[rows] = within
    degrees[rows] = np.maximum(so_far.n[rows] - 1, 0)
    return replace(so_far, variance=result, degrees_of_freedom=degrees)


def _without_false_zeros(result: Precision) -> Precision:
    """No variance from a single unit; exactly 0 where the answers are all alike, not a rounding of it."""
    unknown = result.one_unit | (result.n == 0)
    alike = result.spread == 0
    error = np.where(alike & np.isfinite(result.variance), 0.0, result.variance)
    plain = np.where(alike & np.isfinite(result.plain_variance), 0.0, result.plain_variance)
    return replace(
        result,
        variance=np.where(unknown, np.nan, error),
        plain_variance=np.where(unknown, np.nan, plain),
    )


def _squares(q2: FloatArray, b2: FloatArray, a2: FloatArray, ratio: FloatArray) -> FloatArray:
    """Σ w² r (y − R)²."""
    return q2 - 2 * ratio * b2 + ratio**2 * a2


def _within(cell: Moments, in_cell: BoolArray) -> Moments:
    """Moments of domains: sums over their cells."""
    member = in_cell.astype(np.float64)
    return Moments(
        centre=cell.centre,
        n=member @ cell.n,
        positive=member @ cell.positive,
        a=member @ cell.a,
        b=member @ cell.b,
        q=member @ cell.q,
        a2=member @ cell.a2,
        b2=member @ cell.b2,
        q2=member @ cell.q2,
    )


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


def _meets_lonely(totals: Tally, in_cell: BoolArray, design: Design) -> BoolArray:
    lonely_cell = design.is_lonely[totals.index_by_axis[STRATUM]]
    return np.asarray((in_cell & lonely_cell).any(axis=1), dtype=np.bool_)


def _parts(clustering: Clustering) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    return clustering.a, clustering.b, clustering.a_star, clustering.b_star
