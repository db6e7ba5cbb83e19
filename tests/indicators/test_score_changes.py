"""Changes of scores: leaves by MOVER and their rates, nodes over common leaves, what cannot be compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indicators.columns import SCORE_CHANGES_COLUMNS
from indicators.findings import common_leaves
from indicators.findings.score_change import score_changes
from indicators.framework import Aggregate, Direction, Framework, Method
from indicators.scores.scored import Scored
from surveys.compare import CHANGE_COLUMNS
from surveys.compare.mover import mover_interval
from surveys.wave import ScoringPlan, Wave, WaveKind
from tests.factory_scoring import small_wave
from tests.factory_tree import plain_leaf, scored_for, tree_of_rows, two_projects

NAN = float("nan")
OLD, NEW = replace(small_wave(), id="2022Q2"), small_wave()
NO_RATES = pd.DataFrame(columns=list(CHANGE_COLUMNS)).astype(CHANGE_COLUMNS)


def changed(
    old: Scored, new: Scored, rates: pd.DataFrame = NO_RATES, before: Wave = OLD, now: Wave = NEW
) -> pd.DataFrame:
    table = score_changes(old, new, rates, before, now)
    assert list(table.columns) == list(SCORE_CHANGES_COLUMNS)
    known = table["change"].notna()
    np.testing.assert_allclose((table["new"] - table["old"])[known], table["change"][known], atol=1e-9)
    return table.set_index(["area_code", "node"])


def both(old: object, new: object, error: float = 0.02, **more: object) -> pd.DataFrame:
    tree = two_projects()
    ends = [scored_for(tree, [values], error=error, draws=2000, **more) for values in (old, new)]  # type: ignore[arg-type]
    return changed(*ends)


def test_total_and_nodes_with_the_errors_of_both_waves() -> None:
    """40·0.2 = 8 and 30·0.1 = 3; errors 0.02·√(1600 + 400 + 900 + 100) in each wave, √2 of it together."""
    table = both([0.5, 0.6, 0.7, 1.0], [0.7, 0.6, 0.8, 1.0])
    total = table.loc[("A0", "total")]
    assert total["change"] == pytest.approx(11.0)
    assert total["verdict"] == "improved" and total["reason"] == ""
    half = 1.959964 * 0.02 * np.sqrt(3000) * np.sqrt(2)
    assert (total["high"] - total["low"]) / 2 == pytest.approx(half, rel=0.05)
    assert table.loc[("A0", "1"), "change"] == pytest.approx(8.0)
    assert table.loc[("A0", "2"), "change"] == pytest.approx(3.0)
    assert set(table["wave_old"]) == {"2022Q2"} and set(table["wave_new"]) == {"2022Q3"}


def test_observation_leaves_take_their_limits_from_both_waves() -> None:
    """Oracle: MOVER (Zou & Donner 2008) on limits of ±1.96·0.02, as M7 has it."""
    leaf = both([0.5, 0.6, 0.7, 1.0], [0.7, 0.6, 0.8, 1.0]).loc[("A0", "1.1")]
    low, high = mover_interval(0.5, (0.5 - 0.0392, 0.5 + 0.0392), 0.7, (0.7 - 0.0392, 0.7 + 0.0392))
    assert (leaf["low"], leaf["high"]) == pytest.approx((float(low), float(high)))
    assert (leaf["old"], leaf["new"], leaf["unit"]) == (0.5, 0.7, "share")
    assert leaf["verdict"] == "improved"


def test_what_was_read_completely_changes_for_certain() -> None:
    table = both([0.5, 0.6, 0.7, 1.0], [0.5001, 0.6, 0.7, 0.9], error=0.0)
    assert table["verdict"][("A0", "1.1")] == "improved"
    assert table["verdict"][("A0", "1.2")] == "no_detectable_change"
    assert table["verdict"][("A0", "2.2")] == "declined"
    row = table.loc[("A0", "2.2")]
    assert row["low"] == row["high"] == pytest.approx(-0.1)


def test_a_leaf_blank_in_one_wave_leaves_both_totals_and_says_so() -> None:
    """Without 1.2 project 1 is 1.1 alone: 60·0.5 + 28 = 58 and 60·0.7 + 34 = 76, not 80 and 76."""
    table = both([0.5, 0.9, 0.6, 1.0], [0.7, NAN, 0.8, 1.0])
    total = table.loc[("A0", "total")]
    assert total[["old", "new", "change"]].tolist() == pytest.approx([58.0, 76.0, 18.0])
    assert total["reason"] == "composition" and total["verdict"] == "improved"
    assert table.loc[("A0", "1.2"), ["verdict", "reason"]].tolist() == ["not_measured", "absent"]
    assert table.loc[("A0", "2"), "reason"] == ""


def test_too_little_in_common_is_not_compared() -> None:
    """Of 60 points project 1 keeps those of 1.2 alone: 20, a third."""
    table = both([0.5, 0.9, 0.6, 1.0], [NAN, 0.9, 0.8, 1.0])
    row = table.loc[("A0", "1")]
    assert row["verdict"] == "not_comparable" and row["reason"] == "composition" and np.isnan(row["change"])
    assert np.isfinite(table.loc[("A0", "total"), "change"])


def test_a_changed_node_is_not_compared_while_others_are() -> None:
    old = two_projects()
    new = two_projects(Aggregate.GEOMETRIC)
    ends = [scored_for(tree, [[0.5, 0.6, 0.7, 1.0]], error=0.02) for tree in (old, new)]
    table = changed(*ends)
    for node in ("total", "1"):
        assert table.loc[("A0", node), ["verdict", "reason"]].tolist() == ["not_comparable", "edition"]
    assert table.loc[("A0", "2"), "change"] == pytest.approx(0.0)
    assert table.loc[("A0", "1.1"), "change"] == pytest.approx(0.0)


def test_another_kind_of_assessment_compares_nothing_unless_declared_harmless() -> None:
    ends = [scored_for(two_projects(), [[0.5, 0.6, 0.7, 1.0]], error=0.02) for _ in range(2)]
    before = replace(OLD, kind=WaveKind.SELF_CHECK)
    table = changed(*ends, before=before)
    assert set(table["verdict"]) == {"not_comparable"} and set(table["reason"]) == {"mode"}
    declared = changed(*ends, before=before, now=replace(NEW, equivalent=("mode",)))
    assert set(declared["reason"]) == {""}


def test_observations_of_other_sites_are_not_compared_and_leave_the_total() -> None:
    """Only the old wave leaves out demonstration sites: 2 is read from documents and stays."""
    tree = tree_of_rows([plain_leaf("1", "", 40.0), plain_leaf("2", "", 60.0, method=Method.DOCUMENT)])
    ends = [scored_for(tree, [values], error=0.02) for values in ([0.5, 0.8], [0.9, 0.7])]
    table = changed(*ends, before=replace(OLD, scoring=ScoringPlan(leave_out_demonstration=True)))
    assert table.loc[("A0", "1"), ["verdict", "reason"]].tolist() == ["not_comparable", "demonstration"]
    assert np.isnan(table.loc[("A0", "1"), "change"])
    assert table.loc[("A0", "2"), "change"] == pytest.approx(-0.1)
    total = table.loc[("A0", "total")]
    assert (total["reason"], total["change"]) == ("composition", pytest.approx(-10.0))


def asked_tree(direction: Direction = Direction.UP) -> Framework:
    asked = {"method": Method.QUESTIONNAIRE, "direction": direction}
    return tree_of_rows([plain_leaf("1", "", 60.0, **asked, source="m"), plain_leaf("2", "", 40.0)])


def rate_change(**columns: object) -> pd.DataFrame:
    row = {
        name: NAN if kind == "float64" else 0 if kind == "int64" else ""
        for name, kind in CHANGE_COLUMNS.items()
    }
    row |= {"measure": "m", "area_level": "district", "area_code": "A0", "headline": False, **columns}
    return pd.DataFrame([row]).astype(CHANGE_COLUMNS)


@pytest.mark.parametrize(("direction", "verdict"), [(Direction.UP, "improved"), (Direction.DOWN, "declined")])
def test_questionnaire_leaves_take_the_change_of_their_rate(direction: Direction, verdict: str) -> None:
    """With its covariance and its verdict among all rates; more is worse where less is better."""
    tree = asked_tree(direction)
    correlation = pd.DataFrame([[1.0]], index=["m"], columns=["m"])
    ends = []
    for value in (0.5, 0.6):
        scored = scored_for(tree, [[value, 0.8]], draws=0)
        ends.append(replace(scored, correlation=correlation))
    rates = rate_change(value_old=0.5, value_new=0.6, change=0.1, low=0.04, high=0.16, verdict="improved")
    row = changed(*ends, rates=rates).loc[("A0", "1")]
    assert row[["old", "new", "low", "high"]].tolist() == pytest.approx([0.5, 0.6, 0.04, 0.16])
    assert row["verdict"] == verdict


def test_a_reworded_question_leaves_the_total_out_of_the_comparison_too() -> None:
    ends = [scored_for(asked_tree(), [[value, 0.8]], draws=0) for value in (0.5, 0.6)]
    rates = rate_change(value_old=0.5, value_new=0.6, verdict="not_comparable", reason="wording")
    table = changed(*ends, rates=rates)
    assert table.loc[("A0", "1"), ["verdict", "reason"]].tolist() == ["not_comparable", "wording"]
    assert table.loc[("A0", "total"), ["verdict", "reason"]].tolist() == ["not_comparable", "composition"]


def test_a_value_carried_over_is_no_change() -> None:
    old = scored_for(two_projects(), [[0.5, 0.6, 0.7, 1.0]], error=0.02)
    carried = old.leaves.carried_from.copy()
    carried[0, 3] = "2022Q2 2022-05-29"
    new = replace(old, leaves=replace(old.leaves, carried_from=carried), previous=old)
    table = changed(old, new)
    assert table.loc[("A0", "2.2"), ["verdict", "reason"]].tolist() == ["not_measured", "absent"]
    assert table.loc[("A0", "total"), "reason"] == "composition"


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=4, max_size=4), st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_comparing_backwards_turns_every_sign(one: list[float], two: list[float]) -> None:
    forth, back = both(one, two), both(two, one)
    np.testing.assert_allclose(forth["change"], -back["change"], atol=1e-9)
    np.testing.assert_allclose(forth["low"], -back["high"], atol=1e-9)
    turned = {"improved": "declined", "declined": "improved"}
    assert [turned.get(verdict, verdict) for verdict in forth["verdict"]] == back["verdict"].tolist()


def test_without_a_previous_tree_there_are_no_rows() -> None:
    scored = scored_for(two_projects(), [[0.5, 0.6, 0.7, 1.0]])
    assert score_changes(None, scored, NO_RATES, OLD, NEW).empty


def test_nodes_of_many_areas_are_compared_in_blocks_without_another_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Three areas in blocks of two, and in one: equal to the bit. Waves without a common area: no rows."""
    rows = np.array([[0.5, 0.6, 0.7, 1.0], [0.4, NAN, 0.8, 0.9], [0.6, 0.5, 0.9, 0.7]])
    ends = [scored_for(two_projects(), values, error=0.02) for values in (rows, rows + 0.02)]
    whole = common_leaves.common_nodes(*ends, pd.DataFrame())
    monkeypatch.setattr(common_leaves, "AREAS_AT_A_TIME", 2)
    pd.testing.assert_frame_equal(common_leaves.common_nodes(*ends, pd.DataFrame()), whole, check_exact=True)
    assert len(whole) == 3 * 7
    elsewhere = replace(
        ends[0].leaves, areas=tuple(replace(a, code=f"B{a.code}") for a in ends[0].leaves.areas)
    )
    assert common_leaves.common_nodes(replace(ends[0], leaves=elsewhere), ends[1], pd.DataFrame()).empty
