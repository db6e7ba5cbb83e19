"""How the total of an area stands: against its target, against last time, and how firmly."""

from __future__ import annotations

import math
from typing import Any

from indicators.columns import TOTAL_NODE
from indicators.findings.scenario import Filling, Scenario
from reports import numbers
from reports.change import TONE as MOVED
from reports.context import Context, rows_of
from surveys.area import Area
from surveys.compare.vocabulary import ChangeVerdict
from surveys.questionnaire import Unit
from surveys.verdict import Verdict

RULES = (Scenario.POINTS, Scenario.LEAVE_ONE_OUT, Scenario.GEOMETRIC, Scenario.MISSING)
"""Scenarios that are choices of ours; sampling is none."""
ENOUGH = 0.8  # coverage from which the rest is a matter of small print


def chance_text(context: Context, row: Any, verdict: Verdict | None) -> str:
    """How likely the target is reached, in words; empty without a target.

    Parameters
    ----------
    row
        Of the scores; its `pass_probability` counts.
    """
    if verdict in {None, Verdict.NOT_MEASURED} or math.isnan(row.pass_probability):
        return ""
    assert verdict is not None
    return context.words(f"chance.{numbers.chance(row.pass_probability, verdict).value}")


def target_clause(context: Context, row: Any, verdict: Verdict | None) -> str:
    """Whether the total reaches its target, as part of a sentence; empty without a target."""
    if verdict in {None, Verdict.NOT_MEASURED}:
        return ""
    assert verdict is not None
    target = numbers.mark_text(row.target, Unit.POINTS)
    chance = chance_text(context, row, verdict)
    if verdict is Verdict.UNDETERMINED and chance:
        return context.words("standing.open_with_chance", target=target, chance=chance)
    return context.words(f"standing.{verdict.value}", target=target)


def change_clause(context: Context, area: Area) -> str:
    """Whether the total rose or fell since last time, as part of a sentence; empty without a comparison."""
    row = context.score_change(area.code)
    if row is None or math.isnan(row.change):
        return ""
    verdict = ChangeVerdict(row.verdict)
    previous = context.assessment.previous
    if verdict not in MOVED:
        return context.words("standing.still", previous=previous)
    change = numbers.points(abs(row.change))
    return context.words(f"standing.{verdict.value}", previous=previous, change=change)


def change_remark(context: Context, area: Area) -> str:
    """The change of the total with its limits and what can be said of it; empty without a previous wave."""
    row = context.score_change(area.code)
    if row is None:
        return ""
    words = context.words
    if math.isnan(row.change):
        reason = score_reason(context, str(row.reason))
        return words("standing.not_compared", reason=reason) if reason else ""
    fields = {
        "change": numbers.signed(row.change, Unit.POINTS),
        "word": words(f"change_verdict.{row.verdict}"),
    }
    interval = numbers.signed_interval(row.low, row.high, Unit.POINTS)
    line = (
        words("standing.change_range", interval=interval, **fields)
        if interval
        else words("standing.change", **fields)
    )
    reasons = [score_reason(context, str(row.reason))]
    if interval and ChangeVerdict(row.verdict) not in MOVED and not row.low <= 0.0 <= row.high:
        reasons.insert(0, words("standing.many_compared"))
    reason = words("list.semicolon").join(part for part in reasons if part)
    return line if not reason else words("standing.change_of_part", line=line, reason=reason)


def score_reason(context: Context, codes: str) -> str:
    """Why scores are not compared, or over what, in a few words."""
    words = context.words
    found = []
    for code in codes.split(";"):
        key = next((k for k in (f"score_reason.{code}", f"change_short.{code}") if words.has(k)), "")
        found += [words(key)] if key else []
    return words.listed(list(dict.fromkeys(found)))


def fragile_line(context: Context, area: Area) -> str:
    """What turns the verdict on the total, where a choice of weights or rules does; empty elsewhere."""
    table = context.assessment.sensitivity
    rows = rows_of(table[(table["area_code"] == area.code) & (table["scenario"].isin(list(RULES)))])
    turned = [row for row in rows if row.fragile]
    if not turned:
        return ""
    words = context.words
    causes = words("list.semicolon").join(_cause(context, row) for row in turned)
    score = context.score(area.code)
    has_target = score is not None and not math.isnan(score.target)
    return words("standing.fragile" if has_target else "standing.fragile_place", causes=causes)


def _cause(context: Context, row: Any) -> str:
    """What turns the conclusion: a rule, and the indicator or project it is applied to."""
    by = str(row.turned_by)
    if row.scenario == Scenario.MISSING and by in set(Filling):
        return context.words(f"firm_filling.{by}")
    cause = context.words(f"turned.{row.scenario}")
    return context.words("standing.turned_by", cause=cause, by=by) if by else cause


def vetoes(context: Context, area: Area) -> list[str]:
    """Grades to which counted events or poor estimates cap the result, each with what caused it."""
    table = context.assessment.deductions
    mine = table[(table["area_code"] == area.code) & table["counted"].astype(bool)]
    return [
        context.words("standing.veto", grade=str(row.veto_grade), item=str(row.item_name))
        for row in rows_of(mine)
        if str(row.veto_grade) not in {"", "nan"}
    ]


def total_verdict(context: Context, area: Area) -> Verdict | None:
    """Verdict of the total; None where there is none, or what was not measured could turn it."""
    score = context.score(area.code, TOTAL_NODE)
    if score is None or math.isnan(score.points_earned):
        return None
    much_missing = score.coverage < ENOUGH
    is_open = much_missing and score.bound_low < score.target <= score.bound_high
    return None if is_open else context.verdict_of(score)
