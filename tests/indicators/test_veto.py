"""Vetoes of estimates: they hold only where the upper limit lies below the mark, and cap the grade alone."""

from __future__ import annotations

import pandas as pd
import pytest

from indicators.evidence.tables import Evidence
from indicators.reading import read_framework
from indicators.scores.scoring import Scoring, score
from indicators.scores.uncertainty import DrawSettings
from tests.factory_scoring import estimation_of, share_measure, small_wave, tables_of

SHEET = (
    "code,parent,name,points,method,source,scoring,low,high,direction,veto_grade,veto_below,lead_unit\n"
    "1,,甲,60,,,,,,,不得评优,{node},\n"
    "1.1,1,知晓,40,questionnaire,a,linear,0,1,,不得申报,{leaf},U\n"
    "1.2,1,投诉,20,questionnaire,b,linear,0,1,down,,,U\n"
    "2,,乙,40,questionnaire,c,linear,0,1,,,,U\n"
)


def result_of(a: float, b: float, *, node: str = "", leaf: str = "") -> Scoring:
    wave = small_wave(("S1",), tuple(share_measure(name) for name in "abc"))
    lines = SHEET.format(node=node, leaf=leaf).splitlines()
    # A veto of an estimate needs its mark: without one the row has no grade either.
    for text, grade in ((node, "不得评优"), (leaf, "不得申报")):
        lines = [line if text else line.replace(grade, "") for line in lines]
    framework, problems = read_framework(tables_of(framework="\n".join(lines)), wave)
    assert framework is not None, problems
    values = {area: {"a": a, "b": b, "c": 0.8} for area in ("D", "S1")}
    return score(framework, wave, estimation_of(wave, values), Evidence(), DrawSettings(200))


def vetoes(result: Scoring) -> list[tuple[str, str]]:
    return list(zip(result.deductions["area_code"], result.deductions["item"], strict=True))


@pytest.mark.parametrize(("mark", "expected"), [("0.59", []), ("0.61", ["D", "S1"]), ("0.5", [])])
def test_a_leaf_vetoes_where_its_upper_limit_is_below_the_mark(mark: str, expected: list[str]) -> None:
    """Of a = 0.5 the limits are 0.4 and 0.6: at a mark of 0.59 it lies below, but not surely."""
    assert vetoes(result_of(0.5, 0.2, leaf=mark)) == [(area, "1.1") for area in expected]


def test_a_node_vetoes_by_the_share_of_its_points() -> None:
    """1 scores (40·0.5 + 20·0.8)/60 = 0.6 with a half-width near 1.96·√((⅔·0.05)² + (⅓·0.04)²) = 0.07."""
    assert vetoes(result_of(0.5, 0.2, node="0.62")) == []
    assert vetoes(result_of(0.5, 0.2, node="0.72")) == [("D", "1"), ("S1", "1")]


def test_a_veto_is_a_row_beside_the_deductions_and_costs_no_points() -> None:
    plain, result = result_of(0.5, 0.2), result_of(0.5, 0.2, leaf="0.7")
    row = result.deductions.iloc[0]
    assert row[["area_code", "item", "item_name", "date"]].tolist() == ["D", "1.1", "知晓", "2022-08-28"]
    assert (row["points"], row["veto_grade"], row["counted"], row["reason"]) == (0.0, "不得申报", True, "")
    assert row["description"] == "veto_of_estimate"
    totals = result.scores["node"] == "total"
    assert set(result.scores.loc[totals, "flag"]) == {"veto"}
    pd.testing.assert_frame_equal(result.scores.drop(columns="flag"), plain.scores.drop(columns="flag"))
