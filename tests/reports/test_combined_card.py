"""The second tree on page 1 and in its chapter: its total against the gate, and the combined total."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reports import numbers
from reports.combined_card import combined_lines, companion_chapter
from reports.context import Context
from reports.page import Cell, Table
from reports.words import words_of
from surveys.problem import Language
from surveys.verdict import Verdict
from tests.factory_assessment import Shape, make_assessment

ASSESSMENT = make_assessment(Shape(subdistricts=6))
DISTRICT = ASSESSMENT.wave.areas.district


def context_of(language: Language = Language.CHINESE, **values: object) -> Context:
    combined = ASSESSMENT.combined.assign(**values)
    return Context(replace(ASSESSMENT, combined=combined), words_of(language))


def rows_of(table: Table) -> list[tuple[Cell, ...]]:
    return [row for group in table.groups for row in group.rows]


@pytest.mark.parametrize(
    ("verdict", "chance", "zh", "en"),
    [
        (Verdict.PASS, 1.0, "达到 85 分的申报门槛", "above the gate of 85"),
        (Verdict.FAIL, 0.0, "没有达到 85 分的申报门槛", "below the gate of 85"),
        (Verdict.UNDETERMINED, 0.5, "达到与否都有可能", "may or may not be reached"),
        (Verdict.UNDETERMINED, 0.97, "尚无法判定", "undetermined"),
    ],
)
def test_page_1_says_how_the_second_total_stands_to_its_gate(
    verdict: Verdict, chance: float, zh: str, en: str
) -> None:
    values = {"gate": 85.0, "gate_verdict": str(verdict), "gate_probability": chance}
    for language, words in ((Language.CHINESE, zh), (Language.ENGLISH, en)):
        first, second = combined_lines(context_of(language, **values), DISTRICT)
        assert words in first
        row = ASSESSMENT.combined.set_index("area_code").loc[DISTRICT.code]
        assert numbers.points(row["companion_total"]) in first
        assert numbers.points(row["total"]) in second
        assert "20%" in second


def test_without_a_gate_nothing_is_said_of_one() -> None:
    values = {"gate": np.nan, "gate_verdict": "", "gate_probability": np.nan}
    first, _ = combined_lines(context_of(**values), DISTRICT)
    assert "门槛" not in first
    chapter = companion_chapter(context_of(**values))
    assert chapter is not None
    (totals, *_) = [block for block in chapter.blocks if isinstance(block, Table)]
    assert "申报门槛" not in [column.title for column in totals.columns]


def test_a_second_tree_without_a_total_prints_no_number() -> None:
    blank = dict.fromkeys(
        ("companion_total", "companion_low", "companion_high", "total", "low", "high", "gate_probability"),
        np.nan,
    )
    context = context_of(**blank, gate_verdict="not_measured", verdict="not_measured")
    assert combined_lines(context, DISTRICT) == ()
    chapter = companion_chapter(context)
    assert chapter is not None
    totals = chapter.blocks[0]
    assert isinstance(totals, Table)
    for row in rows_of(totals):
        texts = [cell.text for cell in row]
        assert "nan" not in "".join(texts)
        assert texts.count(numbers.DASH) == 2


def test_the_chapter_lists_every_area_and_project_once() -> None:
    """Oracle: the table of combined totals, and the projects of the second framework."""
    chapter = companion_chapter(context_of())
    assert chapter is not None
    totals, projects = chapter.blocks[:2]
    assert isinstance(totals, Table)
    assert isinstance(projects, Table)
    assert [row[0].text for row in rows_of(totals)] == ASSESSMENT.combined["area_name"].tolist()
    assert ASSESSMENT.companion is not None
    roots = [root.name for root in ASSESSMENT.companion.framework.roots]
    assert [row[0].text for row in rows_of(projects)][: len(roots)] == roots


def test_without_a_second_tree_there_is_neither_line_nor_chapter() -> None:
    context = Context(replace(ASSESSMENT, companion=None), words_of(Language.CHINESE))
    assert combined_lines(context, DISTRICT) == ()
    assert companion_chapter(context) is None
