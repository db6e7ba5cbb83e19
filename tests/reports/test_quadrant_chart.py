"""The importance matrix: names at sure points only, none over another, shapes by method, words for places."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from indicators.findings.quadrant import Quadrant
from indicators.framework import Method
from reports.axis import axis_of
from reports.context import Context
from reports.page import Figures, Prose, Table
from reports.placement import Box, first_free, swarm_offsets
from reports.quadrant_chapter import quadrants
from reports.quadrant_chart import NAME_SIZE, Frame, Matrix, Point, matrix_chart
from reports.text_width import text_width
from reports.words import words_of
from surveys.problem import Language
from tests.factory_assessment import Shape, make_assessment

SVG = "{http://www.w3.org/2000/svg}"
FRAME = Frame(
    across=axis_of([-0.3, 0.2], "", 100.0, intervals=10),
    up=axis_of([0.0, 2.0], "", 1.0),
    mark=1.0,
    corners={kind: kind.value for kind in Quadrant},
    across_title="差距",
    up_title="分值",
    finding="修补区三项",
)


def point(name: str, gap: float, importance: float, *, labelled: bool = True, **more: object) -> Point:
    upper, below = importance >= 1.0, gap < 0
    kinds = {(True, True): Quadrant.REPAIR, (True, False): Quadrant.STRENGTH, (False, True): Quadrant.CHANCE}
    fields: dict[str, object] = {
        "name": name,
        "method": Method.OBSERVATION,
        "gap": gap,
        "gap_low": gap - 0.05,
        "gap_high": gap + 0.05,
        "importance": importance,
        "importance_low": float("nan"),
        "importance_high": float("nan"),
        "quadrant": kinds.get((upper, below), Quadrant.MAINTAIN),
        "labelled": labelled,
    }
    return Point(**{**fields, **more})  # type: ignore[arg-type]


def many(count: int, seed: int = 1) -> list[Point]:
    """Points of few importances, as an edition has them."""
    rng = np.random.default_rng(seed)
    gaps, sizes = rng.normal(-0.05, 0.08, count), rng.choice([0.5, 1.2, 1.5], count)
    return [
        point(f"测评标准{at}", float(gaps[at]), float(sizes[at]), labelled=at % 4 > 0) for at in range(count)
    ]


def names_in(matrix: Matrix) -> list[Box]:
    """Boxes of the names that were drawn."""
    boxes = []
    for text in ElementTree.fromstring(matrix.svg).iter(f"{SVG}text"):
        if text.get("font-size") == f"{NAME_SIZE:g}":
            left, baseline = float(text.get("x", "")), float(text.get("y", ""))
            width = text_width(text.text or "", NAME_SIZE)
            boxes.append(Box(left, baseline - NAME_SIZE * 0.8, left + width, baseline + NAME_SIZE * 0.1))
    return boxes


def test_only_sure_points_are_named() -> None:
    matrix = matrix_chart([point("有把握", -0.1, 1.5), point("没把握", -0.01, 1.5, labelled=False)], FRAME)
    texts = [text.text for text in ElementTree.fromstring(matrix.svg).iter(f"{SVG}text")]
    assert "有把握" in texts
    assert "没把握" not in texts
    assert matrix.unnamed == 0


@pytest.mark.parametrize("count", [2, 30, 120])
def test_names_lie_over_no_other_name_and_those_left_out_are_counted(count: int) -> None:
    points = many(count)
    matrix = matrix_chart(points, FRAME)
    boxes = names_in(matrix)
    for at, box in enumerate(boxes):
        assert not any(box.meets(other) for other in boxes[at + 1 :])
    assert len(boxes) + matrix.unnamed == sum(each.labelled for each in points)


def test_points_of_one_place_do_not_hide_each_other_and_keep_their_side() -> None:
    """Twelve points at the same gap and importance: squares of 4.3 pt, each at its own height."""
    matrix = matrix_chart([point(str(at), -0.1, 1.2) for at in range(12)], FRAME)
    squares = [
        float(rect.get("y", ""))
        for rect in ElementTree.fromstring(matrix.svg).iter(f"{SVG}rect")
        if rect.get("width") == rect.get("height")
    ]
    assert len(squares) == 12
    assert np.diff(sorted(squares)).min() > 4.3
    line = next(
        float(each.get("y1", ""))
        for each in ElementTree.fromstring(matrix.svg).iter(f"{SVG}line")
        if each.get("stroke-dasharray")
    )
    assert max(squares) + 4.3 <= line + 1e-6


def test_shapes_tell_the_method_and_filling_the_sureness() -> None:
    points = [
        point("问", -0.1, 1.2, method=Method.QUESTIONNAIRE),
        point("材", -0.2, 1.2, method=Method.DOCUMENT, labelled=False),
    ]
    chart = ElementTree.fromstring(matrix_chart(points, FRAME).svg)
    (circle,), (triangle,) = chart.findall(f"{SVG}circle"), chart.findall(f"{SVG}path")
    assert circle.get("fill") != "#ffffff"
    assert triangle.get("fill") == "#ffffff"


def test_first_child_is_the_title_and_hostile_names_are_text() -> None:
    chart = ElementTree.fromstring(matrix_chart([point("<image/>&'", -0.1, 1.5)], FRAME).svg)
    assert chart[0].text == "修补区三项"
    assert "<image/>&'" in [text.text for text in chart.iter(f"{SVG}text")]
    assert chart.find(f"{SVG}image") is None


def test_first_free_takes_the_first_box_that_meets_none() -> None:
    inside, taken = Box(0, 0, 10, 10), [Box(0, 0, 5, 5)]
    assert first_free([Box(4, 4, 8, 8), Box(5, 5, 9, 9)], taken, inside) == Box(5, 5, 9, 9)
    assert first_free([Box(6, 6, 11, 9)], taken, inside) is None
    assert swarm_offsets(2.0, 2) == [0.0, -1.0, 1.0, -2.0, 2.0]


@pytest.mark.parametrize("language", list(Language))
def test_chapter_names_every_sure_point_and_lists_the_others(language: Language) -> None:
    assessment = make_assessment(Shape(subdistricts=3))
    chapter = quadrants(Context(assessment, words_of(language)))
    assert chapter is not None
    district = assessment.wave.areas.district.code
    rows = assessment.quadrant[assessment.quadrant["area_code"] == district]
    for kind, part in rows.groupby("importance_kind"):
        prose = " ".join(p for block in chapter.blocks if isinstance(block, Prose) for p in block.paragraphs)
        tables = [block for block in chapter.blocks if isinstance(block, Table)]
        listed = {cells[0].text for table in tables for group in table.groups for cells in group.rows}
        if kind == "declared":
            assert all(name in prose for name in part.loc[part["labelled"], "node_name"])
            assert set(part.loc[~part["labelled"], "node_name"]) <= listed
    figures = [block for block in chapter.blocks if isinstance(block, Figures)]
    assert len(figures) == rows["importance_kind"].nunique()
    text = " ".join(figure.svg for block in figures for row in block.rows for figure in row)
    assert not re.search(r"\bnan\b", text, re.IGNORECASE)


def test_without_rows_there_is_no_chapter() -> None:
    assessment = make_assessment(Shape(subdistricts=1, framework=False))
    assert quadrants(Context(assessment, words_of(Language.CHINESE))) is None
