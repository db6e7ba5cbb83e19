"""Tables on rates: the numbers behind the panels, further measures, communities."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from reports import numbers
from reports.change import change_cell
from reports.context import Context, estimate_of
from reports.page import Align, Cell, Chapter, Column, RowGroup, Table, Tone
from surveys.area import Area, AreaLevel, UrbanRural
from surveys.questionnaire import Measure
from surveys.verdict import Verdict

FIRST_MARK = ord("①")
ORDER = (Verdict.PASS, Verdict.UNDETERMINED, Verdict.FAIL, Verdict.NOT_MEASURED)
COUNTED = ("pass", "undetermined", "withheld", "fail", "not_measured")
MOST_MEASURES = 6  # beside each other in the table of communities
CHANGE_COLUMN = 4  # of the table behind the panels
OTHER_CHANGE_COLUMN = 4  # of the table of further measures


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
        Column(words("column.area"), Align.NAME, 17),
        Column(words("column.value"), Align.NUMBER, 14),
        Column(words("column.interval"), Align.NUMBER, 13),
        Column(words("column.verdict"), Align.CENTRE, 13),
        Column(words("column.change"), Align.NUMBER, 14),
        Column(words("column.n"), Align.NUMBER, 8),
        Column(words("column.excluded"), Align.NUMBER, 8),
        Column(words("column.design_effect"), Align.NUMBER, 8),
        Column(words("column.remark"), Align.CENTRE),
    )
    absent = set() if context.assessment.previous else {CHANGE_COLUMN}
    columns, groups = _without(columns, groups, absent if marks else {*absent, len(columns) - 1})
    compared = [words("change.cell_note")] if context.assessment.previous else []
    notes = [words("rates.table_note"), *compared, *_model_note(context)]
    note = words("list.sentence").join([part for part in (*notes, _footnotes(context, marks)) if part])
    blocks = (
        Table(columns, groups, note=note),
        *_other_measures(context),
        *_communities(context),
    )
    return Chapter(words("rates.table_title"), blocks)


def _without(
    columns: tuple[Column, ...], groups: tuple[RowGroup, ...], absent: Collection[int]
) -> tuple[tuple[Column, ...], tuple[RowGroup, ...]]:
    """A table without some of its columns."""
    kept = [at for at in range(len(columns)) if at not in absent]
    shorter = (
        replace(group, rows=tuple(tuple(row[at] for at in kept) for row in group.rows)) for group in groups
    )
    return tuple(columns[at] for at in kept), tuple(shorter)


def _model_note(context: Context) -> list[str]:
    """What the lines of models are; nothing where there are none."""
    return [context.words("model.note")] if context.has_models else []


def verdict_counts(context: Context, rows: list[Any]) -> tuple[str, Counter[str]]:
    """How many subdistricts reach the target, miss it, leave it open, or were not measured.

    The four counts add up to the number of subdistricts; ``withheld`` says how many of the undetermined ones
    had too few interviews. Without a target there is nothing to count.

    Returns
    -------
    tuple of str and Counter
        In words, and by the value of the verdict.
    """
    counts: Counter[str] = Counter()
    if all(math.isnan(row.target) for row in rows):
        return "", counts
    for row in rows:
        if context.is_withheld(row):
            counts["withheld"] += 1
            counts[Verdict.UNDETERMINED.value] += 1
        else:
            counts[(context.verdict_of(row) or Verdict.NOT_MEASURED).value] += 1
    counts[Verdict.NOT_MEASURED.value] += len(context.assessment.wave.areas.subdistricts) - len(rows)
    parts = [
        context.words(f"count.{verdict.value}", count=numbers.count(counts[verdict.value]))
        + _withheld_among(context, counts, verdict)
        for verdict in ORDER
        if counts[verdict.value]
    ]
    return context.words.listed(parts), counts


def verdict_cells(counts: Counter[str]) -> tuple[Cell, ...]:
    """The counts of `verdict_counts` under the heads of `count_columns`; dashes where nothing was counted."""
    if not counts:
        return (Cell(numbers.DASH),) * len(COUNTED)
    return tuple(
        Cell(numbers.count(counts[key]), tone=Tone.QUIET if key == "withheld" else Tone.PLAIN)
        for key in COUNTED
    )


def count_columns(context: Context, width: int, *, short: bool = False) -> tuple[Column, ...]:
    """Heads of the counts.

    Parameters
    ----------
    width
        Of each, in per cent; 0: as wide as needed.
    short
        Words without shapes.
    """
    words = context.words
    if short:
        heads = [words(key) for key in ("column.met", "column.open", "column.missed", "column.unmeasured")]
    else:
        heads = [context.verdict_text(verdict) for verdict in ORDER]
    heads.insert(COUNTED.index("withheld"), words("column.of_them_withheld"))
    return tuple(Column(head, Align.NUMBER, width) for head in heads)


def _withheld_among(context: Context, counts: Counter[str], verdict: Verdict) -> str:
    if verdict is not Verdict.UNDETERMINED or not counts["withheld"]:
        return ""
    return context.words("count.withheld", count=numbers.count(counts["withheld"]))


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
    return "".join(sorted(marks[flag] for flag in flags if flag in marks))


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
        Cell(
            context.value_text(row),
            context.model_text(row),
            tone=Tone.STRONG if measured else Tone.QUIET,
            detail=context.model_basis(row),
        ),
        Cell(text.interval if measured else ""),
        context.verdict_cell(context.verdict_of(row)),
        change_cell(context, row),
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
                    Cell(
                        context.value_text(row),
                        text.interval,
                        tone=Tone.QUIET if math.isnan(row.value) else Tone.STRONG,
                    ),
                    Cell(text.mark),
                    context.short_verdict_cell(context.verdict_of(row)),
                    change_cell(context, row),
                    Cell(numbers.count(row.n)),
                    Cell(numbers.count(row.excluded)),
                    *verdict_cells(counted),
                )
            )
    if not rows:
        return ()
    columns: tuple[Column, ...] = (
        Column(words("column.measure"), Align.NAME),
        Column(words("column.value"), Align.NUMBER, note=words("column.interval")),
        Column(words("column.target"), Align.NUMBER),
        Column(words("column.verdict"), Align.CENTRE),
        Column(words("column.change"), Align.NUMBER),
        Column(words("column.n"), Align.NUMBER),
        Column(words("column.excluded"), Align.NUMBER),
        *count_columns(context, 0, short=True),
    )
    absent = set() if context.assessment.previous else {OTHER_CHANGE_COLUMN}
    columns, groups = _without(columns, (RowGroup(tuple(rows)),), absent)
    return (
        Table(
            columns,
            groups,
            heading=words("rates.others_title"),
            note=words("rates.others_note"),
        ),
    )


def _communities(context: Context) -> tuple[Table, ...]:
    words = context.words
    areas = context.assessment.wave.areas
    shown = [
        (community, subdistrict)
        for subdistrict in areas.subdistricts
        for community in areas.children(subdistrict.code)
        if any(
            not (math.isnan(row.value) and math.isnan(row.model_value))
            for measure in context.headlines
            if (row := context.rate(measure.name, community.code)) is not None
        )
    ]
    if not shown:
        return ()
    tables = [
        _community_table(context, context.headlines[i : i + MOST_MEASURES], shown)
        for i in range(0, len(context.headlines), MOST_MEASURES)
    ]
    tables[0] = replace(tables[0], heading=words("rates.communities_title"))
    listed = "rates.communities_listed_models" if context.has_models else "rates.communities_listed"
    notes = [words(listed), words("rates.communities_note"), *_model_note(context)]
    tables[-1] = replace(tables[-1], note=words("list.sentence").join(notes))
    return tuple(tables)


def _community_table(
    context: Context, measures: tuple[Measure, ...], shown: list[tuple[Area, Area]]
) -> Table:
    rows = tuple(
        (
            Cell(community.name, note=subdistrict.name),
            *(_community_cell(context, context.rate(measure.name, community.code)) for measure in measures),
        )
        for community, subdistrict in shown
    )
    columns = (
        Column(context.words("column.community"), Align.NAME, 20),
        *(Column(context.measure_name(m), Align.NUMBER, note=_mark_of(context, m)) for m in measures),
    )
    return Table(columns, (RowGroup(rows),))


def _mark_of(context: Context, measure: Measure) -> str:
    if measure.target is None:
        return context.words("rates.no_target")
    return context.words("rates.mark", mark=numbers.mark_text(measure.target, measure.kind.unit))


def _community_cell(context: Context, row: Any | None) -> Cell:
    words = context.words
    if row is None:
        return Cell(words("value.not_measured"), tone=Tone.QUIET)
    shape = context.verdict_shape(context.verdict_of(row))
    if math.isnan(row.value):
        blank = f"{shape} {context.blank_text(row)}".strip()
        return Cell(blank, context.model_text(row), tone=Tone.QUIET, detail=context.model_basis(row))
    text = estimate_of(row)
    n = words("value.n", n=numbers.count(row.n))
    return Cell(f"{shape} {text.value}".strip(), note=f"{text.interval} {n}".strip(), tone=Tone.STRONG)
