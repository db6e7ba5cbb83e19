"""What R does between a likelihood and the limits it prints: an unfinished fit, a coarse profile, a spline.

R's ``svyciprop(method="likelihood")`` does not solve for its limits. It fits a logistic regression by steps
(stopping at a relative change of the deviance of 1e-8), computes the signed root of the deviance at about ten
points, lays a Forsythe–Malcolm–Moler spline through them, evaluates it at three times as many points and
interpolates linearly. The functions here do the same with our own deviance, so that a test can tell what
differs from R (its interpolation) from what does not (the likelihood).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from surveys.records.proportion_interval import divergence


@dataclass(frozen=True)
class LogisticFit:
    """Intercept-only logistic regression as R's ``glm`` leaves it.

    Parameters
    ----------
    logit
        Coefficient at which the iteration stopped.
    information
        Σ of the working weights of the last step; they belong to the estimate before it.
    weight
        Σ of the prior weights.
    """

    logit: float
    information: float
    weight: float


def logistic_fit(positive: np.ndarray, weight: np.ndarray) -> LogisticFit:
    """Iteratively reweighted least squares from R's start (w·y + ½)/(w + 1)."""
    share = (weight * positive + 0.5) / (weight + 1)
    logit = special.logit(share)
    information = before = 0.0
    for step in range(25):
        working = weight * share * (1 - share)
        information = float(working.sum())
        mean = float((working * (logit + (positive - share) / (share * (1 - share)))).sum()) / information
        if step == 0:
            before = float(_deviance(positive, weight, share))
        logit, share = np.full(len(weight), mean), np.full(len(weight), special.expit(mean))
        after = float(_deviance(positive, weight, share))
        if abs(after - before) / (abs(after) + 0.1) < 1e-8:
            break
        before = after
    return LogisticFit(float(logit[0]), information, float(weight.sum()))


def profile_limits(
    fit: LogisticFit,
    share: float,
    standard_error: float,
    quantile: float,
    dispersion: float,
    n: int,
) -> np.ndarray:
    """Limits as R interpolates them; NaN where its profile ends before the limit."""
    fitted = special.expit(fit.logit)
    error = standard_error / (fitted * (1 - fitted))
    cut = quantile * error * np.sqrt(fit.information)
    # The profile reaches half the tail further, by t with n − 1 degrees because the dispersion is estimated.
    reach = -special.stdtrit(n - 1, special.ndtr(-cut) / 4)
    floor = float(divergence(np.array(share), np.array(fit.logit)))
    logits, roots = [fit.logit], [0.0]
    for sign in (-1, 1):
        root, step = 0.0, 1
        while step < 10 and abs(root) < reach:
            logit = fit.logit + sign * step * reach / 5 * error
            excess = 2 * fit.weight * (float(divergence(np.array(share), np.array(logit))) - floor)
            root = sign * np.sqrt(max(excess / dispersion, 0.0))
            logits.append(logit)
            roots.append(root)
            step += 1
    order = np.argsort(roots)
    x, y = np.array(logits)[order], np.array(roots)[order]
    grid = np.linspace(x[0], x[-1], 3 * len(x))
    limits = np.interp([-cut, cut], fmm_spline(x, y, grid), grid, left=np.nan, right=np.nan)
    return np.asarray(special.expit(limits))


def fmm_spline(x: np.ndarray, y: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Cubic spline whose third derivative at either end is that of the cubic through its four points."""
    size, step = len(x), np.diff(x)
    slope = np.diff(y) / step
    matrix, right = np.zeros((size, size)), np.zeros(size)
    inner = np.arange(1, size - 1)
    matrix[inner, inner - 1], matrix[inner, inner + 1] = step[:-1], step[1:]
    matrix[inner, inner] = 2 * (step[:-1] + step[1:])
    right[1:-1] = 6 * np.diff(slope)
    matrix[0, :2] = matrix[-1, -2:] = -1, 1
    right[0] = step[0] * _third_derivative(x[:4], y[:4])
    right[-1] = step[-1] * _third_derivative(x[-4:], y[-4:])
    curvature = np.linalg.solve(matrix, right)
    left = np.clip(np.searchsorted(x, at, side="right") - 1, 0, size - 2)
    h, t = step[left], at - x[left]
    linear = slope[left] - h * (2 * curvature[left] + curvature[left + 1]) / 6
    cubic = (curvature[left + 1] - curvature[left]) / (6 * h)
    return np.asarray(y[left] + t * (linear + t * (curvature[left] / 2 + t * cubic)))


def _third_derivative(x: np.ndarray, y: np.ndarray) -> float:
    first = np.diff(y) / np.diff(x)
    second = np.diff(first) / (x[2:] - x[:-2])
    return float(6 * np.diff(second)[0] / (x[3] - x[0]))


def _deviance(positive: np.ndarray, weight: np.ndarray, share: np.ndarray) -> float:
    return float(
        -2 * (weight * (special.xlogy(positive, share) + special.xlog1py(1 - positive, -share))).sum()
    )
