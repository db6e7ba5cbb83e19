"""Bootstrap replicates of areas: their spread is the linearised error; what they cannot tell is said."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

import surveys.replicates.area_rates as area_rates
from surveys.estimate import estimate
from surveys.measured import measure_all
from surveys.replicates.area_rates import AreaReplicates, Unreplicated, area_replicates
from surveys.sample import ReplicateWeights, Sample, WeightingCells
from surveys.tallied import TalliedSample, tallied
from surveys.wave import LonelyPSU
from tests.strategies import calibrated, make_sample, make_wave

MANY = 4000
"""Replicates with which an error is known to 1.1 %."""


def errors_of(found: AreaReplicates) -> np.ndarray:
    """Standard errors over replicates, shape (areas, measures); NaN where they are not known."""
    errors = found.value_by_replicate_area_measure.std(axis=0, ddof=1)
    return np.where(found.known_by_area_measure, errors, np.nan)


def linearised(sample: Sample, found: AreaReplicates, subdistricts: int, communities: int) -> np.ndarray:
    """Linearised standard errors of the same areas and measures."""
    covariance = estimate(sample, make_wave(subdistricts, communities)).covariance_by_area
    return np.sqrt([np.diag(covariance[code].loc[list(found.measures)]) for code in found.area_codes])


@pytest.mark.parametrize("kind", ["psus", "respondents", "raked psus", "raked respondents"])
def test_spread_of_replicates_is_the_linearised_error(kind: str) -> None:
    """Large samples, so that rates are nearly linear; 4,000 replicates know an error to 1.1 %.

    Raked weights: the linearised error is that of M5's residuals, the replicates are raked anew.
    """
    clustered = kind.endswith("psus")
    sample = make_sample(5, 3, 24 if clustered else 6, 40, clustered=clustered)
    communities = 24 if clustered else 6
    if kind.startswith("raked"):
        sample = calibrated(sample, 1)
    found = area_replicates(measure_all([sample], make_wave(3, communities)), MANY, seed=1)
    assert found.known_by_area_measure.all()
    assert not found.lost_by_area_measure.any()
    expected = linearised(sample, found, 3, communities)
    np.testing.assert_allclose(errors_of(found), expected, rtol=0.06)


def test_covariances_of_measures_are_the_linearised_ones() -> None:
    """Correlations of three measures of one sample of PSUs, with 4,000 replicates: within .05."""
    sample = make_sample(6, 2, 30, 30)
    found = area_replicates(measure_all([sample], make_wave(2, 30)), MANY, seed=2)
    covariance = estimate(sample, make_wave(2, 30)).covariance_by_area
    for area, code in enumerate(found.area_codes):
        by_replicates = np.corrcoef(found.value_by_replicate_area_measure[:, area].T)
        matrix = covariance[code].loc[list(found.measures), list(found.measures)].to_numpy()
        deviation = np.sqrt(np.diag(matrix))
        np.testing.assert_allclose(by_replicates, matrix / np.outer(deviation, deviation), atol=0.05)


def test_replicate_weights_of_the_file_keep_their_covariance() -> None:
    """JK1 weights that came with the records; the error to compare with is that of the same replicates."""
    sample = make_sample(7, 2, 10, 20)
    assert sample.psu_of_record is not None
    kept = sample.psu_of_record[:, None] != np.arange(20)
    weights = sample.weight_of_record[:, None] * kept * 20 / 19
    supplied = replace(sample, replicates=ReplicateWeights(weights, np.full(20, 19 / 20)))
    found = area_replicates(measure_all([supplied], make_wave(2, 10)), MANY, seed=3)
    np.testing.assert_allclose(errors_of(found), linearised(supplied, found, 2, 10), rtol=0.06)


def test_a_replicate_without_anybody_of_the_base_is_counted_and_blank() -> None:
    """Only 2 of 4 PSUs of D0 answered q1: by hand (2/4)³ of the Rao–Wu draws of 3 take neither of them."""
    sample = make_sample(8, 2, 4, 10, missing=0.0)
    assert sample.psu_of_record is not None
    first = sample.questions[0]
    blank = np.isin(sample.psu_of_record, [0, 1])
    answers = np.where(blank, 1, first.answer_of_record).astype(np.int32)
    silent = replace(sample, questions=(replace(first, answer_of_record=answers), *sample.questions[1:]))
    found = area_replicates(measure_all([silent], make_wave(2, 4)), 2000, seed=4)
    area, measure = found.area_codes.index("D0"), found.measures.index("awareness")
    lost = found.lost_by_area_measure[area, measure]
    assert lost / 2000 == pytest.approx(1 / 8, abs=0.03)
    assert np.isnan(found.value_by_replicate_area_measure[:, area, measure]).sum() == lost
    assert found.lost_by_area_measure[found.area_codes.index("D1")].sum() == 0


def test_one_sampling_unit_tells_no_error() -> None:
    """D0 was asked in one community of the ten that its stratum has: all its replicates are alike."""
    sample = make_sample(9, 2, 5, 20)
    assert sample.psu_of_record is not None
    at_home = replace(
        sample, area_codes=("D0-0", "D1-0"), area_of_record=(sample.psu_of_record > 0).astype(np.intp)
    )
    found = area_replicates(measure_all([at_home], make_wave(2, 5)), 50, seed=5)
    assert found.known_by_area_measure.all(axis=1).tolist() == [True, False, True]
    assert not found.known_by_area_measure[1].any()


def test_many_or_dropped_respondents_who_are_units_are_said_to_have_no_replicates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sample = make_sample(10, 2, 3, 10, clustered=False)
    wave = make_wave(2, 3)
    items, _, totals = tallied(sample, wave)
    kept = {field.name: getattr(sample, field.name) for field in fields(Sample)}
    parts = TalliedSample(**kept, totals=totals, items=items, records=sample.size)
    gone = area_replicates(measure_all([parts], wave), 20)
    assert gone.unreplicated == {"residents": Unreplicated.RECORDS_GONE}
    assert not gone.known_by_area_measure.any()
    monkeypatch.setattr(area_rates, "MOST_FACTORS", sample.size * 20 - 1)
    assert area_replicates(measure_all([sample], wave), 20).unreplicated == {
        "residents": Unreplicated.TOO_MANY_RECORDS
    }
    assert area_replicates(measure_all([sample], wave), 19).unreplicated == {}


def test_a_large_tally_in_blocks_of_replicates_gives_the_same_values(monkeypatch: pytest.MonkeyPatch) -> None:
    sample, wave = calibrated(make_sample(11, 2, 6, 12), 2), make_wave(2, 6)
    whole = area_replicates(measure_all([sample], wave), 30, seed=6).value_by_replicate_area_measure
    monkeypatch.setattr(area_rates, "_FACTORS_AT_ONCE", 7 * 12 * 6)
    blocks = area_replicates(measure_all([sample], wave), 30, seed=6).value_by_replicate_area_measure
    np.testing.assert_allclose(blocks, whole, rtol=1e-12)


def test_replicates_do_not_depend_on_another_questionnaire() -> None:
    sample, wave = make_sample(12, 2, 4, 12), make_wave(2, 4)
    other = replace(sample, questionnaire="officials")
    measures = tuple(replace(m, name=f"o_{m.name}", questionnaire="officials") for m in wave.measures)
    both = area_replicates(
        measure_all([other, sample], replace(wave, measures=(*wave.measures, *measures))), 30, seed=7
    )
    alone = area_replicates(measure_all([sample], wave), 30, seed=7)
    columns = [both.measures.index(name) for name in alone.measures]
    np.testing.assert_array_equal(
        both.value_by_replicate_area_measure[:, :, columns], alone.value_by_replicate_area_measure
    )
    officials = [both.measures.index(f"o_{name}") for name in alone.measures]
    assert not np.allclose(
        both.value_by_replicate_area_measure[:, :, officials], alone.value_by_replicate_area_measure
    )


@pytest.mark.parametrize("raking", [False, True])
def test_respondents_matched_anew_leave_a_known_total_without_error(raking: bool) -> None:
    """Weights that restore the count of each answer of q1 fix the district's awareness in all replicates."""
    sample = make_sample(14, 2, 3, 60, clustered=False)
    _, cell = np.unique(sample.questions[0].answer_of_record, return_inverse=True)
    kinds = int(cell.max()) + 1
    weighting = WeightingCells(cell, np.eye(kinds), np.ones(kinds)) if raking else WeightingCells(cell)
    found = area_replicates(measure_all([replace(sample, weighting=weighting)], make_wave(2, 3)), 40, seed=8)
    spread = found.value_by_replicate_area_measure.std(axis=0)
    aware, satisfied = found.measures.index("awareness"), found.measures.index("satisfied")
    assert spread[0, aware] < 1e-9
    assert spread[0, satisfied] > 0.01
    assert spread[1:, aware].min() > 0.005


def test_the_rule_of_average_widens_replicates_for_lonely_strata() -> None:
    """Two of four strata have one PSU: the others' variance counts twice, as in linearisation."""
    sample = make_sample(15, 4, 24, 30)
    stratum = sample.stratum_of_record
    psu = np.where(stratum < 2, sample.psu_of_record, 46 + stratum).astype(np.intp)
    lonely = replace(
        sample,
        area_of_record=np.where(stratum < 2, sample.area_of_record, 24 * stratum),
        psu_of_record=psu,
        psus=tuple(map(str, range(50))),
        psu_strata=np.repeat(np.arange(4), [24, 24, 1, 1]),
        lonely_psu=LonelyPSU.AVERAGE,
    )
    found = area_replicates(measure_all([lonely], make_wave(4, 24)), MANY, seed=9)
    expected = linearised(lonely, found, 4, 24)
    np.testing.assert_allclose(errors_of(found)[0], expected[0], rtol=0.06)
    plain = area_replicates(
        measure_all([replace(lonely, lonely_psu=LonelyPSU.REMOVE)], make_wave(4, 24)), MANY, seed=9
    )
    np.testing.assert_allclose(errors_of(found)[0] / errors_of(plain)[0], np.sqrt(2), rtol=1e-9)
