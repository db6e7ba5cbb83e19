"""Tables on rates: the numbers behind the panels, further measures, communities."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import Any

from reports import numbers
from reports.context import Context, estimate_of
from reports.page import Align, Cell, Chapter, Column, RowGroup, Table, Tone
from surveys.area import AreaLevel, UrbanRural
from surveys.questionnaire import Measure

FIRST_MARK = ord("①")


def rate_table(context: Context) -> Chapter | None:
    """The numbers behind the panels: base, n, interval, verdict, design effect."""
    words = context.words
    marks: dict[str, str] = {}
    groups = tuple(
        group for measure in context.headlines if (group := _table_group(context, measure, marks)) is not None
    )
    if not groups:
        return None
    columns: tuple[Column, ...] = (
        Column(words("column.area"), Align.NAME, 19),
        Column(words("column.value"), Align.NUMBER, 15),
        Column(words("column.interval"), Align.NUMBER, 16),
        Column(words("column.verdict"), Align.CENTRE, 13),
        Column(words("column.n"), Align.NUMBER, 9),
        Column(words("column.excluded"), Align.NUMBER, 9),
        Column(words("column.design_effect"), Align.NUMBER, 9),
        Column(words("column.remark"), Align.CENTRE),
    )
    if not marks:
        columns = columns[:-1]
        groups = tuple(replace(group, rows=tuple(row[:-1] for row in group.rows)) for group in groups)
    note = words("list.sentence").join([words("rates.table_note"), _footnotes(context, marks)])
    blocks = (
        Table(columns, groups, note=note),
        *_other_measures(context),
        *_communities(context),
    )
    return Chapter(words("rates.table_title"), blocks)


def verdict_counts(context: Context, rows: list[Any]) -> tuple[str, Counter[str]]:
    """How many areas reach the target, miss it, or leave it open; as words and as counts."""
    counts: Counter[str] = Counter()
    for row in rows:
        verdict = context.verdict_of(row)
        if context.is_withheld(row):
            counts["withheld"] += 1
        elif verdict is not None:
            counts[verdict.value] += 1
    keys = ("pass", "undetermined", "fail", "withheld", "not_measured")
    parts = [context.words(f"count.{key}", count=numbers.count(counts[key])) for key in keys if counts[key]]
    return context.words.listed(parts), counts


def base_text(context: Context, row: Any) -> str:
    """Who is in the denominator, in words."""
    return context.words(f"base.{row.base}")


def _footnotes(context: Context, marks: dict[str, str]) -> str:
    notes = [f"{mark} {context.words(f'flag.{flag}')}" for flag, mark in marks.items()]
    return context.words("list.semicolon").join(notes)


def _mark(context: Context, flags: list[str], marks: dict[str, str]) -> str:
    """Footnote marks of flags; each flag takes the next mark when it first appears."""
    for flag in flags:
        if context.words.has(f"flag.{flag}"):
            marks.setdefault(flag, chr(FIRST_MARK + len(marks)))
    return "".join(marks[flag] for flag in flags if flag in marks)


def _table_group(context: Context, measure: Measure, marks: dict[str, str]) -> RowGroup | None:
    district = context.rates_of(measure.name, AreaLevel.DISTRICT)
    subdistricts = context.rates_of(measure.name, AreaLevel.SUBDISTRICT)
    rows = [_table_row(context, row, row.area_name, marks, Tone.STRONG) for row in district]
    for group in UrbanRural:
        rows += [
            _table_row(context, row, context.words(f"group.{group.value}"), marks)
            for row in context.rates_of(measure.name, AreaLevel.DISTRICT, f"urban_rural={group.value}")
        ]
    rows += [_table_row(context, row, row.area_name, marks) for row in subdistricts]
    if not rows:
        return None
    first = (district or subdistricts)[0]
    note = context.words(
        "rates.group_note",
        target=estimate_of(first).mark,
        questionnaire=context.questionnaire_name(measure.questionnaire),
        base=base_text(context, first),
    )
    return RowGroup(tuple(rows), context.measure_name(measure), note)


def _table_row(
    context: Context,
    row: Any,
    name: str,
    marks: dict[str, str],
    tone: Tone = Tone.PLAIN,
) -> tuple[Cell, ...]:
    measured = not math.isnan(row.value)
    text = estimate_of(row)
    return (
        Cell(name, tone=tone),
        Cell(context.value_text(row), tone=Tone.STRONG if measured else Tone.QUIET),
        Cell(text.interval if measured else ""),
        context.verdict_cell(context.verdict_of(row)),
        Cell(numbers.count(row.n)),
        Cell(numbers.count(row.excluded)),
        Cell(numbers.ratio(row.design_effect) if measured else ""),
        Cell(_mark(context, context.flags_of(row), marks)),
    )


def _other_measures(context: Context) -> tuple[Table, ...]:
    words = context.words
    rows = []
    for measure in context.others:
        for row in context.rates_of(measure.name, AreaLevel.DISTRICT):
            counted = verdict_counts(context, context.rates_of(measure.name, AreaLevel.SUBDISTRICT))[1]
            text = estimate_of(row)
            rows.append(
                (
                    Cell(context.measure_name(measure)),
                    Cell(context.value_text(row), tone=Tone.STRONG),
                    Cell(text.interval),
                    Cell(text.mark),
                    context.verdict_cell(context.verdict_of(row)),
                    Cell(numbers.count(row.n)),
                    Cell(numbers.count(row.excluded)),
                    *(Cell(numbers.count(counted[key])) for key in ("pass", "undetermined", "fail")),
                )
            )
    if not rows:
        return ()
    columns = (
        Column(words("column.measure"), Align.NAME, 21),
        Column(words("column.value"), Align.NUMBER, 9),
        Column(words("column.interval"), Align.NUMBER, 13),
        Column(words("column.target"), Align.NUMBER, 7),
        Column(words("column.verdict"), Align.CENTRE, 12),
        Column(words("column.n"), Align.NUMBER, 8),
        Column(words("column.excluded"), Align.NUMBER, 8),
        Column(words("column.met"), note=words("column.areas")),
        Column(words("column.open"), note=words("column.areas")),
        Column(words("column.missed"), note=words("column.areas")),
    )
    return (Table(columns, (RowGroup(tuple(rows)),), heading=words("rates.others_title")),)


def _communities(context: Context) -> tuple[Table, ...]:
    words = context.words
    shown: dict[str, dict[str, Any]] = {}
    for measure in context.headlines:
        for row in context.rates_of(measure.name, AreaLevel.COMMUNITY):
            if not math.isnan(row.value):
                shown.setdefault(row.area_code, {})[measure.name] = row
    if not shown:
        return ()
    groups = []
    for subdistrict in context.assessment.wave.areas.subdistricts:
        members = [c for c in context.assessment.wave.areas.children(subdistrict.code) if c.code in shown]
        rows = tuple(
            (Cell(c.name), *(_community_cell(context, shown[c.code].get(m.name)) for m in context.headlines))
            for c in members
        )
        if rows:
            groups.append(RowGroup(rows, subdistrict.name))
    columns = (
        Column(words("column.community"), Align.NAME, 20),
        *(Column(context.measure_name(measure), Align.NUMBER) for measure in context.headlines),
    )
    return (
        Table(
            columns,
            tuple(groups),
            heading=words("rates.communities_title"),
            note=words("rates.communities_note"),
        ),
    )


def _community_cell(context: Context, row: Any | None) -> Cell:
    if row is None or math.isnan(row.value):
        return Cell(context.words("value.withheld"), tone=Tone.QUIET)
    text = estimate_of(row)
    return Cell(text.value, note=text.interval, tone=Tone.STRONG)
