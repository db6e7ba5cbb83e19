"""Settings of a what-if as people write them: what they mean, and every mistake, all at once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from indicators.findings.setting import Entry, Setting, entry_of, named_area, settings_of
from indicators.framework import Framework, Indicator, Method, Scoring
from indicators.scores.leaf import LeafTable
from indicators.status import NodeStatus
from surveys.area import Area, AreaLevel
from surveys.problem import Language, Problem
from surveys.questionnaire import Unit
from surveys.wave import Wave
from tests.factory_scoring import leaf_table_of, score_measure, share_measure, small_wave
from tests.factory_tree import plain_leaf, tree_of_rows

WAVE = small_wave(("S1", "S2"), (share_measure("a"), score_measure("b")))
ASKED = {"method": Method.QUESTIONNAIRE, "scoring": Scoring.LINEAR}
TREE = tree_of_rows(
    [
        Indicator("1", "项目", "", 100.0),
        plain_leaf("1.1", "1", 40.0, **ASKED | {"source": "a"}),
        plain_leaf("1.2", "1", 30.0, **ASKED | {"source": "b", "high": 100.0}),
        plain_leaf("1.3", "1", 30.0, level=AreaLevel.DISTRICT, source="DC01"),
        Indicator("N1", "事故", "", 3.0, method=Method.NEGATIVE, source="NG6"),
    ]
)


@pytest.fixture
def leaves() -> LeafTable:
    """S1 has everything; S2's first leaf is withheld, its second was not collected."""
    nan = np.nan
    table = leaf_table_of(TREE, np.array([[0.5, 60.0, 0.5], [0.5, 60.0, nan], [nan, nan, nan]]))
    status = table.status.copy()
    status[2, 0] = NodeStatus.WITHHELD
    areas = (WAVE.areas.district, *WAVE.areas.subdistricts)
    return replace(table, areas=areas, status=status, unit=(Unit.SHARE, Unit.POINTS, Unit.SHARE))


def read(leaves: LeafTable, *texts: str, wave: Wave = WAVE, tree: Framework = TREE) -> tuple[Setting, ...]:
    settings, problems = settings_of([entry_of(text) for text in texts], tree, leaves, wave)
    assert not problems, [problem.line(Language.ENGLISH) for problem in problems]
    return settings


@pytest.mark.parametrize(
    ("text", "row", "column", "value"),
    [
        ("1.1@S1=0.92", 1, 0, 0.92),
        ("1.1@S1街道=92%", 1, 0, 0.92),
        ("1.1=９２％", 0, 0, 0.92),
        (" 1.2 @ S1 = 85.5", 1, 1, 85.5),
        ("1.3=1", 0, 2, 1.0),
    ],
)
def test_what_people_write(leaves: LeafTable, text: str, row: int, column: int, value: float) -> None:
    (setting,) = read(leaves, text)
    assert (setting.row, setting.column) == (row, column)
    assert setting.value == pytest.approx(value)


def test_a_number_from_python_is_taken_as_it_is(leaves: LeafTable) -> None:
    settings, problems = settings_of([Entry("1.1@S1=0.1", "1.1", "S1", 0.1)], TREE, leaves, WAVE)
    assert not problems and settings == (Setting(1, 0, 0.1),)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1.1@S1", "what_if_form"),
        ("=0.5", "what_if_form"),
        ("", "what_if_form"),
        ("1.9=0.5", "what_if_unknown_node"),
        ("9.9.9=0.5", "what_if_unknown_code"),
        ("total=90", "what_if_of_total"),
        ("总分=90", "what_if_of_total"),
        ("DC01=0.5", "what_if_of_source"),
        ("a=0.5", "what_if_of_source"),
        ("1=0.5", "what_if_of_node"),
        ("N1=0.5", "what_if_of_event"),
        ("NG6=0", "what_if_of_event"),
        ("1.1@nowhere=0.5", "what_if_unknown_area"),
        ("1.1@S9=0.5", "what_if_unknown_area"),
        ("1.1@S1a=0.5", "what_if_of_community"),
        ("1.3@S1=0.5", "what_if_district_only"),
        ("1.1@S2=0.5", "what_if_withheld"),
        ("1.2@S2=50", "what_if_not_measured"),
        ("1.2@S1=50%", "what_if_percent"),
        ("1.1=abc", "what_if_no_number"),
        ("1.1=nan", "what_if_no_number"),
        ("1.1=92", "what_if_bare_percent"),
        ("1.1=1.2", "what_if_off_share"),
        ("1.1=120%", "what_if_off_share"),
        ("1.1=-0.1", "what_if_off_share"),
        ("1.2=101", "what_if_off_scale"),
        ("1.2=0.9", "what_if_share_for_points"),
    ],
)
def test_each_mistake_has_its_problem_with_the_text_and_a_remedy(
    leaves: LeafTable, text: str, code: str
) -> None:
    settings, (problem,) = settings_of([entry_of(text)], TREE, leaves, WAVE)
    assert not settings and problem.code == code and problem.value == text
    for language in Language:
        assert problem.message(language) and problem.remedy(language)
        assert "{" not in problem.line(language)


def test_a_node_names_the_leaves_to_set_instead(leaves: LeafTable) -> None:
    _, (problem,) = settings_of([entry_of("1=0.5")], TREE, leaves, WAVE)
    assert all(code in problem.remedy() for code in ("1.1", "1.2", "1.3"))


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("total=90", ("1.1 名1.1", "1.2", "1.3")),
        ("DC01=0.5", ("1.3 名1.3",)),
        ("9.9.9=0.5", ("1.1 名1.1",)),
        ("1.1@nowhere=0.5", ("D 某区", "S1 S1街道", "S2 S2街道")),
        ("1.1=1.2", ("0–1", "0%–100%")),
        ("1.2=0.9", ("90",)),
        ("1.2=101", ("0–100",)),
    ],
)
def test_a_mistake_is_told_with_what_can_be_written_instead(
    leaves: LeafTable, text: str, said: tuple[str, ...], language: Language
) -> None:
    _, (problem,) = settings_of([entry_of(text)], TREE, leaves, WAVE)
    remedy = problem.remedy(language)
    assert all(part in remedy for part in said), remedy
    assert "—" not in remedy and "1.2%" not in remedy and "0.012" not in remedy


def test_no_points_at_all_are_points(leaves: LeafTable) -> None:
    (setting,) = read(leaves, "1.2=0")
    assert setting.value == 0.0


def test_all_problems_come_at_once_with_settings_that_clash(leaves: LeafTable) -> None:
    texts = ["1.1@S1=0.5", "1.1@S1=0.6", "1.2=70", "1.2@S1=80", "7=1", "1.1@S1=2"]
    _, problems = settings_of([entry_of(text) for text in texts], TREE, leaves, WAVE)
    assert [problem.code for problem in problems] == [
        "what_if_unknown_code",
        "what_if_bare_percent",
        "what_if_twice",
        "what_if_whole_and_part",
    ]


def test_no_name_is_the_district_and_an_unknown_one_names_those_near() -> None:
    assert named_area("", WAVE.areas) is WAVE.areas.district
    found = named_area("S1街", WAVE.areas)
    assert isinstance(found, Problem) and "S1街道" in found.remedy()
    assert isinstance(named_area("S2", WAVE.areas), Area)
