"""Waterfalls: exact sums, by hand and as a law; what is told apart; what has none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.columns import WATERFALL_COLUMNS
from indicators.findings.waterfall import waterfall_between, waterfall_of
from indicators.framework import Aggregate, Framework, Method
from indicators.scores.table import score_table
from surveys.wave import ScoringPlan, Wave, WaveKind
from tests.factory_scoring import small_wave
from tests.factory_tree import plain_leaf, scored_for, tree_of_rows, two_projects

NAN = float("nan")
TREE = two_projects()
WAVES = replace(small_wave(), id="2022Q2"), small_wave()


def read_leaf(framework: Framework, *codes: str) -> Framework:
    """The same tree with these leaves made of documents."""
    rows = (
        replace(row, method=Method.DOCUMENT) if row.code in codes else row for row in framework.indicators
    )
    return replace(framework, indicators=tuple(rows))


MIXED = read_leaf(TREE, "1.2", "2.1")
"""1.1 and 2.2 are observed."""


def leaving_out(wave: Wave) -> Wave:
    return replace(wave, scoring=ScoringPlan(leave_out_demonstration=True))


def steps_of(table: pd.DataFrame, step: str) -> pd.Series:
    rows = table[table["step"] == step]
    return rows.set_index("node")["points"]


def between(old: object, new: object, how: Aggregate = Aggregate.ARITHMETIC, **more: object) -> pd.DataFrame:
    tree = two_projects(how)
    before = score_table(scored_for(tree, [old], draws=0, wave="2022Q2", **more))  # type: ignore[arg-type]
    return waterfall_of(before, score_table(scored_for(tree, [new], draws=0)), tree, tree, WAVES)


def test_leaves_add_up_by_hand() -> None:
    """40·(0.75 − 0.5) = 10, 20·(0.5 − 0.6) = −2, 30·0.1 = 3, 0; two points deducted before, none now."""
    table = between([0.5, 0.6, 0.8, 1.0], [0.75, 0.5, 0.9, 1.0], deducted=[2.0])
    assert list(table.columns) == list(WATERFALL_COLUMNS)
    leaf = steps_of(table, "leaf")
    assert leaf.to_dict() == pytest.approx({"1.1": 10.0, "1.2": -2.0, "2.1": 3.0, "2.2": 0.0})
    assert steps_of(table, "deduction").tolist() == pytest.approx([2.0])
    assert "composition" not in set(table["step"])
    assert table["order"].tolist() == list(range(len(table)))
    assert table["total_after"].iloc[[0, -1]].tolist() == pytest.approx([64.0, 77.0])
    assert table["points"].iloc[-1] == pytest.approx(77.0)
    assert set(table["from_label"]) == {"2022Q2"} and set(table["to_label"]) == {"2022Q3"}
    assert steps_of(table, "leaf").index.map(
        dict(zip(table["node"], table["project"], strict=True))
    ).tolist() == ["1", "1", "2", "2"]


def test_a_leaf_that_is_blank_once_moves_weights_and_no_score() -> None:
    """1.2 is not seen now: its 20 points go to 1.1, which scores 0.5 in both, the whole being 0.66 and 0.62.

    Composition of project 1, about the mean S̄ = 0.64: (0.5 − 0.64)·20 + (0.9 − 0.64)·(−20) = −8.
    """
    table = between([0.5, 0.9, 0.8, 0.4], [0.5, NAN, 0.8, 0.8])
    assert steps_of(table, "leaf").to_dict() == pytest.approx({"1.1": 0.0, "2.1": 0.0, "2.2": 4.0})
    start, end = 66.0, 62.0
    assert steps_of(table, "composition").to_dict() == pytest.approx({"1": -8.0})
    assert table["total_after"].iloc[[0, -1]].tolist() == pytest.approx([start, end])
    assert steps_of(table, "not_additive").tolist() == pytest.approx([0.0], abs=1e-12)


values = st.lists(st.one_of(st.just(NAN), st.floats(0, 1)), min_size=4, max_size=4)


@settings(max_examples=80, deadline=None)
@given(values, values, st.floats(0, 5), st.floats(0, 5), st.booleans())
def test_steps_add_up_to_the_difference_of_totals_and_nothing_is_left_in_an_additive_tree(
    old: list[float], new: list[float], lost_old: float, lost_new: float, other_sites: bool
) -> None:
    """M9: Σ W̄Δs + Σ (s̄ − S̄)ΔW + Δ deductions is the difference, as long as no total is cut at 0.

    Whether its leaves are told one by one or, being incomparable, together.
    """
    ends = [
        scored_for(MIXED, [old], deducted=[lost_old], draws=0),
        scored_for(MIXED, [new], deducted=[lost_new], draws=0),
    ]
    waves = (leaving_out(WAVES[0]), WAVES[1]) if other_sites else WAVES
    table = waterfall_of(*(score_table(end) for end in ends), MIXED, MIXED, waves)
    totals = [float(end.total_by_area[0]) for end in ends]
    if np.isnan(totals).any():
        assert table.empty
        return
    added = table.loc[table["step"] != "end", "points"].sum()
    assert added == pytest.approx(totals[1], abs=1e-9)
    uncut = [100 * end.share_by_area_node[0, 0] - end.deducted_by_area[0] >= 0 for end in ends]
    if all(uncut):
        assert steps_of(table, "not_additive").tolist() == pytest.approx([0.0], abs=1e-12 * 100)


def test_what_a_geometric_mean_does_is_told_apart() -> None:
    table = between([0.2, 0.9, 0.8, 0.4], [0.6, 0.9, 0.8, 0.4], Aggregate.GEOMETRIC)
    change = 60 * (0.6 ** (2 / 3) - 0.2 ** (2 / 3)) * 0.9 ** (1 / 3)
    assert steps_of(table, "leaf")["1.1"] == pytest.approx(16.0)
    assert steps_of(table, "not_additive").tolist() == pytest.approx([change - 16.0])


def test_between_areas_the_second_is_the_end() -> None:
    scores = score_table(scored_for(TREE, [[0.5] * 4, [0.5] * 4, [0.5, 0.5, 0.5, 1.0]], draws=0))
    table = waterfall_between(scores, "A1", "A2")
    assert set(table["kind"]) == {"area"} and set(table["area_code"]) == {"A2"}
    assert (table["from_label"].iloc[0], table["to_label"].iloc[0]) == ("A1", "A2")
    assert steps_of(table, "leaf")["2.2"] == pytest.approx(5.0)
    assert waterfall_between(scores, "A1", "nowhere").empty


def test_trees_that_are_scored_differently_have_no_waterfall_and_renamed_ones_have() -> None:
    first = tree_of_rows([plain_leaf("1", "", 60.0), plain_leaf("2", "", 40.0)])
    other = tree_of_rows([plain_leaf("1", "", 50.0), plain_leaf("2", "", 50.0)])
    named = tree_of_rows([replace(row, name="新名", lead_unit="U9") for row in first.indicators])
    tables = [score_table(scored_for(tree, [[0.5, 0.6]], draws=0)) for tree in (first, other, named)]
    assert waterfall_of(tables[0], tables[1], first, other, WAVES).empty
    assert not waterfall_of(tables[0], tables[2], first, named, WAVES).empty
    assert waterfall_of(tables[0], tables[0], None, first, WAVES).empty


def test_leaves_that_are_not_the_same_thing_twice_are_one_step() -> None:
    """1.1 and 2.2 are observed, at other sites than before: 40·(0.75 − 0.5) + 10·(1 − 0.5) = 15 together."""
    ends = [scored_for(MIXED, [values], draws=0) for values in ([0.5, 0.6, 0.8, 0.5], [0.75, 0.5, 0.9, 1.0])]
    waves = leaving_out(WAVES[0]), WAVES[1]
    table = waterfall_of(*(score_table(end) for end in ends), MIXED, MIXED, waves)
    assert steps_of(table, "not_comparable").to_dict() == pytest.approx({"": 15.0})
    assert steps_of(table, "leaf").to_dict() == pytest.approx({"1.2": -2.0, "2.1": 3.0})
    assert table["step"].tolist() == ["start", "leaf", "leaf", "not_comparable", *table["step"].tolist()[4:]]
    assert steps_of(table, "not_additive").tolist() == pytest.approx([0.0], abs=1e-10)


def test_where_nothing_can_be_compared_there_is_no_waterfall() -> None:
    tables = [score_table(scored_for(TREE, [values], draws=0)) for values in ([0.5] * 4, [0.6] * 4)]
    old, new = WAVES
    checked_by_itself = replace(old, kind=WaveKind.SELF_CHECK)
    declared = replace(new, equivalent=("mode",))
    assert waterfall_of(*tables, TREE, TREE, (checked_by_itself, new)).empty
    assert waterfall_of(*tables, TREE, TREE, (leaving_out(old), new)).empty  # every leaf is observed
    assert not waterfall_of(*tables, TREE, TREE, (checked_by_itself, declared)).empty


def test_a_declared_measure_does_not_make_totals_of_two_kinds_of_assessment_comparable() -> None:
    rows = [
        plain_leaf("1", "", 60.0, method=Method.QUESTIONNAIRE, source="m"),
        plain_leaf("2", "", 40.0, method=Method.DOCUMENT),
    ]
    tree = tree_of_rows(rows)
    tables = [score_table(scored_for(tree, [values], draws=0)) for values in ([0.5, 0.6], [0.6, 0.7])]
    old, new = replace(WAVES[0], kind=WaveKind.SELF_CHECK), replace(WAVES[1], equivalent=("m",))
    assert waterfall_of(*tables, tree, tree, (old, new)).empty
