"""From a sample to rates: values, errors, limits, what may be shown, and verdicts (M2–M4, M6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.area import AreaLevel
from surveys.beside import with_models
from surveys.covariance import area_covariances, pooled_score_correlation
from surveys.design import Design, design_of
from surveys.domain import Domain, domains_of, group_domains, partition_of
from surveys.gate import DEFAULT_GATE, GateSettings
from surveys.item import Item, items_of
from surveys.limits import Limits, limits_of
from surveys.precision import Precision, precision_of
from surveys.questionnaire import Measure
from surveys.rates import RATES_COLUMNS, rates_table
from surveys.replicates.sample import Replicated, replicated_rates
from surveys.sample import CodedQuestion, Sample
from surveys.smallarea.estimates import direct_table, model_estimates
from surveys.tallied import TalliedSample, tallied
from surveys.tally import Tally, tally
from surveys.wave import Wave


@dataclass(frozen=True)
class Estimation:
    """What the answers of one questionnaire, or of several, say.

    Parameters
    ----------
    rates
        Tidy table, `surveys.rates.RATES_COLUMNS`.
    covariance_by_area
        For the district and each subdistrict the design covariance of the measures' values (measure ×
        measure, on the values' own units); NaN where it cannot be estimated.
    correlation
        Correlation of the measures' errors, pooled over subdistricts (measure × measure; M9).
    """

    rates: pd.DataFrame
    covariance_by_area: dict[str, pd.DataFrame]
    correlation: pd.DataFrame


def estimate(sample: Sample, wave: Wave, settings: GateSettings = DEFAULT_GATE) -> Estimation:
    """Rates of one questionnaire for the district, subdistricts, communities and breakdowns.

    A questionnaire without measures gives empty tables.

    Parameters
    ----------
    settings
        Thresholds of what may be shown (M4, M17).

    Raises
    ------
    InputError
        A stratum has one sampled unit and the design says LonelyPSU.FAIL.
    """
    if not wave.measures_of(sample.questionnaire):
        return _nothing()
    found = _estimated(sample, wave, settings)
    items, domains, precision = found.items, found.domains, found.precision
    areas = [
        index
        for index, domain in enumerate(domains)
        if domain.level is not AreaLevel.COMMUNITY and not domain.group
    ]
    if found.replicated:
        covariances = found.replicated.covariances(items, domains, areas)
    else:
        records = None if isinstance(sample, TalliedSample) else sample
        covariances = area_covariances(
            records, found.columns, found.totals, items, found.design, domains, precision, areas
        )
    pool = np.flatnonzero(partition_of(domains))
    correlation = pooled_score_correlation(covariances, precision, found.limits, items, pool, domains)
    return Estimation(found.rates, covariances, correlation)


def estimate_rates(sample: Sample, wave: Wave, settings: GateSettings = DEFAULT_GATE) -> pd.DataFrame:
    """The rates of `estimate` alone, without the covariances that only scores need."""
    if not wave.measures_of(sample.questionnaire):
        return _nothing().rates
    return _estimated(sample, wave, settings).rates


@dataclass(frozen=True)
class _Estimated:
    """Rates with all that their covariances are made of."""

    items: Sequence[Item]
    columns: Sequence[CodedQuestion]
    totals: Tally
    design: Design
    domains: Sequence[Domain]
    precision: Precision
    replicated: Replicated | None
    limits: Limits
    rates: pd.DataFrame


def _estimated(sample: Sample, wave: Wave, settings: GateSettings) -> _Estimated:
    items, columns, totals = tallied(sample, wave)
    design = design_of(sample)
    domains = domains_of(sample, wave.areas, totals)
    precision = precision_of(totals, items, design, domains)
    replicated = replicated_rates(sample, columns, items, domains, precision)
    if replicated:
        precision = replicated.precision
    limits = limits_of(precision, items, partition_of(domains))
    rates = rates_table(wave.id, sample.questionnaire, domains, items, precision, limits, settings)
    if wave.small_areas.measures:
        direct = direct_table(totals, items, domains, precision, limits, rates)
        rates = with_models(rates, model_estimates(direct, wave.areas, wave.small_areas, settings))
    return _Estimated(items, columns, totals, design, domains, precision, replicated, limits, rates)


def estimate_groups(
    sample: Sample, measures: Iterable[Measure], group: str = "", settings: GateSettings = DEFAULT_GATE
) -> pd.DataFrame:
    """Rates of a bare table of answers: a row for each label of a breakdown, then one for all records.

    Parameters
    ----------
    group
        Name of a breakdown in `sample.groups`; empty: only all records.

    Returns
    -------
    Tidy table, `surveys.rates.RATES_COLUMNS`, with empty wave and area.
    """
    items, columns = items_of(sample, measures)
    totals, design = tally(sample, columns), design_of(sample)
    everywhere = Domain(AreaLevel.DISTRICT, "", "", "", None, np.ones(totals.cell_count, dtype=bool))
    parts = group_domains(sample, group, totals) if group else ()
    domains = (*parts, everywhere)
    precision = precision_of(totals, items, design, domains)
    partition = np.array([not parts or domain is not everywhere for domain in domains], dtype=bool)
    limits = limits_of(precision, items, partition)
    return rates_table("", sample.questionnaire, domains, items, precision, limits, settings)


def combine(estimations: Sequence[Estimation]) -> Estimation:
    """Estimations of separate questionnaires as one: their errors are independent, covariances 0."""
    rates = pd.concat([e.rates for e in estimations], ignore_index=True)
    codes = dict.fromkeys(code for e in estimations for code in e.covariance_by_area)
    covariances = {code: _blocks([_covariance(e, code) for e in estimations]) for code in codes}
    return Estimation(rates, covariances, _blocks([e.correlation for e in estimations]))


def _nothing() -> Estimation:
    return Estimation(pd.DataFrame(columns=list(RATES_COLUMNS)).astype(RATES_COLUMNS), {}, _blocks([]))


def _covariance(estimation: Estimation, code: str) -> pd.DataFrame:
    names = estimation.correlation.index
    return estimation.covariance_by_area.get(code, pd.DataFrame(np.nan, index=names, columns=names))


def _blocks(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    names = [name for frame in frames for name in frame.index]
    matrix = np.zeros((len(names), len(names)))
    start = 0
    for frame in frames:
        end = start + len(frame)
        matrix[start:end, start:end] = frame.to_numpy()
        start = end
    return pd.DataFrame(matrix, index=names, columns=names)
