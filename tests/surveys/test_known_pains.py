"""What peers get wrong; each test is named as the claim that it does not occur here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from surveys.area import AreaLevel
from surveys.design import design_of
from surveys.domain import Domain
from surveys.estimate import estimate, estimate_groups
from surveys.flag import Flag
from surveys.gate import GateSettings
from surveys.item import items_of
from surveys.precision import precision_of
from surveys.rates import RATES_COLUMNS
from surveys.reading import read_wave
from surveys.responses import read_samples
from surveys.sample import Sample, WeightingCells
from surveys.tally import AREA, tally
from surveys.wave import LonelyPSU
from tests.engine import engine, read
from tests.oracle import oracle
from tests.strategies import MEASURES, calibrated, make_sample, make_wave, mean_of, sample_of_frame, share_of
from tests.weighted_wave import AGE, SEX, controls, write_wave

OPEN = GateSettings(least_n=0, least_effective_n=0, widest=2, relative_width=np.inf, least_count=0)


def answered(sample: Sample, code: int, where: np.ndarray) -> Sample:
    """Some records give the same answer to every question."""
    questions = tuple(
        replace(q, answer_of_record=np.where(where, code, q.answer_of_record).astype(np.int32))
        for q in sample.questions
    )
    return replace(sample, questions=questions)


@pytest.mark.parametrize("domain", ["high_schools", "no_schwide", "big"])
def test_degrees_of_freedom_are_those_of_the_domain(domain: str) -> None:
    """Peers use the whole design's (svy #3, #95); R: degf(subset(…)), domain_vanishing_psu."""
    expected = oracle("survey", "domain_vanishing_psu", "result.json")["results"][domain]
    data = read("domain_vanishing_psu")
    inside = {
        "high_schools": data["stype"] == "H",
        "no_schwide": data["sch_wide"] == "No",
        "big": data["enroll"] > 1000,
    }[domain]
    data = data.assign(inside=inside.map({True: "in", False: "out"}))
    sample = sample_of_frame(data, ["api00", "awards01"], psu="dnum", weight="pw", groups=("inside",))
    ours = engine(sample, [mean_of("api00"), mean_of("awards01")], "inside")
    row = ours["labels"].index("in")
    assert (ours["df"][row] == expected["degf"]).all() and (ours["df"][0] == 14).all()
    np.testing.assert_allclose(ours["value"][row], list(expected["mean"]["estimate"].values()), rtol=1e-10)
    # awards01 is 0 in every school of the domain "No": R's rounding of 0, here exactly 0.
    np.testing.assert_allclose(ours["se"][row], expected["mean"]["se"], rtol=1e-10, atol=1e-15)


def test_degrees_of_freedom_follow_the_answers_to_each_item() -> None:
    """A domain asked everywhere but answering in two PSUs of one stratum has one degree of freedom."""
    sample = make_sample(1, 3, 4, 10, missing=0)
    silent = (sample.psu_of_record != 0) & (sample.psu_of_record != 1)
    question = sample.question("q2")
    blank = replace(
        question, answer_of_record=np.where(silent, 1, question.answer_of_record).astype(np.int32)
    )
    sample = replace(sample, questions=(sample.questions[0], blank, sample.questions[2]))
    table = estimate(sample, make_wave(3, 4), OPEN).rates
    district = table[(table["area_code"] == "D") & (table["group"] == "")].set_index("measure")
    assert district.loc["satisfied", "degrees_of_freedom"] == 1
    assert district.loc["awareness", "degrees_of_freedom"] == 9


@pytest.mark.parametrize("unanimous", [False, True])
@pytest.mark.parametrize("weights", ["given", "calibrated"])
@pytest.mark.parametrize("residents", [None, 300.0])
def test_a_community_that_is_one_psu_never_has_an_error_of_zero(
    unanimous: bool, weights: str, residents: float | None
) -> None:
    """Taylor's is exactly 0 there. Within it there is one; from answers that are all alike there is none."""
    sample = make_sample(5, 2, 4, 30)
    sample = calibrated(sample, 5) if weights == "calibrated" else sample
    sample = answered(sample, 3, sample.psu_of_record == 2) if unanimous else sample
    if residents:
        population = np.full(len(sample.psu_strata), residents)
        sample = replace(sample, population_of_psu=population, population_psus_of_stratum=np.array([9.0, 9]))
    table = estimate(sample, make_wave(2, 4), OPEN).rates
    communities = table[table["area_level"] == "community"]
    assert not (communities["standard_error"] == 0).any()
    assert communities["flag"].str.contains(Flag.CONDITIONAL_ON_COMMUNITY).all()
    assert (communities["high"] > communities["low"]).all()
    own = communities[communities["area_code"] == "D0-2"]
    assert own["standard_error"].isna().all() == unanimous


@pytest.mark.parametrize("rule", [rule for rule in LonelyPSU if rule is not LonelyPSU.FAIL])
def test_a_subdistrict_that_is_one_psu_has_an_error_only_where_that_psu_was_certain(rule: LonelyPSU) -> None:
    """D1 is one community. One of nine: no error. One of one: its respondents are the sample.

    By hand: f = 1, (1 − m/M) m/(m − 1) Σ(z − z̄)² over the respondents of the community.
    """
    sample = make_sample(3, 2, 1, 40, missing=0)
    extra = make_sample(4, 1, 4, 40, missing=0)
    joined = replace(
        sample,
        questions=tuple(
            replace(q, answer_of_record=np.concatenate([e.answer_of_record, q.answer_of_record[40:]]))
            for q, e in zip(sample.questions, extra.questions, strict=True)
        ),
        weight_of_record=np.concatenate([extra.weight_of_record, sample.weight_of_record[40:]]),
        area_codes=(*extra.area_codes, "D1-0"),
        area_of_record=np.repeat(np.arange(5), 40),
        stratum_of_record=np.repeat([0, 0, 0, 0, 1], 40),
        psus=tuple("abcde"),
        psu_of_record=np.repeat(np.arange(5), 40),
        psu_strata=np.array([0, 0, 0, 0, 1]),
        population_of_psu=np.full(5, 400.0),
        groups={},
        lonely_psu=rule,
    )
    wave = make_wave(2, 4)
    for population, certain in ((9.0, False), (1.0, True)):
        drawn = replace(joined, population_psus_of_stratum=np.array([9, population]))
        table = estimate(drawn, wave, OPEN).rates
        own = table[(table["area_code"] == "D1") & (table["measure"] == "awareness")].iloc[0]
        assert (Flag.ONE_PSU in own["flag"].split(";")) == (not certain)
        assert np.isnan(own["standard_error"]) == (not certain)
        assert own["low"] < own["value"] < own["high"]
    y = (joined.question("q1").answer_of_record[160:] == 3).astype(float)
    w = joined.weight_of_record[160:]
    z = w * (y - (w * y).sum() / w.sum()) / w.sum()
    expected = np.sqrt((1 - 40 / 400) * 40 * z.var(ddof=1))
    np.testing.assert_allclose(own["standard_error"], expected, rtol=1e-10)


@pytest.mark.parametrize("clustered", [True, False])
def test_a_group_without_answers_is_not_measured_and_disturbs_no_other(clustered: bool) -> None:
    """No warning, no NaN beside it: the other groups are what they are without that group's blanks."""
    sample = make_sample(7, 4, 3, 20, clustered=clustered)
    rural = sample.groups["urban_rural"][1] == 0
    silent = answered(sample, 1, rural)
    measures = [replace(m, questionnaire="residents") for m in MEASURES]
    table = estimate_groups(silent, measures, "urban_rural", OPEN)
    whole = estimate_groups(sample, measures, "urban_rural", OPEN)
    nobody, others = table[table["group"].str.endswith("rural")], table["group"].str.endswith("urban")
    assert (nobody["n"] == 0).all() and (nobody["method"] == "none").all() and (nobody["flag"] == "").all()
    targets = nobody["target"].notna()
    assert (nobody["verdict"] == np.where(targets, "not_measured", "")).all()
    columns = ["value", "standard_error", "degrees_of_freedom", "n", "excluded"]
    pd.testing.assert_frame_equal(table.loc[others, columns], whole.loc[others, columns])
    assert list(table.columns) == list(RATES_COLUMNS)


def test_the_printed_error_is_that_of_the_calibrated_estimate() -> None:
    """2,000 seeded samples of 100, post-stratified on what explains the answers: SE² is right on average.

    The variance of 2,000 estimates is known to 3 % (√(2/2000)), so 8 % is 2.5 of its errors. An error that
    ignores the calibration is far too large.
    """
    rng = np.random.default_rng(20)
    values, printed, ignoring = [], [], []
    group = rng.random((2000, 100)) < 0.4
    answer = rng.random(group.shape) < np.where(group, 0.95, 0.15)
    for inside, yes in zip(group, answer, strict=True):
        weight = np.where(inside, 0.4 / inside.mean(), 0.6 / (1 - inside.mean()))
        data = pd.DataFrame({"y": yes.astype(float), "w": weight})
        cells = WeightingCells(inside.astype(np.intp))
        sample = sample_of_frame(data, ["y"], weight="w", weighting=cells)
        items, columns = items_of(sample, [share_of("y")])
        totals = tally(sample, columns)
        everyone = [Domain(AreaLevel.DISTRICT, "", "", "", None, np.ones(totals.cell_count, dtype=bool))]
        precision = precision_of(totals, items, design_of(sample), everyone)
        values.append(precision.value[0, 0])
        printed.append(precision.variance[0, 0])
        ignoring.append(precision.plain_variance[0, 0])
    spread = np.var(values)
    assert np.mean(printed) == pytest.approx(spread, rel=0.08)
    assert np.mean(ignoring) > 2 * spread


@pytest.mark.parametrize("clustered", [True, False])
def test_many_groups_at_once_are_each_what_they_are_alone(clustered: bool) -> None:
    """600 communities beside 30 subdistricts, raked weights: one call gives what 630 calls give."""
    sample = calibrated(make_sample(2, 30, 20, 8, clustered=clustered), 2)
    items, columns = items_of(sample, MEASURES[:3])
    totals, design = tally(sample, columns), design_of(sample)
    area = totals.index_by_axis[AREA]
    domains = [Domain(AreaLevel.SUBDISTRICT, str(s), "", "", None, area // 20 == s) for s in range(30)] + [
        Domain(AreaLevel.COMMUNITY, str(c), "", "", None, area == c) for c in range(600)
    ]
    together = precision_of(totals, items, design, domains)
    for index in [*range(0, 30, 5), *range(30, 630, 25)]:
        alone = precision_of(totals, items, design, [domains[index]])
        for name in ("value", "variance", "plain_variance", "degrees_of_freedom", "n"):
            np.testing.assert_allclose(
                getattr(together, name)[index], getattr(alone, name)[0], rtol=1e-11, atol=1e-18
            )


def test_a_limit_on_weights_is_respected_by_the_rates_and_their_errors(tmp_path: Path) -> None:
    """Peers trim and then estimate with other weights, or lose the margins. Here both are in every number.

    Written out over the records: R = Σwy/Σw with w ≤ 2 × mean, E = w (e − x′β) with β from w/g.
    """
    lines = 'rake = ["sex", "age_group", "subdistrict"]\ntrim = 2'
    wave, _, _ = read_wave(write_wave(tmp_path / "wave", lines, table=controls(sex=SEX, age_group=AGE)))
    assert wave is not None
    sample = read_samples(wave)[0][0]
    cells, w = sample.weighting, sample.weight_of_record
    assert w.max() <= 2 * w.mean() * (1 + 1e-12)
    assert cells is not None and cells.auxiliary_by_cell is not None and cells.factor_by_cell is not None
    assert sample.psu_of_record is not None
    table = estimate(sample, wave, OPEN).rates
    measure = wave.measures[0]
    row = table[(table["measure"] == measure.name) & (table["area_level"] == "district")].iloc[0]
    (item,), (column,) = items_of(sample, [measure])
    inside = item.base_by_answer[column.answer_of_record]
    y = item.value_by_answer[column.answer_of_record]
    share = (w * inside * y).sum() / (w * inside).sum()
    np.testing.assert_allclose(row["value"], share, rtol=1e-12)
    e = inside * (y - share) / (w * inside).sum()
    x, base = cells.auxiliary_by_cell[cells.cell_of_record], w / cells.factor_by_cell[cells.cell_of_record]
    beta = np.linalg.lstsq(np.sqrt(base)[:, None] * x, np.sqrt(base) * e, rcond=None)[0]
    totals = np.bincount(sample.psu_of_record, w * (e - x @ beta))
    population = sample.population_psus_of_stratum
    expected = 0.0
    for h in range(len(sample.strata)):
        units = totals[sample.psu_strata == h]
        expected += (1 - len(units) / population[h]) * len(units) * units.var(ddof=1)
    assert np.isinf(population).all()  # without psu_count there is no second stage to write out
    np.testing.assert_allclose(row["standard_error"], np.sqrt(expected), rtol=1e-9)
