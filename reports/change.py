"""The change of one rate on the previous wave, as a cell and in words."""

from __future__ import annotations

import math
from typing import Any

from reports import numbers
from reports.context import Context
from reports.page import Cell, Tone
from surveys.area import Area
from surveys.compare.vocabulary import ChangeVerdict
from surveys.questionnaire import Unit

TONE = {ChangeVerdict.IMPROVED: Tone.PASS, ChangeVerdict.DECLINED: Tone.FAIL}
"""What can be told from no change at all."""


def change_verdict_of(row: Any) -> ChangeVerdict | None:
    """What can be said about the change of a row; None without a previous wave."""
    text = str(row.change_verdict)
    return ChangeVerdict(text) if text not in {"", "nan"} else None


def change_cell(context: Context, row: Any) -> Cell:
    """The change of a row of rates; a dash where there is none to compare with."""
    verdict = change_verdict_of(row)
    if verdict is None or math.isnan(row.change):
        return Cell(numbers.DASH, tone=Tone.QUIET)
    word = context.words(f"change_verdict.{verdict.value}") if verdict in TONE else ""
    return Cell(numbers.signed(row.change, Unit(row.unit)), note=word, tone=TONE.get(verdict, Tone.PLAIN))


def change_sentence(context: Context, area: Area) -> str:
    """What changed in one area since the previous wave, in one sentence; empty without a comparison."""
    words = context.words
    rows = [(m, row) for m in context.headlines if (row := context.rate(m.name, area.code)) is not None]
    known = [(m, row) for m, row in rows if not math.isnan(row.change)]
    if not known:
        return ""
    moved = [
        words(
            f"change_moved.{verdict.value}",
            name=context.measure_name(measure),
            change=numbers.signed(abs(row.change), Unit(row.unit)).lstrip("+"),
            unit=words("change.unit_share" if Unit(row.unit) is Unit.SHARE else "change.unit_points"),
            interval=numbers.signed_interval(row.change_low, row.change_high, Unit(row.unit)),
        )
        for measure, row in known
        if (verdict := change_verdict_of(row)) in TONE
    ]
    still = [context.measure_name(m) for m, row in known if change_verdict_of(row) not in TONE]
    if still:
        moved.append(words("change.still", names=words.listed(still)))
    return words(
        "change.sentence", previous=context.assessment.previous, parts=words("list.semicolon").join(moved)
    )
