"""Model estimates of a share in every area: fit, floor, prediction, back-transformation, benchmark (M10)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special

from surveys.sample import FloatArray
from surveys.smallarea.area_model import AreaModel, independent_columns
from surveys.smallarea.benchmark import benchmark_shift, shifted
from surveys.smallarea.calibration import Calibration, calibration_of
from surveys.smallarea.fit import li_lahiri_reml_variance, reml_variance
from surveys.smallarea.prediction import Prediction, predict, predict_unsampled, reml_error
from surveys.smallarea.share_scale import expected_share, share_limits
from surveys.variance import BoolArray

LEAST_SPARE_AREAS = 3
"""Sampled areas beyond the number of coefficients: with fewer, log A + likelihood has no maximum."""


@dataclass(frozen=True)
class DirectShares:
    """Direct estimates of one share over the areas of one level.

    Parameters
    ----------
    share_by_area
        In [0, 1]; NaN where nobody answered.
    effective_n_by_area
        n_e of M3; 0 where nobody answered.
    auxiliary_by_area
        Covariates with their column of ones, shape (areas, coefficients).
    base_by_area
        Weight of those in the base, Σwr: the areas' parts of the whole.
    total
        Direct share of the whole, to which estimates are benchmarked; None: they are not.
    """

    share_by_area: FloatArray
    effective_n_by_area: FloatArray
    auxiliary_by_area: FloatArray
    base_by_area: FloatArray
    total: float | None = None

    @cached_property
    def sampled(self) -> BoolArray:
        """Areas with a direct estimate, shape (areas,)."""
        return np.asarray((self.effective_n_by_area > 0) & np.isfinite(self.share_by_area))

    @cached_property
    def calibration(self) -> Calibration:
        """The scale on which the sampled areas are modelled."""
        return calibration_of(self.share_by_area[self.sampled], self.effective_n_by_area[self.sampled])

    @cached_property
    def angle(self) -> FloatArray:
        """Calibrated φ of the sampled areas."""
        return self.calibration.angle(self.share_by_area[self.sampled])

    @cached_property
    def model(self) -> AreaModel:
        """The area model of the sampled areas."""
        return AreaModel(self.auxiliary_by_area[self.sampled], self.calibration.sampling_variance_by_area)

    @cached_property
    def part_by_area(self) -> FloatArray:
        """Parts of the whole that the sampled areas make, adding up to 1."""
        base = np.where(self.sampled, self.base_by_area, 0.0)
        return np.asarray(base / base.sum())

    def fits(self) -> bool:
        """Whether there are areas enough for these covariates, and none is a combination of the others."""
        rows = self.auxiliary_by_area[self.sampled]
        enough = len(rows) - rows.shape[1] >= LEAST_SPARE_AREAS
        return enough and bool(independent_columns(rows).all())


@dataclass(frozen=True)
class ShareEstimates:
    """Model estimates; arrays have shape (areas,).

    Parameters
    ----------
    share, low, high
        Shares, after benchmarking; 95 % limits.
    weight
        γ: the part of the area's own answers in its estimate; 0 where it has none.
    between_variance
        Â on the arcsine scale.
    floored
        REML gave 0 and Â is that of Li & Lahiri.
    shift
        λ of the benchmark on the logit scale; 0 where it was not asked for.
    unreachable
        A benchmark was asked for, but the direct share of the whole is 0 or 1.
    """

    share: FloatArray
    low: FloatArray
    high: FloatArray
    weight: FloatArray
    between_variance: float
    floored: bool
    shift: float
    unreachable: bool


@dataclass(frozen=True)
class Angles:
    """Predictions on the arcsine scale for all areas, with leading replicates.

    Parameters
    ----------
    angle
        θ̂, or x′β̂ where nobody was sampled.
    left
        g1: variance of θ once the area's own estimate is known; Â where nobody was sampled.
    weight
        γ.
    """

    angle: FloatArray
    left: FloatArray
    weight: FloatArray


def estimate_shares(direct: DirectShares, level: float = 0.95) -> ShareEstimates:
    """Fay–Herriot estimates of a share in every area.

    Raises
    ------
    ValueError
        `direct.fits()` is False.

    Notes
    -----
    M10. Limits move with the benchmark, so that they hold the share they are printed beside.
    """
    variance, floored = between_variance(direct.model, direct.angle)
    angles = predict_angles(direct, direct.angle, variance)
    shift = total_shift(direct, angles, np.asarray(np.nan if direct.total is None else direct.total))
    error = np.empty(len(direct.sampled))
    error[direct.sampled] = reml_error(direct.model, variance).total
    error[~direct.sampled] = predict_unsampled(
        direct.model, direct.angle, variance, direct.auxiliary_by_area[~direct.sampled]
    )[1]
    low, high = share_limits(angles.angle, error, float(special.ndtri(0.5 + level / 2)))
    return ShareEstimates(
        share=shifted(expected_share(angles.angle, angles.left), shift),
        low=shifted(low, shift),
        high=shifted(high, shift),
        weight=angles.weight,
        between_variance=float(variance),
        floored=bool(floored),
        shift=float(shift),
        unreachable=direct.total is not None and not 0 < direct.total < 1,
    )


def between_variance(model: AreaModel, angle: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Â by REML, and by Li & Lahiri's criterion where that is 0; with whether it was.

    Parameters
    ----------
    angle
        Shape (…, areas).
    """
    variance = np.array(reml_variance(model, angle))
    floored = variance <= 0
    if floored.any():
        variance[floored] = li_lahiri_reml_variance(model, angle[floored])
    return variance, floored


def predict_angles(direct: DirectShares, angle: FloatArray, variance: FloatArray) -> Angles:
    """Predictions of all areas from angles of the sampled ones.

    Parameters
    ----------
    angle
        Calibrated φ, shape (…, sampled areas).
    variance
        Â, shape (…).
    """
    sampled = direct.sampled
    known: Prediction = predict(direct.model, angle, variance)
    other, _ = predict_unsampled(direct.model, angle, variance, direct.auxiliary_by_area[~sampled])
    shape = (*variance.shape, len(sampled))
    result = Angles(np.empty(shape), np.empty(shape), np.zeros(shape))
    result.angle[..., sampled], result.angle[..., ~sampled] = known.value, other
    result.left[..., sampled] = known.weight * direct.model.sampling_variance_by_area
    result.left[..., ~sampled] = variance[..., None]
    result.weight[..., sampled] = known.weight
    return result


def total_shift(direct: DirectShares, angles: Angles, total: FloatArray) -> FloatArray:
    """λ of the benchmark for each replicate; 0 where `total` is NaN, 0 or 1."""
    share = expected_share(angles.angle, angles.left)
    flat = share.reshape(-1, share.shape[-1])
    return benchmark_shift(flat, direct.part_by_area, np.atleast_1d(total)).reshape(total.shape)
