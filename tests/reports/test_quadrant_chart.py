"""The importance matrix: names at sure points only, none over another, shapes by method, words for places."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from indicators.findings.quadrant import Quadrant
from indicators.framework import Method
from reports.axis import axis_of
from reports.context import Context
from reports.name_placement import CLEAR, Ground, place_names
from reports.page import Figures, Prose, Table
from reports.placement import Box, first_free, swarm_offsets
from reports.quadrant_chapter import quadrants
from reports.quadrant_chart import NAME_SIZE, RADIUS, Frame, Matrix, Point, matrix_chart
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


@pytest.mark.parametrize("count", [30, 120])
def test_no_name_stands_between_two_points(count: int) -> None:
    """Oracle: the drawing itself. On a name's line the nearest point within 5 pt is its own or none."""
    matrix = matrix_chart(many(count), FRAME)
    middles = [
        (float(rect.get("x", "")) + float(rect.get("width", "")) / 2, float(rect.get("y", "")) + 2.16)
        for rect in ElementTree.fromstring(matrix.svg).iter(f"{SVG}rect")
        if rect.get("width") == rect.get("height")
    ]
    assert len(middles) == count
    for box in names_in(matrix):
        reached = [
            x
            for x, y in middles
            if box.top < y < box.bottom and box.left - RADIUS - CLEAR < x < box.right + RADIUS + CLEAR
        ]
        assert len(reached) <= 1


def test_a_name_without_room_beside_its_point_is_led_to_it_by_a_line() -> None:
    """A point shut in by others on its line, above and below."""
    around = [(0.0, 0), *((x, y) for x in (-12, 0, 12) for y in (-12, 0, 12) if x or y)]
    points = [(100.0 + x, 100.0 + y) for x, y in around]
    ground = Ground(Box(0, 0, 300, 200), points, 2.9, (), ())
    place = place_names([0], [40.0], NAME_SIZE, ground)[0]
    assert place.end is not None
    assert abs(place.end[1] - 100.0) > 12 + 2.9
    assert not any(place.box.meets(Box.around(x, y, 2.9)) for x, y in points)
    walled = Ground(Box(0, 90, 300, 110), points, 2.9, (), ())
    assert place_names([0], [40.0], NAME_SIZE, walled) == {}


def test_names_cross_a_bar_only_where_there_is_no_other_room() -> None:
    bar = Box(0, 99.6, 300, 100.4)
    ground = Ground(Box(0, 0, 300, 200), [(100.0, 100.0)], 2.9, (), (bar,))
    assert not place_names([0], [40.0], NAME_SIZE, ground)[0].box.meets(bar)
    low = Ground(Box(0, 96, 300, 104), [(100.0, 100.0)], 2.9, (), (bar,))
    assert place_names([0], [40.0], NAME_SIZE, low)[0].box.meets(bar)


@pytest.mark.parametrize("language", list(Language))
def test_where_points_are_equal_a_sentence_stands_in_place_of_the_matrix(language: Language) -> None:
    assessment = make_assessment(Shape(subdistricts=3))
    table = assessment.quadrant[assessment.quadrant["importance_kind"] == "declared"].copy()
    table["importance"] = table["importance_mark"] = 20.0
    table.loc[table.index[0], "importance"] += 1e-9
    chapter = quadrants(Context(replace(assessment, quadrant=table), words_of(language)))
    assert chapter is not None
    (block,) = chapter.blocks
    assert isinstance(block, Prose)
    assert block.paragraphs == (words_of(language)("quadrant.equal_declared", points="20"),)
    assert chapter.lead == ""


def test_the_method_notes_name_the_axes_as_they_are_drawn() -> None:
    """Across is the gap to the target, upwards the importance: as the chart's axes and its lead have it."""
    zh, en = words_of(Language.CHINESE), words_of(Language.ENGLISH)
    assert zh("method_notes.quadrant").startswith("横看结果与目标之差，竖看重要程度")
    assert zh("quadrant.reading").startswith("横向是结果与目标的差距")
    assert en("method_notes.quadrant").startswith(
        "Across: the result against its target; upwards: importance"
    )
    assert en("quadrant.reading").startswith("Across: how far a result is from its target")
