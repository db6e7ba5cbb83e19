"""The table `units` → responsible units."""

from __future__ import annotations

from collections.abc import Mapping

from indicators.schema import INDICATOR_TABLES
from indicators.unit import ResponsibleUnit, UnitKind
from surveys.area import AreaRegister
from surveys.problem import Problem, Severity
from surveys.table import RawTable, find_table, parse_table, problem_at


def read_units(
    tables: Mapping[str, RawTable], register: AreaRegister | None
) -> tuple[dict[str, ResponsibleUnit], tuple[Problem, ...]]:
    """Units by code in the order of the sheet; empty where there is no table of units.

    Parameters
    ----------
    register
        Areas that units may name; None leaves them unchecked.
    """
    raw = find_table(tables, INDICATOR_TABLES["units"])
    if raw is None:
        return {}, ()
    frame, problems = parse_table(raw, INDICATOR_TABLES["units"])
    found = list(problems)
    units: dict[str, ResponsibleUnit] = {}
    known = set(frame["code"])
    for row in frame.to_dict("records"):
        at = int(row["_row"])
        if row["parent"] and row["parent"] not in known:
            found.append(problem_at(frame, at, "unknown_unit", "parent", row["parent"]))
        for column, code in [("area", row["area"]), *(("liaison_for", area) for area in row["liaison_for"])]:
            if code and register is not None and code not in register.by_code:
                # A built-in edition may name areas of another place; the unit itself is still right.
                warning = Severity.WARNING
                found.append(problem_at(frame, at, "unit_of_unknown_area", column, code, severity=warning))
        if row["kind"]:
            units[row["code"]] = ResponsibleUnit(
                code=row["code"],
                name=row["name"],
                kind=UnitKind(row["kind"]),
                parent=row["parent"],
                post=row["post"],
                liaison_for=tuple(row["liaison_for"]),
                area=row["area"],
            )
    return units, tuple(found)
