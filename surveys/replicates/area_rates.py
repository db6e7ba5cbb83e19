"""Rates of the district and its subdistricts under bootstrap replicates of all questionnaires (M2, M9).

    replicates = area_replicates(measure_all(samples, wave))
    replicates.value_by_replicate_area_measure

They are for functions of many rates that are not smooth, such as a score: evaluate the function once for each
replicate; the variance of the results over replicates is the estimate. Each questionnaire was drawn on its
own, so its replicates are drawn on their own too.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from surveys.area import AreaLevel
from surveys.domain import Domain
from surveys.measured import Measured
from surveys.replicates.estimation import Replicates
from surveys.replicates.making import rao_wu_replicates
from surveys.replicates.raking import raked_anew
from surveys.replicates.rates import values_from_records, values_from_tally
from surveys.sample import FloatArray, IntArray, Sample
from surveys.variance import BoolArray, sum_by
from surveys.wave import ReplicateCentre

DEFAULT_REPLICATES = 200
"""They know a standard error to one part in twenty."""
MOST_FACTORS = 20_000_000
"""Records × replicates that are held at once where every record is a sampling unit (160 MB)."""
_FACTORS_AT_ONCE = 4_000_000


class Unreplicated(StrEnum):
    """Why a questionnaire has no replicates: every respondent is a sampling unit, and one thing more."""

    RECORDS_GONE = "records_gone"  # the file was read in parts
    TOO_MANY_RECORDS = "too_many_records"  # there are more of them than MOST_FACTORS allows


@dataclass(frozen=True)
class AreaReplicates:
    """Rates under replicates; the variance of anything made of them is that over replicates, R − 1 below.

    Parameters
    ----------
    area_codes, measures
        Labels of the axes: the district first, then the subdistricts in the order of the register.
    value_by_replicate_area_measure
        On the measures' own units; NaN where nobody of the base is left in a replicate.
    known_by_area_measure
        Whether replicates tell the error: False where nobody answered, where all answers come from one
        sampling unit, and for questionnaires that are `unreplicated`.
    lost_by_area_measure
        Replicates in which nobody of the base is left.
    unreplicated
        Questionnaires without replicates, and why.
    """

    area_codes: tuple[str, ...]
    measures: tuple[str, ...]
    value_by_replicate_area_measure: FloatArray
    known_by_area_measure: BoolArray
    lost_by_area_measure: IntArray
    unreplicated: Mapping[str, Unreplicated] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Number of replicates."""
        return len(self.value_by_replicate_area_measure)


def area_replicates(
    questionnaires: Sequence[Measured], count: int = DEFAULT_REPLICATES, seed: int = 0
) -> AreaReplicates:
    """Rates of all measures in all areas under `count` replicates.

    Parameters
    ----------
    questionnaires
        What `surveys.measured.measure_all` found; of one wave, so that all have the same areas.
    seed
        With the questionnaire's name it makes the draws, so that another questionnaire changes nothing.

    Notes
    -----
    M2, M9. Rao–Wu replicates of the sampling units: n_h − 1 of n_h PSUs of each stratum. Weights that were
    made to match known totals are post-stratified or raked anew in every replicate. Where each respondent is
    a unit, respondents are drawn. Where replicate weights came with the records, their deviations from the
    mean are added up with normal coefficients: the same covariance, and any number of them. The second
    stage of a finite population, which replicates of PSUs do not know, is left out.

    Sources: Rao, Wu & Yue (1992); for the coefficients Beaumont & Patak (2012), International Statistical
    Review 80, 127–148.
    """
    parts = [_of_questionnaire(found, count, seed) for found in questionnaires]
    areas = _areas(questionnaires[0]) if questionnaires else ()
    codes = tuple(questionnaires[0].domains[at].code for at in areas)
    shape = (len(areas), 0)
    return AreaReplicates(
        area_codes=codes,
        measures=tuple(name for found in questionnaires for name in found.names),
        value_by_replicate_area_measure=np.concatenate(
            [np.empty((count, *shape)), *(part.value_by_replicate for part in parts)], axis=2
        ),
        known_by_area_measure=np.concatenate(
            [np.empty(shape, dtype=bool), *(part.known for part in parts)], axis=1
        ),
        lost_by_area_measure=np.concatenate(
            [np.empty(shape, dtype=np.intp), *(part.lost for part in parts)], axis=1
        ),
        unreplicated={
            found.questionnaire: part.why
            for found, part in zip(questionnaires, parts, strict=True)
            if part.why is not None
        },
    )


@dataclass(frozen=True)
class _Part:
    """One questionnaire's; shapes (replicates, areas, items) and (areas, items)."""

    value_by_replicate: FloatArray
    known: BoolArray
    why: Unreplicated | None = None

    @property
    def lost(self) -> IntArray:
        """Replicates in which nobody of the base is left."""
        lost: IntArray = np.isnan(self.value_by_replicate).sum(axis=0)
        return lost if self.why is None else np.zeros_like(lost)


def _areas(found: Measured) -> tuple[int, ...]:
    """The district and its subdistricts among the domains."""
    return tuple(
        at
        for at, domain in enumerate(found.domains)
        if domain.level is not AreaLevel.COMMUNITY and not domain.group
    )


def _of_questionnaire(found: Measured, count: int, seed: int) -> _Part:
    areas = list(_areas(found))
    domains = [found.domains[at] for at in areas]
    known = (~found.precision.one_unit & (found.precision.n > 0))[areas]
    seeds = [seed, zlib.crc32(found.questionnaire.encode())]
    if found.replicated is not None:
        value = found.precision.value[areas]
        by_given = found.replicated.value_by_replicate[:, areas]
        return _Part(_recombined(value, by_given, found.replicated.replicates, count, seeds), known)
    if not found.is_clustered and (why := _why_not(found, count)):
        return _Part(np.full((count, *known.shape), np.nan), np.zeros_like(known), why)
    made = rao_wu_replicates(found.design, count, int(np.random.SeedSequence(seeds).generate_state(1)[0]))
    if found.is_clustered:
        values = _from_tally(found, domains, made)
    else:
        again = _matched_anew(found.sample, made)
        values = values_from_records(found.sample, found.columns, found.items, domains, again)
    # c of these is s/(R − 1); s is 1 but under the AVERAGE rule for lonely strata.
    stretch = np.sqrt(made.scale_by_replicate[0] * (count - 1))
    if stretch != 1.0:
        mean = _mean_of_known(values)
        values = mean + stretch * (values - mean)
    return _Part(values, known)


def _why_not(found: Measured, count: int) -> Unreplicated | None:
    if found.records is None:
        return Unreplicated.RECORDS_GONE
    return Unreplicated.TOO_MANY_RECORDS if found.sample.size * count > MOST_FACTORS else None


def _from_tally(found: Measured, domains: Sequence[Domain], made: Replicates) -> FloatArray:
    """`values_from_tally`, a block of replicates at a time where the tally is large."""
    block = max(_FACTORS_AT_ONCE // max(found.totals.cell_count, 1), 1)
    parts = []
    for start in range(0, made.count, block):
        some = slice(start, start + block)
        part = Replicates(made.factor_by_unit[:, some], made.scale_by_replicate[some])
        parts.append(values_from_tally(found.totals, found.items, domains, part, found.sample.weighting))
    return np.concatenate(parts)


def _matched_anew(sample: Sample, made: Replicates) -> Replicates:
    """Replicates of records whose weights restore the known totals, as they are for PSUs."""
    weighting = sample.weighting
    if weighting is None:
        return made
    cell = weighting.cell_of_record
    inside = cell >= 0
    count = int(cell.max(initial=-1)) + 1
    weight = sample.weight_of_record[inside, None]
    final = sum_by(weight, cell[inside], count)[:, 0]
    lost = sum_by(weight * made.factor_by_unit[inside], cell[inside], count)
    if weighting.auxiliary_by_cell is None:
        anew = np.divide(final[:, None], lost, out=np.ones_like(lost), where=lost > 0)
    else:
        auxiliary = weighting.auxiliary_by_cell[:count]
        anew = raked_anew(lost, auxiliary, auxiliary.T @ final)
    factor = made.factor_by_unit.copy()
    factor[inside] *= anew[cell[inside]]
    return replace(made, factor_by_unit=factor)


def _recombined(
    value: FloatArray, value_by_given: FloatArray, given: Replicates, count: int, seeds: Sequence[int]
) -> FloatArray:
    """Values with the covariance of the replicates that came with the file, shape (count, areas, items)."""
    counting = given.scale_by_replicate > 0
    mean = _mean_of_known(value_by_given[counting]) if counting.any() else value
    centre = mean if given.centre is ReplicateCentre.MEAN else value
    deviation = np.where(np.isnan(value_by_given), 0.0, value_by_given - centre)
    coefficient = np.random.default_rng(seeds).standard_normal((count, given.count))
    spread = np.tensordot(coefficient * np.sqrt(given.scale_by_replicate), deviation, axes=1)
    return np.asarray(value + spread, dtype=np.float64)


def _mean_of_known(values: FloatArray) -> FloatArray:
    """Mean over replicates, those that are NaN left out."""
    known = ~np.isnan(values)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.asarray(total / np.maximum(known.sum(axis=0), 1), dtype=np.float64)
