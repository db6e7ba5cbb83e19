"""On-site observation: all sites, demonstration against the rest, modes, types of site, the lowest sites."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from indicators.evidence.vocabulary import Breakdown, ObservationMode
from reports import numbers
from reports.axis import Axis, axis_of
from reports.band import Band, band
from reports.chart import bar
from reports.context import Context, rows_of
from reports.page import Align, Cell, Chapter, Column, RowGroup, Table, Tone
from surveys.area import Area
from surveys.questionnaire import Unit

BAND_WIDTH, BAR_WIDTH = 84.0, 32.0
LOWEST_SITES = 15
MODES = tuple(ObservationMode)


def observations(context: Context) -> Chapter | None:
    """On-site observation of the whole district."""
    district = context.assessment.wave.areas.district
    whole = _rows(context, district, Breakdown.ALL)
    if not whole:
        return None
    words = context.words
    sites = _rows(context, district, Breakdown.SITE_TYPE)
    axis = _axis([*whole, *sites, *_rows(context, district, Breakdown.DEMONSTRATION)])
    compared = _comparison(context, district, whole[0], axis)
    tables = [compared, _site_types(context, sites, whole[0], axis), _lowest_sites(context)]
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


def _axis(rows: Sequence[Any]) -> Axis:
    shares = [
        share
        for row in rows
        for share in (row.earned_low, row.earned_high, row.passed_low, row.passed_high, row.passed_share)
    ]
    return axis_of(shares, "%", 100.0, most=1.0, intervals=2)


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
    return words("sites.lead", **fields) + (words(key) if demonstration else "")


def _comparison(context: Context, area: Area, whole: Any, axis: Axis) -> Table:
    """All sites; demonstration sites and the others; modes."""
    words = context.words
    show = _rows(context, area, Breakdown.DEMONSTRATION)
    # The others first: they are what the district is like.
    show = sorted(show, key=lambda row: bool(row.demonstration))
    modes = [row for row in _rows(context, area, Breakdown.MODE) if not row.demonstration]
    modes = sorted(modes, key=lambda row: _mode_position(str(row.name)))
    groups = [RowGroup((_compared_row(context, words("sites.all"), whole, whole, axis),))]
    if show:
        names = {False: words("sites.usual"), True: words("sites.demonstration")}
        rows = [_compared_row(context, names[bool(row.demonstration)], row, whole, axis) for row in show]
        groups.append(
            RowGroup(tuple(rows), words("sites.demonstration_group"), words("sites.selection_note"))
        )
    if modes:
        rows = [_compared_row(context, _mode_name(context, row), row, whole, axis) for row in modes]
        groups.append(RowGroup(tuple(rows), words("sites.mode_group"), words("sites.mode_note")))
    columns = (
        Column(words("column.sites_of"), Align.NAME, 15),
        Column(words("column.sites"), Align.NUMBER, 8),
        Column(words("column.checks"), Align.NUMBER, 9),
        *_share_columns(context, axis, 25, 25),
        Column(words("column.to_the_rest"), Align.TEXT, 18, words("column.points_note")),
    )
    return Table(columns, tuple(groups), heading=words("sites.compared_title"), note=words("sites.note"))


def _compared_row(context: Context, name: str, row: Any, whole: Any, axis: Axis) -> tuple[Cell, ...]:
    return (
        Cell(name, tone=Tone.STRONG if row is whole else Tone.PLAIN),
        Cell(numbers.count(row.sites)),
        Cell(numbers.count(row.checks)),
        *_share_cells(context, name, row, whole, axis),
        _difference_cell(context, row),
    )


def _difference_cell(context: Context, row: Any) -> Cell:
    if math.isnan(row.difference):
        return Cell("")
    text = numbers.signed(row.difference, Unit.SHARE)
    limits = numbers.signed_interval(row.difference_low, row.difference_high, Unit.SHARE)
    if row.difference_low > 0:
        key = "sites.better"
    else:
        key = "sites.worse" if row.difference_high < 0 else "sites.no_difference"
    return Cell(context.words(key, difference=text), note=limits)


def _site_types(context: Context, rows: Sequence[Any], whole: Any, axis: Axis) -> Table | None:
    """Types of site, the lowest 得分率 first; demonstration sites apart at the right."""
    words = context.words
    show = {str(row.name): row for row in rows if row.demonstration}
    usual = sorted((row for row in rows if not row.demonstration), key=lambda row: row.earned_share)
    if not usual and not show:
        return None
    lines = [
        (
            Cell(_type_name(context, str(row.name))),
            Cell(numbers.count(row.sites)),
            *_share_cells(context, _type_name(context, str(row.name)), row, whole, axis),
            *_show_cells(show.get(str(row.name))),
        )
        for row in usual
    ]
    alone = set(show) - {str(row.name) for row in usual}
    lines += [
        (Cell(_type_name(context, name)), *(Cell("") for _ in range(3)), *_show_cells(show[name]))
        for name in sorted(alone)
    ]
    columns = (
        Column(words("column.site_type"), Align.NAME, 20),
        Column(words("column.sites"), Align.NUMBER, 8),
        *_share_columns(context, axis, 26, 26),
        Column(words("column.demonstration_sites"), Align.NUMBER, 9),
        Column(words("column.demonstration_share"), Align.NUMBER, 11),
    )
    used = columns if show else columns[:-2]
    cells = tuple(line if show else line[:-2] for line in lines)
    return Table(used, (RowGroup(cells),), heading=words("sites.types_title"), note=words("sites.types_note"))


def _show_cells(row: Any | None) -> tuple[Cell, Cell]:
    if row is None:
        return Cell(""), Cell("")
    return Cell(numbers.count(row.sites)), Cell(numbers.number(row.earned_share, Unit.SHARE))


def _share_columns(context: Context, axis: Axis, *widths: int) -> tuple[Column, Column]:
    """得分率 and 达标率, with the ends of the scale that their bands are drawn on."""
    ends = context.words("sites.scale", low=axis.ticks[0][1], high=axis.ticks[-1][1])
    earned, passed = context.words("column.earned_share"), context.words("column.passed_share")
    return Column(earned, Align.TEXT, widths[0], ends), Column(passed, Align.TEXT, widths[1], ends)


def _share_cells(context: Context, name: str, row: Any, whole: Any, axis: Axis) -> tuple[Cell, Cell]:
    earned = (row.earned_share, row.earned_low, row.earned_high, whole.earned_share)
    passed = (row.passed_share, row.passed_low, row.passed_high, whole.passed_share)
    return _share_cell(context, name, axis, *earned), _share_cell(context, name, axis, *passed)


def _share_cell(
    context: Context, name: str, axis: Axis, value: float, low: float, high: float, reference: float
) -> Cell:
    text = numbers.number(value, Unit.SHARE)
    finding = context.words("scores.bar", name=name, share=text)
    drawing = band(Band(value, low, high, reference), axis, BAND_WIDTH, finding)
    return Cell(text, note=numbers.interval(low, high, Unit.SHARE), svg=drawing)


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
