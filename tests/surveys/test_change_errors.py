"""The errors that a change rests on: replicate weights, certainty strata, lonely strata (M7)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import special

from surveys.compare import changes_of, differences_of_domains
from surveys.compare.joint import JointError, joint_design, joint_error
from surveys.compare.psu_scores import psu_scores
from surveys.estimate import estimate
from surveys.measured import measure
from surveys.questionnaire import Base, Measure, MeasureKind, Rule
from surveys.sample import ReplicateWeights, Sample
from surveys.wave import LonelyPSU
from tests.strategies import MEASURES, make_sample, make_wave

MEAN = Measure("mean", "均值", MeasureKind.MEAN, "residents", ("q2",), Rule.SCORE, Base.ANSWERED)
NEW = replace(make_wave(4, 5), measures=(*MEASURES, MEAN))
OLD = replace(NEW, id="2022Q2")


def with_replicates(sample: Sample, scale: float, seed: int = 0) -> Sample:
    """60 replicates that shake whole PSUs; `scale` makes their errors as large as wished."""
    shaken = 1 + 0.8 * np.random.default_rng(seed).standard_normal((20, 60))[sample.psu_of_record]
    weights = sample.weight_of_record[:, None] * shaken.clip(0.01)
    return replace(sample, replicates=ReplicateWeights(weights, np.full(60, scale / 59)))


def with_certainty_stratum(
    sample: Sample, rule: LonelyPSU, *, known: bool = True, residents: bool = False
) -> Sample:
    """Of the first of four strata one community is left, which is all there is (or is not known to be)."""
    psu = sample.psu_of_record
    assert psu is not None
    kept = np.flatnonzero((sample.stratum_of_record != 0) | (psu == 0))
    psus = np.unique(psu[kept])
    place = np.searchsorted(psus, psu[kept])
    return replace(
        sample,
        questions=tuple(replace(q, answer_of_record=q.answer_of_record[kept]) for q in sample.questions),
        weight_of_record=sample.weight_of_record[kept],
        area_of_record=sample.area_of_record[kept],
        stratum_of_record=sample.stratum_of_record[kept],
        psu_of_record=place,
        psus=tuple(sample.psus[at] for at in psus),
        psu_strata=np.array([0, *[1] * 5, *[2] * 5, *[3] * 5]),
        population_psus_of_stratum=np.array([1.0 if known else 10.0, 10, 10, 10]),
        population_of_psu=np.full(16, 400.0) if residents else None,
        groups={name: (labels, codes[kept]) for name, (labels, codes) in sample.groups.items()},
        lonely_psu=rule,
    )


def mean_of(table: pd.DataFrame, code: str = "D") -> pd.Series:
    rows = table[(table["measure"] == "mean") & (table["area_code"] == code) & (table["group"] == "")]
    assert len(rows) == 1
    return rows.iloc[0]


def joint_of_mean(old: Sample, new: Sample) -> JointError:
    """The joint error of the district's mean."""
    first, second = measure(old, OLD), measure(new, NEW)
    item = [one.measure.name for one in second.items].index("mean")
    scores = [
        psu_scores(wave, [[d.code for d in wave.domains].index("D")], [item])[0] for wave in (first, second)
    ]
    return joint_error(joint_design(old, new), *scores)


@pytest.mark.parametrize(("old_scale", "new_scale"), [(6.0, 6.0), (0.3, 6.0), (6.0, None), (None, None)])
def test_a_change_of_a_mean_is_as_wide_as_the_errors_that_both_waves_print(
    old_scale: float | None, new_scale: float | None
) -> None:
    """Half width = t·√(V₁ + V₂ − 2r√(V₁V₂)), V of each wave the square of the SE it prints."""
    old, new = make_sample(3, take=30), make_sample(4, take=30)
    r = joint_of_mean(old, new)
    correlation = float((r.between / np.sqrt(r.old_variance * r.new_variance))[0])
    assert abs(correlation) > 0.01  # communities are asked twice
    sides = [
        sample if scale is None else with_replicates(sample, scale)
        for sample, scale in ((old, old_scale), (new, new_scale))
    ]
    printed = [
        float(mean_of(estimate(sample, wave).rates)["standard_error"])
        for sample, wave in zip(sides, (OLD, NEW), strict=True)
    ]
    row = mean_of(changes_of([sides[0]], OLD, [sides[1]], NEW))
    assert row["method"] == "student_t"
    # Twenty communities in four strata: 16 degrees of freedom, with replicates or without.
    half = special.stdtrit(16, 0.975) * np.sqrt(
        printed[0] ** 2 + printed[1] ** 2 - 2 * correlation * printed[0] * printed[1]
    )
    assert (row["high"] - row["low"]) / 2 == pytest.approx(half, rel=1e-9)
    assert row["low"] + half == pytest.approx(row["change"], rel=1e-9)


def test_few_replicates_lend_a_change_few_degrees_of_freedom() -> None:
    """Four replicates a wave know of at most 3 degrees each, whatever the design has."""
    old, new = (with_replicates(make_sample(seed, take=30), 6.0) for seed in (3, 4))
    few = []
    for sample in (old, new):
        assert sample.replicates is not None
        weights = sample.replicates.weight_by_record[:, :4]
        few.append(replace(sample, replicates=ReplicateWeights(weights, np.full(4, 2.0))))
    printed = [
        float(mean_of(estimate(s, w).rates)["standard_error"]) for s, w in zip(few, (OLD, NEW), strict=True)
    ]
    row = mean_of(changes_of([few[0]], OLD, [few[1]], NEW))
    widest = special.stdtrit(16, 0.975) * np.sqrt(sum(e**2 for e in printed))
    assert (row["high"] - row["low"]) / 2 > 1.1 * widest


def test_a_difference_of_two_domains_rests_on_replicates_too() -> None:
    sample = make_sample(5, take=30)
    pairs = [(("D0", ""), ("D1", ""))]
    wide, narrow = (
        differences_of_domains(with_replicates(sample, scale), NEW, pairs) for scale in (8.0, 2.0)
    )
    width = [
        float((table["high"] - table["low"])[table["measure"] == "mean"].iloc[0]) for table in (wide, narrow)
    ]
    assert width[0] == pytest.approx(2 * width[1], rel=1e-9)  # four times the variance


def test_scaled_errors_keep_their_correlations() -> None:
    error = JointError(np.array([[4.0, 1.0], [1.0, 1.0]]), np.array([5.0]), 1.0)
    scaled = error.scaled(np.array([1.0]), np.array([9.0]))
    np.testing.assert_allclose(scaled.covariance, [[1.0, 1.5], [1.5, 9.0]], rtol=1e-15)
    np.testing.assert_array_equal(
        error.scaled(error.old_variance, error.new_variance).covariance, error.covariance
    )
    raised = error.at_least(np.array([5.0]), np.array([np.nan]))
    np.testing.assert_array_equal(raised.covariance, [[5.0, 1.0], [1.0, 1.0]])


@pytest.mark.parametrize("rule", LonelyPSU)
def test_a_stratum_that_is_one_community_of_one_is_lonely_in_no_comparison(rule: LonelyPSU) -> None:
    """Legal under every rule in each wave, hence in their change; and all rules agree."""
    old, new = (with_certainty_stratum(make_sample(seed, take=40), rule, residents=True) for seed in (1, 2))
    table = changes_of([old], OLD, [new], NEW)
    plain = changes_of(
        [replace(old, lonely_psu=LonelyPSU.REMOVE)], OLD, [replace(new, lonely_psu=LonelyPSU.REMOVE)], NEW
    )
    pd.testing.assert_frame_equal(table, plain)
    known = table["change"].notna()
    assert known.any() and table.loc[known, ["low", "high", "p"]].notna().all(axis=None)


def test_respondents_of_a_certainty_community_still_err() -> None:
    """What they add (V₂) is in the printed errors alone: the change is no surer than those."""
    old, new = (
        with_certainty_stratum(make_sample(seed, take=40), LonelyPSU.FAIL, residents=True) for seed in (1, 2)
    )
    printed = [float(mean_of(estimate(s, w).rates)["standard_error"]) for s, w in ((old, OLD), (new, NEW))]
    error = joint_of_mean(old, new)
    row = mean_of(changes_of([old], OLD, [new], NEW))
    variance = sum(
        max(own**2, float(joint[0]))
        for own, joint in zip(printed, (error.old_variance, error.new_variance), strict=True)
    ) - 2 * float(error.between[0])
    half = special.stdtrit(error.degrees_of_freedom[0], 0.975) * np.sqrt(variance)
    assert (row["high"] - row["low"]) / 2 == pytest.approx(half, rel=1e-9)


def test_a_stratum_of_one_community_among_many_stays_lonely() -> None:
    old, new = (
        with_certainty_stratum(make_sample(seed, take=40), LonelyPSU.ADJUST, known=False) for seed in (1, 2)
    )
    assert list(joint_design(old, new).design.is_lonely) == [True, False, False, False]
    whole = replace(new, population_psus_of_stratum=np.array([1.0, 10, 10, 10]))
    assert joint_design(old, whole).design.is_lonely[0]  # one wave alone does not settle it
    assert not joint_design(old, new).has_certainty
