"""From a sample to rates: values, errors, limits, what may be shown, and verdicts (M2–M4, M6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from surveys.area import AreaLevel
from surveys.beside import with_models
from surveys.between import AreaErrors
from surveys.covariance import area_covariances, pooled_score_correlation
from surveys.design import design_of
from surveys.domain import Domain, group_domains
from surveys.gate import DEFAULT_GATE, GateSettings
from surveys.item import items_of
from surveys.limits import limits_of
from surveys.measured import Measured, measure
from surveys.precision import precision_of
from surveys.questionnaire import Measure
from surveys.rates import RATES_COLUMNS, rates_table
from surveys.sample import Sample
from surveys.smallarea.estimates import direct_table, model_estimates
from surveys.tally import tally
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
    base_by_area
        Weighted base Σwr of each measure in the district and each subdistrict (area code × measure).
    area_errors
        What errors of different areas have in common, one for each questionnaire.
    """

    rates: pd.DataFrame
    covariance_by_area: dict[str, pd.DataFrame]
    correlation: pd.DataFrame
    base_by_area: pd.DataFrame = field(default_factory=pd.DataFrame)
    area_errors: tuple[AreaErrors, ...] = ()

    @property
    def test_size_by_area(self) -> pd.DataFrame:
        """N of M3 by area code × measure: n_e less what estimating the intraclass correlation costs."""
        return pd.concat([errors.test_size for errors in self.area_errors], axis=1)

    def between_areas(self, gradient: pd.DataFrame) -> pd.DataFrame:
        """Design covariance between areas of Σ_m g[a, m]·R[a, m], for one gradient g in each area.

        Parameters
        ----------
        gradient
            Area code × measure: disjoint areas (subdistricts; or the district alone), any of the measures.

        Returns
        -------
        Frame area × area. Questionnaires are independent samples, their covariances add. NaN in the row and
        the column of an area where the error of a measure that counts cannot be estimated.

        Raises
        ------
        ValueError
            Two of the areas overlap: their errors need products that no tally has.
        """
        codes = list(gradient.index)
        total = np.zeros((len(codes), len(codes)))
        for errors in self.area_errors:
            total += errors.covariance(gradient, self.covariance_by_area)
        return pd.DataFrame(total, index=codes, columns=codes)


def estimate(sample: Sample | Measured, wave: Wave, settings: GateSettings = DEFAULT_GATE) -> Estimation:
    """Rates of one questionnaire for the district, subdistricts, communities and breakdowns.

    A questionnaire without measures gives empty tables.

    Parameters
    ----------
    sample
        The answers, or what `surveys.measured.measure` made of them (with its own settings).
    settings
        Thresholds of what may be shown (M4, M17).

    Raises
    ------
    InputError
        A stratum has one sampled unit and the design says LonelyPSU.FAIL.
    """
    if not wave.measures_of(sample.questionnaire):
        return _nothing()
    found = sample if isinstance(sample, Measured) else measure(sample, wave, settings)
    items, domains, precision = found.items, found.domains, found.precision
    areas = [
        index
        for index, domain in enumerate(domains)
        if domain.level is not AreaLevel.COMMUNITY and not domain.group
    ]
    if found.replicated:
        covariances = found.replicated.covariances(items, domains, areas)
    else:
        covariances = area_covariances(
            found.records, found.columns, found.totals, items, found.design, domains, precision, areas
        )
    pool = np.flatnonzero(found.partition)
    correlation = pooled_score_correlation(covariances, precision, found.limits, items, pool, domains)
    errors = AreaErrors(found)
    return Estimation(_rates(found, wave, settings), covariances, correlation, errors.base(areas), (errors,))


def estimate_rates(
    sample: Sample | Measured, wave: Wave, settings: GateSettings = DEFAULT_GATE
) -> pd.DataFrame:
    """The rates of `estimate` alone, without the covariances that only scores need."""
    if not wave.measures_of(sample.questionnaire):
        return _nothing().rates
    found = sample if isinstance(sample, Measured) else measure(sample, wave, settings)
    return _rates(found, wave, settings)


def _rates(found: Measured, wave: Wave, settings: GateSettings) -> pd.DataFrame:
    """The table of rates, with the estimates of models where the wave asks for some."""
    if not wave.small_areas.measures:
        return found.rates
    direct = direct_table(
        found.totals, found.items, found.domains, found.precision, found.limits, found.rates
    )
    return with_models(found.rates, model_estimates(direct, wave.areas, wave.small_areas, settings))


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
    if not estimations:
        return _nothing()
    rates = pd.concat([e.rates for e in estimations], ignore_index=True)
    codes = dict.fromkeys(code for e in estimations for code in e.covariance_by_area)
    covariances = {code: _blocks([_covariance(e, code) for e in estimations]) for code in codes}
    return Estimation(
        rates,
        covariances,
        _blocks([e.correlation for e in estimations]),
        pd.concat([e.base_by_area for e in estimations], axis=1).fillna(0.0),
        tuple(errors for e in estimations for errors in e.area_errors),
    )


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
