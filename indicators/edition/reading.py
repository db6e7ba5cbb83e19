"""Rows of the framework sheet → indicators: defaults, order and the content hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from indicators.framework import (
    Aggregate,
    Direction,
    Indicator,
    Method,
    Missing,
    Scoring,
    Step,
)
from surveys.area import AreaLevel
from surveys.questionnaire import Measure, Unit
from surveys.table import records_of

DEFAULT_WINDOW_MONTHS = 12
"""Look-back window of a negative item where the sheet leaves it blank."""

_DEFAULT_SCORING = {
    Method.QUESTIONNAIRE: Scoring.LINEAR,
    Method.DOCUMENT: Scoring.STEPS,
    Method.NEGATIVE: Scoring.PER_EVENT,
}


def indicators_of(frame: pd.DataFrame, measures: Mapping[str, Measure]) -> tuple[Indicator, ...]:
    """Rows of a parsed framework table with defaults filled in, in the order of the sheet."""
    return tuple(_indicator(row, measures) for row in records_of(frame))


def steps_of(frame: pd.DataFrame) -> dict[str, tuple[Step, ...]]:
    """Step scales of a parsed table `steps`, in the order of the sheet."""
    scales: dict[str, tuple[Step, ...]] = {}
    for row in records_of(frame):
        step = Step(float(row["score"]), number_or_none(row["from"]), str(row["grade"]))
        scales[str(row["scale"])] = (*scales.get(str(row["scale"]), ()), step)
    return scales


def content_hash(
    indicators: Iterable[Indicator],
    steps: Mapping[str, tuple[Step, ...]],
    marks: Mapping[str, float] | None = None,
) -> str:
    """SHA-256 of what scores rest on: the rows, the step scales and the marks of the whole tree.

    Rows are the parsed ones sorted by code, so neither the order of columns or rows nor the language of the
    headers, the encoding or the kind of file changes it. Title, version, source and the units' names are not
    in it: a corrected title is no other edition.

    Parameters
    ----------
    indicators
        Rows as the sheet has them (`as_written`): what a measure fills in is no part of an edition.
    marks
        Target of the total, overall cap of deductions, share and gate of a companion tree, by name
        (`indicators.edition.facts.Facts.marks`); only those that are there.
    """
    rows = sorted(map(_cells, indicators), key=lambda row: str(row["code"]))
    scales = {name: sorted(map(repr, scale)) for name, scale in steps.items()}
    content = {"rows": rows, "steps": scales, "marks": dict(marks or {})}
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def as_written(frame: pd.DataFrame, indicators: Iterable[Indicator]) -> tuple[Indicator, ...]:
    """The indicators of a parsed table, goalposts NaN where a blank cell leaves them to the measure.

    Their default is known with a wave only; all others follow from the sheet.
    """
    return tuple(
        replace(indicator, low=float(low), high=float(high)) if _by_measure(indicator) else indicator
        for indicator, low, high in zip(indicators, frame["low"], frame["high"], strict=True)
    )


def _by_measure(indicator: Indicator) -> bool:
    return indicator.method is Method.QUESTIONNAIRE and indicator.scoring is Scoring.LINEAR


def _cells(indicator: Indicator) -> dict[str, Any]:
    """Everything of a row, None for a goalpost that is blank."""
    row = asdict(indicator)
    return row | {name: number_or_none(row[name]) for name in ("low", "high")}


def parents_first(indicators: tuple[Indicator, ...]) -> tuple[Indicator, ...]:
    """The rows in the order of the sheet, but each after its parent; rows of a cycle are left out."""
    placed: dict[str, Indicator] = {}
    waiting = list(indicators)
    while waiting:
        ready = [row for row in waiting if not row.parent or row.parent in placed]
        if not ready:
            break
        placed |= {row.code: row for row in ready}
        waiting = [row for row in waiting if row.code not in placed]
    return _in_sheet_order(tuple(placed.values()), indicators)


def number_or_none(value: float) -> float | None:
    """A number of a sheet; None where the cell is blank."""
    return None if np.isnan(value) else float(value)


def _in_sheet_order(placed: tuple[Indicator, ...], sheet: tuple[Indicator, ...]) -> tuple[Indicator, ...]:
    """Depth first, siblings in the order of the sheet: as a reader of the sheet expects it."""
    kept = {row.code for row in placed}
    children: dict[str, list[Indicator]] = {}
    for row in sheet:
        if row.code in kept:
            children.setdefault(row.parent, []).append(row)
    ordered: list[Indicator] = []
    stack = list(reversed(children.get("", [])))
    while stack:
        row = stack.pop()
        ordered.append(row)
        stack.extend(reversed(children.get(row.code, [])))
    return tuple(ordered)


def _indicator(row: Mapping[str, Any], measures: Mapping[str, Measure]) -> Indicator:
    method = Method(row["method"]) if row["method"] else None
    scoring = Scoring(row["scoring"]) if row["scoring"] else _DEFAULT_SCORING.get(method) if method else None
    source = str(row["source"]) or (str(row["code"]) if method is Method.NEGATIVE else "")
    low, high = goalposts_of(row, method, scoring, measures.get(source))
    window = number_or_none(row["window_months"])
    return Indicator(
        code=row["code"],
        name=row["name"],
        parent=row["parent"],
        points=float(row["points"]),
        text=row["text"],
        method=method,
        source=source,
        scoring=scoring,
        low=low,
        high=high,
        scale=row["scale"],
        direction=Direction(row["direction"] or Direction.UP),
        target=number_or_none(row["target"]),
        level=AreaLevel(row["level"] or AreaLevel.SUBDISTRICT),
        missing=Missing(row["missing"] or Missing.BOUNDS),
        aggregate=Aggregate(row["aggregate"] or Aggregate.ARITHMETIC),
        floor=number_or_none(row["floor"]) or 0.0,
        cap=number_or_none(row["cap"]),
        window_months=DEFAULT_WINDOW_MONTHS if window is None else int(window),
        veto_grade=row["veto_grade"],
        veto_below=number_or_none(row["veto_below"]),
        lead_unit=row["lead_unit"],
        supporting_units=tuple(row["supporting_units"]),
        group=row["group"],
        task_force=row["task_force"],
        tags=tuple(row["tags"]),
    )


def goalposts_of(
    row: Mapping[str, Any], method: Method | None, scoring: Scoring | None, measure: Measure | None
) -> tuple[float, float]:
    """Goalposts with their defaults.

    A share runs from 0 to 1, points from 0 to 100; a mean on a scale of its own has no default (NaN), nor
    have the marks at which a threshold or a walk scores full or nothing.
    """
    low, high = float(row["low"]), float(row["high"])
    if method is Method.QUESTIONNAIRE and scoring is Scoring.LINEAR and measure is not None:
        default = {Unit.SHARE: (0.0, 1.0), Unit.POINTS: (0.0, 100.0)}.get(measure.kind.unit, (np.nan, np.nan))
        return (default[0] if np.isnan(low) else low), (default[1] if np.isnan(high) else high)
    if scoring is Scoring.WALK:
        return (0.0 if np.isnan(low) else low), high
    if scoring is Scoring.THRESHOLD:
        return (high if np.isnan(low) else low), high
    return (0.0 if np.isnan(low) else low), (1.0 if np.isnan(high) else high)
