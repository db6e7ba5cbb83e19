"""Replicates whose weights were supplied with the data, or are calibrated anew in each replicate (M2, M5)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from surveys.problem import InputError, Problem, Severity
from surveys.replicates.estimation import Replicates
from surveys.sample import FloatArray, IntArray
from surveys.wave import ReplicateCentre, ReplicateType


def supplied_replicates(
    weight_of_record: FloatArray,
    weight_by_record: FloatArray,
    kind: ReplicateType,
    *,
    scale: float | None = None,
    scale_by_replicate: FloatArray | None = None,
    fay_rho: float = 0.0,
    centre: ReplicateCentre = ReplicateCentre.MEAN,
) -> Replicates:
    """Replicates whose units are the records.

    Parameters
    ----------
    weight_of_record
        Weights of the whole sample, positive, shape (records,).
    weight_by_record
        Replicate weights as used for estimates (R's ``combined.weights = TRUE``), shape
        (records, replicates).
    scale, scale_by_replicate
        c = scale · scale_by_replicate. None: the scale that the type implies, (R − 1)/R for JK1, 1/R for BRR,
        1/(R(1 − ρ)²) for FAY, 1/(R − 1) for BOOTSTRAP, 1 for JKN; and 1 for each replicate.
    fay_rho
        ρ of FAY, in [0, 1).

    Raises
    ------
    InputError
        Fewer than two replicates; a weight that is negative or not a number; JKN without any scale; a scale
        that is negative or of another length; ρ outside [0, 1).
    """
    count = weight_by_record.shape[1]
    problems = [*_weight_problems(weight_by_record), *_scale_problems(count, kind, scale, scale_by_replicate)]
    if not 0 <= fay_rho < 1:
        problems.append(Problem("fay_rho_out_of_range", Severity.ERROR, value=f"{fay_rho:g}"))
    if problems:
        raise InputError(problems)
    common = _scale_of(kind, count, fay_rho) if scale is None else scale
    own = np.ones(count) if scale_by_replicate is None else scale_by_replicate
    return Replicates(weight_by_record / weight_of_record[:, None], common * own, centre)


def recalibrated(
    weight_of_record: FloatArray,
    replicates: Replicates,
    unit_of_record: IntArray,
    calibrate: Callable[[FloatArray], FloatArray],
) -> tuple[FloatArray, Replicates]:
    """Weights calibrated in the whole sample and again in every replicate.

    Parameters
    ----------
    weight_of_record
        Base weights, shape (records,).
    calibrate
        From base to calibrated weights, both of shape (records,), such as post-stratification or raking. A
        replicate's base weights may hold zeros.

    Returns
    -------
    Calibrated weights, and replicates whose units are the records.
    """
    final = calibrate(weight_of_record)
    base = weight_of_record[:, None] * replicates.factor_by_unit[unit_of_record]
    weights = np.column_stack([calibrate(column) for column in base.T])
    return final, Replicates(weights / final[:, None], replicates.scale_by_replicate, replicates.centre)


def poststratified(
    weight_of_record: FloatArray, cell_of_record: IntArray, total_by_cell: FloatArray
) -> FloatArray:
    """Weights that add up to a known total in each cell; unchanged in a cell that has no weight left."""
    sums = np.bincount(cell_of_record, weights=weight_of_record, minlength=len(total_by_cell))
    factor = np.divide(total_by_cell, sums, out=np.ones_like(total_by_cell), where=sums > 0)
    return np.asarray(weight_of_record * factor[cell_of_record], dtype=np.float64)


def _scale_of(kind: ReplicateType, count: int, fay_rho: float) -> float:
    match kind:
        case ReplicateType.JK1:
            return (count - 1) / count
        case ReplicateType.JKN:
            return 1.0
        case ReplicateType.BRR:
            return 1 / count
        case ReplicateType.FAY:
            return 1 / (count * (1 - fay_rho) ** 2)
        case ReplicateType.BOOTSTRAP:
            return 1 / (count - 1)


def _weight_problems(weight_by_record: FloatArray) -> list[Problem]:
    if weight_by_record.shape[1] < 2:
        return [Problem("too_few_replicates", Severity.ERROR, value=str(weight_by_record.shape[1]))]
    # Blank, infinite and negative alike: none of them is a weight.
    bad = ~(np.isfinite(weight_by_record) & (weight_by_record >= 0))
    records = np.flatnonzero(bad.any(axis=1))
    if not len(records):
        return []
    replicate = int(np.flatnonzero(bad[records[0]])[0])
    found = f"{weight_by_record[records[0], replicate]:g}"
    detail = {"record": str(records[0] + 1), "replicate": str(replicate + 1)}
    return [Problem("bad_replicate_weight", Severity.ERROR, value=found, detail=detail, count=len(records))]


def _scale_problems(
    count: int, kind: ReplicateType, scale: float | None, scale_by_replicate: FloatArray | None
) -> list[Problem]:
    problems = []
    if kind is ReplicateType.JKN and scale is None and scale_by_replicate is None:
        problems.append(Problem("jkn_without_scale", Severity.ERROR))
    if scale is not None and not (np.isfinite(scale) and scale > 0):
        problems.append(Problem("bad_replicate_scale", Severity.ERROR, value=f"{scale:g}"))
    if scale_by_replicate is not None:
        if len(scale_by_replicate) != count:
            detail = {"replicates": str(count)}
            problems.append(
                Problem(
                    "replicate_scales_do_not_fit",
                    Severity.ERROR,
                    value=str(len(scale_by_replicate)),
                    detail=detail,
                )
            )
        bad = scale_by_replicate[~(np.isfinite(scale_by_replicate) & (scale_by_replicate >= 0))]
        problems += [Problem("bad_replicate_scale", Severity.ERROR, value=f"{value:g}") for value in bad]
    return problems
