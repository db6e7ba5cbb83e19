"""Weighted quantiles of records by the usual rules, with Woodruff's limits (M1 names them: not from a tally).

    rule = hyndman_fan_5
    result = woodruff_quantile(ages, weight, design, unit, 0.5, rule=rule, interval=mean_interval)

A rule is a function (values, weight, probability) → quantile. Hyndman & Fan (1996) number them; with weights
as in R's ``svyquantile``. Values must not be blank; weights of 0 take no part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from surveys.design import Design
from surveys.records.linear import mean_variance
from surveys.records.proportion_interval import EstimatedShare, Interval, estimated_share, mean_interval
from surveys.sample import FloatArray, IntArray
from surveys.variance import BoolArray

QuantileRule = Callable[[FloatArray, FloatArray, float], float]
ShareInterval = Callable[[EstimatedShare, float], Interval]


@dataclass(frozen=True)
class Quantile:
    """A quantile with its limits.

    Parameters
    ----------
    value, low, high
        On the values' unit; NaN where nobody answered.
    standard_error
        Width of the limits over twice the quantile of t, as R gives it.
    degrees_of_freedom
        Of the domain.
    n
        Respondents.
    """

    value: float
    low: float
    high: float
    standard_error: float
    degrees_of_freedom: float
    n: int


def hyndman_fan_1(values: FloatArray, weight: FloatArray, probability: float) -> float:
    """Inverse of the distribution function: the first value with at least this share (R's ``math``)."""
    return _jump(values, weight, probability, at_edge=lambda below, _above, _index: below)


def hyndman_fan_2(values: FloatArray, weight: FloatArray, probability: float) -> float:
    """As rule 1, averaged with the next value where the share is met exactly (R's ``school``)."""
    return _jump(values, weight, probability, at_edge=lambda below, above, _index: (below + above) / 2)


def hyndman_fan_3(values: FloatArray, weight: FloatArray, probability: float) -> float:
    """As rule 1 over distinct values; met exactly, the one of even rank."""
    distinct, place = np.unique(values[weight > 0], return_inverse=True)
    total = np.bincount(place, weights=weight[weight > 0]).astype(np.float64)
    return _jump(
        distinct, total, probability, at_edge=lambda below, above, index: above if index % 2 == 0 else below
    )


def hyndman_fan_4(values: FloatArray, weight: FloatArray, probability: float) -> float:
    """Interpolates the distribution function; below its first step the first value."""
    x, w = _sorted(values, weight)
    return _interpolated(x, np.cumsum(w) / w.sum(), probability)


def hyndman_fan_5(values: FloatArray, weight: FloatArray, probability: float) -> float:
    """Interpolates between the midpoints of the steps: symmetric; our choice for medians."""
    x, w = _sorted(values, weight)
    return _interpolated(x, (np.cumsum(w) - w / 2) / w.sum(), probability)


def hyndman_fan_6(values: FloatArray, weight: FloatArray, probability: float) -> float:
    """Interpolates positions of the mean of order statistics (Weibull)."""
    x, w = _sorted(values, weight)
    return _interpolated(x, np.cumsum(w) / (w.sum() + w[-1]), probability)


def hyndman_fan_7(values: FloatArray, weight: FloatArray, probability: float) -> float:
    """Interpolates positions of the mode (the default of R's and numpy's unweighted quantile)."""
    x, w = _sorted(values, weight)
    if len(x) == 1:
        return float(x[0])
    return _interpolated(x, (np.cumsum(w) - w) / (w.sum() - w[-1]), probability)


def hyndman_fan_8(values: FloatArray, weight: FloatArray, probability: float) -> float:
    """Interpolates approximate medians of order statistics."""
    x, w = _sorted(values, weight)
    return _interpolated(x, (np.cumsum(w) - w / 3) / (w.sum() + w[-1] / 3), probability)


def hyndman_fan_9(values: FloatArray, weight: FloatArray, probability: float) -> float:
    """Interpolates approximate means of order statistics of normal values."""
    x, w = _sorted(values, weight)
    return _interpolated(x, (np.cumsum(w) - 3 / 8 * w) / (w.sum() + w[-1] / 4), probability)


def shah_vaish(values: FloatArray, weight: FloatArray, probability: float) -> float:
    """Steps at (S + ½ − w/2)/(n + 1) with weights scaled to a mean of 1. Shah & Vaish (2006).

    Notes
    -----
    R's ``shahvaish`` (survey 4.1) scales the weights in S but not in w/2, so its positions are far off
    unless the weights have a mean of 1; there both agree.
    """
    x, w = _sorted(values, weight)
    scaled = w / w.mean()
    return step_quantile(x, (np.cumsum(scaled) + 0.5 - scaled / 2) / (len(x) + 1), probability)


def step_quantile(values: FloatArray, position: FloatArray, probability: float) -> float:
    """The value of the last position at or below the probability; the first value below all positions."""
    order = np.argsort(position, kind="stable")
    index = int(np.searchsorted(position[order], probability, side="right")) - 1
    return float(values[order][max(index, 0)])


def woodruff_quantile(
    values: FloatArray,
    weight: FloatArray,
    design: Design,
    unit_of_record: IntArray,
    probability: float,
    member: BoolArray | None = None,
    *,
    rule: QuantileRule = hyndman_fan_1,
    interval: ShareInterval = mean_interval,
    level: float = 0.95,
) -> Quantile:
    """Quantile with Woodruff's limits, which always hold it.

    Parameters
    ----------
    member
        Records of the domain; blanks (NaN) are outside it.
    interval
        How the share's limits are made (`surveys.records.proportion_interval`).

    Notes
    -----
    R's ``svyquantile`` wherever its limits hold the quantile. Where one record has much of the weight, a rule
    that interpolates puts the quantile far from where the share at or below it lies, and R gives limits
    beside it (`woodruff_limits`): here the nearer one is moved to the quantile, so they only get wider.
    """
    inside = ~np.isnan(values) if member is None else member & ~np.isnan(values)
    if not inside.any():
        return Quantile(np.nan, np.nan, np.nan, np.nan, 0.0, 0)
    asked = np.where(inside, values, np.nan)
    value = rule(values[inside], weight[inside], probability)
    at_or_below = _share_at_or_below(asked, weight, design, unit_of_record, value)
    low, high = _at_limits(asked, weight, at_or_below, rule, interval, level)
    low, high = min(low, value), max(high, value)
    degrees = float(at_or_below.degrees_of_freedom)
    t = float(special.stdtrit(max(degrees, 1.0), 0.5 + level / 2))
    return Quantile(value, low, high, (high - low) / (2 * t), degrees, int(inside.sum()))


def woodruff_limits(
    values: FloatArray,
    weight: FloatArray,
    design: Design,
    unit_of_record: IntArray,
    value: float,
    *,
    rule: QuantileRule = hyndman_fan_1,
    interval: ShareInterval = mean_interval,
    level: float = 0.95,
) -> tuple[float, float]:
    """Quantiles at the limits of the share at or below `value`, exactly as R makes them; see above.

    Parameters
    ----------
    values
        NaN for records outside the domain.
    value
        A quantile by `rule`. The limits need not hold it, unless the rule is one of steps (1 to 3).

    Notes
    -----
    Woodruff (1952); R's ``svyquantile``. Where a limit of the share leaves [0, 1], R gives NaN; here the
    share is cut there, so the limit is the smallest or largest value seen.
    """
    at_or_below = _share_at_or_below(values, weight, design, unit_of_record, value)
    return _at_limits(values, weight, at_or_below, rule, interval, level)


def score_limits(
    values: FloatArray,
    weight: FloatArray,
    design: Design,
    unit_of_record: IntArray,
    probability: float,
    level: float = 0.95,
) -> tuple[float, float]:
    """Values at which the score test of the quantile turns: the test keeps every value between them.

    Notes
    -----
    Francisco & Fuller (1991). The test of θ asks whether the share above θ is 1 − probability. It is
    constant between values seen, so it is evaluated at each of them; blanks are outside the domain.
    """
    inside = ~np.isnan(values)
    union = mean_variance(np.ones(len(values)), weight, design, unit_of_record, inside)
    t = float(special.stdtrit(max(float(union.degrees_of_freedom[0]), 1.0), 0.5 + level / 2))
    distinct = np.unique(values[inside])

    def excess(value: float) -> float:
        """(Share above − (1 − probability))/SE; infinite where nobody or everybody is above."""
        above = np.where(inside, (values > value).astype(np.float64), np.nan)
        share = mean_variance(above, weight, design, unit_of_record)
        gap = float(share.value[0]) - (1 - probability)
        error = float(share.standard_error[0])
        return gap / error if error > 0 else float(np.sign(gap)) * np.inf

    return _first_at_most(distinct, t, excess), _first_at_most(distinct, -t, excess)


def _first_at_most(distinct: FloatArray, bound: float, excess: Callable[[float], float]) -> float:
    """First value whose statistic is at most the bound, by bisection; the statistic falls with the value."""
    below, at = -1, len(distinct) - 1
    while at - below > 1:
        middle = (at + below) // 2
        if excess(float(distinct[middle])) <= bound:
            at = middle
        else:
            below = middle
    return float(distinct[at])


def _share_at_or_below(
    values: FloatArray, weight: FloatArray, design: Design, unit_of_record: IntArray, value: float
) -> EstimatedShare:
    """Share of the records that are not blank; its degrees of freedom are the domain's."""
    inside = ~np.isnan(values)
    below = np.where(inside, (values <= value).astype(np.float64), np.nan)
    share = mean_variance(below, weight, design, unit_of_record)
    union = mean_variance(np.ones(len(values)), weight, design, unit_of_record, inside)
    degrees = float(union.degrees_of_freedom[0])
    return estimated_share(share.value[0], share.standard_error[0], degrees, int(inside.sum()))


def _at_limits(
    values: FloatArray,
    weight: FloatArray,
    share: EstimatedShare,
    rule: QuantileRule,
    interval: ShareInterval,
    level: float,
) -> tuple[float, float]:
    """The quantiles at both limits of a share."""
    inside = ~np.isnan(values)
    low, high = interval(share, level)
    return rule(values[inside], weight[inside], float(low)), rule(values[inside], weight[inside], float(high))


def _sorted(values: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    kept = weight > 0
    order = np.argsort(values[kept], kind="stable")
    return values[kept][order], weight[kept][order]


def _interpolated(values: FloatArray, position: FloatArray, probability: float) -> float:
    return float(np.interp(probability, position, values))


def _jump(
    values: FloatArray,
    weight: FloatArray,
    probability: float,
    *,
    at_edge: Callable[[float, float, int], float],
) -> float:
    """The first value whose share exceeds the probability; `at_edge` decides where one meets it exactly.

    `at_edge` receives the value that meets it, the next one, and the index of the former.
    """
    x, w = _sorted(values, weight)
    cumulated, total = np.cumsum(w), w.sum()
    below = int(np.searchsorted(cumulated, probability * total, side="right")) - 1
    if below < 0:
        return float(x[0])
    above = min(below + 1, len(x) - 1)
    if probability - cumulated[below] / total == 0:
        return at_edge(float(x[below]), float(x[above]), below)
    return float(x[above])
