"""Table `negative_list` → events. None is ever set aside: leaving one out would raise a score."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from indicators.columns import empty_frame
from indicators.evidence.negative_list import window_of
from indicators.evidence.records import flag_of, unreadable, with_area
from indicators.evidence.tables import EVENTS_COLUMNS
from indicators.framework import Framework
from surveys.column import fold
from surveys.problem import Problem, Severity
from surveys.table import problem_at
from surveys.wave import Wave


def read_events(
    frame: pd.DataFrame, problems: tuple[Problem, ...], *, wave: Wave, framework: Framework
) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """Events of the negative list (`EVENTS_COLUMNS`), verified or not; each once.

    `item` is the source or the code of a negative item; an unknown item or area is an error.
    """
    if frame.empty or unreadable(problems):
        return empty_frame(EVENTS_COLUMNS), problems
    by_code = {item.code: item for item in framework.negative_items}
    item_of = by_code | {item.source: item for item in framework.negative_items}
    placed = with_area(frame, wave.areas, blank=wave.areas.district.code)
    known = "、".join(item.source for item in framework.negative_items) or "—"
    found: list[Problem] = []
    for row, item, area, area_code in zip(
        placed["_row"], placed["item"], placed["area"], placed["area_code"], strict=True
    ):
        if item and item not in item_of:
            found.append(problem_at(frame, row, "unknown_negative_item", "item", item, names=known))
        if not area_code:
            found.append(problem_at(frame, row, "unknown_event_area", "area", area))
    if wave.field is None:
        found.append(Problem("field_dates_needed", Severity.ERROR, "wave.toml", None, "field"))
    refused = found or any(problem.severity is Severity.ERROR for problem in problems)
    # What is strange about the other rows is told at once, though nothing is computed.
    sound = placed["item"].isin(item_of) & (placed["area_code"] != "") & placed["date"].notna()
    attrs, placed = placed.attrs, placed[sound].reset_index(drop=True)
    placed.attrs = attrs
    events = pd.DataFrame(
        {
            "node": placed["item"].map({name: item.code for name, item in item_of.items()}),
            "area_code": placed["area_code"],
            "date": placed["date"],
            "description": placed["description"],
            "verified": flag_of(placed["verified"]) == 1,
        }
    )
    late = _outside_window(events, placed, framework, wave.field)
    once, repeated = _events_once(events, placed)
    told = empty_frame(EVENTS_COLUMNS) if refused else once.astype(EVENTS_COLUMNS)
    return told, (*problems, *found, *late, *repeated)


def _outside_window(
    events: pd.DataFrame, placed: pd.DataFrame, framework: Framework, field: tuple[date, date] | None
) -> tuple[Problem, ...]:
    """Events that cost nothing because of their day; the warning names the days between which they would."""
    found = []
    for row, node, day in zip(placed["_row"], events["node"], events["date"], strict=True):
        if field is None:
            continue
        first, last = window_of(framework.by_code[node], field)
        if not first <= day <= last:
            window = {"first": first.isoformat(), "last": last.isoformat()}
            warning = Severity.WARNING
            found.append(
                problem_at(placed, row, "event_outside_window", "date", str(day), severity=warning, **window)
            )
    return tuple(found)


def _events_once(events: pd.DataFrame, placed: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Problem, ...]]:
    """Rows that tell of one event (item, date, area, description) count once, verified if any row says so."""
    told = events.assign(description=events["description"].map(fold)).groupby(
        ["node", "area_code", "date", "description"], sort=False
    )
    _, first_of_event, event_of_row = np.unique(told.ngroup(), return_index=True, return_inverse=True)
    first_of_row = first_of_event[event_of_row]
    once = np.arange(len(events)) == first_of_row
    rows, items = placed["_row"].to_numpy(), placed["item"].to_numpy()
    warnings = tuple(
        problem_at(
            placed,
            int(rows[at]),
            "event_twice",
            "item",
            str(items[at]),
            severity=Severity.WARNING,
            first=str(rows[first_of_row[at]]),
        )
        for at in np.flatnonzero(~once)
    )
    verified = told["verified"].transform("any").astype(bool)
    return events.assign(verified=verified)[once].reset_index(drop=True), warnings
