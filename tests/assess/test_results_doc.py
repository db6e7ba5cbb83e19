"""docs/results.md names every column of every result table, and no other."""

from __future__ import annotations

import dataclasses
import re
from enum import StrEnum
from pathlib import Path

import pytest

from indicators.assessment import Assessment
from indicators.columns import (
    COMBINED_COLUMNS,
    CYCLE_COLUMNS,
    DEDUCTIONS_COLUMNS,
    FINDINGS_COLUMNS,
    OBSERVATIONS_COLUMNS,
    QUADRANT_COLUMNS,
    RANKING_COLUMNS,
    SCORE_CHANGES_COLUMNS,
    SCORES_COLUMNS,
    SENSITIVITY_COLUMNS,
    WATERFALL_COLUMNS,
    WAY_COLUMNS,
    WHAT_IF_COLUMNS,
    WHAT_IF_SETTINGS_COLUMNS,
)
from indicators.evidence.vocabulary import Breakdown, ObservationMode
from indicators.findings.path import WayEnd, WayMark, WayStage
from indicators.findings.quadrant import ImportanceKind, Quadrant
from indicators.findings.scenario import Filling, Scenario
from indicators.findings.score_change import ScoreReason
from indicators.findings.selection import Involvement
from indicators.findings.waterfall import WaterfallKind, WaterfallStep
from indicators.ranks.vocabulary import RankedKind, Tier
from indicators.status import NodeStatus, ScoreFlag
from surveys.compare import CHANGE_COLUMNS, ChangeFamily, ChangeMethod, ChangeVerdict, NotComparable
from surveys.distributions.distribution import SHARES_COLUMNS
from surveys.flag import Flag
from surveys.interval import IntervalMethod
from surveys.quality import QUALITY_COLUMNS
from surveys.rates import RATES_COLUMNS
from surveys.records.reliability import ITEM_COLUMNS
from surveys.smallarea.estimates import ModelMethod, ModelNote
from surveys.verdict import Verdict

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "results.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("section", "columns"),
    [
        ("rates.csv", RATES_COLUMNS),
        ("change.csv", CHANGE_COLUMNS),
        ("scores.csv", SCORES_COLUMNS),
        ("ranking.csv", RANKING_COLUMNS),
        ("weak.csv", FINDINGS_COLUMNS),
        ("quadrant.csv", QUADRANT_COLUMNS),
        ("sensitivity.csv", SENSITIVITY_COLUMNS),
        ("quality.csv", QUALITY_COLUMNS),
        ("observations.csv", OBSERVATIONS_COLUMNS),
        ("combined.csv", COMBINED_COLUMNS),
        ("score_changes.csv", SCORE_CHANGES_COLUMNS),
        ("waterfall.csv", WATERFALL_COLUMNS),
        ("Tables of a question", SHARES_COLUMNS),
    ],
)
def test_each_table_lists_its_columns_in_their_order(section: str, columns: dict[str, str]) -> None:
    rows = [line.split("|") for line in _section(section).splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row[1])]
    assert sorted(named) == sorted(columns)


SCENARIOS = "What-ifs, ways to the target, cycles"


@pytest.mark.parametrize(
    ("section", "columns"),
    [
        ("deductions.csv", DEDUCTIONS_COLUMNS),
        ("Tables of a question", ITEM_COLUMNS),
        (SCENARIOS, WHAT_IF_COLUMNS),
        (SCENARIOS, WHAT_IF_SETTINGS_COLUMNS),
        (SCENARIOS, WAY_COLUMNS),
        (SCENARIOS, CYCLE_COLUMNS),
    ],
)
def test_small_tables_are_described_where_they_belong(section: str, columns: dict[str, str]) -> None:
    text = _section(section)
    assert [name for name in columns if f"`{name}`" not in text] == []


@pytest.mark.parametrize(
    ("section", "vocabulary"),
    [
        ("rates.csv", Verdict),
        ("rates.csv", IntervalMethod),
        ("rates.csv", ModelMethod),
        ("rates.csv", ModelNote),
        ("Flags", Flag),
        ("ranking.csv", RankedKind),
        ("ranking.csv", Tier),
        ("scores.csv", NodeStatus),
        ("scores.csv", ScoreFlag),
        ("sensitivity.csv", Scenario),
        ("sensitivity.csv", Filling),
        ("observations.csv", Breakdown),
        ("observations.csv", ObservationMode),
        ("change.csv", ChangeVerdict),
        ("score_changes.csv", ScoreReason),
        ("waterfall.csv", WaterfallKind),
        ("waterfall.csv", WaterfallStep),
        (SCENARIOS, WayEnd),
        (SCENARIOS, WayMark),
        (SCENARIOS, WayStage),
        ("quadrant.csv", Quadrant),
        ("quadrant.csv", ImportanceKind),
        ("weak.csv", Involvement),
        ("change.csv", NotComparable),
        ("change.csv", ChangeFamily),
        ("change.csv", ChangeMethod),
    ],
)
def test_every_word_that_a_table_may_hold_is_described(section: str, vocabulary: type[StrEnum]) -> None:
    text = _section(section)
    assert [word.value for word in vocabulary if f"`{word.value}`" not in text] == []


def test_every_attribute_of_a_result_is_named_and_exists() -> None:
    named = set(re.findall(r"`result\.(\w+)`", TEXT))
    fields = {field.name for field in dataclasses.fields(Assessment)}
    assert named == fields - {"wave", "framework", "previous"}


def _section(title: str) -> str:
    (body,) = re.findall(rf"^## {re.escape(title)}\n(.*?)(?=^## )", TEXT, flags=re.MULTILINE | re.DOTALL)
    return str(body)
