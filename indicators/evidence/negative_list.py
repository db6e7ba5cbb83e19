"""The negative list (负面清单): which events count, what each deducts, and why others do not (M9)."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pandas as pd

from indicators.columns import DEDUCTIONS_COLUMNS, empty_frame
from indicators.framework import Framework, Indicator
from indicators.status import NotCounted
from surveys.area import Area, AreaLevel, AreaRegister


def deductions_of(
    framework: Framework,
    events: pd.DataFrame,
    areas: Iterable[Area],
    register: AreaRegister,
    field: tuple[date, date] | None,
) -> pd.DataFrame:
    """Every event for every area whose total it touches (`DEDUCTIONS_COLUMNS`), counted or not.

    An event counts for the area it names and for the areas above it: an accident in a community is one of
    its subdistrict and of the district; one of the district as a whole is no subdistrict's. It must be
    verified and lie between `window_months` before the first day of the field work and its last day. Events
    are taken in order of date until the item's cap, or the framework's overall cap, is used up. It counts if
    it then takes points or caps the grade, as a sanction does whose item has no points, or a cap of 0.

    Parameters
    ----------
    events
        `indicators.evidence.tables.EVENTS_COLUMNS`.
    field
        First and last day of the field work; None only where there are no events.
    """
    if events.empty or field is None:
        return empty_frame(DEDUCTIONS_COLUMNS)
    rows = [row for area in areas for row in _of_area(framework, events, area, register, field)]
    if not rows:
        return empty_frame(DEDUCTIONS_COLUMNS)
    return pd.DataFrame(rows, columns=list(DEDUCTIONS_COLUMNS)).astype(DEDUCTIONS_COLUMNS)


def months_before(day: date, months: int) -> date:
    """The same day of the month `months` earlier, or that month's last day.

    Examples
    --------
    >>> months_before(date(2022, 8, 15), 12), months_before(date(2022, 3, 31), 1)
    (datetime.date(2021, 8, 15), datetime.date(2022, 2, 28))
    """
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def window_of(item: Indicator, field: tuple[date, date]) -> tuple[date, date]:
    """First and last day of events that count: `window_months` before the field work, and its last day."""
    return months_before(field[0], item.window_months), field[1]


def _of_area(
    framework: Framework, events: pd.DataFrame, area: Area, register: AreaRegister, field: tuple[date, date]
) -> list[Mapping[str, Any]]:
    touching = [register.ancestor(code, area.level) == area for code in events["area_code"]]
    rows: list[Mapping[str, Any]] = []
    used_by_item: dict[str, float] = {}
    for event in events[touching].sort_values("date", kind="stable").to_dict("records"):
        item = framework.by_code[event["node"]]
        reason = _reason(item, area, event, field)
        points = 0.0
        if reason is None:
            points = _within_caps(item, used_by_item, framework.deduction_cap)
            used_by_item[item.code] = used_by_item.get(item.code, 0.0) + points
        if reason is None and points == 0.0 and not item.veto_grade:
            reason = NotCounted.CAP_REACHED
        counted = reason is None
        rows.append(
            {
                "area_code": area.code,
                "item": item.code,
                "item_name": item.name,
                "date": event["date"].isoformat(),
                "description": event["description"],
                "points": points,
                "veto_grade": item.veto_grade if counted else "",
                "counted": counted,
                "reason": "" if reason is None else str(reason),
            }
        )
    return rows


def _reason(
    item: Indicator, area: Area, event: Mapping[Any, Any], field: tuple[date, date]
) -> NotCounted | None:
    if not event["verified"]:
        return NotCounted.UNVERIFIED
    first, last = window_of(item, field)
    if not first <= event["date"] <= last:
        return NotCounted.OUTSIDE_WINDOW
    if item.level is AreaLevel.DISTRICT and area.level is not AreaLevel.DISTRICT:
        return NotCounted.DISTRICT_ONLY
    return None


def _within_caps(item: Indicator, used_by_item: Mapping[str, float], overall_cap: float | None) -> float:
    """Points that the next event of an item may still deduct."""
    of_item = float("inf") if item.cap is None else item.cap - used_by_item.get(item.code, 0.0)
    overall = float("inf") if overall_cap is None else overall_cap - sum(used_by_item.values())
    return max(0.0, min(item.points, of_item, overall))
