"""Table `areas` → the register, checked: one district, parents that exist and lie one level above."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from surveys.area import Area, AreaLevel, AreaRegister, UrbanRural
from surveys.problem import Problem, Severity
from surveys.schema import SURVEY_TABLES
from surveys.table import problem_at, records_of

_LEVEL_ABOVE = {AreaLevel.SUBDISTRICT: AreaLevel.DISTRICT, AreaLevel.COMMUNITY: AreaLevel.SUBDISTRICT}


def build_register(frame: pd.DataFrame) -> tuple[AreaRegister | None, tuple[Problem, ...]]:
    """The register of a parsed table `areas`; None unless there is one district and no circle.

    Rows whose code or level is missing were reported by `parse_table` and are passed over.
    """
    sound = frame[(frame["code"] != "") & (frame["level"] != "")].drop_duplicates("code")
    records = records_of(sound)
    districts = [record for record in records if record["level"] == AreaLevel.DISTRICT]
    if not districts:
        detail = {"level": "district"}
        return None, (Problem("no_district", Severity.ERROR, str(frame.attrs["file"]), detail=detail),)
    problems = [
        problem_at(
            frame, record["_row"], "several_districts", "level", record["code"], first=districts[0]["code"]
        )
        for record in districts[1:]
    ]
    by_code = {record["code"]: record for record in records}
    for record in records:
        problems += _check_parent(frame, record, by_code)
        problems += _check_numbers(frame, record)
    # Areas in a circle have no place: whoever walks up from them would walk for ever.
    if len(districts) > 1 or any(problem.code == "area_cycle" for problem in problems):
        return None, tuple(problems)
    known = {column.name for column in SURVEY_TABLES["areas"].columns} | {"_row"}
    extra = [str(name) for name in frame.columns if name not in known]
    return AreaRegister(tuple(_area(record, districts[0]["code"], extra) for record in records)), tuple(
        problems
    )


def _area(record: Mapping[str, Any], district: str, extra: list[str]) -> Area:
    level = AreaLevel(record["level"])
    # There is one district, so a subdistrict need not name it.
    parent = {AreaLevel.DISTRICT: "", AreaLevel.SUBDISTRICT: district}.get(level, record["parent"])
    psu_count = record["psu_count"]
    return Area(
        code=record["code"],
        name=record["name"],
        level=level,
        parent=parent,
        urban_rural=UrbanRural(record["urban_rural"]) if record["urban_rural"] else None,
        population=None if math.isnan(record["population"]) else float(record["population"]),
        psu_count=None if math.isnan(psu_count) else int(psu_count),
        covariates={name: str(record[name]) for name in extra},
        row=int(record["_row"]),
    )


def _check_parent(
    frame: pd.DataFrame, record: Mapping[str, Any], by_code: Mapping[str, Mapping[str, Any]]
) -> list[Problem]:
    level, parent, row = AreaLevel(record["level"]), record["parent"], record["_row"]
    if parent and _in_cycle(record["code"], by_code):
        return [problem_at(frame, row, "area_cycle", "parent", parent, area=record["code"])]
    if level is AreaLevel.DISTRICT:
        if not parent:
            return []
        ignored = problem_at(frame, row, "district_with_parent", "parent", parent, severity=Severity.WARNING)
        return [ignored]
    if not parent:
        # Blank is enough for a subdistrict: there is one district.
        missing = problem_at(frame, row, "blank_parent", "parent", record["code"])
        return [missing] if level is AreaLevel.COMMUNITY else []
    if parent not in by_code:
        return [problem_at(frame, row, "unknown_parent", "parent", parent)]
    expected = _LEVEL_ABOVE[level]
    if by_code[parent]["level"] == expected:
        return []
    found = str(by_code[parent]["level"])
    return [problem_at(frame, row, "wrong_parent_level", "parent", parent, expected=expected, found=found)]


def _in_cycle(code: str, by_code: Mapping[str, Mapping[str, Any]]) -> bool:
    at, steps = by_code[code]["parent"], 0
    while at in by_code and steps <= len(by_code):
        if at == code:
            return True
        at, steps = by_code[at]["parent"], steps + 1
    return False


def _check_numbers(frame: pd.DataFrame, record: Mapping[str, Any]) -> list[Problem]:
    return [
        problem_at(frame, record["_row"], "not_positive", name, f"{record[name]:g}")
        for name in ("population", "psu_count")
        if record[name] <= 0
    ]
