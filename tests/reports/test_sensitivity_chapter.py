"""What the chapter on firmness says: ranges, places, what turns a conclusion, three errors of a total."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from indicators.assessment import Assessment
from indicators.columns import SENSITIVITY_COLUMNS, empty_frame
from indicators.findings.scenario import Filling, Scenario
from indicators.scores.error_checks import error_checks
from reports.context import Context
from reports.page import Chapter, Pair, Table, Tone
from reports.sensitivity_chapter import sensitivity
from reports.words import words_of
from surveys.problem import Language
from tests.factory_assessment import Shape, make_assessment


@pytest.fixture(scope="module")
def plain() -> Assessment:
    return make_assessment(Shape(subdistricts=3))


def chapter_of(assessment: Assessment, language: Language = Language.CHINESE) -> Chapter:
    chapter = sensitivity(Context(assessment, words_of(language)))
    assert chapter is not None
    return chapter


def with_rows(plain: Assessment, **changes: object) -> Assessment:
    """Three subdistricts that stand, but for what the changes say of the first one's points row."""
    table = plain.sensitivity.assign(fragile=False, turned_by="")
    first = plain.wave.areas.subdistricts[0].code
    here = (table["area_code"] == first) & (table["scenario"] == changes.pop("scenario", Scenario.POINTS))
    for column, value in changes.items():
        table.loc[here, column] = value
    return replace(plain, sensitivity=table)


def row_of(chapter: Chapter, name: str) -> tuple[str, ...]:
    table = chapter.blocks[0]
    assert isinstance(table, Table)
    [row] = [row for row in table.groups[0].rows if row[0].text == name]
    return tuple(f"{cell.text}|{cell.note}|{cell.tone}" for cell in row)


def test_a_row_gives_total_ranges_and_places(plain: Assessment) -> None:
    found = with_rows(plain, total_low=71.25, total_high=74.96, rank_low=2, rank_high=3)
    name = plain.wave.areas.subdistricts[0].name
    assert row_of(chapter_of(found), name)[2] == "71.2–75.0|第 2–3 位|plain"
    assert row_of(chapter_of(found, Language.ENGLISH), name)[2] == "71.2–75.0|places 2–3|plain"


def test_the_district_has_no_places(plain: Assessment) -> None:
    cells = row_of(chapter_of(with_rows(plain)), plain.wave.areas.district.name)
    assert all(cell.split("|")[1] == "" for cell in cells[2:])


def test_a_turned_conclusion_is_told_by_shape_word_and_cause(plain: Assessment) -> None:
    name = plain.wave.areas.subdistricts[0].name
    turned = with_rows(plain, fragile=True, turned_by="公共秩序 +25%")
    cells = row_of(chapter_of(turned), name)
    assert cells[-1] == f"◇ 会翻转|分值增减（公共秩序 +25%）|{Tone.FAIL}"
    assert cells[2].endswith(str(Tone.FAIL))
    assert "有 1 个的结论会因换算法而翻转" in chapter_of(turned).lead
    stands = row_of(chapter_of(with_rows(plain)), name)
    assert stands[-1] == f"■ 不变||{Tone.PLAIN}"
    assert "都不因换算法而翻转" in chapter_of(with_rows(plain)).lead


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("filling", list(Filling))
def test_what_fills_in_the_missing_is_said_in_words(
    plain: Assessment, filling: Filling, language: Language
) -> None:
    turned = with_rows(plain, scenario=Scenario.MISSING, fragile=True, turned_by=str(filling))
    cell = row_of(chapter_of(turned, language), plain.wave.areas.subdistricts[0].name)[-1]
    assert words_of(language)(f"firm_filling.{filling.value}") in cell
    assert f"|{filling.value}|" not in cell


def test_without_target_and_place_there_is_nothing_to_turn(plain: Assessment) -> None:
    table = with_rows(plain).sensitivity.assign(rank_low=0, rank_high=0)
    scores = plain.scores.assign(
        target=np.where(plain.scores["node"] == "total", np.nan, plain.scores["target"])
    )
    found = replace(plain, sensitivity=table, scores=scores)
    assert row_of(chapter_of(found), plain.wave.areas.subdistricts[0].name)[-1] == f"—||{Tone.QUIET}"


def test_without_sensitivity_there_is_no_chapter(plain: Assessment) -> None:
    bare = replace(plain, sensitivity=empty_frame(SENSITIVITY_COLUMNS))
    assert sensitivity(Context(bare, words_of(Language.CHINESE))) is None


def test_three_errors_of_a_total_stand_side_by_side(plain: Assessment) -> None:
    """Half-widths by hand: 1.96 × 2; t with 8 degrees of freedom (2.306) × 1.5, and × nothing known."""
    totals = plain.scores["node"] == "total"
    scores = plain.scores.assign(
        root_mean_square_error=np.where(totals, 2.0, 1.0),
        standard_error=1.5,
        bootstrap_error=np.nan,
        degrees_of_freedom=8.0,
    )
    assert len(list(error_checks(scores))) == 4
    table = chapter_of(replace(plain, scores=scores)).blocks[1]
    assert isinstance(table, Table)
    assert [cell.text for cell in table.groups[0].rows[0][1:]] == ["±3.9", "±3.5", "—"]
    unknown = scores.assign(standard_error=np.nan)
    assert len(chapter_of(replace(plain, scores=unknown)).blocks) == 1


def test_errors_of_many_areas_stand_in_two_columns_and_of_very_many_in_one() -> None:
    kinds = []
    for subdistricts in (5, 18, 40):
        assessment = make_assessment(Shape(subdistricts=subdistricts))
        scores = assessment.scores.assign(standard_error=1.0, degrees_of_freedom=20.0)
        kinds.append(type(chapter_of(replace(assessment, scores=scores)).blocks[1]))
    assert kinds == [Table, Pair, Table]


def test_a_total_of_sites_and_documents_alone_takes_the_normal_distribution() -> None:
    total = {"node": "total", "area_code": "D", "points_earned": 80.0, "standard_error": 1.0}
    rest = {"root_mean_square_error": 1.0, "bootstrap_error": 1.0, "degrees_of_freedom": np.nan}
    [check] = error_checks(pd.DataFrame([total | rest]))
    assert check.linearised == pytest.approx(1.959964)
