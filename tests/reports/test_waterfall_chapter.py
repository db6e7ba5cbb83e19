"""The chapter on where a total's change comes from: its numbers add up, its words fit, its shapes tell."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

from indicators.assessment import Assessment
from indicators.columns import WATERFALL_COLUMNS, empty_frame
from reports import numbers
from reports.axis import axis_of
from reports.context import Context
from reports.page import Chapter, Figures, Prose, Table
from reports.waterfall_chapter import waterfall
from reports.waterfall_chart import WaterfallRow, waterfall_chart
from reports.words import words_of
from surveys.problem import Language
from surveys.questionnaire import Unit


def chapter_of(assessment: Assessment, language: Language = Language.CHINESE) -> Chapter:
    chapter = waterfall(Context(assessment, words_of(language)))
    assert chapter is not None
    return chapter


def drawing(chapter: Chapter) -> str:
    (figures,) = [block for block in chapter.blocks if isinstance(block, Figures)]
    return figures.rows[0][0].svg


def test_the_chart_goes_from_the_one_printed_total_to_the_other(demo_assessment: Assessment) -> None:
    """Projects, deductions and the rest add up to the difference, as the table of steps has it."""
    table = demo_assessment.waterfall
    district = table[table["area_level"] == "district"]
    start, end = district["total_after"].iloc[0], district["total_after"].iloc[-1]
    svg = drawing(chapter_of(demo_assessment))
    assert f"上次（{demo_assessment.previous}） {numbers.points(start)}" in svg
    assert f"本次 {numbers.points(end)}" in svg
    title = re.search("<title>(.*?)</title>", svg)
    assert title is not None
    steps = [float(text.replace("−", "-")) for text in re.findall(r" ([+−][\d.]+)", title[1])]
    assert start + sum(steps) == pytest.approx(end, abs=0.005 * (len(steps) + 1))


def test_rows_that_rise_and_fall_differ_in_shape_and_sign() -> None:
    rows = [
        WaterfallRow("a", 70.0, 72.0, numbers.signed(2.0, Unit.POINTS)),
        WaterfallRow("b", 72.0, 71.0, numbers.signed(-1.0, Unit.POINTS)),
    ]
    svg = waterfall_chart(rows, axis_of([70.0, 72.0], "", 1.0), 504.0, 60.0, "所见")
    assert svg.startswith("<svg") and "<title>所见</title>" in svg
    filled, hollow = re.findall(r"<path [^>]*/>", svg)
    assert 'fill="#ffffff"' in hollow and 'fill="#ffffff"' not in filled
    assert "+2.0" in svg and "−1.0" in svg


@pytest.mark.parametrize("language", list(Language))
def test_leaves_and_subdistricts_are_told_with_changes_and_no_blank_numbers(
    demo_assessment: Assessment, language: Language
) -> None:
    chapter = chapter_of(demo_assessment, language)
    tables = [block for block in chapter.blocks if isinstance(block, Table)]
    assert len(tables) == 2
    for row in (row for table in tables for group in table.groups for row in group.rows):
        assert not any("nan" in f"{cell.text} {cell.note}".lower() for cell in row)
    subdistricts = tables[1].groups[0].rows
    assert len(subdistricts) == len(demo_assessment.wave.areas.subdistricts)


def test_documents_that_were_all_read_have_no_interval(demo_assessment: Assessment) -> None:
    leaves = next(block for block in chapter_of(demo_assessment).blocks if isinstance(block, Table))
    changes = demo_assessment.score_changes
    certain = changes[(changes["area_level"] == "district") & (changes["high"] - changes["low"] < 1e-9)]
    names = set(certain["node_name"])
    notes = {row[0].text: row[3].note for row in leaves.groups[0].rows}
    assert {name for name, note in notes.items() if not note} == names & set(notes)
    assert names & set(notes)


def test_other_leaves_in_the_two_waves_are_spoken_of(demo_assessment: Assessment) -> None:
    remarks = [block for block in chapter_of(demo_assessment).blocks if isinstance(block, Prose)]
    words = words_of(Language.CHINESE)
    assert words("waterfall.common") in remarks[0].paragraphs
    same = demo_assessment.score_changes.assign(reason="")
    remarks = [
        b for b in chapter_of(replace(demo_assessment, score_changes=same)).blocks if isinstance(b, Prose)
    ]
    assert words("waterfall.common") not in remarks[0].paragraphs


def test_another_edition_leaves_the_changes_and_says_why(demo_assessment: Assessment) -> None:
    changes = demo_assessment.score_changes
    total = changes["depth"] == 0
    blank = changes.assign(
        reason=changes["reason"].where(~total, "edition"),
        verdict=changes["verdict"].where(~total, "not_comparable"),
        **{name: changes[name].where(~total) for name in ("old", "new", "change", "low", "high")},
    )
    chapter = chapter_of(
        replace(demo_assessment, score_changes=blank, waterfall=empty_frame(WATERFALL_COLUMNS))
    )
    assert not any(isinstance(block, Figures) for block in chapter.blocks)
    remarks = next(block for block in chapter.blocks if isinstance(block, Prose))
    assert words_of(Language.CHINESE)("waterfall.other_edition") in remarks.paragraphs


@pytest.mark.parametrize("language", list(Language))
def test_leaves_that_cannot_be_compared_are_one_bar_and_a_remark(
    demo_assessment: Assessment, language: Language
) -> None:
    """Two questions were put otherwise: their points stand together, apart from the leaves."""
    table, changes = demo_assessment.waterfall, demo_assessment.score_changes
    nodes = ["1.1.1", "1.1.2"]
    chosen = table["node"].isin(nodes) & (table["step"] == "leaf")
    district = table["area_level"] == "district"
    told = float(table.loc[chosen & district, "points"].sum()) + 1.0
    step = table[chosen & (table["node"] == nodes[0])].assign(step="not_comparable", project="", node="")
    step["points"] = told
    of_leaf = changes["node"].isin(nodes)
    blank = changes.assign(
        verdict=changes["verdict"].where(~of_leaf, "not_comparable"),
        reason=changes["reason"].where(~of_leaf, "wording"),
        **{name: changes[name].where(~of_leaf) for name in ("old", "new", "change", "low", "high")},
    )
    waterfall_ = pd.concat([table[~chosen], step], ignore_index=True)
    chapter = chapter_of(replace(demo_assessment, waterfall=waterfall_, score_changes=blank), language)
    words = words_of(language)
    figure = numbers.signed(told, Unit.POINTS, 2)
    assert f"{words('waterfall.not_comparable')} {figure}" in drawing(chapter)
    remarks = next(block for block in chapter.blocks if isinstance(block, Prose)).paragraphs
    expected = words(
        "waterfall.unlike", count=numbers.count(2), reasons=words("change_short.wording"), points=figure
    )
    assert expected in remarks
    assert words("waterfall.not_comparable") not in drawing(chapter_of(demo_assessment, language))


def test_another_kind_of_assessment_is_told_in_place_of_the_steps(demo_assessment: Assessment) -> None:
    changes = demo_assessment.score_changes
    blank = changes.assign(
        reason="mode",
        verdict="not_comparable",
        **{name: float("nan") for name in ("old", "new", "change", "low", "high")},
    )
    chapter = chapter_of(
        replace(demo_assessment, score_changes=blank, waterfall=empty_frame(WATERFALL_COLUMNS))
    )
    assert not any(isinstance(block, Figures) for block in chapter.blocks)
    remarks = next(block for block in chapter.blocks if isinstance(block, Prose))
    assert words_of(Language.CHINESE)("waterfall.other_mode") in remarks.paragraphs


def test_without_a_previous_wave_there_is_no_chapter(demo_assessment: Assessment) -> None:
    nothing = replace(
        demo_assessment,
        waterfall=empty_frame(WATERFALL_COLUMNS),
        score_changes=pd.DataFrame(demo_assessment.score_changes.iloc[:0]),
    )
    assert waterfall(Context(nothing, words_of(Language.CHINESE))) is None
