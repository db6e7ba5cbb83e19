"""Sensitivity of totals, places and verdicts: by hand, and equal to scoring from scratch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.columns import RANKING_COLUMNS, SENSITIVITY_COLUMNS, empty_frame
from indicators.evidence.tables import Evidence
from indicators.findings.scenario import (
    Filling,
    Variants,
    VariantSettings,
    geometric_means,
    headline,
    leave_one_out,
    missing_policies,
    point_variants,
)
from indicators.findings.sensitivity import places, sensitivity
from indicators.framework import Framework, Missing
from indicators.ranks.ranking import rank
from indicators.reading import read_framework
from indicators.scores.scored import Scored, evaluate
from indicators.scores.scoring import Scoring, score
from indicators.scores.table import score_table
from indicators.scores.uncertainty import DrawSettings
from indicators.status import NodeStatus
from surveys.estimate import estimate
from surveys.gate import GateSettings
from tests.factory_scoring import estimation_of, leaf_table_of, share_measure, small_wave, tables_of
from tests.factory_tree import scored_for, tree_of_rows, two_projects
from tests.strategies import make_sample, make_wave

SHEET = """
code,parent,name,points,method,source,scoring,aggregate,floor
1,,环境,60,,,,,
1.1,1,街面,40,questionnaire,a,linear,,
1.2,1,小区,20,questionnaire,b,linear,,
2,,服务,40,,,,{kind},{floor}
2.1,2,窗口,10,questionnaire,c,linear,,
2.2,2,热线,30,questionnaire,d,linear,,
"""
MEASURES = tuple(share_measure(name) for name in "abcd")
NO_RANKING = empty_frame(RANKING_COLUMNS)
Values = Mapping[str, Mapping[str, float]]


def scoring_of(
    values: Values, target: float | None = None, kind: str = "arithmetic", withheld: tuple[str, ...] = ()
) -> Scoring:
    """Scores of these values by area and measure."""
    wave = small_wave(sorted(set(values) - {"D"}), MEASURES)
    framework, problems = read_framework(
        tables_of(framework=SHEET.format(kind=kind, floor=0.05 if kind == "geometric" else "")), wave
    )
    assert framework is not None, problems
    framework = replace(framework, target_points=target)
    hidden = [(area, "a") for area in withheld]
    estimation = estimation_of(wave, values, withheld=hidden)
    return score(framework, wave, estimation, Evidence(), DrawSettings(draws=200))


def scored_of(values: Values, **settings: object) -> Scored:
    """The evaluated tree alone."""
    scored = scoring_of(values, **settings).scored  # type: ignore[arg-type]
    assert scored is not None
    return scored


def table_of(values: Values, ranking: pd.DataFrame = NO_RANKING, **settings: object) -> pd.DataFrame:
    """Rows by area and scenario."""
    scoring = scoring_of(values, **settings)  # type: ignore[arg-type]
    table = sensitivity(scoring.scored, scoring.scores, ranking)
    assert list(table.columns) == list(SENSITIVITY_COLUMNS)
    return table.set_index(["area_code", "scenario"])


def of(variants: Variants, name: str, area: int = 0) -> float:
    """Total of one area under the variant of this name."""
    return float(variants.total_by_variant_area[variants.names.index(name), area])


ONE = {"D": {"a": 0.5, "b": 0.8, "c": 1.0, "d": 0.6}, "S1": {"a": 0.5, "b": 0.8, "c": 1.0, "d": 0.6}}
HEADLINE = 40 * 0.5 + 20 * 0.8 + 10 * 1.0 + 30 * 0.6  # 64
THREE = {
    "D": {"a": 0.8, "b": 0.8, "c": 0.8, "d": 0.8},
    "S1": {"a": 0.9, "b": 0.9, "c": 0.5, "d": 0.9},
    "S2": {"a": 0.8, "b": 0.8, "c": 0.8, "d": 0.8},
    "S3": {"a": 0.7, "b": 0.7, "c": 0.7, "d": 0.7},
}


def test_leaving_one_leaf_out_by_hand() -> None:
    """Its weight goes to its sibling, not to the whole tree."""
    found = leave_one_out(scored_of(ONE))
    assert of(found, "街面") == pytest.approx(60 * 0.8 + 28)
    assert of(found, "热线") == pytest.approx(36 + 40 * 1.0)
    assert found.names == ("街面", "小区", "窗口", "热线")


def test_geometric_means_by_hand() -> None:
    found = geometric_means(scored_of(ONE))
    first, second = 0.5 ** (2 / 3) * 0.8 ** (1 / 3), 1.0**0.25 * 0.6**0.75
    assert of(found, "环境") == pytest.approx(60 * first + 28)
    assert of(found, "服务") == pytest.approx(36 + 40 * second)
    assert of(found, "总分") == pytest.approx(100 * 0.6**0.6 * 0.7**0.4)
    assert of(found, "") == pytest.approx(100 * first**0.6 * second**0.4)


def test_a_node_that_is_geometric_already_becomes_arithmetic() -> None:
    found = geometric_means(scored_of(ONE, kind="geometric"))
    assert of(found, "服务") == pytest.approx(HEADLINE)


def test_a_score_of_nothing_counts_as_the_floor_in_a_geometric_mean() -> None:
    found = geometric_means(scored_of({"D": {"a": 0.0, "b": 1.0, "c": 1.0, "d": 1.0}}))
    assert of(found, "环境") == pytest.approx(60 * 0.01 ** (2 / 3) + 40)


@pytest.mark.parametrize("floor", [0.05, 0.002])
def test_a_floor_that_the_sheet_declares_is_the_one_of_the_geometric_mean(floor: float) -> None:
    """Of an arithmetic node too, be it above or below the floor that stands in where none is declared."""
    framework = two_projects()
    rows = tuple(replace(row, floor=floor) if row.code == "1" else row for row in framework.indicators)
    found = geometric_means(scored_for(tree_of_rows(rows), [[0.0, 1.0, 1.0, 1.0]], draws=0))
    assert of(found, "甲") == pytest.approx(60 * floor ** (2 / 3) + 40)


def test_points_of_one_project_by_hand_and_all_points_within_their_limits() -> None:
    """60 × 1.25 beside 40: shares 75/115 and 40/115. No variant leaves what the extremes allow."""
    found = point_variants(scored_of(ONE))
    assert of(found, "环境 +25%") == pytest.approx(100 * (75 * 0.6 + 40 * 0.7) / 115)
    assert of(found, "服务 −25%") == pytest.approx(100 * (60 * 0.6 + 30 * 0.7) / 90)
    assert len(found.names) == 500 + 4
    several = found.total_by_variant_area[[name == "" for name in found.names], 0]

    def mean(points: tuple[float, float], scores: tuple[float, float], factors: tuple[float, float]) -> float:
        weights = np.multiply(points, factors)
        return float(weights @ scores / weights.sum())

    ends = [
        mean((60, 40), (mean((40, 20), (0.5, 0.8), low), mean((10, 30), (1.0, 0.6), other)), top)
        for low in ((0.75, 1.25), (1.25, 0.75))
        for other in ((0.75, 1.25), (1.25, 0.75))
        for top in ((0.75, 1.25), (1.25, 0.75))
    ]
    assert 100 * min(ends) < several.min() < HEADLINE < several.max() < 100 * max(ends)
    assert several.std() > 0.5


def test_what_was_not_collected_at_zero_left_out_and_at_full_by_hand() -> None:
    missing = {"D": {"b": 0.8, "c": 1.0, "d": 0.6}}
    found = missing_policies(scored_of(missing))
    assert of(found, Filling.ZERO) == pytest.approx(20 * 0.8 + 28)
    assert of(found, Filling.LEFT_OUT) == pytest.approx(60 * 0.8 + 28)
    assert of(found, Filling.FULL) == pytest.approx(40 + 16 + 28)


@pytest.mark.parametrize("missing", list(Missing))
def test_the_ends_of_the_missing_scenario_are_the_bounds_that_are_printed(missing: Missing) -> None:
    """A withheld, a carried leaf and one not collected, whatever the sheet says of it; 5 points deducted."""
    rows = tuple(
        replace(row, missing=missing) if row.method is not None else row for row in two_projects().indicators
    )
    leaves = leaf_table_of(tree_of_rows(rows), np.array([[0.5, 0.8, 0.7, np.nan], [np.nan, 0.6, 0.4, 0.9]]))
    carried_from, status = leaves.carried_from.copy(), leaves.status.copy()
    carried_from[0, 1], carried_from[1, 2] = "2022Q1", "2022Q1"
    status[1, 0] = NodeStatus.WITHHELD
    leaves = replace(leaves, carried_from=carried_from, status=status)
    scored = evaluate(tree_of_rows(rows), leaves, pd.DataFrame(), DrawSettings(0), np.array([5.0, 5.0]))
    table = score_table(scored).set_index(["node", "area_code"]).loc["total"]
    found = missing_policies(scored)
    for area, (low, high) in enumerate(table[["bound_low", "bound_high"]].to_numpy()):
        assert of(found, Filling.ZERO, area) == pytest.approx(low)
        assert of(found, Filling.FULL, area) == pytest.approx(high)
    assert of(found, Filling.ZERO) == pytest.approx(40 * 0.5 + 30 * 0.7 - 5)
    assert of(found, Filling.LEFT_OUT) == pytest.approx(60 * 0.5 + 40 * 0.7 - 5)
    assert of(found, Filling.FULL) == pytest.approx(40 * 0.5 + 20 + 30 * 0.7 + 10 - 5)


def test_filling_in_a_withheld_leaf_uses_nothing_of_its_value() -> None:
    """The same numbers whatever the withheld rate was (M17)."""
    found = [
        missing_policies(scored_of({"D": ONE["D"] | {"a": value}}, withheld=("D",))).total_by_variant_area
        for value in (0.1, 0.9)
    ]
    np.testing.assert_array_equal(found[0], found[1])


def from_scratch(scored: Scored, framework: Framework) -> np.ndarray:
    """Totals of the same values through `evaluate`, with another framework."""
    return evaluate(
        framework, scored.leaves, scored.correlation, DrawSettings(draws=0), scored.deducted_by_area
    ).total_by_area


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.0, 1.0), min_size=12, max_size=12), st.integers(0, 100))
def test_variants_equal_scoring_from_scratch(values: list[float], seed: int) -> None:
    """Leaving out: the leaf is not applicable. Points: another sheet. Both through the scoring itself."""
    names = iter(values)
    areas = {code: {measure: next(names) for measure in "abcd"} for code in ("D", "S1", "S2")}
    scored = scored_of(areas)
    left_out = leave_one_out(scored).total_by_variant_area
    for leaf in range(4):
        status = scored.leaves.status.copy()
        status[:, leaf] = NodeStatus.NOT_APPLICABLE
        blank = replace(scored.leaves, status=status)
        again = evaluate(
            scored.framework, blank, scored.correlation, DrawSettings(draws=0), scored.deducted_by_area
        )
        np.testing.assert_allclose(left_out[leaf], again.total_by_area, atol=1e-9)
    few = VariantSettings(variants=3)
    seeded = replace(scored, settings=DrawSettings(draws=0, seed=seed))
    found = point_variants(seeded, few).total_by_variant_area
    factors = np.random.default_rng(seed).uniform(0.75, 1.25, (3, scored.tree.size))
    for variant, factor in enumerate(factors):
        rows = tuple(
            replace(row, points=row.points * factor[node])
            for node, row in enumerate(scored.framework.indicators, 1)
        )
        sheet = replace(scored.framework, indicators=rows)
        np.testing.assert_allclose(found[variant], from_scratch(scored, sheet), atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.floats(0.05, 1.0))
def test_nothing_moves_where_all_leaves_score_the_same(value: float) -> None:
    """Law: a mean of equal scores is that score, whatever the points and the kind of mean."""
    scored = scored_of({"D": dict.fromkeys("abcd", value)})
    for vary in (point_variants, leave_one_out, geometric_means, missing_policies):
        np.testing.assert_allclose(vary(scored).total_by_variant_area, 100 * value, atol=1e-9)


def test_subdistricts_are_ranked_over_the_leaves_that_all_have() -> None:
    """S2 has no c: S1's weak c does not count against it in the comparison, but does in its own total."""
    values = {**THREE, "S2": {"a": 0.89, "b": 0.89, "d": 0.89}}
    found = headline(scored_of(values))
    assert found.total_by_variant_area[0, 1] == pytest.approx(60 * 0.9 + 10 * 0.5 + 30 * 0.9)
    np.testing.assert_allclose(found.ranked_by_variant_area[0], [np.nan, 90.0, 89.0, 70.0])


def test_without_a_common_leaf_nobody_is_ranked() -> None:
    values = {"D": ONE["D"], "S1": {"a": 0.9, "b": 0.9}, "S2": {"c": 0.5, "d": 0.6}}
    table = table_of(values)
    assert (table["rank_high"] == 0).all()
    assert not table.loc["S1", "fragile"].any()


def test_places_share_the_better_one_on_ties_and_leave_out_blanks() -> None:
    found = places(np.array([[np.nan, 80.0, 80.0 + 1e-12, 90.0, 10.0]]))
    assert found.tolist() == [[0, 2, 2, 1, 4]]


def test_a_verdict_that_a_leaf_turns_is_fragile_and_names_it() -> None:
    """64 points against 70: without 街面 the total is 76, without 热线 76; the largest move is named."""
    rows = table_of(ONE, target=70.0).loc["S1"]
    assert rows.loc["leave_one_out", "fragile"]
    assert rows.loc["leave_one_out", "turned_by"] in {"街面", "热线"}
    assert rows.loc["leave_one_out", "verdict_share"] == pytest.approx(2 / 4)
    assert rows.loc["leave_one_out", ["total_low", "total_high"]].tolist() == pytest.approx([58.0, 76.0])
    assert not rows.loc["points", "fragile"]
    assert rows.loc["points", "verdict_share"] == 1.0


def test_a_total_on_its_target_reaches_it() -> None:
    """Rounding of the last bit turns nothing."""
    rows = table_of({"D": dict.fromkeys("abcd", 0.7)}, target=70.0).loc["D"]
    assert not rows["fragile"].any()


def test_a_verdict_far_from_its_target_is_not_fragile() -> None:
    rows = table_of(ONE, target=95.0).loc["S1"]
    assert not rows["fragile"].any()
    assert rows.loc["points", "turned_by"] in {"环境 +25%", "环境 −25%", "服务 +25%", "服务 −25%"}


def test_without_a_target_another_third_of_the_places_is_what_is_fragile() -> None:
    """S1 has 86 and S2 80: without 热线 (30) S1's weak 窗口 makes 74 of it, the second place of three."""
    rows = table_of(THREE)
    assert rows.loc[("S1", "leave_one_out"), "fragile"]
    assert rows.loc[("S1", "leave_one_out"), "turned_by"] == "热线"
    assert rows.loc[("S1", "leave_one_out"), ["rank_low", "rank_high"]].tolist() == [1, 2]
    assert not rows.loc["S3", "fragile"].any()
    assert not rows.loc["D", "fragile"].any()
    assert np.isnan(rows.loc[("D", "points"), "verdict_share"])


def test_sampling_rows_repeat_what_is_printed() -> None:
    """The total's own interval, the joint set of places, and the share of draws on the total's side."""
    scoring = scoring_of(THREE, target=85.0)
    ranking = pd.DataFrame(
        [
            {"kind": "total", "area_code": code, "rank_low": low, "rank_high": high}
            for code, low, high in (("S1", 1, 2), ("S2", 1, 3), ("S3", 2, 3))
        ]
    )
    table = sensitivity(scoring.scored, scoring.scores, ranking).set_index(["area_code", "scenario"])
    total = scoring.scores.set_index(["area_code", "node"]).loc[("S2", "total")]
    row = table.loc[("S2", "sampling")]
    assert row[["total_low", "total_high"]].tolist() == total[["low", "high"]].tolist()
    assert row[["rank_low", "rank_high"]].tolist() == [1, 3]
    assert scoring.scored is not None
    assert row["verdict_share"] == pytest.approx((scoring.scored.total_by_area_draw[2] < 85).mean())
    assert not row["fragile"]
    assert row["verdict"] == total["verdict"]


def test_an_area_without_any_score_has_no_rows() -> None:
    table = table_of({**THREE, "S4": {}})
    assert "S4" not in table.index.get_level_values(0)
    assert sensitivity(None, empty_frame(SENSITIVITY_COLUMNS), NO_RANKING).empty


@pytest.mark.parametrize("missing", ["", "awareness"])
def test_headline_places_are_those_of_the_ranking(missing: str) -> None:
    """Of the total, or of the common total where one subdistrict lacks a leaf (M8)."""
    sample, wave = make_sample(13, 5, 6, 12), make_wave(5, 6)
    sheet = "code,name,points,method,source,scoring,low,high\n" + "".join(
        f"{at},{name},{points},questionnaire,{name},linear,0,{top}\n"
        for at, (name, points, top) in enumerate(
            (("awareness", 40, 1), ("satisfied", 30, 1), ("score", 30, 100)), 1
        )
    )
    framework, problems = read_framework(tables_of(framework=sheet), wave)
    assert framework is not None, problems
    estimation = estimate(sample, wave, GateSettings(least_n=1, least_effective_n=1, widest=2.0))
    if missing:
        rates = estimation.rates
        gone = (rates["area_code"] == "D2") & (rates["measure"] == missing)
        estimation = replace(estimation, rates=rates.assign(n=rates["n"].where(~gone, 0)))
    scoring = score(framework, wave, estimation, Evidence(), DrawSettings(draws=100))
    ranking = rank(scoring.scored, estimation, wave)
    kind = "common" if missing else "total"
    ranked = ranking[ranking["kind"] == kind].set_index("area_code")
    assert len(ranked) == 5
    table = sensitivity(scoring.scored, scoring.scores, ranking).set_index(["scenario", "area_code"])
    headline_rows = table.loc["headline"].loc[ranked.index]
    assert headline_rows["rank_low"].tolist() == ranked["rank"].tolist()
    sampled = table.loc["sampling"].loc[ranked.index]
    assert sampled["rank_low"].tolist() == ranked["rank_low"].tolist()
    assert sampled["rank_high"].tolist() == ranked["rank_high"].tolist()
