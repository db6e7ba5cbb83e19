"""Events of the negative list that touch one area, and what each costs its total."""

from __future__ import annotations

from typing import Any

from indicators.status import VETO_OF_ESTIMATE
from reports import numbers
from reports.context import Context, reason_text, rows_of
from reports.page import Align, Cell, Column, RowGroup, Table, Tone
from surveys.area import Area, AreaLevel


def deduction_tables(context: Context, area: Area) -> tuple[Table, ...]:
    """The area's own rows: an event in a subdistrict also stands among the district's, and is shown once.

    Returns
    -------
    tuple of Table
        One table, or none where no event touches the area.
    """
    words = context.words
    deductions = context.assessment.deductions
    own = rows_of(deductions[deductions["area_code"] == area.code])
    if not own:
        return ()
    places = _places(context, area, own)
    rows = [_row(context, row, place) for row, place in zip(own, places, strict=True)]
    columns = (
        Column(words("column.date"), Align.TEXT, 12),
        Column(words("column.item"), Align.NAME, 42),
        Column(words("column.place"), Align.TEXT, 15),
        Column(words("column.deducted"), Align.NUMBER, 8),
        Column(words("column.counted"), Align.TEXT),
        Column(words("column.veto"), Align.TEXT, 8),
    )
    kept = [i for i in range(len(columns)) if i not in {2, 5} or any(row[i].text for row in rows)]
    return (
        Table(
            tuple(columns[i] for i in kept),
            (RowGroup(tuple(tuple(row[i] for i in kept) for row in rows)),),
            heading=words("deductions.title"),
            note=words("list.sentence").join(
                [words("deductions.note"), *([words("deductions.elsewhere")] if any(places) else [])]
            ),
        ),
    )


def _row(context: Context, row: Any, place: str) -> tuple[Cell, ...]:
    words = context.words
    counted = words("deductions.counted") if row.counted else words("deductions.not_counted")
    why = reason_text(context, str(row.reason)) if row.reason else ""
    costs = row.counted and (row.points > 0 or not row.veto_grade)  # a veto alone takes no points
    told = str(row.description)
    if told == VETO_OF_ESTIMATE:
        told = words("deductions.veto_of_estimate")
    return (
        Cell(str(row.date)),
        Cell(str(row.item_name), note=told),
        Cell(place),
        Cell(numbers.declared(row.points) if costs else "", tone=Tone.STRONG),
        Cell(counted, note=why, tone=Tone.PLAIN if row.counted else Tone.QUIET),
        Cell(str(row.veto_grade)),
    )


def _places(context: Context, area: Area, own: list[Any]) -> list[str]:
    """Where each event of the district happened, known from the rows of subdistricts; else empty."""
    if area.level is not AreaLevel.DISTRICT:
        return [""] * len(own)
    deductions = context.assessment.deductions
    names = {sub.code: sub.name for sub in context.assessment.wave.areas.subdistricts}
    name_by_event: dict[tuple[str, str, str], list[str]] = {}
    # A veto of an estimate is each area's own, though a subdistrict may have the same.
    events = deductions[deductions["description"] != VETO_OF_ESTIMATE]
    for row in rows_of(events[events["area_code"].isin(list(names))]):
        name_by_event.setdefault(_event(row), []).append(names[row.area_code])
    # Events alike in everything take the places one after another.
    return [found.pop(0) if (found := name_by_event.get(_event(row))) else "" for row in own]


def _event(row: Any) -> tuple[str, str, str]:
    return str(row.item), str(row.date), str(row.description)
