"""The table of rates: its rows, its flags, and honest answers to poor samples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from surveys.area import AreaLevel
from surveys.estimate import combine, estimate, estimate_groups
from surveys.flag import Flag
from surveys.gate import GateSettings
from surveys.problem import InputError, Language
from surveys.questionnaire import Measure
from surveys.rates import RATES_COLUMNS
from surveys.sample import Sample, WeightingCells
from surveys.wave import LonelyPSU
from tests.strategies import MEASURES, make_sample, make_wave, mean_of, sample_of_frame, share_of

OPEN = GateSettings(least_n=0, least_effective_n=0, widest=2, relative_width=np.inf, least_count=0)


def answered(sample: Sample, code: int) -> Sample:
    """Everyone gives the same answer to every question."""
    questions = tuple(
        replace(q, answer_of_record=np.full_like(q.answer_of_record, code)) for q in sample.questions
    )
    return replace(sample, questions=questions)


def not_measured(table: pd.DataFrame) -> bool:
    """未测 for whatever has a target, no verdict for what has none."""
    expected = np.where(table["target"].isna(), "", "not_measured")
    return bool((table["verdict"] == expected).all()) and bool(table["target"].isna().any())


def has(table: pd.DataFrame, flag: Flag) -> pd.Series:
    return table["flag"].str.split(";").map(lambda flags: flag.value in flags)


def test_rows_are_district_subdistricts_communities_and_breakdowns_in_this_order() -> None:
    result = estimate(make_sample(1, 2, 3, 12), make_wave(2, 4))  # the fourth communities were not sampled
    table = result.rates
    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == RATES_COLUMNS
    rows = table.drop_duplicates(["area_code", "group"])
    assert rows["area_code"].tolist() == [
        "D",
        "D0",
        "D1",
        "D0-0",
        "D0-1",
        "D0-2",
        "D1-0",
        "D1-1",
        "D1-2",
        "D",
        "D",
    ]
    assert rows["group"].tolist()[-2:] == ["urban_rural=rural", "urban_rural=urban"]
    assert table["measure"].tolist()[:5] == [measure.name for measure in MEASURES]
    assert len(table) == 11 * len(MEASURES)
    assert set(result.covariance_by_area) == {"D", "D0", "D1"}


def test_subdistricts_add_up_to_the_district() -> None:
    sample = make_sample(2, 4, 5, 12)
    table = estimate(sample, make_wave(4, 5), OPEN).rates
    plain = table[(table["group"] == "") & (table["measure"] == "awareness")]
    district = plain[plain["area_level"] == "district"].iloc[0]
    for level in ("subdistrict", "community"):
        parts = plain[plain["area_level"] == level]
        assert parts["n"].sum() == district["n"]
        assert parts["excluded"].sum() == district["excluded"]
    assert district["n"] + district["excluded"] == sample.size


def test_excluded_counts_everyone_sampled_who_is_not_in_the_base() -> None:
    sample = make_sample(4, 2, 3, 12)
    row = estimate(sample, make_wave(2, 3)).rates.set_index(["measure", "area_code", "group"])
    answer = sample.question("q2").answer_of_record
    assert row.loc[("satisfied", "D", ""), "excluded"] == int(((answer == 1) | (answer == 7)).sum())


def test_one_respondent_is_a_flagged_answer_not_an_exception() -> None:
    sample = make_sample(0, 1, 1, 1, probabilities=(1, 0, 0, 0, 0), missing=0)
    table = estimate(sample, make_wave(1, 1)).rates
    assert (table["n"] == 1).all()
    assert has(table, Flag.INSUFFICIENT_SAMPLE).all()
    assert table[["value", "standard_error", "low", "high"]].isna().all(axis=None)
    assert table["verdict"].isin(["undetermined", ""]).all()
    unclustered = replace(sample, psu_of_record=None, psus=(), psu_strata=np.empty(0, dtype=np.intp))
    assert estimate(unclustered, make_wave(1, 1), OPEN).rates["standard_error"].isna().all()


@pytest.mark.parametrize("clustered", [True, False])
def test_no_answers_at_all_are_not_measured(clustered: bool) -> None:
    result = estimate(answered(make_sample(1, 2, 3, 12, clustered=clustered), 1), make_wave(2, 3))
    table = result.rates
    assert not_measured(table)
    assert (table["n"] == 0).all() and (table["method"] == "none").all() and (table["flag"] == "").all()
    assert (table["excluded"] > 0).all()
    assert table[["value", "standard_error", "low", "high", "probability_below"]].isna().all(axis=None)
    assert result.covariance_by_area["D"].isna().all(axis=None)


def test_no_records_at_all_are_not_measured() -> None:
    sample = make_sample(1, 2, 3, 0)
    table = estimate(sample, make_wave(2, 3)).rates
    assert table["area_code"].unique().tolist() == ["D", "D0", "D1"]
    assert not_measured(table)


def test_a_subdistrict_without_records_is_not_measured_and_stays_in() -> None:
    table = estimate(make_sample(1, 2, 3, 12), make_wave(3, 3)).rates
    rows = table[table["area_code"] == "D2"]
    assert len(rows) == len(MEASURES) and not_measured(rows)


def test_unanimous_answers_have_intervals_of_positive_width() -> None:
    """Every answer the best: share 1 and 满意度 100; binomial limits, flagged, inside the range."""
    table = estimate(answered(make_sample(1, 4, 5, 12), 3), make_wave(4, 5), OPEN).rates
    shares, score = table[table["unit"] == "share"], table[table["unit"] == "points"]
    assert (shares["value"] == 1).all() and (shares["high"] == 1).all() and (shares["low"] < 1).all()
    assert (score["value"] == 100).all() and (score["high"] == 100).all() and (score["low"] < 100).all()
    assert has(score, Flag.CONSTANT_ANSWERS).all()
    assert has(shares, Flag.EXTREME_SHARE).all()
    clustered = table[table["area_level"].isin(["district", "subdistrict"])]
    assert has(clustered, Flag.ASSUMED_CORRELATION).all()
    assert (clustered["standard_error"] == 0).all()


def test_what_is_withheld_does_not_tell_how_people_answered() -> None:
    """Communities of 12: rows are the same whether all answered alike or not, apart from the counts."""
    sample, wave = make_sample(1, 2, 3, 12, missing=0), make_wave(2, 3)
    mixed, alike = estimate(sample, wave).rates, estimate(answered(sample, 3), wave).rates
    rows = mixed["area_level"] == "community"
    assert has(mixed[rows], Flag.INSUFFICIENT_SAMPLE).all()
    assert (mixed.loc[rows, "method"] == "none").all() and mixed.loc[rows, "effective_n"].isna().all()
    counts = ["n", "excluded", "degrees_of_freedom"]  # don't-knows leave the base
    pd.testing.assert_frame_equal(mixed[rows].drop(columns=counts), alike[rows].drop(columns=counts))


def test_a_withheld_community_cannot_be_computed_from_its_subdistrict_and_siblings() -> None:
    """Of D0's three communities one has 3 negative answers; the smaller of its siblings is withheld too."""
    sample = make_sample(3, 2, 3, 60, clustered=False)
    code = np.where(np.arange(sample.size) % 3 == 0, 6, 3).astype(np.int32)
    code[:60] = np.where(np.arange(60) < 3, 6, 3)
    code[60] = 1  # one blank: D0-1 has the smaller base
    even = replace(sample.question("q2"), answer_of_record=code)
    sample = replace(
        sample, questions=(sample.questions[0], even, sample.questions[2]), weight_of_record=np.ones(360)
    )
    table = estimate(sample, make_wave(2, 3)).rates.set_index(["measure", "area_code", "group"])
    row = {area: table.loc[("satisfied", area, "")] for area in ("D0", "D0-0", "D0-1", "D0-2", "D1-0")}
    assert row["D0-0"]["flag"].split(";")[0] == row["D0-1"]["flag"].split(";")[0] == "small_cell"
    assert np.isnan([row["D0-0"]["value"], row["D0-1"]["value"]]).all()
    assert not np.isnan([row[area]["value"] for area in ("D0", "D0-2", "D1-0")]).any()


def test_a_mean_inside_the_scale_with_constant_answers_has_limits_around_it() -> None:
    """Everyone answers 60 of [0, 100]: limits of 0.6 as a share, on the effective sample."""
    table = estimate(answered(make_sample(1, 4, 5, 12), 5), make_wave(4, 5), OPEN).rates
    row = table[(table["measure"] == "score") & (table["area_code"] == "D")].iloc[0]
    assert row["value"] == 60 and 40 < row["low"] < 60 < row["high"] < 80
    assert row["method"] == "clopper_pearson_rescaled"


def test_a_number_of_unknown_range_that_never_varies_is_withheld() -> None:
    data = pd.DataFrame({"visits": [3.0] * 80})
    table = estimate_groups(sample_of_frame(data, ["visits"]), [mean_of("visits")])
    assert table["method"].tolist() == ["none"]
    assert has(table, Flag.INSUFFICIENT_SAMPLE).all()


def test_communities_are_conditional_on_themselves_and_have_no_error_of_zero() -> None:
    sample = make_sample(1, 3, 4, 40)
    table = estimate(sample, make_wave(3, 4), OPEN).rates
    communities = table[table["area_level"] == "community"]
    assert has(communities, Flag.CONDITIONAL_ON_COMMUNITY).all()
    assert (communities["standard_error"] > 0).all()
    # The respondents of the community as a simple sample of it: w(y − R)/A, n/(n − 1) over all sampled.
    inside = sample.psu_of_record == 5
    answer, weight = sample.question("q2").answer_of_record[inside], sample.weight_of_record[inside]
    base, y = np.isin(answer, [3, 4, 5, 6]), np.isin(answer, [3, 4]).astype(float)
    share = (weight * base * y).sum() / (weight * base).sum()
    z = weight * base * (y - share) / (weight * base).sum()
    row = communities[(communities["area_code"] == "D1-1") & (communities["measure"] == "satisfied")].iloc[0]
    assert row["value"] == pytest.approx(share)
    assert row["standard_error"] == pytest.approx(np.sqrt(40 / 39 * (z**2).sum()))
    assert row["degrees_of_freedom"] == base.sum() - 1


def test_a_subdistrict_of_one_psu_has_an_interval_but_no_error() -> None:
    sample = make_sample(6, 4, 5, 40)
    keep = (sample.stratum_of_record != 3) | (sample.psu_of_record == 15)
    lone = replace(
        sample,
        questions=tuple(replace(q, answer_of_record=q.answer_of_record[keep]) for q in sample.questions),
        weight_of_record=sample.weight_of_record[keep],
        area_of_record=sample.area_of_record[keep],
        stratum_of_record=sample.stratum_of_record[keep],
        psu_of_record=sample.psu_of_record[keep],
        psus=sample.psus[:16],
        psu_strata=sample.psu_strata[:16],
        groups={},
    )
    wave = make_wave(4, 5)
    table = estimate(lone, wave, OPEN).rates
    rows = table[table["area_code"] == "D3"]
    assert has(rows, Flag.ONE_PSU).all() and has(rows, Flag.LONELY_PSU).all()
    assert rows["standard_error"].isna().all() and (rows["degrees_of_freedom"] == 0).all()
    assert (rows["high"] - rows["low"] > 0).all()
    district = table[table["area_code"] == "D"]
    assert has(district, Flag.LONELY_PSU).all() and (district["standard_error"] > 0).all()
    with pytest.raises(InputError, match="D3") as raised:
        estimate(replace(lone, lonely_psu=LonelyPSU.FAIL), wave)
    (problem,) = raised.value.problems
    assert "adjust" in problem.remedy(Language.ENGLISH) and "D3" in problem.message(Language.CHINESE)


def test_weighting_cells_lower_the_error_of_what_they_explain_and_never_erase_it() -> None:
    sample = make_sample(8, 4, 5, 30)
    answer = sample.question("q2").answer_of_record
    explained = replace(sample, weighting=WeightingCells(np.isin(answer, [3, 4]).astype(np.intp)))
    wave = make_wave(4, 5)
    plain, gained = estimate(sample, wave, OPEN).rates, estimate(explained, wave, OPEN).rates
    district = (plain["area_code"] == "D") & (plain["group"] == "") & (plain["measure"] == "satisfied")
    assert (gained.loc[district, "standard_error"] < plain.loc[district, "standard_error"]).all()
    # A weighting cell that is one PSU would explain everything: it is left out of the residual.
    own = replace(sample, weighting=WeightingCells(sample.psu_of_record))
    np.testing.assert_allclose(estimate(own, wave, OPEN).rates["standard_error"], plain["standard_error"])


def test_breakdowns_of_a_bare_table_have_a_row_each_and_one_for_all() -> None:
    rng = np.random.default_rng(1)
    data = pd.DataFrame(
        {"y": rng.integers(0, 2, 300).astype(float), "区": rng.choice(["甲", "乙", "丙"], 300)}
    )
    sample = sample_of_frame(data, ["y"], groups=("区",))
    table = estimate_groups(sample, [share_of("y")], "区")
    assert sorted(table["group"][:3]) == ["区=丙", "区=乙", "区=甲"] and table["group"].iloc[3] == ""
    for row in table.itertuples():
        rows = data if not row.group else data[data["区"] == row.group[2:]]
        assert row.value == pytest.approx(rows["y"].mean()) and row.n == len(rows)
        assert row.low < row.value < row.high
    assert not has(table, Flag.ASSUMED_CORRELATION).any()  # without PSUs there is none to assume
    assert len(estimate_groups(sample, [share_of("y")])) == 1


def test_questionnaires_combine_with_independent_errors() -> None:
    wave = make_wave(2, 3)
    renamed = tuple(replace(m, name=f"o_{m.name}", questionnaire="officials") for m in MEASURES[:2])
    both = replace(
        wave,
        measures=(*MEASURES, *renamed),
        questions=(*wave.questions, *(replace(q, questionnaire="officials") for q in wave.questions)),
    )
    first = estimate(make_sample(1, 2, 3, 30), both)
    second = estimate(replace(make_sample(2, 2, 3, 30), questionnaire="officials"), both)
    second.covariance_by_area.pop("D1")
    joint = combine([first, second])
    assert len(joint.rates) == len(first.rates) + len(second.rates)
    matrix = joint.covariance_by_area["D"]
    assert list(matrix.index) == [m.name for m in both.measures]
    assert (matrix.loc["awareness", ["o_awareness", "o_satisfied"]] == 0).all()
    np.testing.assert_allclose(matrix.iloc[:5, :5], first.covariance_by_area["D"])
    np.testing.assert_allclose(matrix.iloc[5:, 5:], second.covariance_by_area["D"])
    assert joint.covariance_by_area["D1"].iloc[5:, 5:].isna().all(axis=None)
    assert (np.diag(joint.correlation) == 1).all()


def test_verdicts_follow_the_limits_and_the_target() -> None:
    table = estimate(
        make_sample(3, 4, 5, 60, probabilities=(0.9, 0.05, 0.03, 0.02, 0)), make_wave(4, 5)
    ).rates
    shown = table[table["value"].notna()]
    passed, failed = shown["verdict"] == "pass", shown["verdict"] == "fail"
    assert passed.any() and (shown.loc[passed, "low"] >= shown.loc[passed, "target"]).all()
    assert (shown.loc[failed, "high"] < shown.loc[failed, "target"]).all()
    assert (shown.loc[shown["target"].isna(), "verdict"] == "").all()
    undetermined = shown["verdict"] == "undetermined"
    assert (shown.loc[undetermined, "n_to_settle"] > 0).all()
    assert shown.loc[~undetermined, "n_to_settle"].isna().all()


def test_forty_measures_of_150_communities_take_well_under_a_second() -> None:
    """No timing law here, only that the shape of the main job goes through at once."""
    wave = make_wave(18, 9)
    measures: list[Measure] = [replace(MEASURES[i % 5], name=f"m{i}") for i in range(40)]
    table = estimate(make_sample(9, 18, 9, 25), replace(wave, measures=tuple(measures))).rates
    assert len(table) == 40 * (1 + 18 + 162 + 2)
    assert table.loc[table["area_level"] == AreaLevel.SUBDISTRICT.value, "n"].min() > 150
