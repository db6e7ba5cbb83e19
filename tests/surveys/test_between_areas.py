"""Covariances between areas equal those of linearised records, whatever areas share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from surveys.area import Area, AreaLevel, AreaRegister
from surveys.compare import changes_of
from surveys.estimate import Estimation, combine, estimate, estimate_rates
from surveys.measured import Measured, measure, measure_all
from surveys.questionnaire import Base, Measure, MeasureKind, Rule
from surveys.sample import ReplicateWeights, Sample, WeightingCells
from surveys.tallied import TalliedSample, tallied
from surveys.wave import LonelyPSU
from tests.engine import read
from tests.oracle import oracle
from tests.strategies import calibrated, make_sample, make_wave, sample_of_frame

AREAS = ["D0", "D1", "D2", "D3"]
WAVE = make_wave(4, 5)


def across(sample: Sample, seed: int) -> Sample:
    """The sample with areas that cut through its sampling units and strata."""
    area = np.random.default_rng(seed).integers(0, 4, sample.size)
    return replace(sample, area_codes=tuple(AREAS), area_of_record=area)


def matched(sample: Sample, seed: int) -> Sample:
    """Post-stratified: six cells, each with a total of its own."""
    cell = np.random.default_rng(seed).integers(0, 6, sample.size)
    return replace(sample, weighting=WeightingCells(cell))


def finite(sample: Sample) -> Sample:
    """A finite population of sampling units, and of respondents within them."""
    return replace(
        sample,
        population_psus_of_stratum=np.full(4, 9.0),
        population_of_psu=np.linspace(15, 60, len(sample.psus)),
    )


def lonely(sample: Sample) -> Sample:
    """One stratum keeps a single sampling unit; the others take its other ones."""
    strata = np.array([0, *np.repeat([1, 2, 3], 7)[: len(sample.psus) - 1]])
    return replace(sample, psu_strata=strata, stratum_of_record=strata[sample.psu_of_record])


DESIGNS: dict[str, Callable[[int], Sample]] = {
    "units across areas": lambda seed: across(make_sample(seed), seed),
    "areas are strata": make_sample,
    "respondents are units": lambda seed: across(make_sample(seed, clustered=False), seed),
    "respondents, raked": lambda seed: across(calibrated(make_sample(seed, clustered=False), seed), seed),
    "units, raked": lambda seed: across(calibrated(make_sample(seed), seed), seed),
    "areas are strata, raked": lambda seed: calibrated(make_sample(seed), seed),
    "units, post-stratified": lambda seed: across(matched(make_sample(seed), seed), seed),
    "two stages": lambda seed: across(finite(make_sample(seed)), seed),
    "two stages, raked": lambda seed: across(finite(calibrated(make_sample(seed), seed)), seed),
    "a lonely unit": lambda seed: across(lonely(calibrated(make_sample(seed), seed)), seed),
}


def gradient_of(seed: int, codes: list[str] = AREAS) -> pd.DataFrame:
    """Any gradients, some of them 0."""
    rng = np.random.default_rng(seed)
    names = [m.name for m in WAVE.measures]
    slope = rng.normal(size=(len(codes), len(names))) * rng.integers(0, 2, (len(codes), len(names)))
    return pd.DataFrame(slope, index=codes, columns=names)


def scores_by_record(sample: Sample, gradient: pd.DataFrame) -> np.ndarray:
    """Score z of every record and area, by a regression over records; shape (records, areas)."""
    items, columns, _ = tallied(sample, WAVE)
    column_by_name = {column.name: column for column in columns}
    weight = sample.weight_of_record
    place = np.array([code.partition("-")[0] for code in sample.area_codes])[sample.area_of_record]
    scores = np.zeros((sample.size, len(gradient)))
    for at, code in enumerate(gradient.index):
        for item in items:
            answer = column_by_name[item.column].answer_of_record
            inside = weight * item.base_by_answer[answer] * (place == code)
            value = item.value_by_answer[answer]
            rate = (inside * value).sum() / inside.sum()
            scores[:, at] += gradient.loc[code, item.measure.name] * inside * (value - rate) / inside.sum()
    if sample.weighting is None:
        return scores
    cell = sample.weighting.cell_of_record
    auxiliary = sample.weighting.auxiliary_by_cell
    x = np.eye(cell.max() + 1)[cell] if auxiliary is None else auxiliary[cell]
    factor = sample.weighting.factor_by_cell
    base = weight if factor is None else weight / factor[cell]
    coefficient = np.linalg.lstsq(
        x * np.sqrt(base)[:, None], scores / weight[:, None] * np.sqrt(base)[:, None], rcond=None
    )[0]
    return scores - weight[:, None] * (x @ coefficient)


def totals_of_areas(sample: Sample, weight: np.ndarray, gradient: pd.DataFrame) -> np.ndarray:
    """Σ_m g·R of each area with these weights, shape (areas,)."""
    items, columns, _ = tallied(sample, WAVE)
    answers = {column.name: column.answer_of_record for column in columns}
    result = np.zeros(len(gradient))
    for item in items:
        answer = answers[item.column]
        inside, value = weight * item.base_by_answer[answer], item.value_by_answer[answer]
        above, below = (np.bincount(sample.area_of_record, x, len(result)) for x in (inside * value, inside))
        result += gradient[item.measure.name].to_numpy() * above / below
    return result


def covariance_of_records(sample: Sample, scores: np.ndarray) -> np.ndarray:
    """M2 word by word: strata, sampling units one after the other, the second stage within each."""
    unit = np.arange(sample.size) if sample.psu_of_record is None else sample.psu_of_record
    stratum_of_unit = sample.stratum_of_record if sample.psu_of_record is None else sample.psu_strata
    total = np.array([scores[unit == u].sum(axis=0) for u in range(len(stratum_of_unit))])
    result = np.zeros((scores.shape[1], scores.shape[1]))
    for stratum in range(len(sample.strata)):
        members = np.flatnonzero(stratum_of_unit == stratum)
        share = len(members) / sample.population_psus_of_stratum[stratum]
        centre = total[members].mean(axis=0) if len(members) > 1 else total.mean(axis=0)
        away = total[members] - centre
        result += (1 - share) * len(members) / max(len(members) - 1, 1) * away.T @ away
        if sample.population_of_psu is None:
            continue
        for member in members:
            z = scores[unit == member]
            inner = 1 - len(z) / sample.population_of_psu[member]
            away = z - z.mean(axis=0)
            result += share * inner * len(z) / (len(z) - 1) * away.T @ away
    return result


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("seed", range(3))
def test_covariances_between_areas_are_those_of_linearised_records(design: str, seed: int) -> None:
    """Oracle: a regression and M2's sums over single records, written out above."""
    sample, gradient = DESIGNS[design](seed), gradient_of(seed)
    found = estimate(sample, WAVE).between_areas(gradient)
    expected = covariance_of_records(sample, scores_by_record(sample, gradient))
    assert list(found.index) == list(found.columns) == AREAS
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())


def test_areas_that_are_strata_share_no_error() -> None:
    """Without known totals that reach across, covariances are 0, with units and with respondents."""
    for clustered in (True, False):
        found = estimate(make_sample(4, clustered=clustered), WAVE).between_areas(gradient_of(1)).to_numpy()
        assert np.abs(found - np.diag(np.diag(found))).max() <= 1e-15 * np.diag(found).max()


def test_the_diagonal_is_the_variance_within_the_area() -> None:
    """g′Cg with the area's covariance of measures, which comes from another computation."""
    estimation = estimate(across(make_sample(3), 3), WAVE)
    gradient = gradient_of(5)
    found = estimation.between_areas(gradient)
    for code, slope in gradient.iterrows():
        within = estimation.covariance_by_area[code].to_numpy()
        assert found.loc[code, code] == pytest.approx(slope.to_numpy() @ within @ slope.to_numpy())


def test_replicate_weights_give_covariances_between_areas() -> None:
    """JK1 by hand: rates under each replicate, their products about the mean."""
    sample = across(make_sample(6), 6)
    units = len(sample.psus)
    factor = units / (units - 1) * (1 - np.eye(units))[sample.psu_of_record]
    scale = np.full(units, (units - 1) / units)
    supplied_weights = sample.weight_of_record[:, None] * factor
    supplied = replace(sample, replicates=ReplicateWeights(supplied_weights, scale))
    gradient = gradient_of(2)
    found = estimate(supplied, WAVE).between_areas(gradient)
    values = np.array([totals_of_areas(sample, weight, gradient) for weight in supplied_weights.T])
    away = values - values.mean(axis=0)
    np.testing.assert_allclose(found, (away.T * scale) @ away, rtol=1e-8, atol=1e-12)


def test_covariances_between_domains_that_share_units_equal_svyby() -> None:
    """Oracle: oracles/survey/contrast, R survey 4.1-1: vcov of svyby(~awards01, ~stype, covmat=TRUE)."""
    data = read("contrast")
    sample = sample_of_frame(data, ["awards01"], psu="dnum", weight="pw", fpc="fpc")
    labels, index = np.unique(data["stype"].astype(str), return_inverse=True)
    sample = replace(sample, area_codes=tuple(labels), area_of_record=index)
    areas = [Area("D", "区", AreaLevel.DISTRICT)]
    areas += [Area(label, label, AreaLevel.SUBDISTRICT, "D") for label in labels]
    measure_ = Measure(
        "awards", "awards", MeasureKind.SHARE, "frame", ("awards01",), Rule.POSITIVE, Base.ANSWERED
    )
    wave = replace(WAVE, areas=AreaRegister(tuple(areas)), measures=(measure_,), questions=())
    found = estimate(sample, wave).between_areas(pd.DataFrame({"awards": 1.0}, index=list(labels)))
    expected = oracle("survey", "contrast", "result.json")["results"]["means"]["vcov"]
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_questionnaires_are_independent_samples_and_their_covariances_add() -> None:
    """Two samples of two halves of the measures."""
    one, two = across(make_sample(1), 1), across(make_sample(2), 2)
    residents, parents = list(WAVE.measures[:2]), list(WAVE.measures[2:])
    parts = [
        estimate(sample, replace(WAVE, measures=tuple(measures)))
        for sample, measures in ((one, residents), (two, parents))
    ]
    gradient = gradient_of(7)
    together = combine(parts)
    apart = sum(part.between_areas(gradient) for part in parts)
    np.testing.assert_allclose(together.between_areas(gradient), apart)
    assert list(together.base_by_area.columns) == [m.name for m in WAVE.measures]


def test_an_error_that_cannot_be_estimated_has_no_covariance() -> None:
    """One area whose answers all come from one unit: NaN in its row and column, elsewhere as without it."""
    sample = make_sample(8, 3, 5)
    lone = sample.area_of_record == 0
    area = np.where(lone, 0, 1 + sample.stratum_of_record)
    sample = replace(sample, area_codes=tuple(AREAS), area_of_record=area)
    found = estimate(sample, WAVE).between_areas(gradient_of(3) + 1).to_numpy()
    assert np.isnan(found[0]).all() and np.isnan(found[:, 0]).all()
    assert np.isfinite(found[1:, 1:]).all()


def test_overlapping_areas_are_refused() -> None:
    """The district overlaps its subdistricts."""
    gradient = gradient_of(1, ["D", *AREAS])
    with pytest.raises(ValueError, match="disjoint"):
        estimate(make_sample(1), WAVE).between_areas(gradient)


def test_records_that_are_gone_leave_the_same_covariances_between_areas() -> None:
    """A file in parts keeps its tally only; products across areas need no more."""
    sample = across(calibrated(make_sample(9), 9), 9)
    items, _, totals = tallied(sample, WAVE)
    gone = {
        "weight_of_record": np.empty(0),
        "area_of_record": np.empty(0, dtype=np.intp),
        "stratum_of_record": np.empty(0, dtype=np.intp),
        "psu_of_record": np.empty(0, dtype=np.intp),
        "questions": (),
        "groups": {},
    }
    kept = {**{name: getattr(sample, name) for name in sample.__dataclass_fields__}, **gone}
    parts = TalliedSample(**kept, totals=totals, items=items, records=sample.size)
    gradient = gradient_of(9)
    np.testing.assert_allclose(
        estimate(parts, WAVE).between_areas(gradient), estimate(sample, WAVE).between_areas(gradient)
    )


def test_bases_by_area_are_sums_of_weights() -> None:
    """Σwr of each measure; the district's is the sum of its subdistricts'."""
    sample = make_sample(2)
    base = estimate(sample, WAVE).base_by_area
    assert list(base.index) == ["D", *AREAS]
    asked = sample.question("q2").answer_of_record
    inside = (asked >= 3) & (asked < 7)
    first = inside & (sample.stratum_of_record == 0)
    assert base.loc["D0", "satisfied"] == pytest.approx(sample.weight_of_record[first].sum())
    np.testing.assert_allclose(base.loc["D"], base.loc[AREAS].sum())


def test_what_was_measured_once_serves_rates_scores_and_changes() -> None:
    """Estimates from a Measured are those from its sample, to the bit."""
    sample, before = make_sample(1), make_sample(2)
    found = measure(sample, WAVE)
    assert isinstance(found, Measured)
    assert [m.questionnaire for m in measure_all([sample], WAVE)] == ["residents"]
    direct, again = estimate(sample, WAVE), estimate(found, WAVE)
    pd.testing.assert_frame_equal(direct.rates, again.rates)
    pd.testing.assert_frame_equal(direct.correlation, again.correlation)
    pd.testing.assert_frame_equal(direct.rates, estimate_rates(found, WAVE))
    pd.testing.assert_frame_equal(
        changes_of([before], WAVE, [sample], WAVE),
        changes_of([measure(before, WAVE)], WAVE, [found], WAVE),
    )


def test_nothing_measured_has_no_covariance() -> None:
    """Questionnaires without measures leave an estimation without areas."""
    nothing = combine([])
    assert isinstance(nothing, Estimation) and nothing.rates.empty
    assert nothing.between_areas(pd.DataFrame({"x": []})).empty


@pytest.mark.parametrize("rule", [LonelyPSU.AVERAGE, LonelyPSU.REMOVE])
def test_rules_for_lonely_units_reach_covariances(rule: LonelyPSU) -> None:
    """The diagonal made between areas agrees with the one made within them under each rule.

    A single measure: the area's own covariance needs no product of two measures, so both are exact.
    """
    sample = replace(across(lonely(make_sample(5)), 5), lonely_psu=rule)
    estimation = estimate(sample, WAVE)
    gradient = pd.DataFrame({"satisfied": [1.0, -2.0, 0.5, 3.0]}, index=AREAS)
    found = estimation.between_areas(gradient).to_numpy()
    scores = scores_by_record(sample, gradient.reindex(columns=[m.name for m in WAVE.measures], fill_value=0))
    kept = covariance_of_records(replace(sample, lonely_psu=LonelyPSU.ADJUST), scores)
    unit_total = scores[sample.psu_of_record == 0].sum(axis=0)
    centre = np.array([scores[sample.psu_of_record == u].sum(axis=0) for u in range(20)]).mean(axis=0)
    kept = kept - np.outer(unit_total - centre, unit_total - centre)
    # AVERAGE: every area meets all four strata, of which three are not lonely.
    expected = kept * (4 / 3 if rule is LonelyPSU.AVERAGE else 1)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())
