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
from reports.weak_chapters import class_of
from surveys.area import Area, AreaLevel
from surveys.questionnaire import Measure
from surveys.verdict import Verdict


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
        first = confirmed[0]
        sentences.append(
            words(
                "answer.weak",
                count=numbers.count(len(confirmed)),
                name=str(first.node_name),
                points=numbers.small_points(first.points_recoverable),
            )
        )
    elif context.framework is not None and score is not None:
        sentences.append(words("answer.no_weak"))
    told = [sentence for sentence in sentences if sentence]
    return words("list.sentence").join(told or [words("answer.nothing")])


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
