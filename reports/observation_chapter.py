"""On-site observation: all sites, demonstration against the rest, modes, types of site, the lowest sites."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from indicators.evidence.vocabulary import Breakdown, ObservationMode
from indicators.status import ScoreFlag
from reports import numbers
from reports.axis import Axis, axis_of
from reports.band import Band, band
from reports.chart import bar
from reports.context import Context, rows_of
from reports.page import Align, Cell, Chapter, Column, RowGroup, Table, Tone
from surveys.area import Area
from surveys.questionnaire import Unit

BAND_WIDTH, BAR_WIDTH = 50.0, 32.0
LOWEST_SITES = 10
MODES = tuple(ObservationMode)
Axes = tuple[Axis, Axis]


def observations(context: Context) -> Chapter | None:
    """On-site observation of the whole district."""
    district = context.assessment.wave.areas.district
    whole = _rows(context, district, Breakdown.ALL)
    if not whole:
        return None
    words = context.words
    sites = _rows(context, district, Breakdown.SITE_TYPE)
    compared = _comparison(context, district, whole[0])
    tables = [compared, _site_types(context, sites, whole[0]), _lowest_sites(context)]
    blocks = tuple(table for table in tables if table is not None)
    return Chapter(words("sites.title"), blocks, lead=_lead(context, whole[0]))


def site_table(context: Context, area: Area) -> Table | None:
    """得分率 by type of site in one subdistrict beside the district's, for a scorecard."""
    words = context.words
    own = {str(row.name): row for row in _rows(context, area, Breakdown.SITE_TYPE) if not row.demonstration}
    district = context.assessment.wave.areas.district
    whole = {
        str(row.name): row for row in _rows(context, district, Breakdown.SITE_TYPE) if not row.demonstration
    }
    rows = tuple(
        (
            Cell(_type_name(context, name)),
            Cell(numbers.count(row.sites)),
            Cell(numbers.number(row.earned_share, Unit.SHARE), tone=Tone.STRONG),
            Cell("", svg=_bar(context, row)),
            Cell(numbers.number(whole[name].earned_share, Unit.SHARE) if name in whole else ""),
        )
        for name, row in own.items()
    )
    if not rows:
        return None
    columns = (
        Column(words("column.site_type"), Align.NAME, 28),
        Column(words("column.sites"), Align.NUMBER, 14),
        Column(words("column.earned_share"), Align.NUMBER, 19),
        Column("", Align.TEXT, 21),
        Column(words("column.district"), Align.NUMBER),
    )
    heading = words("sites.types_title")
    return Table(columns, (RowGroup(rows),), heading=heading, note=words("sites.short_note"))


def _rows(context: Context, area: Area, by: Breakdown) -> list[Any]:
    seen = context.assessment.observations
    return rows_of(seen[(seen["area_code"] == area.code) & (seen["by"] == by)])


def _axes(rows: Sequence[Any]) -> Axes:
    """Scales of 得分率 and of 达标率."""
    earned = [limit for row in rows for limit in (row.earned_low, row.earned_high)]
    passed = [limit for row in rows for limit in (row.passed_low, row.passed_high)]
    return axis_of(earned, "%", 100.0, most=1.0), axis_of(passed, "%", 100.0, most=1.0)


def _lead(context: Context, row: Any) -> str:
    words = context.words
    fields = {
        "sites": numbers.count(row.sites),
        "checks": numbers.count(row.checks),
        "earned": numbers.number(row.earned_share, Unit.SHARE),
        "earned_interval": numbers.interval(row.earned_low, row.earned_high, Unit.SHARE),
        "passed": numbers.number(row.passed_share, Unit.SHARE),
        "passed_interval": numbers.interval(row.passed_low, row.passed_high, Unit.SHARE),
    }
    demonstration = bool(context.assessment.observations["demonstration"].any())
    left_out = context.assessment.wave.scoring.leave_out_demonstration
    key = "sites.left_out" if left_out else "sites.counted"
    told = [words("sites.lead", **fields), words(key) if demonstration else ""]
    flags = context.assessment.scores["flag"].str.split(";")
    alone = sum(ScoreFlag.ONLY_DEMONSTRATION in of_row for of_row in flags)
    if alone:
        told.append(words("sites.only_demonstration", count=numbers.count(alone)))
    return "".join(told)


def _comparison(context: Context, area: Area, whole: Any) -> Table:
    """All sites; demonstration sites and the others; modes."""
    words = context.words
    show = _rows(context, area, Breakdown.DEMONSTRATION)
    # The others first: they are what the district is like.
    show = sorted(show, key=lambda row: bool(row.demonstration))
    modes = [row for row in _rows(context, area, Breakdown.MODE) if not row.demonstration]
    modes = sorted(modes, key=lambda row: _mode_position(str(row.name)))
    axes = _axes([whole, *show, *modes])
    groups = [RowGroup((_compared_row(context, words("sites.all"), whole, whole, axes),))]
    if show:
        names = {False: words("sites.usual"), True: words("sites.demonstration")}
        rows = [_compared_row(context, names[bool(row.demonstration)], row, whole, axes) for row in show]
        groups.append(
            RowGroup(tuple(rows), words("sites.demonstration_group"), words("sites.selection_note"))
        )
    if modes:
        rows = [_compared_row(context, _mode_name(context, row), row, whole, axes) for row in modes]
        groups.append(RowGroup(tuple(rows), words("sites.mode_group"), words("sites.mode_note")))
    columns = (
        Column(words("column.sites_of"), Align.NAME, 13),
        Column(words("column.sites"), Align.NUMBER, 6),
        Column(words("column.checks"), Align.NUMBER, 8),
        *_share_columns(context, axes),
        Column(words("column.to_the_rest"), Align.NUMBER, 0, words("column.points_note")),
    )
    return Table(columns, tuple(groups), heading=words("sites.compared_title"), note=words("sites.note"))


def _compared_row(context: Context, name: str, row: Any, whole: Any, axes: Axes) -> tuple[Cell, ...]:
    return (
        Cell(name, tone=Tone.STRONG if row is whole else Tone.PLAIN),
        Cell(numbers.count(row.sites)),
        Cell(numbers.count(row.checks)),
        *_share_cells(context, name, row, whole, axes),
        _difference_cell(context, row),
    )


def _difference_cell(context: Context, row: Any) -> Cell:
    """Better or worse than the rest by so much, where the limits of the difference say so."""
    if math.isnan(row.difference):
        return Cell("")
    words = context.words
    limits = numbers.signed_interval(row.difference_low, row.difference_high, Unit.SHARE)
    if row.difference_low <= 0 <= row.difference_high:
        difference = numbers.signed(row.difference, Unit.SHARE)
        note = words("sites.difference_range", difference=difference, interval=limits)
        return Cell(words("sites.no_difference"), note=note)
    key = "sites.better" if row.difference > 0 else "sites.worse"
    difference = numbers.signed(abs(row.difference), Unit.SHARE).lstrip("+")
    return Cell(words(key, difference=difference), note=limits, tone=Tone.STRONG)


def _site_types(context: Context, rows: Sequence[Any], whole: Any) -> Table | None:
    """Types of site, the lowest 得分率 first; demonstration sites apart at the right."""
    words = context.words
    show = {str(row.name): row for row in rows if row.demonstration}
    usual = sorted((row for row in rows if not row.demonstration), key=lambda row: row.earned_share)
    if not usual and not show:
        return None
    axes = _axes(usual or list(show.values()))
    lines = [
        (
            Cell(_type_name(context, str(row.name))),
            Cell(numbers.count(row.sites)),
            *_share_cells(context, _type_name(context, str(row.name)), row, whole, axes),
            *_show_cells(show.get(str(row.name))),
        )
        for row in usual
    ]
    alone = set(show) - {str(row.name) for row in usual}
    lines += [
        (Cell(_type_name(context, name)), *(Cell("") for _ in range(7)), *_show_cells(show[name]))
        for name in sorted(alone)
    ]
    columns = (
        Column(words("column.site_type"), Align.NAME, 16),
        Column(words("column.sites"), Align.NUMBER, 6),
        *_share_columns(context, axes),
        Column(words("column.demonstration_sites"), Align.NUMBER, 8),
        Column(words("column.demonstration_share"), Align.NUMBER),
    )
    used = columns if show else columns[:-2]
    cells = tuple(line if show else line[:-2] for line in lines)
    return Table(used, (RowGroup(cells),), heading=words("sites.types_title"), note=words("sites.types_note"))


def _show_cells(row: Any | None) -> tuple[Cell, Cell]:
    if row is None:
        return Cell(""), Cell("")
    return Cell(numbers.count(row.sites)), Cell(numbers.number(row.earned_share, Unit.SHARE))


def _share_columns(context: Context, axes: Axes) -> tuple[Column, ...]:
    """得分率 and 达标率: value, interval, and a band under the ends of the scale that it is drawn on."""
    words = context.words
    names = (words("column.earned_share"), words("column.passed_share"))
    return tuple(
        column
        for name, axis in zip(names, axes, strict=True)
        for column in (
            Column(name, Align.NUMBER, 8.5),
            Column(words("column.interval"), Align.NUMBER, 10),
            Column(words("sites.scale", low=axis.ticks[0][1], high=axis.ticks[-1][1]), Align.CENTRE, 10.5),
        )
    )


def _share_cells(context: Context, name: str, row: Any, whole: Any, axes: Axes) -> tuple[Cell, ...]:
    earned = Band(row.earned_share, row.earned_low, row.earned_high, whole.earned_share)
    passed = Band(row.passed_share, row.passed_low, row.passed_high, whole.passed_share)
    return tuple(
        cell
        for shown, axis in zip((earned, passed), axes, strict=True)
        for cell in _cells_of_band(context, name, shown, axis)
    )


def _cells_of_band(context: Context, name: str, shown: Band, axis: Axis) -> tuple[Cell, Cell, Cell]:
    text = numbers.number(shown.value, Unit.SHARE)
    finding = context.words("scores.bar", name=name, share=text)
    return (
        Cell(text, tone=Tone.STRONG),
        Cell(numbers.interval(shown.low, shown.high, Unit.SHARE), tone=Tone.QUIET),
        Cell("", svg=band(shown, axis, BAND_WIDTH, finding)),
    )


def _lowest_sites(context: Context) -> Table | None:
    """Sites that did not pass, the lowest 得分率 first, demonstration sites among them and marked."""
    words = context.words
    seen = context.assessment.observations
    failed = seen[(seen["by"] == Breakdown.SITE) & (seen["sites_passed"] == 0)]
    order = failed.sort_values(["earned_share", "checks", "name"], ascending=[True, False, True])
    shown = rows_of(order.head(LOWEST_SITES))
    if not shown:
        return None
    rows = tuple(
        (
            Cell(words("sites.is_demonstration", name=str(row.name)) if row.demonstration else str(row.name)),
            Cell(str(row.area_name)),
            Cell(numbers.count(row.checks)),
            Cell(numbers.number(row.earned_share, Unit.SHARE), tone=Tone.STRONG),
            Cell("", svg=_bar(context, row)),
        )
        for row in shown
    )
    columns = (
        Column(words("column.site"), Align.NAME, 44),
        Column(words("column.area"), Align.TEXT, 20),
        Column(words("column.checks"), Align.NUMBER, 10),
        Column(words("column.earned_share"), Align.NUMBER, 12),
        Column("", Align.TEXT),
    )
    note = words(
        "sites.lowest_note", shown=numbers.count(len(shown)), failed=numbers.count(len(failed)),
    )  # fmt: skip
    return Table(columns, (RowGroup(rows),), heading=words("sites.lowest_title"), note=note)


def _type_name(context: Context, name: str) -> str:
    return name or context.words("sites.no_type")


def _mode_name(context: Context, row: Any) -> str:
    name = str(row.name)
    return context.words(f"observation_mode.{name}") if name else context.words("sites.no_mode")


def _mode_position(name: str) -> int:
    return MODES.index(ObservationMode(name)) if name else len(MODES)


def _bar(context: Context, row: Any) -> str:
    share = numbers.number(row.earned_share, Unit.SHARE)
    return bar(row.earned_share, BAR_WIDTH, context.words("scores.bar", name=str(row.name), share=share))
