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
    """The change of a row of rates with its interval; a dash and why, where there is none."""
    verdict = change_verdict_of(row)
    if verdict is None or math.isnan(row.change):
        # A rate that is itself withheld has said so.
        reason = "" if math.isnan(row.value) else short_reason(context, row)
        return Cell(numbers.DASH, note=reason, tone=Tone.QUIET)
    word = context.words(f"change_verdict.{verdict.value}") if verdict in TONE else ""
    limits = numbers.signed_interval(row.change_low, row.change_high, Unit(row.unit))
    text = f"{numbers.signed(row.change, Unit(row.unit))} {word}".strip()
    return Cell(text, note=limits, tone=TONE.get(verdict, Tone.PLAIN))


def short_reason(context: Context, row: Any) -> str:
    """Why a row is not compared with the previous wave, in a few words; empty where it is."""
    codes = [code for code in str(row.change_reason).split(";") if code not in {"", "nan"}]
    return context.words.listed([context.words(f"change_short.{code}") for code in codes])


def change_sentence(context: Context, area: Area) -> str:
    """What changed in one area since the previous wave, and what is not compared and why, in one sentence.

    Empty without a comparison.
    """
    words = context.words
    rows = [(m, row) for m in context.headlines if (row := context.rate(m.name, area.code)) is not None]
    known = [(m, row) for m, row in rows if not math.isnan(row.change)]
    parts = [
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
        parts.append(words("change.still", names=words.listed(still)))
    names_of_reason: dict[str, list[str]] = {}
    for measure, row in rows:
        if math.isnan(row.change) and (reason := short_reason(context, row)):
            names_of_reason.setdefault(reason, []).append(context.measure_name(measure))
    parts += [
        words("change.left_out", names=words.listed(names), reason=reason)
        for reason, names in names_of_reason.items()
    ]
    if not parts:
        return ""
    return words(
        "change.sentence", previous=context.assessment.previous, parts=words("list.semicolon").join(parts)
    )
