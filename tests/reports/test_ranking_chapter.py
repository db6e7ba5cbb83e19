"""Places are printed as ranges, in words and bars, never as a bare league table."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from indicators.columns import RANKING_COLUMNS, empty_frame
from indicators.ranks.vocabulary import RankedKind, Tier
from reports.context import Context
from reports.page import Figures, Prose
from reports.rank_chart import tier_mark
from reports.ranking_chapter import ranking
from reports.tier import tier_cell, tier_sentence
from reports.words import words_of
from surveys.problem import Language
from tests.factory_assessment import Shape, make_assessment

PLACED = {"kind": "total", "name": "total", "label": "总分", "comparable": 1, "areas": 6, "unit": "points"}


def context_of(places: list[tuple[int, int]], kind: str = "total", language: str = "zh") -> Context:
    """Six subdistricts with these ranges of places."""
    assessment = make_assessment(Shape(subdistricts=6))
    areas = assessment.wave.areas.subdistricts
    rows = []
    for at, (area, (low, high)) in enumerate(zip(areas, places, strict=True)):
        tier = Tier.SURELY_TOP if high <= 2 else Tier.SURELY_BOTTOM if low > 4 else Tier.UNDECIDED
        numbers = {"value": 90.0 - at, "low": 85.0 - at, "high": 95.0 - at, "rank": at + 1}
        ranges = {"rank_low": low, "rank_high": high, "simple_rank_low": 1, "simple_rank_high": 6}
        names = {"wave": "w", "area_code": area.code, "area_name": area.name, "tier": str(tier)}
        rows.append(PLACED | numbers | ranges | names | {"kind": kind})
    table = empty_frame(RANKING_COLUMNS)
    for at, row in enumerate(rows):
        table.loc[at] = [row[name] for name in RANKING_COLUMNS]
    table = table.astype(RANKING_COLUMNS)
    return Context(replace(assessment, ranking=table), words_of(Language(language)))


APART = [(1, 1), (2, 4), (2, 4), (2, 5), (5, 6), (5, 6)]


def test_the_chart_prints_ranges_and_tiers_by_shape_and_word() -> None:
    chapter = ranking(context_of(APART))
    assert chapter is not None
    (figures,) = [block for block in chapter.blocks if isinstance(block, Figures)]
    svg = figures.rows[0][0].svg
    assert re.findall(r">(第 [^<]+ 位)<", svg) == [
        "第 1 位", "第 2–4 位", "第 2–4 位", "第 2–5 位", "第 5–6 位", "第 5–6 位",
    ]  # fmt: skip
    assert svg.count(">前三分之一<") == 1 and svg.count(">后三分之一<") == 2
    assert "<title>" in svg


def test_shapes_of_tiers_differ_in_more_than_colour() -> None:
    marks = {tier: re.sub(r'(fill|stroke)="#[0-9a-f]+"', "", tier_mark(tier, 5, 5, 3)) for tier in Tier}
    assert len(set(marks.values())) == 3
    assert tier_mark(None, 5, 5, 3) == ""


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (0, "总分在 6 个街道中处于第 1 位，可以肯定在前三分之一。"),
        (1, "总分在 6 个街道中处于第 2–4 位之间，与其中 2 个街道无法区分。"),
        (3, "总分在 6 个街道中处于第 2–5 位之间，与多数街道无法区分。"),
        (4, "总分在 6 个街道中处于第 5–6 位之间，与其中 1 个街道无法区分，可以肯定在后三分之一。"),
    ],
)
def test_the_sentence_says_the_range_and_from_how_many_it_cannot_be_told_apart(at: int, said: str) -> None:
    context = context_of(APART)
    assert tier_sentence(context, context.assessment.wave.areas.subdistricts[at].code) == said


def test_the_cell_has_the_range_with_the_tier_below() -> None:
    context = context_of(APART)
    area = context.assessment.wave.areas.subdistricts[0]
    assert (tier_cell(context, area.code).text, tier_cell(context, area.code).note) == (
        "第 1 位",
        "▲ 前三分之一",
    )


def test_what_is_not_ranked_has_neither_sentence_nor_place() -> None:
    """The district, and areas whose total is withheld."""
    context = context_of(APART)
    district = context.assessment.wave.areas.district.code
    assert tier_sentence(context, district) == ""
    assert tier_cell(context, district).text == "—"


def test_without_a_ranking_there_is_no_chapter() -> None:
    assessment = replace(make_assessment(Shape(subdistricts=6)), ranking=empty_frame(RANKING_COLUMNS))
    assert ranking(Context(assessment, words_of(Language.CHINESE))) is None


@pytest.mark.parametrize("language", ["zh", "en"])
def test_totals_of_unlike_composition_say_what_is_compared_instead(language: str) -> None:
    context = context_of(APART, RankedKind.COMMON, language)
    chapter = ranking(context)
    assert chapter is not None
    notes = [block.paragraphs[0] for block in chapter.blocks if isinstance(block, Prose)]
    assert notes == [words_of(Language(language))("ranking.not_comparable")]
    assert tier_sentence(context, context.assessment.wave.areas.subdistricts[0].code)


def test_a_rate_that_tells_no_two_apart_is_named_and_not_drawn() -> None:
    chapter = ranking(context_of([(1, 6)] * 6, RankedKind.RATE))
    assert chapter is not None
    (block,) = chapter.blocks
    assert isinstance(block, Prose) and "任何两个街道都分不出先后" in block.paragraphs[0]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("total", "总分与其余 5 个街道都分不出先后。"),
        ("common", "只比各街道都测了的指标，与其余 5 个街道都分不出先后。"),
    ],
)
def test_where_no_other_can_be_told_apart_the_sentence_says_so_without_places(kind: str, said: str) -> None:
    context = context_of([(1, 6)] * 6, kind)
    assert tier_sentence(context, context.assessment.wave.areas.subdistricts[0].code) == said


def test_three_rows_of_narrow_charts_of_18_subdistricts_stand_on_a_page() -> None:
    """Oracle: A4 less margins is 740 pt; a caption of two lines and the room below take 39 pt a row."""
    assessment = make_assessment(Shape(subdistricts=18))
    chapter = ranking(Context(assessment, words_of(Language.CHINESE)))
    assert chapter is not None
    figures = [block for block in chapter.blocks if isinstance(block, Figures)]
    pairs = [row for block in figures for row in block.rows if len(row) == 2]
    tallest = max(float(re.findall(r'height="([0-9.]+)pt"', each.svg)[0]) for row in pairs for each in row)
    assert 3 * (tallest + 39) < 740
