"""The planners' matrix holds every indicator of every subdistrict once, as scored, with sums that add up."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from indicators.status import NodeStatus
from reports.context import Context
from reports.matrix_chapter import CARRIED, CONFIRMED, DISTRICT_ONLY, NOT_MEASURED, matrix
from reports.matrix_drawing import SHADES
from reports.page import Cell, Table
from reports.words import words_of
from surveys.problem import Language
from tests.factory_assessment import Shape, make_assessment

ZH = words_of(Language.CHINESE)


def context_of(subdistricts: int) -> Context:
    return Context(make_assessment(Shape(subdistricts=subdistricts)), ZH)


@pytest.fixture(scope="module")
def context() -> Context:
    return context_of(18)


def tables_of(context: Context) -> list[Table]:
    chapter = matrix(context)
    assert chapter is not None
    return [block for block in chapter.blocks if isinstance(block, Table)]


def rows_of(table: Table) -> list[tuple[Cell, ...]]:
    return [row for group in table.groups for row in group.rows]


def area_codes(context: Context) -> list[str]:
    areas = context.assessment.wave.areas
    return [areas.district.code, *(area.code for area in areas.subdistricts)]


def test_every_measured_leaf_prints_its_share_and_its_shade(context: Context) -> None:
    """Oracle: the table of scores itself, rounded here."""
    (table,) = tables_of(context)
    assert context.framework is not None
    leaf_of_name = {leaf.name: leaf.code for leaf in context.framework.leaves}
    checked = 0
    for row in rows_of(table):
        if row[0].text not in leaf_of_name:
            continue
        for code, cell in zip(area_codes(context), row[2:-1], strict=True):
            score = context.score(code, leaf_of_name[row[0].text])
            assert score is not None
            if math.isnan(score.score_share):
                assert not re.search(r"\d", cell.text)
                continue
            percent = int(re.findall(r"\d+", cell.text)[0])
            assert abs(percent - 100 * score.score_share) <= 0.51 or percent in {1, 99}
            assert cell.shade == sum(score.score_share < least for least, _ in SHADES[:-1])
            checked += 1
    assert checked > 500


def test_marks_say_confirmed_blank_district_and_carried(context: Context) -> None:
    (table,) = tables_of(context)
    findings = context.assessment.findings
    confirmed = int((findings["class"] == "confirmed").sum())
    cells = [cell.text for row in rows_of(table) for cell in row[1:]]
    assert sum(text.startswith(CONFIRMED) for text in cells) == confirmed > 0
    scores = context.assessment.scores
    leaves = scores[scores["method"] != ""]
    of_leaves = [row for row in rows_of(table) if row[0].tone == "indented"]
    texts = [cell.text for row in of_leaves for cell in row[2:-1]]
    not_collected = int((leaves["status"] == NodeStatus.NOT_COLLECTED).sum())
    assert texts.count(NOT_MEASURED) == not_collected > 0
    not_applicable = int((leaves["status"] == NodeStatus.NOT_APPLICABLE).sum())
    assert texts.count(DISTRICT_ONLY) == not_applicable > 0
    assert sum(text.endswith(CARRIED) for text in texts) == int((leaves["carried_from"] != "").sum()) > 0


def test_lost_points_of_leaves_add_up_to_those_of_their_project(context: Context) -> None:
    """Every leaf measured everywhere: then effective points are declared ones, and the tree is additive."""
    scores = context.assessment.scores
    measured = scores[scores["status"] != NodeStatus.NOT_APPLICABLE.value].copy()
    measured["effective_points"] = measured["points"]
    leaf = measured["method"] != ""
    measured.loc[leaf, "score_share"] = 0.75
    measured.loc[~leaf, "score_share"] = 0.75
    other = Context(replace(context.assessment, scores=measured), ZH)
    (table,) = tables_of(other)
    assert other.framework is not None
    lost_of = {row[0].text: row[-1].text for row in rows_of(table)}
    districts_only = {leaf.name for leaf in other.framework.leaves if leaf.level.value == "district"}
    for name, points in ((leaf.name, leaf.points) for leaf in other.framework.leaves):
        if name not in districts_only:
            assert float(lost_of[name]) == pytest.approx(0.25 * points * 18, abs=0.05)
    for root in other.framework.roots:
        assert float(lost_of[root.name]) == pytest.approx(0.25 * root.points * 18, abs=0.05)


@pytest.mark.parametrize(("subdistricts", "tables"), [(1, 1), (20, 1), (21, 2), (60, 3)])
def test_many_subdistricts_are_dealt_out_over_tables_of_equal_width(subdistricts: int, tables: int) -> None:
    context = context_of(subdistricts)
    found = tables_of(context)
    assert len(found) == tables
    heads = [re.findall(r"<title>(.*?)</title>", column.svg) for table in found for column in table.columns]
    names = [name for head in heads for name in head if name != "全区"]
    assert len(names) == len(set(names)) == subdistricts
    for table in found:
        assert sum(column.width for column in table.columns) == pytest.approx(100)
        assert {len(row) for row in rows_of(table)} == {len(table.columns)}


def test_without_scores_there_is_no_matrix() -> None:
    assert matrix(Context(make_assessment(Shape(subdistricts=2, framework=False)), ZH)) is None
