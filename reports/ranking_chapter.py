"""The chapter of places: what was ranked, as values with their bands, ranges of places and tiers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from indicators.ranks.vocabulary import RankedKind, Tier
from reports import numbers
from reports.axis import Axis, axis_of
from reports.context import Context, by_value, rows_of
from reports.page import Block, Chapter, Figure, Figures, Prose
from reports.rank_chart import RankLayout, RankRow, rank_chart
from reports.rate_chapters import is_narrow, rows_of_panel
from reports.text_width import text_width
from reports.tier import range_text, tier_of, tier_text
from surveys.questionnaire import Unit

WIDEST_NAME, WIDEST_NARROW_NAME = 120.0, 62.0
TALLEST, TALLEST_NARROW = 300.0, 170.0
"""Points for the lines of a chart; of narrow ones three rows stand on a page."""
FEWEST_SHOWN = 3
"""Two areas of one composition beside many others: their places say nothing of the district."""


def ranking(context: Context) -> Chapter | None:
    """Total, projects and headline rates, each with the places that its error leaves open."""
    groups = _groups(context)
    if not groups:
        return None
    words = context.words
    totals = [group for group in groups if group[0].kind in {RankedKind.TOTAL, RankedKind.COMMON}]
    blocks: list[Block] = [
        Figures(tuple((figure,) for figure in _panels(context, group, wide=True))) for group in totals
    ]
    note = _composition_note(context)
    if note:
        blocks.append(Prose((note,)))
    for kind in (RankedKind.NODE, RankedKind.RATE):
        blocks += _blocks_of(context, [group for group in groups if group[0].kind is kind])
    lead = words("list.sentence").join([words("ranking.reading"), words("ranking.key")])
    return Chapter(words("ranking.title"), tuple(blocks), lead=lead)


def _blocks_of(context: Context, groups: Sequence[list[Any]]) -> list[Block]:
    """Charts of the quantities that tell some areas apart, and the names of those that tell none."""
    if not groups:
        return []
    per_row = 2 if is_narrow(context) else 1
    told = [rows for rows in groups if not _says_nothing(rows)]
    panels = [panel for rows in told for panel in _panels(context, rows, wide=per_row == 1)]
    rows_of_panels = tuple(tuple(panels[i : i + per_row]) for i in range(0, len(panels), per_row))
    heading, note = context.words(f"ranking.of_{groups[0][0].kind.value}"), _nothing_told(context, groups)
    if rows_of_panels:
        return [Figures(rows_of_panels, heading=heading, note=note)]
    return [Prose((note,), heading=heading)]


def _groups(context: Context) -> list[list[Any]]:
    """Rows of each quantity that is shown: its largest group of comparable areas, highest value first."""
    table = context.assessment.ranking
    if (table["kind"] == RankedKind.COMMON).any():
        table = table[table["kind"] != RankedKind.TOTAL]
    groups = [
        by_value(rows_of(rows)) for _, rows in table.groupby(["kind", "name", "comparable"], sort=False)
    ]
    groups = [[row._replace(kind=RankedKind(row.kind)) for row in rows] for rows in groups]
    largest: dict[tuple[str, str], list[Any]] = {}
    for rows in groups:
        key = (rows[0].kind, rows[0].name)
        if len(rows) > len(largest.get(key, ())):
            largest[key] = rows
    subdistricts = len(context.assessment.wave.areas.subdistricts)
    return [rows for rows in largest.values() if len(rows) >= min(FEWEST_SHOWN, subdistricts)]


def _says_nothing(rows: Sequence[Any]) -> bool:
    """Whether every area may have every place."""
    return all(row.rank_high - row.rank_low == row.areas - 1 for row in rows)


def _nothing_told(context: Context, groups: Sequence[list[Any]]) -> str:
    """Which quantities tell no two areas apart: a chart of full bars would say no more."""
    names = [_name(context, rows[0]) for rows in groups if _says_nothing(rows)]
    return context.words("ranking.nothing_told", names=context.words.listed(names)) if names else ""


def _panels(context: Context, rows: list[Any], *, wide: bool) -> list[Figure]:
    words = context.words
    axis = _axis(rows, 6 if wide else 3)
    size = rows_of_panel(len(rows))
    chunks = [rows[i : i + size] for i in range(0, len(rows), size)]
    layout = _layout(rows, size, wide=wide)
    name, detail = _name(context, rows[0]), _detail(context, rows, wide=wide)
    heads = (words(f"ranking.head_{rows[0].unit}"), words("ranking.head_places"))
    finding = f"{name}{words('list.colon')}{detail}" if detail else name
    figures = []
    for position, chunk in enumerate(chunks):
        drawn = [_row(context, row, wide=wide) for row in chunk]
        svg = rank_chart(drawn, axis, int(rows[0].areas), layout, finding, heads)
        caption = name if position == 0 else words("rates.continued", name=name)
        figures.append(Figure(svg, caption, detail if position == 0 else ""))
    return figures


def _row(context: Context, row: Any, *, wide: bool) -> RankRow:
    tier, unit = tier_of(row), Unit(row.unit)
    value = numbers.estimate_text(row.value, row.low, row.high, unit)
    return RankRow(
        label=row.area_name,
        value=row.value,
        low=row.low,
        high=row.high,
        first=int(row.rank_low),
        last=int(row.rank_high),
        tier=tier,
        value_text=value.value,
        interval_text=value.interval,
        range_text=range_text(context, row),
        tier_text=tier_text(context, tier) if wide and tier is not None else "",
    )


def _axis(rows: Sequence[Any], intervals: int) -> Axis:
    values = [value for row in rows for value in (row.value, row.low, row.high)]
    if Unit(rows[0].unit) is Unit.SHARE:
        return axis_of(values, "%", 100.0, most=1.0, intervals=intervals)
    most = 100.0 if Unit(rows[0].unit) is Unit.POINTS else math.nan
    return axis_of(values, "", 1.0, most=most, intervals=intervals)


def _layout(rows: Sequence[Any], size: int, *, wide: bool) -> RankLayout:
    longest = max(text_width(row.area_name, 7.4) for row in rows) + 2
    height = min(11.5, max(8.8, (TALLEST if wide else TALLEST_NARROW) / max(size, 1)))
    label = min(longest, WIDEST_NAME if wide else WIDEST_NARROW_NAME)
    if wide:
        return RankLayout(height, label, plot=209 - label, figures=84.0, places=84.0, range=42.0, tier=62.0)
    return RankLayout(height, label, plot=110 - label, figures=0.0, places=52.0, range=42.0, tier=9.0)


def _name(context: Context, row: Any) -> str:
    words = context.words
    match row.kind:
        case RankedKind.TOTAL:
            return words("ranking.by_total")
        case RankedKind.COMMON:
            return words("ranking.by_common")
        case RankedKind.RATE:
            known = {measure.name: measure for measure in context.assessment.wave.measures}
            return context.measure_name(known[row.name]) if row.name in known else str(row.label)
        case _:
            return str(row.label)


def _detail(context: Context, rows: Sequence[Any], *, wide: bool) -> str:
    """How many areas surely stand in the upper or the lower third, and how many are not ranked here."""
    words = context.words
    tiers = [tier_of(row) for row in rows]
    parts = [
        words(f"ranking.count_{tier.value}", count=numbers.count(tiers.count(tier)))
        for tier in (Tier.SURELY_TOP, Tier.SURELY_BOTTOM)
        if tier in tiers
    ]
    if not parts and wide and None not in tiers:
        parts.append(words("ranking.count_none"))
    left_out = len(context.assessment.wave.areas.subdistricts) - len(rows)
    if left_out > 0:
        parts.append(words("ranking.left_out", count=numbers.count(left_out)))
    return words("list.semicolon").join(parts)


def _composition_note(context: Context) -> str:
    """That totals of unlike composition are not ranked, and what is compared instead; empty where alike."""
    table = context.assessment.ranking
    if not (table["kind"] == RankedKind.COMMON).any():
        return ""
    return context.words("ranking.not_comparable")
