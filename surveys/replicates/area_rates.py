"""Rates of the district and its subdistricts under bootstrap replicates of all questionnaires (M2, M9).

    replicates = area_replicates(samples, wave)
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
from surveys.design import Design, design_of
from surveys.domain import Domain, domains_of
from surveys.item import Item
from surveys.replicates.estimation import Replicates
from surveys.replicates.making import rao_wu_replicates
from surveys.replicates.raking import raked_anew
from surveys.replicates.rates import values_from_records, values_from_tally
from surveys.sample import CodedQuestion, FloatArray, IntArray, Sample
from surveys.tallied import TalliedSample, tallied
from surveys.tally import PSU, Tally, moments_by_cell
from surveys.variance import BoolArray, sum_by
from surveys.wave import ReplicateCentre, Wave

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
    samples: Sequence[Sample], wave: Wave, count: int = DEFAULT_REPLICATES, seed: int = 0
) -> AreaReplicates:
    """Rates of all measures in all areas under `count` replicates.

    Parameters
    ----------
    samples
        One for each questionnaire; any without measures is left out.
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
    asked = [sample for sample in samples if wave.measures_of(sample.questionnaire)]
    areas = (wave.areas.district, *wave.areas.subdistricts)
    parts = [_of_questionnaire(sample, wave, count, seed) for sample in asked]
    shape = (len(areas), 0)
    return AreaReplicates(
        area_codes=tuple(area.code for area in areas),
        measures=tuple(item.measure.name for part in parts for item in part.items),
        value_by_replicate_area_measure=np.concatenate(
            [np.empty((count, *shape)), *(part.value_by_replicate for part in parts)], axis=2
        ),
        known_by_area_measure=np.concatenate(
            [np.empty(shape, dtype=bool), *(part.known for part in parts)], axis=1
        ),
        lost_by_area_measure=np.concatenate(
            [
                np.empty(shape, dtype=np.intp),
                *(np.isnan(part.value_by_replicate).sum(axis=0) for part in parts),
            ],
            axis=1,
        ),
        unreplicated={
            sample.questionnaire: part.why for sample, part in zip(asked, parts, strict=True) if part.why
        },
    )


@dataclass(frozen=True)
class _Part:
    """One questionnaire's; shapes (replicates, areas, items) and (areas, items)."""

    items: Sequence[Item]
    value_by_replicate: FloatArray
    known: BoolArray
    why: Unreplicated | None = None


def _of_questionnaire(sample: Sample, wave: Wave, count: int, seed: int) -> _Part:
    items, columns, totals = tallied(sample, wave)
    domains = [
        domain
        for domain in domains_of(sample, wave.areas, totals)
        if domain.level is not AreaLevel.COMMUNITY and not domain.group
    ]
    design = design_of(sample)
    seeds = [seed, zlib.crc32(sample.questionnaire.encode())]
    clustered = sample.psu_of_record is not None
    one_seed = int(np.random.SeedSequence(seeds).generate_state(1)[0])
    known = _units_by_domain_item(totals, items, domains, design if clustered else None) > 1
    if sample.replicates is not None:
        values = _supplied(sample, columns, items, domains, count, one_seed)
        return _Part(items, values, known)
    if not clustered and (why := _why_not(sample, count)):
        return _Part(
            items,
            np.full((count, len(domains), len(items)), np.nan),
            np.zeros((len(domains), len(items)), dtype=bool),
            why,
        )
    made = rao_wu_replicates(design, count, one_seed)
    if clustered:
        values = _from_tally(totals, items, domains, made, sample)
    else:
        values = values_from_records(sample, columns, items, domains, _matched_anew(sample, made))
    # c of these is s/(R − 1); s is 1 but under the AVERAGE rule for lonely strata.
    stretch = np.sqrt(made.scale_by_replicate[0] * (count - 1))
    if stretch != 1.0:
        mean = np.nan_to_num(values).sum(axis=0) / np.maximum((~np.isnan(values)).sum(axis=0), 1)
        values = mean + stretch * (values - mean)
    return _Part(items, values, known)


def _why_not(sample: Sample, count: int) -> Unreplicated | None:
    if isinstance(sample, TalliedSample):
        return Unreplicated.RECORDS_GONE
    return Unreplicated.TOO_MANY_RECORDS if sample.size * count > MOST_FACTORS else None


def _units_by_domain_item(
    totals: Tally, items: Sequence[Item], domains: Sequence[Domain], design: Design | None
) -> FloatArray:
    """Sampling units with an answer in the base, shape (domains, items); respondents without a design."""
    n_by_cell = moments_by_cell(totals, items).n
    if design is None:
        return np.stack([n_by_cell[domain.in_cell].sum(axis=0) for domain in domains])
    unit = totals.index_by_axis[PSU]
    return np.stack(
        [
            (sum_by(n_by_cell[domain.in_cell], unit[domain.in_cell], design.unit_count) > 0).sum(axis=0)
            for domain in domains
        ]
    ).astype(np.float64)


def _from_tally(
    totals: Tally, items: Sequence[Item], domains: Sequence[Domain], made: Replicates, sample: Sample
) -> FloatArray:
    """`values_from_tally`, a block of replicates at a time where the tally is large."""
    block = max(_FACTORS_AT_ONCE // max(totals.cell_count, 1), 1)
    parts = [
        replace(
            made,
            factor_by_unit=made.factor_by_unit[:, start : start + block],
            scale_by_replicate=made.scale_by_replicate[start : start + block],
        )
        for start in range(0, made.count, block)
    ]
    return np.concatenate(
        [values_from_tally(totals, items, domains, part, sample.weighting) for part in parts]
    )


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


def _supplied(
    sample: Sample,
    columns: Sequence[CodedQuestion],
    items: Sequence[Item],
    domains: Sequence[Domain],
    count: int,
    seed: int,
) -> FloatArray:
    """Values whose spread is that of the replicate weights in the file, shape (count, domains, items)."""
    supplied = sample.replicates
    assert supplied is not None
    given = Replicates(
        supplied.weight_by_record / sample.weight_of_record[:, None],
        supplied.scale_by_replicate,
        supplied.centre,
    )
    whole = Replicates(np.ones((sample.size, 1)), np.ones(1))
    value = values_from_records(sample, columns, items, domains, whole)[0]
    found = values_from_records(sample, columns, items, domains, given)
    counting = given.scale_by_replicate > 0
    mean = np.where(np.isnan(found), value, found)[counting].mean(axis=0) if counting.any() else value
    centre = mean if given.centre is ReplicateCentre.MEAN else value
    deviation = np.where(np.isnan(found), 0.0, found - centre)
    coefficient = np.random.default_rng(seed).standard_normal((count, given.count))
    coefficient *= np.sqrt(given.scale_by_replicate)
    return np.asarray(value + np.tensordot(coefficient, deviation, axes=1), dtype=np.float64)
