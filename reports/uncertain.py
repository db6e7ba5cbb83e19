"""What page 1 admits: open verdicts, what was not measured, records set aside, what totals leave out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from indicators.ranks.vocabulary import Tier
from indicators.status import NodeStatus
from reports import numbers
from reports.context import Context, estimate_of
from reports.notes_chapters import record_counts
from reports.standing import fragile_line
from reports.tier import tier_of, total_place
from surveys.area import Area, AreaLevel
from surveys.questionnaire import Measure, Unit
from surveys.verdict import Verdict

NAMED = 3
HOPELESS = 20  # times the interviews there are: nobody will conduct so many


def uncertain(context: Context, area: Area, rows: Sequence[tuple[Measure, Any]]) -> tuple[str, ...]:
    """What is not certain in one area, a sentence each; `rows` are its headline measures."""
    words = context.words
    lines = _open_rates(context, rows)
    score = context.score(area.code)
    if score is not None and score.coverage < 1.0 - 1e-9:
        lines.append(_not_collected(context, area, score))
    if fragile := fragile_line(context, area):
        lines.append(fragile)
    if area.level is AreaLevel.DISTRICT:
        read, _, aside = record_counts(context.assessment.quality)
        if aside:
            share = numbers.number(aside / read, Unit.SHARE)
            lines.append(words("uncertain.set_aside", count=numbers.count(aside), share=share))
        lines.append(_order(context))
    elif score is not None:
        lines.extend(_of_the_district_only(context, area))
    return tuple(lines)


def _order(context: Context) -> str:
    """Which subdistricts surely stand in the first or the last third; of the others no order is known."""
    words = context.words
    if context.assessment.ranking.empty:
        return words("uncertain.order")
    areas = context.assessment.wave.areas.subdistricts
    rows = [(area, row) for area in areas if (row := total_place(context, area.code)) is not None]
    parts = []
    for tier in (Tier.SURELY_TOP, Tier.SURELY_BOTTOM):
        names = [area.name for area, row in rows if tier_of(row) is tier]
        if names:
            parts.append(words(f"uncertain.tier_{tier.value}", names=words.listed(names)))
    if not parts:
        return words("uncertain.order_ranked")
    return words("uncertain.tiers", parts=words("list.semicolon").join(parts))


def _open_rates(context: Context, rows: Sequence[tuple[Measure, Any]]) -> list[str]:
    words = context.words
    open_rows = [(m, r) for m, r in rows if context.verdict_of(r) is Verdict.UNDETERMINED]
    undetermined = [_undetermined(context, m, r) for m, r in open_rows if not context.is_withheld(r)]
    withheld = [context.measure_name(m) for m, r in open_rows if context.is_withheld(r)]
    lines = []
    if undetermined:
        lines.append(words("uncertain.rates", parts=words("list.semicolon").join(undetermined)))
    if withheld:
        lines.append(words("uncertain.withheld", names=words.listed(withheld)))
    return lines


def _undetermined(context: Context, measure: Measure, row: Any) -> str:
    text = estimate_of(row)
    more = "" if math.isnan(row.n_to_settle) else numbers.count(row.n_to_settle)
    key = "uncertain.rate_more" if more else "uncertain.rate"
    if more and row.n_to_settle > HOPELESS * row.n:
        key = "uncertain.rate_close"
    return context.words(
        key, name=context.measure_name(measure), interval=text.interval, mark=text.mark, n=more
    )


def _not_collected(context: Context, area: Area, score: Any) -> str:
    leaves = _leaves(context, area)
    carried = ~leaves["carried_from"].isin(["", "nan"])
    blank = leaves["status"].isin([NodeStatus.NOT_COLLECTED, NodeStatus.WITHHELD])
    missing = leaves[blank | carried]
    key = "uncertain.not_collected"
    if carried.any():
        key = "uncertain.not_collected_carried" if blank.any() else "uncertain.carried"
    return context.words(
        key,
        count=numbers.count(len(missing)),
        names=_some_names(context, list(missing["node_name"])),
        carried=numbers.count(int(carried.sum())),
        bounds=numbers.interval(score.bound_low, score.bound_high, Unit.POINTS),
    )


def _of_the_district_only(context: Context, area: Area) -> list[str]:
    """Leaves that were measured in the district and do not apply to this subdistrict, by name."""
    own, whole = _leaves(context, area), _leaves(context, context.assessment.wave.areas.district)
    absent = set(own["node"][own["status"] == NodeStatus.NOT_APPLICABLE])
    names = list(whole["node_name"][whole["node"].isin(absent) & (whole["status"] == NodeStatus.MEASURED)])
    if not names:
        return []
    count = numbers.count(len(names))
    return [context.words("uncertain.subdistrict_total", count=count, names=_some_names(context, names))]


def _leaves(context: Context, area: Area) -> Any:
    scores = context.assessment.scores
    return scores[(scores["area_code"] == area.code) & (scores["method"] != "")]


def _some_names(context: Context, names: Sequence[str]) -> str:
    words = context.words
    return words.listed([str(name) for name in names[:NAMED]]) + (
        words("list.and_more") if len(names) > NAMED else ""
    )
