"""The total score on page 1: how far it can be trusted depends on how much was measured."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import Any

from reports import numbers
from reports.context import TONE, Context
from reports.page import Tone, Total
from reports.standing import (
    ENOUGH,
    chance_text,
    change_clause,
    change_remark,
    target_clause,
    total_verdict,
    vetoes,
)
from surveys.area import Area, AreaLevel
from surveys.questionnaire import Unit

LITTLE = 0.5  # coverage under which the total does not speak for the whole


class Covered(StrEnum):
    """How much of the declared points a total rests on."""

    ALL = "all"
    MOST = "most"  # the rest is a matter of small print
    PARTLY = "partly"  # said beside the total wherever it stands
    LITTLE = "little"  # said before the total; its interval speaks for a part only


def covered(score: Any) -> Covered:
    """How much of the declared points a total rests on."""
    if math.isnan(score.coverage) or score.coverage >= 1.0 - 1e-9:
        return Covered.ALL
    if score.coverage >= ENOUGH:
        return Covered.MOST
    return Covered.PARTLY if score.coverage >= LITTLE else Covered.LITTLE


def total_sentence(context: Context, area: Area, score: Any) -> str:
    """The total with its interval; where much is missing, with what it would be if the rest were known."""
    text = numbers.estimate_text(score.points_earned, score.low, score.high, Unit.POINTS, score.target)
    fields = {"area": area.name, "total": text.value}
    how = covered(score)
    if how in {Covered.PARTLY, Covered.LITTLE}:
        key = "answer.total_partly" if how is Covered.PARTLY else "answer.total_little"
        return context.words(key, **fields, **_coverage_fields(score))
    if not text.interval:
        sentence = context.words("answer.total", **fields)
    else:
        sentence = context.words("answer.total_range", **fields, interval=text.interval)
    clauses = [
        clause
        for clause in (
            target_clause(context, score, context.verdict_of(score)),
            change_clause(context, area),
        )
        if clause
    ]
    if not clauses:
        return sentence
    standing = context.words("standing.sentence", clauses=context.words("list.semicolon").join(clauses))
    return context.words("list.sentence").join([sentence, standing])


def total_card(context: Context, area: Area) -> Total | None:
    """The card of the total; None where there is no total."""
    score = context.score(area.code)
    if score is None or math.isnan(score.points_earned):
        return None
    words = context.words
    how = covered(score)
    much_missing = how in {Covered.PARTLY, Covered.LITTLE}
    verdict = total_verdict(context, area)
    warnings = [words("total.warning", **_coverage_fields(score))] if much_missing else []
    target = numbers.mark_text(score.target, Unit.POINTS)
    return Total(
        label=words("scores.total"),
        value=numbers.points(score.points_earned),
        unit=words("value.point_unit"),
        range=_range_text(context, score),
        verdict=""
        if verdict is None
        else words("leader.against", verdict=context.verdict_text(verdict), target=target),
        tone=Tone.PLAIN if verdict is None else TONE.get(verdict, Tone.QUIET),
        remarks=tuple(_remarks(context, area, score)),
        warning=words("list.sentence").join([*warnings, *vetoes(context, area)]),
        chance=chance_text(context, score, verdict),
    )


def _range_text(context: Context, score: Any) -> str:
    interval = numbers.estimate_text(
        score.points_earned, score.low, score.high, Unit.POINTS, score.target
    ).interval
    if not interval:
        return ""
    in_part = covered(score) in {Covered.PARTLY, Covered.LITTLE}
    return context.words("total.range_of_part" if in_part else "total.range", interval=interval)


def _remarks(context: Context, area: Area, score: Any) -> list[str]:
    words = context.words
    remarks = []
    whole = context.score(context.assessment.wave.areas.district.code)
    if area.level is not AreaLevel.DISTRICT and whole is not None and not math.isnan(whole.points_earned):
        remarks.append(words("leader.district_total", total=numbers.points(whole.points_earned)))
    if change := change_remark(context, area):
        remarks.append(change)
    how = covered(score)
    if how is Covered.ALL:
        remarks.append(words("total.all"))
    elif how is Covered.MOST:
        remarks.append(words("total.most", **_coverage_fields(score)))
    if score.deducted > 0:
        before = numbers.points(score.effective_points * score.score_share)
        deducted = numbers.declared(score.deducted)
        remarks.append(words("leader.deducted", points=deducted, before=before))
    return remarks


def _coverage_fields(score: Any) -> dict[str, str]:
    return {
        "coverage": numbers.number(score.coverage, Unit.SHARE),
        "bounds": numbers.interval(score.bound_low, score.bound_high, Unit.POINTS),
    }
