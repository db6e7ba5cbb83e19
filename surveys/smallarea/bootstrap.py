"""Parametric bootstrap: the mean squared error of a model estimate, on the share's own scale (M10)."""

from __future__ import annotations

import numpy as np

from surveys.sample import FloatArray
from surveys.smallarea.area_model import regress
from surveys.smallarea.benchmark import shifted
from surveys.smallarea.share_model import DirectShares, between_variance, predict_angles, total_shift
from surveys.smallarea.share_scale import expected_share, share_at


def bootstrap_mse(direct: DirectShares, variance: float, normal: FloatArray) -> FloatArray:
    """Mean squared error of the model estimates, shape (areas,).

    Every replicate draws area effects and sampling errors, and then does all that was done to the data:
    REML, the floor, prediction, back-transformation, and the benchmark to the replicate's own direct total.

    Parameters
    ----------
    variance
        Â, as estimated.
    normal
        Independent standard normal draws, shape (replicates, 2, areas): effects, then errors.

    Notes
    -----
    M10. Butar & Lahiri (2003); González-Manteiga et al. (2008).
    """
    sampled, model = direct.sampled, direct.model
    fit = regress(model, direct.angle, variance)
    centre = model.raw_basis(direct.auxiliary_by_area) @ fit.on_basis
    truth = centre + np.sqrt(variance) * normal[:, 0]
    error = np.sqrt(model.sampling_variance_by_area) * normal[:, 1, sampled]
    angle = truth[:, sampled] + error
    again, _ = between_variance(model, angle)
    angles = predict_angles(direct, angle, again)
    total = direct.calibration.share(angle) @ direct.part_by_area[sampled]
    shift = total_shift(direct, angles, total if direct.total is not None else np.full(len(total), np.nan))
    share = shifted(expected_share(angles.angle, angles.left), shift)
    return np.asarray(((share - share_at(truth)) ** 2).mean(axis=0))
