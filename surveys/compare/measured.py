"""One wave's answers to one questionnaire, estimated: what a comparison needs of each side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.design import Design, design_of
from surveys.domain import Domain, domains_of, partition_of
from surveys.gate import DEFAULT_GATE, GateSettings
from surveys.item import Item
from surveys.limits import Limits, limits_of
from surveys.precision import Precision, precision_of
from surveys.rates import rates_table
from surveys.replicates.sample import replicated_rates
from surveys.sample import CodedQuestion, FloatArray, Sample
from surveys.score import cell_scores, residual_scores, weighting_of
from surveys.tallied import tallied
from surveys.tally import PSU, Tally, moments_by_cell
from surveys.variance import BoolArray, sum_by
from surveys.wave import Wave


@dataclass(frozen=True)
class Measured:
    """Estimates of one wave with all that their joint error with another wave is made of.

    Parameters
    ----------
    partition
        Domains over which correlations are pooled, shape (domains,).
    rates
        The wave's own table of rates: what may be shown; a row for each domain × item.
    """

    sample: Sample
    items: tuple[Item, ...]
    totals: Tally
    design: Design
    domains: tuple[Domain, ...]
    precision: Precision
    limits: Limits
    partition: BoolArray
    rates: pd.DataFrame

    @property
    def is_clustered(self) -> bool:
        """Whether the sampling units are PSUs, which two waves may share, and not the respondents."""
        return self.sample.psu_of_record is not None

    @property
    def shown(self) -> BoolArray:
        """Estimates that the wave may show, shape (domains, items)."""
        shown = self.rates["value"].notna().to_numpy()
        return np.asarray(shown.reshape(len(self.domains), len(self.items)), dtype=np.bool_)


def measure(sample: Sample, wave: Wave, settings: GateSettings = DEFAULT_GATE) -> Measured:
    """Estimate a sample for a comparison, with the same functions as `surveys.estimate.estimate`."""
    items, columns, totals = tallied(sample, wave)
    domains = domains_of(sample, wave.areas, totals)
    return measured(sample, totals, items, domains, partition_of(domains), wave.id, settings, columns)


def measured(
    sample: Sample,
    totals: Tally,
    items: Sequence[Item],
    domains: Sequence[Domain],
    partition: BoolArray,
    wave_id: str = "",
    settings: GateSettings = DEFAULT_GATE,
    columns: Sequence[CodedQuestion] = (),
) -> Measured:
    """Estimates of a sample whose tally, items and domains are at hand.

    Parameters
    ----------
    columns
        Coded columns of the items; read where the sample has replicate weights of its own.
    """
    design = design_of(sample)
    precision = precision_of(totals, items, design, domains)
    replicated = replicated_rates(sample, columns, items, domains, precision)
    precision = replicated.precision if replicated else precision
    limits = limits_of(precision, items, partition)
    rates = rates_table(wave_id, sample.questionnaire, domains, items, precision, limits, settings)
    return Measured(sample, tuple(items), totals, design, tuple(domains), precision, limits, partition, rates)


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
