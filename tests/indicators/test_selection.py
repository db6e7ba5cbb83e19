"""Asking for weak indicators: by area, unit, group, task force, tag; what goes by no name is a Problem."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from indicators.columns import FINDINGS_COLUMNS
from indicators.findings.selection import Involvement, Selection, select_findings
from indicators.framework import Framework, Indicator, Method
from indicators.status import WeaknessClass
from indicators.unit import ResponsibleUnit, UnitKind
from surveys.problem import InputError, Language
from tests.factory_scoring import small_wave

LEAVES = (
    Indicator(
        "1", "甲", "", 40, method=Method.DOCUMENT, lead_unit="U1", supporting_units=("U2",), group="G1"
    ),
    Indicator(
        "2", "乙", "", 30, method=Method.DOCUMENT, lead_unit="U2", task_force="T1", tags=("环境", "宠物")
    ),
    Indicator("3", "丙", "", 30, method=Method.DOCUMENT, lead_unit="U3", group="G1", tags=("环境",)),
)
FRAMEWORK = Framework("f", "t", "s", LEAVES, {}, "hash")
UNITS = {
    unit.code: unit
    for unit in (
        ResponsibleUnit("U1", "城管局", UnitKind.UNIT),
        ResponsibleUnit("U2", "公安局", UnitKind.UNIT),
        ResponsibleUnit("U3", "交警大队", UnitKind.UNIT, parent="U2"),
        ResponsibleUnit("U4", "民政局", UnitKind.UNIT),
        ResponsibleUnit("G1", "一组", UnitKind.GROUP),
        ResponsibleUnit("T1", "一专班", UnitKind.TASK_FORCE),
    )
}
AREAS = small_wave(("S1", "S2")).areas
ROWS = [
    (1, "D", "1", "confirmed"),
    (2, "D", "2", "likely"),
    (3, "D", "3", "rest"),
    (1, "S1", "3", "confirmed"),
    (2, "S1", "1", "likely"),
    (1, "S2", "2", "confirmed"),
]


def select(**asked: object) -> Selection:
    blank = {name: "" if kind == "str" else 0 for name, kind in FINDINGS_COLUMNS.items()}
    rows = [
        blank | {"rank": rank, "area_code": area, "node": node, "class": kind}
        for rank, area, node, kind in ROWS
    ]
    table = pd.DataFrame(rows).astype(FINDINGS_COLUMNS)
    return select_findings(table, FRAMEWORK, UNITS, AREAS, **asked)  # type: ignore[arg-type]


def cells(rows: pd.DataFrame) -> list[str]:
    return [f"{row.area_code}:{row.node}" for row in rows.itertuples()]


def problems(**asked: object) -> list[str]:
    with pytest.raises(InputError) as raised:
        select(**asked)
    for problem in raised.value.problems:
        assert all("{" not in problem.line(language) for language in Language)
        assert problem.detail["names"]
    return [problem.code for problem in raised.value.problems]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({}, ["D:1", "D:2"]),
        ({"area": "S1"}, ["S1:3", "S1:1"]),
        ({"area": "S1街道"}, ["S1:3", "S1:1"]),
        ({"area": "某区"}, ["D:1", "D:2"]),
        ({"area": "all"}, ["S1:3", "S1:1", "S2:2"]),
        ({"area": "all", "top": 1}, ["S1:3", "S2:2"]),
        ({"classes": list(WeaknessClass)}, ["D:1", "D:2", "D:3"]),
        ({"unit": "U1"}, ["D:1"]),
        ({"unit": "城管局"}, ["D:1"]),
        ({"group": "一组", "area": "all"}, ["S1:3", "S1:1"]),
        ({"task_force": "T1", "area": "all"}, ["S2:2"]),
        ({"tag": "宠物"}, ["D:2"]),
        ({"tag": "环境", "group": "G1", "area": "all"}, ["S1:3"]),
        ({"unit": "民政局"}, []),
    ],
)
def test_filters_keep_what_fits_all_of_them(asked: dict[str, object], expected: list[str]) -> None:
    assert cells(select(**asked).findings) == expected


def test_what_a_unit_supports_stands_apart() -> None:
    """U2 leads 2 and answers for 3 of U3 below it; 1 it supports."""
    found = select(unit="公安局", area="all")
    assert cells(found.findings) == ["S1:3", "S2:2"]
    assert cells(found.supporting) == ["S1:1"]
    assert found.together()["involvement"].tolist() == [
        Involvement.LEAD,
        Involvement.LEAD,
        Involvement.SUPPORTING,
    ]
    assert select().supporting.empty


def test_a_unit_that_leads_is_not_its_own_supporter() -> None:
    """U1 stands among the supporters of 1, which it leads; below it U5 supports the same leaf."""
    both = replace(LEAVES[0], supporting_units=("U1", "U5"))
    framework = replace(FRAMEWORK, indicators=(both, *LEAVES[1:]))
    units = UNITS | {"U5": ResponsibleUnit("U5", "一队", UnitKind.UNIT, parent="U1")}
    blank = {name: "" if kind == "str" else 0 for name, kind in FINDINGS_COLUMNS.items()}
    row = blank | {"area_code": "D", "node": "1", "class": "confirmed"}
    table = pd.DataFrame([row]).astype(FINDINGS_COLUMNS)
    found = select_findings(table, framework, units, AREAS, unit="U1")
    assert cells(found.findings) == ["D:1"]
    assert found.supporting.empty
    assert cells(select_findings(table, framework, units, AREAS, unit="U5").supporting) == ["D:1"]


def test_a_framework_without_tags_offers_none() -> None:
    """There is no name to offer, and no empty list of them."""
    framework = replace(FRAMEWORK, indicators=tuple(replace(leaf, tags=()) for leaf in LEAVES))
    blank = {name: "" if kind == "str" else 0 for name, kind in FINDINGS_COLUMNS.items()}
    table = pd.DataFrame([blank]).astype(FINDINGS_COLUMNS)
    with pytest.raises(InputError) as raised:
        select_findings(table, framework, UNITS, AREAS, tag="环境")
    (problem,) = raised.value.problems
    assert problem.code == "nothing_to_ask_by"
    assert all("{" not in problem.line(language) for language in Language)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"area": "S3"}, "unknown_asked_area"),
        ({"area": "S1a"}, "asked_area_is_community"),
        ({"unit": "城管"}, "unknown_asked_unit"),
        ({"group": "U1"}, "unknown_asked_group"),
        ({"task_force": "G1"}, "unknown_asked_task_force"),
        ({"tag": "环保"}, "unknown_asked_tag"),
    ],
)
def test_a_name_that_nothing_goes_by_is_a_problem(asked: dict[str, object], code: str) -> None:
    assert problems(**asked) == [code]


def test_all_wrong_names_are_told_at_once_with_those_that_look_alike() -> None:
    assert problems(area="S9", unit="x", tag="y") == [
        "unknown_asked_area",
        "unknown_asked_tag",
        "unknown_asked_unit",
    ]
    with pytest.raises(InputError) as raised:
        select(unit="城管")
    assert raised.value.problems[0].detail["names"].startswith("城管局")


def test_a_selection_leaves_the_whole_table_as_it_was() -> None:
    before = select(area="all", classes=list(WeaknessClass))
    assert before.findings["rank"].tolist() == [1, 2, 1]
    assert list(before.findings.columns) == list(FINDINGS_COLUMNS)
