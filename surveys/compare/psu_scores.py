"""Linearised totals of the sampling units of one wave: what its joint error with another is made of (M7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from surveys.measured import Measured
from surveys.sample import FloatArray
from surveys.score import cell_scores, residual_scores, weighting_of
from surveys.tally import PSU, moments_by_cell
from surveys.variance import BoolArray, sum_by


@dataclass(frozen=True)
class PSUScores:
    """Linearised totals of the PSUs of one wave, domain by domain (M2, M5).

    Parameters
    ----------
    score
        Residual of the weights where these were calibrated, shape (PSUs, items).
    answering
        Whether the PSU has someone in the base, same shape.
    weight
        Σw of the domain's records in each PSU, shape (PSUs,).
    """

    score: FloatArray
    answering: BoolArray
    weight: FloatArray


def psu_scores(wave: Measured, domains: Iterable[int], items: Iterable[int]) -> list[PSUScores]:
    """Scores of some items in some domains; PSUs are those of the wave's whole design."""
    totals, units = wave.totals, wave.design.unit_count
    cell = moments_by_cell(totals, [wave.items[item] for item in items])
    weighting = weighting_of(totals, wave.design)
    psu = totals.index_by_axis[PSU]
    result = []
    for domain in domains:
        inside = wave.domains[domain].in_cell[:, None]
        base = (inside * cell.a).sum(axis=0)
        ratio = (inside * cell.b).sum(axis=0) / np.where(base > 0, base, 1.0)
        plain = cell_scores(cell.a, cell.b, ratio, base, inside)
        score = residual_scores(plain, totals, weighting)
        result.append(
            PSUScores(
                score=sum_by(score, psu, units),
                answering=sum_by(inside * cell.n, psu, units) > 0,
                weight=sum_by(inside * totals.weight_by_cell[:, None], psu, units)[:, 0],
            )
        )
    return result
