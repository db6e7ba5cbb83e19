"""The sentence a leader reads first: the total, the rates by verdict, what is confirmed weak."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from indicators.status import WeaknessClass
from reports import numbers
from reports.context import Context
from reports.tier import tier_sentence
from reports.total_card import total_sentence
from reports.weak_chapters import class_of, confirmed_loss, confirmed_part
from surveys.area import Area, AreaLevel
from surveys.questionnaire import Measure
from surveys.verdict import Verdict

FIRM = 0.1
"""Confirmed part of the points to be regained from which an indicator is named before all others."""


def answer(context: Context, area: Area, rows: Sequence[tuple[Measure, Any]], findings: Sequence[Any]) -> str:
    """The answer of one area in a few sentences.

    Parameters
    ----------
    rows
        Headline measures with their rates here.
    findings
        Confirmed and possible weak indicators, in their order.
    """
    words = context.words
    sentences = []
    score = context.score(area.code)
    if score is not None and not math.isnan(score.points_earned):
        sentences.append(total_sentence(context, area, score))
        sentences.append(tier_sentence(context, area.code))
    sentences.extend(_rates(context, area, rows))
    confirmed = [row for row in findings if class_of(context, row) is WeaknessClass.CONFIRMED]
    if confirmed:
        first = _first_named(confirmed)
        sentences.append(
            words(
                "answer.weak" if first is confirmed[0] else "answer.weak_firm",
                count=numbers.count(len(confirmed)),
                name=str(first.node_name),
                top=str(confirmed[0].node_name),
                points=numbers.small_points(first.points_recoverable),
            )
        )
    elif context.framework is not None and score is not None:
        sentences.append(words("answer.no_weak"))
    told = [sentence for sentence in sentences if sentence]
    return words("list.sentence").join(told or [words("answer.nothing")])


def _first_named(confirmed: Sequence[Any]) -> Any:
    """The first of the confirmed whose loss does not hang on a few checks; where all do, the surest loss.

    Their order is by points to be regained (M11), in which an estimate of a wide interval may stand first
    although next to nothing of its loss is sure. A leader's one sentence should not rest on that.
    """
    firm = [row for row in confirmed if confirmed_part(row) >= FIRM]
    return firm[0] if firm else max(confirmed, key=lambda row: confirmed_loss([row]))


def _rates(context: Context, area: Area, rows: Sequence[tuple[Measure, Any]]) -> list[str]:
    words = context.words
    names: dict[Verdict, list[str]] = {}
    for measure, row in rows:
        verdict = context.verdict_of(row)
        if verdict is not None:
            names.setdefault(verdict, []).append(context.measure_name(measure))
    parts = [
        words(f"answer.{verdict.value}", names=words.listed(names[verdict]))
        for verdict in (Verdict.PASS, Verdict.FAIL, Verdict.UNDETERMINED, Verdict.NOT_MEASURED)
        if verdict in names
    ]
    if not parts:
        return []
    key = "answer.rates" if area.level is AreaLevel.DISTRICT else "answer.rates_subdistrict"
    return [words(key, area=area.name, parts=words("list.semicolon").join(parts))]
