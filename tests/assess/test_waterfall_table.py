"""What `assess waterfall` prints below its steps: intervals of totals and of their change, how to read."""

from __future__ import annotations

from io import StringIO

import pandas as pd
import pytest
from rich.console import Console

from assess.scenario import waterfall
from assess.scenario_table import print_totals, print_waterfall
from assess.words import words
from indicators.assessment import Assessment
from reports import numbers
from surveys.problem import Language
from surveys.questionnaire import Unit


def printed(assessment: Assessment, table: pd.DataFrame, language: Language) -> list[str]:
    console = Console(width=400, file=StringIO())
    print_totals(assessment, table, console, language)
    return str(console.file.getvalue()).splitlines()  # type: ignore[attr-defined]


def total_of(assessment: Assessment, area: str) -> pd.Series:
    scores = assessment.scores
    return scores[(scores["area_name"] == area) & (scores["node"] == "total")].iloc[0]


@pytest.mark.parametrize("language", list(Language))
def test_the_total_and_its_change_are_told_with_their_intervals(
    demo_assessment: Assessment, language: Language
) -> None:
    """Oracle: rows `total` of scores.csv and score_changes.csv."""
    changes = demo_assessment.score_changes
    whole = changes[changes["node"] == "total"]
    for row in whole.itertuples():
        lines = printed(demo_assessment, waterfall(demo_assessment, area=str(row.area_code)), language)
        total = total_of(demo_assessment, str(row.area_name))
        assert numbers.interval(total["low"], total["high"], Unit.POINTS) in lines[0]
        assert numbers.signed_interval(row.low, row.high, Unit.POINTS) in lines[0]
        other_ends = words(language)["waterfall"]["total_common"].partition("}")[2][:8]
        assert row.reason == "composition" or other_ends not in lines[0]
        unsure = row.verdict == "no_detectable_change" and row.low * row.high > 0
        assert (words(language)["waterfall"]["judged_together"] in lines) is unsure
    assert (whole["reason"] == "composition").any()


def test_both_areas_are_told_with_their_intervals(demo_assessment: Assessment) -> None:
    table = waterfall(demo_assessment, areas=("迎宾街道", "马军营街道"))
    lines = printed(demo_assessment, table, Language.CHINESE)
    assert len(lines) == 2
    for line, area in zip(lines, ("迎宾街道", "马军营街道"), strict=True):
        total = total_of(demo_assessment, area)
        assert line.startswith(area)
        assert numbers.interval(total["low"], total["high"], Unit.POINTS) in line


@pytest.mark.parametrize("language", list(Language))
def test_the_ends_between_two_areas_bear_their_names(demo_assessment: Assessment, language: Language) -> None:
    console = Console(width=400, file=StringIO())
    names = ("迎宾街道", "马军营街道")
    print_waterfall(waterfall(demo_assessment, areas=names), console, language)
    lines = str(console.file.getvalue()).splitlines()  # type: ignore[attr-defined]
    text = words(language)["waterfall"]
    for name in names:
        total = numbers.points(total_of(demo_assessment, name)["points_earned"], 2)
        label = text["total_of"].format(area=name)
        assert any(line.strip().startswith(label) and line.rstrip().endswith(total) for line in lines)
    assert not any(text[end] in line for end in ("start", "end") for line in lines)


@pytest.mark.parametrize("language", list(Language))
def test_steps_told_by_indicator_are_not_said_to_add_up_without_the_rest(
    demo_assessment: Assessment, language: Language
) -> None:
    """Below a row of what is not told by indicator, the note names that row as one of the steps."""
    console = Console(width=400, file=StringIO())
    print_waterfall(waterfall(demo_assessment, area="迎宾街道"), console, language)
    text = words(language)["waterfall"]
    output = str(console.file.getvalue())  # type: ignore[attr-defined]
    assert text["not_additive"] in output
    inside = text["not_additive"].partition("（" if language is Language.CHINESE else "(")[2].rstrip(")）")
    assert inside in text["reading"]
