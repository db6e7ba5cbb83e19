"""The ranking: what is ranked with what, on which scale, and what stays out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from indicators.columns import RANKING_COLUMNS, TOTAL_NODE
from indicators.ranks import ranked as ranked_module
from indicators.ranks.ranked import Ranked, correlation_between, ranking_rows, tiers_of
from indicators.ranks.ranking import rank
from indicators.ranks.rates import ranked_rates
from indicators.ranks.scores import common_scored
from indicators.ranks.sets import RankSets, joint_rank_sets
from indicators.ranks.vocabulary import RankedKind, Tier
from indicators.reading import read_evidence, read_framework
from indicators.scores.scored import Scored
from indicators.scores.scoring import score
from surveys.estimate import Estimation, estimate
from surveys.problem import errors_of
from surveys.sample import Sample
from surveys.wave import Wave
from tests.factory_scoring import estimation_of, share_measure, small_wave, tables_of
from tests.strategies import make_sample, make_wave

FRAMEWORK = """
code,parent,name,points,method,source,scoring,low,high,scale,target,level,cap,window_months
1,,民意,60,,,,,,,,,,
1.1,1,甲,40,questionnaire,m1,linear,0,1,,,,,
1.2,1,乙,20,questionnaire,m2,linear,0,1,,,,,
2,,材料,40,,,,,,,,,,
2.1,2,台账,40,document,DC1,steps,,,等级,,,,
"""
STEPS = """
scale,from,grade,score
等级,,优,1.0
等级,,良,0.8
"""
SUBDISTRICTS = ("S1", "S2", "S3", "S4")
WIDE = make_wave(6, 8)


def table_of(
    values: dict[str, dict[str, float]], grades: dict[str, str], withheld: tuple[tuple[str, str], ...] = ()
) -> tuple[pd.DataFrame, Scored, Estimation, Wave]:
    """The ranking of four subdistricts with these rates and grades."""
    wave = small_wave(SUBDISTRICTS, (share_measure("m1"), share_measure("m2")))
    documents = "\n".join(
        ["standard,area,grade,date", *(f"DC1,{a},{g},2022-08-20" for a, g in grades.items())]
    )
    tables = tables_of(framework=FRAMEWORK, steps=STEPS, documents=documents)
    framework, problems = read_framework(tables, wave)
    evidence, more = read_evidence(tables, wave, framework)
    assert errors_of((*problems, *more)) == ()
    estimation = estimation_of(wave, values, n=400, withheld=withheld)
    scored = score(framework, wave, estimation, evidence).scored
    assert scored is not None
    return rank(scored, estimation, wave), scored, estimation, wave


def of_kind(table: pd.DataFrame, kind: RankedKind, name: str = "") -> pd.DataFrame:
    """Rows of one kind, by area."""
    rows = table[(table["kind"] == kind) & ((table["name"] == name) | (name == ""))]
    return rows.set_index("area_code")


RATES = {
    "D": {"m1": 0.8, "m2": 0.8},
    "S1": {"m1": 0.95, "m2": 0.9},
    "S2": {"m1": 0.5, "m2": 0.6},
    "S3": {"m1": 0.75, "m2": 0.8},
    "S4": {"m1": 0.76, "m2": 0.8},
}
GRADES = dict.fromkeys(SUBDISTRICTS, "优")


def test_totals_of_one_composition_are_ranked_together() -> None:
    """Worked by hand: 40·m1 + 20·m2 + 40; S3 and S4 differ by .4 points with an error of a point each."""
    table, *_ = table_of(RATES, GRADES)
    totals = of_kind(table, RankedKind.TOTAL)
    assert totals.loc["S1", "value"] == pytest.approx(38 + 18 + 40)
    assert list(totals.index) == ["S1", "S4", "S3", "S2"]
    assert totals["rank"].tolist() == [1, 2, 3, 4]
    assert totals["rank_low"].tolist() == [1, 2, 2, 4]
    assert totals["rank_high"].tolist() == [1, 3, 3, 4]
    assert totals["tier"].tolist() == [Tier.SURELY_TOP, Tier.UNDECIDED, Tier.UNDECIDED, Tier.SURELY_BOTTOM]
    assert set(totals["comparable"]) == {1} and set(totals["areas"]) == {4}
    assert of_kind(table, RankedKind.COMMON).empty
    assert list(dict.fromkeys(table["kind"])) == [RankedKind.TOTAL, RankedKind.NODE]
    assert list(table.columns) == list(RANKING_COLUMNS)


def test_totals_of_other_leaves_stand_in_groups_and_the_common_total_compares_all() -> None:
    """S3 has no document, so its total is m1 and m2 alone; over these two all four are compared."""
    grades = {code: grade for code, grade in GRADES.items() if code != "S3"}
    table, *_ = table_of(RATES, grades)
    totals = of_kind(table, RankedKind.TOTAL)
    assert sorted(totals.index) == ["S1", "S2", "S4"]  # nothing to compare S3 with
    project = of_kind(table, RankedKind.NODE, "1")  # its points are 100 in S3 and 60 elsewhere
    assert sorted(project.index) == list(SUBDISTRICTS) and set(project["comparable"]) == {1}
    common = of_kind(table, RankedKind.COMMON)
    assert set(common["areas"]) == {4} and set(common["comparable"]) == {1}
    for code in SUBDISTRICTS:
        expected = 100 * (2 * RATES[code]["m1"] + RATES[code]["m2"]) / 3
        assert common.loc[code, "value"] == pytest.approx(expected)


def test_the_common_total_is_made_of_the_leaves_that_all_have() -> None:
    """Its tree has the same deductions, and no other leaves."""
    grades = {code: grade for code, grade in GRADES.items() if code != "S3"}
    _, scored, *_ = table_of(RATES, grades)
    common = common_scored(scored)
    assert common.available_by_area_leaf[1:].tolist() == [[True, True, False]] * 4
    np.testing.assert_array_equal(common.deducted_by_area, scored.deducted_by_area)


def test_an_area_without_a_total_takes_no_leaf_from_the_common_total() -> None:
    """Nothing is known of S4, and S3 has no document: m1 and m2 are common to those that have a total."""
    rates = {code: values for code, values in RATES.items() if code != "S4"}
    table, *_ = table_of(rates, {"S1": "优", "S2": "优"})
    common = of_kind(table, RankedKind.COMMON)
    assert sorted(common.index) == ["S1", "S2", "S3"]
    for code in common.index:
        expected = 100 * (2 * RATES[code]["m1"] + RATES[code]["m2"]) / 3
        assert common.loc[code, "value"] == pytest.approx(expected)


def test_a_withheld_result_has_no_place_and_no_row() -> None:
    """S4's m1 is withheld: its total is of other leaves, its rate is not ranked."""
    table, *_ = table_of(RATES, GRADES, withheld=(("S4", "m1"),))
    assert "S4" not in of_kind(table, RankedKind.TOTAL).index
    assert "S4" not in of_kind(table, RankedKind.NODE, "1").index
    common = of_kind(table, RankedKind.COMMON)
    assert common.loc["S4", "value"] == pytest.approx(60 * 0.8 + 40)  # m1 is in nobody's: its points are m2's


def test_grades_without_error_are_ranked_exactly_and_equal_ones_tie() -> None:
    """Documents were all read: no sampling, so no range but that of ties."""
    table, *_ = table_of(RATES, GRADES | {"S2": "良"})
    documents = of_kind(table, RankedKind.NODE, "2")
    assert documents.loc[["S1", "S3", "S4"], "rank"].tolist() == [1, 1, 1]
    assert documents.loc["S2", ["rank", "rank_low", "rank_high"]].tolist() == [4, 4, 4]
    assert documents.loc["S1", ["rank_low", "rank_high"]].tolist() == [1, 3]
    assert documents.loc["S2", "tier"] == Tier.SURELY_BOTTOM
    assert set(documents["unit"]) == {"share"}


def test_headline_rates_are_compared_on_the_arcsine_scale() -> None:
    """Places by hand from values of the table of rates and N of M3; subdistricts are strata: independent."""
    estimation = estimate(make_sample(3, 6, 8), WIDE)
    table = rank(None, estimation, WIDE)
    assert set(table["kind"]) == {"rate"} and set(table["name"]) == {"satisfied"}
    rates = estimation.rates
    rows = rates[
        (rates["measure"] == "satisfied") & (rates["area_level"] == "subdistrict") & (rates["group"] == "")
    ].set_index("area_code")
    degrees = 6 * (8 - 1)  # communities less strata, over all subdistricts
    n = rows["effective_n"] * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, degrees)) ** 2
    phi = np.arcsin(np.sqrt((rows["value"] * n + 0.375) / (n + 0.75)))
    (ranked,) = ranked_rates(estimation, WIDE)
    np.testing.assert_allclose(ranked.estimate, phi, rtol=1e-12)
    np.testing.assert_allclose(ranked.standard_error, 1 / np.sqrt(4 * n + 2), rtol=1e-12)
    expected = joint_rank_sets(phi.to_numpy(), np.diag(1 / (4 * n + 2)), seed=WIDE.scoring.seed)
    found = table.set_index("area_code").loc[rows.index]
    assert found["rank_low"].tolist() == expected.low.tolist()
    assert found["rank_high"].tolist() == expected.high.tolist()
    np.testing.assert_array_equal(found["low"], rows["low"])


def test_points_are_compared_by_the_width_of_their_limits() -> None:
    """A 满意度 as a headline: its own scale."""
    measures = tuple(replace(m, headline=m.name == "score") for m in WIDE.measures)
    wave = replace(WIDE, measures=measures)
    (ranked,) = ranked_rates(estimate(make_sample(3, 6, 8), wave), wave)
    assert ranked.name == "score"
    np.testing.assert_allclose(ranked.standard_error, (ranked.high - ranked.low) / (2 * 1.959964), rtol=1e-6)


def shared_communities(seed: int) -> Sample:
    """Communities that lie across two subdistricts each, all in one stratum."""
    sample = make_sample(seed, 6, 8)
    half = (np.arange(sample.size) % 12 < 6).astype(int)
    area = (sample.psu_of_record % 6 + half) % 6
    codes = tuple(f"D{s}" for s in range(6))
    return replace(
        sample,
        area_codes=codes,
        area_of_record=area,
        strata=("all",),
        stratum_of_record=np.zeros(sample.size, dtype=np.intp),
        psu_strata=np.zeros(len(sample.psus), dtype=np.intp),
        population_psus_of_stratum=np.array([np.inf]),
    )


def test_errors_that_areas_share_are_in_their_differences() -> None:
    """The correlation of the ranking is that of the design covariance, which is not 0 here."""
    estimation = estimate(shared_communities(2), WIDE)
    (ranked,) = ranked_rates(estimation, WIDE)
    codes = [area.code for area in ranked.areas]
    covariance = estimation.between_areas(pd.DataFrame({"satisfied": 1.0}, index=codes)).to_numpy()
    error = np.sqrt(np.diag(covariance))
    np.testing.assert_allclose(ranked.correlation, covariance / np.outer(error, error))
    assert np.abs(ranked.correlation - np.eye(6)).max() > 0.05


def test_errors_in_common_make_ranges_narrower() -> None:
    """Two areas with the same error differ for certain; the same values alone need not."""
    (ranked,) = ranked_rates(estimate(make_sample(5, 6, 8), WIDE), WIDE)
    alike = replace(ranked, correlation=np.full((6, 6), 0.98) + 0.02 * np.eye(6))
    apart, together = (ranking_rows(r, "w", WIDE.scoring) for r in (ranked, alike))
    width = [(t["rank_high"] - t["rank_low"]).sum() for t in (apart, together)]
    assert width[1] < width[0]


def test_an_error_that_is_not_known_shares_nothing() -> None:
    """NaN and 0 leave areas independent; a covariance beyond the errors is cut."""
    covariance = pd.DataFrame([[1.0, np.nan, 0.9], [np.nan, np.nan, np.nan], [0.9, np.nan, 0.5]])
    found = correlation_between(covariance, np.array([1.0, np.nan, 0.5]))
    np.testing.assert_array_equal(found, [[1, 0, 1], [0, 1, 0], [1, 0, 1]])


@pytest.mark.parametrize("areas", [3, 7, 18])
def test_tiers_are_thirds_that_hold_the_whole_range(areas: int) -> None:
    """A third of seven is two."""
    third = areas // 3
    low = np.array([1, 1, areas - third + 1, areas - third])
    high = np.array([third, third + 1, areas, areas])
    assert tiers_of(low, high, areas) == ["surely_top", "undecided", "surely_bottom", "undecided"]


def test_one_subdistrict_has_no_ranking_and_two_have_no_thirds() -> None:
    """A sheet without framework and with a single subdistrict still gives a table."""
    one = make_wave(1, 8)
    table = rank(None, estimate(make_sample(1, 1, 8), one), one)
    assert table.empty and list(table.columns) == list(RANKING_COLUMNS)
    two = make_wave(2, 8)
    assert set(rank(None, estimate(make_sample(1, 2, 8), two), two)["tier"]) == {""}


def test_every_range_holds_the_place_of_its_estimate() -> None:
    """Also where small bases are drawn to the middle on the scale of comparison."""
    table, *_ = table_of(RATES, GRADES | {"S2": "良"})
    assert (table["rank_low"] <= table["rank"]).all() and (table["rank"] <= table["rank_high"]).all()
    assert (table["simple_rank_low"] <= table["rank_low"]).all()
    assert (table["simple_rank_high"] >= table["rank_high"]).all()
    assert (table[table["kind"] == RankedKind.TOTAL]["name"] == TOTAL_NODE).all()


def two_areas(value: list[float], estimate_: list[float]) -> Ranked:
    """Two subdistricts with hardly an error on the scale of comparison."""
    (ranked,) = ranked_rates(estimate(make_sample(1, 2, 8), make_wave(2, 8)), make_wave(2, 8))
    error = np.full(2, 1e-6)
    changed = {"value": np.array(value), "estimate": np.array(estimate_), "correlation": np.eye(2)}
    return replace(ranked, standard_error=error, **changed)


def test_the_place_of_the_value_is_in_its_range_where_the_scale_turns_the_order() -> None:
    """The estimates stand the other way: each range holds the place of its value and that of its estimate."""
    rows = ranking_rows(two_areas([0.9, 0.8], [1.0, 1.1]), "w", WIDE.scoring).set_index("area_code")
    assert rows.loc[["D0", "D1"], "rank"].tolist() == [1, 2]
    for kind in ("rank", "simple_rank"):
        assert rows.loc[["D0", "D1"], f"{kind}_low"].tolist() == [1, 1]
        assert rows.loc[["D0", "D1"], f"{kind}_high"].tolist() == [2, 2]


@pytest.mark.parametrize(("asked", "expected"), [(500, 10_000), (20_000, 20_000)])
def test_the_wave_s_seed_starts_the_draws_and_more_draws_are_made_where_it_asks(
    monkeypatch: pytest.MonkeyPatch, asked: int, expected: int
) -> None:
    """1,000 draws do for intervals; a critical value needs 10,000."""
    made: list[tuple[int, int]] = []

    def noted(x: np.ndarray, covariance: np.ndarray, *, draws: int, seed: int) -> RankSets:
        made.append((draws, seed))
        return joint_rank_sets(x, covariance, draws=draws, seed=seed)

    monkeypatch.setattr(ranked_module, "joint_rank_sets", noted)
    ranking_rows(two_areas([0.9, 0.8], [1.1, 1.0]), "w", replace(WIDE.scoring, draws=asked, seed=77))
    assert made == [(expected, 77)]
