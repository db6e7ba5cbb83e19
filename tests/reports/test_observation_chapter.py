"""The chapter on site visits says what the summary says, and nothing where nothing was seen."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest

from indicators.columns import OBSERVATIONS_COLUMNS, empty_frame
from indicators.evidence.vocabulary import Breakdown, ObservationMode
from reports import numbers
from reports.axis import Axis
from reports.band import Band, band
from reports.context import Context
from reports.observation_chapter import LOWEST_SITES, observations, site_table
from reports.page import Cell, Table
from reports.words import words_of
from surveys.problem import Language
from surveys.questionnaire import Unit
from tests.factory_assessment import Shape, make_assessment

AXIS = Axis(0.0, 1.0, ((0.0, "0%"), (1.0, "100%")))


def context_of(seen: pd.DataFrame | None = None, language: Language = Language.CHINESE) -> Context:
    assessment = make_assessment(Shape(subdistricts=6))
    if seen is not None:
        assessment = replace(assessment, observations=seen)
    return Context(assessment, words_of(language))


def tables_of(context: Context) -> list[Table]:
    chapter = observations(context)
    assert chapter is not None
    return [block for block in chapter.blocks if isinstance(block, Table)]


def rows_of(table: Table) -> list[tuple[Cell, ...]]:
    return [row for group in table.groups for row in group.rows]


def seen_in(context: Context, by: Breakdown) -> pd.DataFrame:
    seen = context.assessment.observations
    return seen[(seen["by"] == by) & (seen["area_level"] == "district")]


@pytest.mark.parametrize("language", list(Language))
def test_every_mode_and_type_prints_its_share_and_interval(language: Language) -> None:
    """Oracle: the table of observations, formatted here."""
    context = context_of(language=language)
    compared, types, _ = tables_of(context)
    modes = seen_in(context, Breakdown.MODE)
    sites = seen_in(context, Breakdown.SITE_TYPE)
    for table, rows in ((compared, modes), (types, sites)):
        texts = [[cell.text for cell in row] for row in rows_of(table)]
        for row in rows[~rows["demonstration"]].itertuples(index=False):
            name = row.name if table is types else context.words(f"observation_mode.{row.name}")
            (line,) = [text for text in texts if text[0] == name]
            assert numbers.number(row.earned_share, Unit.SHARE) in line
            assert numbers.interval(row.earned_low, row.earned_high, Unit.SHARE) in line
            assert numbers.number(row.passed_share, Unit.SHARE) in line


def test_types_stand_with_the_lowest_share_first() -> None:
    context = context_of()
    sites = seen_in(context, Breakdown.SITE_TYPE)
    usual = sites[~sites["demonstration"]].sort_values("earned_share")
    assert [row[0].text for row in rows_of(tables_of(context)[1])] == usual["name"].tolist()


def test_a_difference_is_called_one_only_where_its_limits_leave_out_nought() -> None:
    seen = context_of().assessment.observations
    shown = (seen["by"] == "demonstration") & seen["demonstration"]
    for low, high, word in ((0.01, 0.09, "高"), (-0.09, -0.01, "低"), (-0.01, 0.09, "看不出差别")):
        middle = (low + high) / 2
        told = seen.assign(
            difference=seen["difference"].where(~shown, middle),
            difference_low=seen["difference_low"].where(~shown, low),
            difference_high=seen["difference_high"].where(~shown, high),
        )
        rows = rows_of(tables_of(context_of(told))[0])
        (cell,) = [row[-1] for row in rows if row[0].text == "示范点位"]
        assert cell.text.startswith(word)


def test_the_lowest_sites_did_not_pass_and_come_in_order() -> None:
    context = context_of()
    table = tables_of(context)[2]
    shares = [float(row[3].text.rstrip("%")) for row in rows_of(table)]
    assert shares == sorted(shares)
    assert 0 < len(shares) <= LOWEST_SITES


def test_the_lead_says_whether_demonstration_sites_are_in_the_scores() -> None:
    context = context_of()
    chapter = observations(context)
    assert chapter is not None
    assert "同样计入" in chapter.lead
    wave = context.assessment.wave
    plan = replace(wave.scoring, leave_out_demonstration=True)
    left_out = replace(context.assessment, wave=replace(wave, scoring=plan))
    told = observations(Context(left_out, context.words))
    assert told is not None
    assert "不计入各项得分" in told.lead
    seen = context.assessment.observations
    plain = observations(context_of(seen[~seen["demonstration"]]))
    assert plain is not None
    assert "示范" not in plain.lead


def test_without_observations_there_is_no_chapter_and_no_table() -> None:
    context = context_of(empty_frame(OBSERVATIONS_COLUMNS))
    assert observations(context) is None
    assert site_table(context, context.assessment.wave.areas.subdistricts[0]) is None


def test_unnamed_modes_and_types_have_words() -> None:
    seen = context_of().assessment.observations
    blank = seen["by"].isin(["mode", "site_type"])
    first = seen["name"].isin([ObservationMode.COVERT, seen.loc[seen["by"] == "site_type", "name"].iloc[0]])
    context = context_of(seen.assign(name=seen["name"].where(~(blank & first), "")))
    texts = [row[0].text for table in tables_of(context) for row in rows_of(table)]
    assert "未注明方式" in texts
    assert "未注明类型" in texts


def test_a_band_reaches_from_limit_to_limit() -> None:
    """Width 104.8, margins 2.4: limits .2 and .7 stand at 22.4 and 72.4, the dot at 52.4."""
    svg = band(Band(0.5, 0.2, 0.7, 0.9), AXIS, 104.8, "名称")
    x, width = re.findall(r'<rect x="([\d.]+)"[^>]*? width="([\d.]+)"', svg)[0]
    assert (float(x), float(width)) == (pytest.approx(22.4), pytest.approx(50.0))
    assert 'cx="52.4"' in svg
    assert "<title>名称</title>" in svg
    assert "<rect" not in band(Band(0.5), AXIS, 104.8, "名称")


def test_the_lead_counts_indicators_seen_at_demonstration_sites_alone() -> None:
    context = context_of()
    scores = context.assessment.scores
    flags = scores["flag"].where(scores.index > 1, "only_demonstration;renormalised")
    chapter = observations(
        Context(replace(context.assessment, scores=scores.assign(flag=flags)), context.words)
    )
    assert chapter is not None
    assert "2 项指标只在示范点位查过" in chapter.lead
