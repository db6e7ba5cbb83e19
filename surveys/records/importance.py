"""How much each of several variables explains of an outcome: Shapley shares of R² (M11).

    explained = explained_shares(predictors, outcome, weight, replicates, unit_of_record)
    explained.share_by_predictor, explained.relative, explained.low, explained.high

Shared notation: K predictors; S a set of them; R²(S) of the weighted least-squares regression of the outcome
on S with an intercept. The share of predictor j is the mean, over all orders in which predictors may enter,
of what R² gains when j enters: Σ_{S without j} |S|!(K − |S| − 1)!/K! · [R²(S + j) − R²(S)]. Shares are not
negative and add up to R² of all. A share is a description of one sample's answers; it names no cause.

Source: Lindeman, Merenda & Gold (1980), Introduction to Bivariate and Multivariate Analysis; Grömping (2007),
The American Statistician 61, 139–147.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import comb

import numpy as np
from scipy import stats

from surveys.replicates.estimation import Replicates
from surveys.sample import FloatArray, IntArray
from surveys.wave import ReplicateCentre

MOST_PREDICTORS = 12
"""All 4,096 sets of 12 predictors are evaluated, none is sampled; each further one doubles them."""

_COLLINEAR = 1e-10
"""A predictor with less than this part of its variance left beside the others adds nothing."""
_BLOCK = 20_000
"""Units whose products are held at a time."""


@dataclass(frozen=True)
class ExplainedShares:
    """Shapley shares of R² with their error.

    Parameters
    ----------
    share_by_predictor
        Shares of the outcome's variance, shape (predictors,); they add up to `r_squared`.
    relative
        The same as parts of `r_squared`: they add up to 1. NaN where nothing is explained.
    covariance
        Of `relative`, from replicates about the estimate, shape (predictors, predictors).
    low, high
        95 % limits of `relative`: t on `degrees_of_freedom`, cut to [0, 1].
    n
        Records, all of which have the outcome and every predictor.
    """

    share_by_predictor: FloatArray
    r_squared: float
    relative: FloatArray
    covariance: FloatArray
    low: FloatArray
    high: FloatArray
    degrees_of_freedom: float
    n: int


def explained_shares(
    predictors: FloatArray,
    outcome: FloatArray,
    weight: FloatArray,
    replicates: Replicates,
    unit_of_record: IntArray,
    degrees_of_freedom: float,
) -> ExplainedShares:
    """Shapley shares of R² in complete records, with design-based limits.

    Parameters
    ----------
    predictors
        Shape (records, predictors), at most `MOST_PREDICTORS` of them.
    outcome, weight, unit_of_record
        Shape (records,).
    replicates
        Of the design's units (`surveys.replicates.making.rao_wu_replicates`), or supplied ones.

    Raises
    ------
    ValueError
        More than `MOST_PREDICTORS` predictors.

    Notes
    -----
    Deviations of replicates are taken about the estimate: shares cannot be negative, so resampling raises
    small ones, and that bias belongs to the error.
    """
    count = predictors.shape[1]
    if count > MOST_PREDICTORS:
        raise ValueError(f"{count} predictors; at most {MOST_PREDICTORS}")
    values = np.column_stack([predictors, outcome])
    # About the mean, so that no digits are lost between large squares.
    values = values - np.average(values, axis=0, weights=weight)
    whole = _covariance(_moments(values, weight, np.ones((len(weight), 1)), np.arange(len(weight))))
    again = _covariance(_moments(values, weight, replicates.factor_by_unit, unit_of_record))
    share = shapley_shares(whole)[0]
    r_squared = float(share.sum())
    relative, relative_again = _relative(share), _relative(shapley_shares(again))
    about_estimate = replace(replicates, centre=ReplicateCentre.ESTIMATE)
    covariance = about_estimate.covariance(relative, relative_again)
    reach = stats.t.ppf(0.975, max(degrees_of_freedom, 1.0)) * np.sqrt(np.diag(covariance))
    return ExplainedShares(
        share,
        r_squared,
        relative,
        covariance,
        np.clip(relative - reach, 0.0, 1.0),
        np.clip(relative + reach, 0.0, 1.0),
        degrees_of_freedom,
        len(weight),
    )


def shapley_shares(covariance: FloatArray) -> FloatArray:
    """Shapley shares of R² from covariance matrices of (predictors …, outcome).

    Parameters
    ----------
    covariance
        Shape (…, predictors + 1, predictors + 1), the outcome last.

    Returns
    -------
    Shape (…, predictors); NaN where the outcome does not vary.

    Notes
    -----
    The outcome's variance beside every set of predictors comes from sweeping one predictor after the other
    out of (or, where the set is without it, dropping it from) what is left of the matrix.

    Examples
    --------
    Without correlation between predictors the shares are the squared correlations.

    >>> shapley_shares(np.array([[1, 0, 0.6], [0, 1, 0.5], [0.6, 0.5, 1]])).round(4).tolist()
    [0.36, 0.25]
    """
    predictors = covariance.shape[-1] - 1
    variance = covariance[..., -1, -1]
    with np.errstate(invalid="ignore", divide="ignore"):
        r_squared_by_set = 1.0 - _left_by_set(covariance) / variance
    r_squared_by_set = np.where(variance > 0, r_squared_by_set, np.nan)
    every_set = np.arange(2**predictors)
    size_of_set = np.array([int(each).bit_count() for each in every_set])
    shares = np.empty((*covariance.shape[:-2], predictors))
    for predictor in range(predictors):
        without = every_set[(every_set >> predictor) & 1 == 0]
        gain_by_set = r_squared_by_set[without | (1 << predictor)] - r_squared_by_set[without]
        weight_by_set = np.array(
            [1.0 / (predictors * comb(predictors - 1, size)) for size in size_of_set[without]]
        )
        shares[..., predictor] = np.tensordot(weight_by_set, gain_by_set, axes=1)
    return shares


def _left_by_set(covariance: FloatArray) -> FloatArray:
    """Variance of the outcome beside each set of predictors, shape (sets, …); bit j of a set: predictor j."""
    left = covariance[np.newaxis]
    for predictor in range(covariance.shape[-1] - 1):
        variance = covariance[..., predictor, predictor]
        pivot, column, rest = left[..., 0, 0], left[..., 1:, 0], left[..., 1:, 1:]
        adds = pivot > _COLLINEAR * variance
        slope = np.where(adds, 1.0, 0.0) / np.where(adds, pivot, 1.0)
        swept = rest - slope[..., None, None] * column[..., :, None] * column[..., None, :]
        left = np.concatenate([rest, swept])
    return np.asarray(np.maximum(left[..., 0, 0], 0.0), dtype=np.float64)


def _moments(
    values: FloatArray, weight: FloatArray, factor_by_unit: FloatArray, unit_of_record: IntArray
) -> FloatArray:
    """Σ a w x x′ of (1, values) under each set of factors, shape (sets, values + 1, values + 1)."""
    extended = np.column_stack([np.ones(len(values)), values])
    width = extended.shape[1]
    total = np.zeros((factor_by_unit.shape[1], width * width))
    for start in range(0, len(values), _BLOCK):
        part = slice(start, start + _BLOCK)
        units, unit_of_part = np.unique(unit_of_record[part], return_inverse=True)
        by_record = (extended[part, :, None] * extended[part, None, :]).reshape(-1, width * width)
        by_unit = np.zeros((len(units), width * width))
        np.add.at(by_unit, unit_of_part, weight[part, None] * by_record)
        total += factor_by_unit[units].T @ by_unit
    return total.reshape(-1, width, width)


def _covariance(moments: FloatArray) -> FloatArray:
    """Weighted covariance of the values, shape (sets, values, values); NaN where no weight is left."""
    weight = moments[:, :1, :1]
    scaled = moments / np.where(weight > 0, weight, np.nan)
    mean = scaled[:, 0, 1:]
    return np.asarray(scaled[:, 1:, 1:] - mean[:, :, None] * mean[:, None, :], dtype=np.float64)


def _relative(share: FloatArray) -> FloatArray:
    total = share.sum(axis=-1, keepdims=True)
    return np.asarray(share / np.where(total > 0, total, np.nan), dtype=np.float64)
