"""The arcsine scale put right where few answers lie on one side: small areas, shares near 1 (M10)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from surveys.sample import FloatArray
from surveys.smallarea.share_scale import from_arcsine, to_arcsine


@dataclass(frozen=True)
class Calibration:
    """φ of binomial samples around one share: its mean, how the mean moves, and its variance.

    With 8 to 16 answers at p = .9 the variance of φ is .7 to .9 of 1/(4n + 2), its mean lies .1 to .2 SDs
    below asin√p and moves less than asin√p does. A model fitted to φ itself then sees too little
    difference between areas.

    Parameters
    ----------
    centre
        θ₀ = asin√p̄, p̄ the pooled share.
    mean_by_area, slope_by_area, variance_by_area
        E φ, dE φ/dθ and Var φ at p̄ for each area's n_e, shape (areas,).
    effective_n_by_area
        n_e, shape (areas,).
    """

    centre: float
    mean_by_area: FloatArray
    slope_by_area: FloatArray
    variance_by_area: FloatArray
    effective_n_by_area: FloatArray

    @property
    def sampling_variance_by_area(self) -> FloatArray:
        """Variance of the calibrated angle: Var φ/slope²."""
        return self.variance_by_area / self.slope_by_area**2

    def angle(self, share: FloatArray) -> FloatArray:
        """θ₀ + (φ − E φ)/slope: to first order around p̄ an unbiased estimate of asin√p; shape (…, areas)."""
        phi, _ = to_arcsine(share, self.effective_n_by_area)
        return np.asarray(self.centre + (phi - self.mean_by_area) / self.slope_by_area)

    def share(self, angle: FloatArray) -> FloatArray:
        """The direct share that has this calibrated angle, cut to [0, 1]; shape (…, areas)."""
        phi = self.mean_by_area + (angle - self.centre) * self.slope_by_area
        return from_arcsine(phi, self.effective_n_by_area)


def calibration_of(share: FloatArray, effective_n: FloatArray) -> Calibration:
    """Calibrate at the pooled share p̄ = (Σ n_e p + ½)/(Σ n_e + 1), which is never 0 or 1.

    Parameters
    ----------
    share, effective_n
        Direct shares and n_e > 0, shape (areas,). n_e need not be whole: moments are interpolated between
        the whole sizes around it.
    """
    pooled = float((effective_n @ share + 0.5) / (effective_n.sum() + 1))
    below = np.maximum(np.floor(effective_n), 1.0)
    part = np.clip(effective_n - below, 0.0, 1.0)
    sizes, index = np.unique(np.concatenate([below, below + 1]), return_inverse=True)
    centre = float(np.arcsin(np.sqrt(pooled)))
    # Moments relative to what large samples have, so that what is interpolated is small.
    relative = np.array([_relative_moments(size, pooled) for size in sizes])[index]
    mean, slope, variance = (
        (1 - part) * relative[: len(part), column] + part * relative[len(part) :, column]
        for column in range(3)
    )
    nominal = 1 / (4 * np.maximum(effective_n, 1.0) + 2)
    return Calibration(centre, centre + mean * np.sqrt(nominal), slope, variance * nominal, effective_n)


def _relative_moments(size: float, share: float) -> tuple[float, float, float]:
    """(E φ − asin√p)·√(4n + 2), dE φ/dθ and Var φ·(4n + 2) of a binomial sample."""
    count = np.arange(size + 1)
    phi, variance = to_arcsine(count / size, size)
    # The binomial probabilities; scipy.stats would have them too, and takes a second to import.
    ways = special.gammaln(size + 1) - special.gammaln(count + 1) - special.gammaln(size - count + 1)
    weight = np.exp(ways + count * np.log(share) + (size - count) * np.log1p(-share))
    mean = float(weight @ phi)
    scale = float(np.sqrt(variance))
    slope = 2 * float(weight @ ((phi - mean) * (count - size * share))) / np.sqrt(share * (1 - share))
    centre = float(np.arcsin(np.sqrt(share)))
    return (mean - centre) / scale, slope, float(weight @ (phi - mean) ** 2) / scale**2
