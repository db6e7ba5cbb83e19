"""The planners' matrix: every indicator in every subdistrict, where points are lost and how sure that is."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from indicators.columns import TOTAL_NODE
from indicators.framework import Indicator
from indicators.status import NodeStatus, WeaknessClass
from reports import numbers
from reports.context import Context
from reports.matrix_drawing import SHADES, legend, vertical_name
from reports.page import Align, Cell, Chapter, Column, Figure, Figures, RowGroup, Table, TableStyle, Tone
from reports.weak_chapters import class_of
from surveys.area import Area, AreaLevel
from surveys.verdict import Verdict

MOST_AREAS = 20  # beside each other; more are dealt out evenly over several tables
AREA_WIDTH, POINTS_WIDTH, LOST_WIDTH = 6, 5, 6  # per cent of the table, at most
LEAST_NAME_WIDTH = 26
CONFIRMED, LIKELY, OPEN, NOT_MEASURED, WITHHELD, DISTRICT_ONLY, NOT_APPLICABLE, CARRIED = "▼◆◇○—·×*"
MARKS = {
    "confirmed": CONFIRMED,
    "likely": LIKELY,
    "open": OPEN,
    "withheld": WITHHELD,
    "not_measured": NOT_MEASURED,
    "district_only": DISTRICT_ONLY,
    "not_applicable": NOT_APPLICABLE,
    "carried": CARRIED,
}
BLANK = {NodeStatus.NOT_COLLECTED: NOT_MEASURED, NodeStatus.WITHHELD: WITHHELD}


@dataclass(frozen=True)
class _Block:
    """The areas of one table, and the class of every finding by area and leaf."""

    areas: tuple[Area, ...]
    class_of_finding: dict[tuple[str, str], WeaknessClass]


def matrix(context: Context) -> Chapter | None:
    """得分率 of every node in the district and in each subdistrict, with verdicts and lost points."""
    framework = context.framework
    subdistricts = [
        a for a in context.assessment.wave.areas.subdistricts if context.score(a.code) is not None
    ]
    if framework is None or not subdistricts:
        return None
    words = context.words
    found = _classes(context)
    size = math.ceil(len(subdistricts) / math.ceil(len(subdistricts) / MOST_AREAS))
    district = context.assessment.wave.areas.district
    tables = [
        _table(context, _Block((district, *subdistricts[i : i + size]), found))
        for i in range(0, len(subdistricts), size)
    ]
    shade_texts = [words(f"matrix.shade_{shade}") for shade in range(len(SHADES))]
    used = {cell.text.strip("0123456789") for t in tables for g in t.groups for row in g.rows for cell in row}
    shown = [(mark, words(f"matrix_mark.{name}")) for name, mark in MARKS.items() if mark in "".join(used)]
    key = Figure(legend(shade_texts, shown, words("matrix.legend")))
    return Chapter(
        words("matrix.title"),
        (Figures(((key,),)), *tables),
        lead=words("matrix.reading"),
    )


def _classes(context: Context) -> dict[tuple[str, str], WeaknessClass]:
    districts = context.assessment.wave.areas
    return {
        (row.area_code, row.node): class_of(context, row)
        for area in (districts.district, *districts.subdistricts)
        for row in context.findings(area.code)
    }


def _table(context: Context, block: _Block) -> Table:
    words = context.words
    area_width = min(AREA_WIDTH, (100 - LEAST_NAME_WIDTH - POINTS_WIDTH - LOST_WIDTH) / len(block.areas))
    name_width = 100 - POINTS_WIDTH - LOST_WIDTH - area_width * len(block.areas)
    columns = (
        Column(words("matrix.indicator"), Align.NAME, name_width),
        Column(words("column.points"), Align.NUMBER, POINTS_WIDTH),
        *(
            Column("", Align.NUMBER, area_width, svg=vertical_name(_head(context, area)))
            for area in block.areas
        ),
        Column(words("matrix.lost"), Align.NUMBER, LOST_WIDTH),
    )
    groups = tuple(
        RowGroup(tuple(_node_row(context, block, node) for node in _nodes(context, project)))
        for project in context.projects
    )
    return Table(
        columns, (*groups, _sums(context, block)), note=words("matrix.note"), style=TableStyle.MATRIX
    )


def _head(context: Context, area: Area) -> str:
    """Name above a column: the district's by its word, subdistricts without an ending that all share."""
    if area.level is AreaLevel.DISTRICT:
        return context.words("column.district")
    names = [other.name for other in context.assessment.wave.areas.subdistricts]
    ending = context.words("matrix.ending")
    shared = len(names) > 1 and all(name.endswith(ending) and len(name) > len(ending) for name in names)
    return area.name.removesuffix(ending) if shared else area.name


def _nodes(context: Context, project: Indicator) -> Iterator[Indicator]:
    """The project, then all below it in the order of the sheet."""
    framework = context.framework
    assert framework is not None
    yield project
    for child in framework.children(project.code):
        yield from _nodes(context, child)


def _node_row(context: Context, block: _Block, node: Indicator) -> tuple[Cell, ...]:
    leaf = node.method is not None
    tone = Tone.PLAIN if node.parent else Tone.STRONG
    return (
        Cell(node.name, tone=Tone.INDENTED if leaf else Tone.QUIET if node.parent else Tone.STRONG),
        Cell(numbers.declared(node.points), tone=tone),
        *(_cell(context, block, area, node, tone) for area in block.areas),
        Cell(_lost_text(_lost_everywhere(context, node)), tone=tone),
    )


def _cell(context: Context, block: _Block, area: Area, node: Indicator, tone: Tone) -> Cell:
    row = context.score(area.code, node.code)
    if row is None:
        return Cell(NOT_MEASURED, tone=Tone.QUIET)
    status = NodeStatus(row.status)
    if status is NodeStatus.NOT_APPLICABLE:
        of_district = node.level is AreaLevel.DISTRICT and area.level is not AreaLevel.DISTRICT
        return Cell(DISTRICT_ONLY if of_district or node.method is None else NOT_APPLICABLE, tone=Tone.QUIET)
    if math.isnan(row.score_share):
        return Cell(BLANK.get(status, NOT_MEASURED), tone=Tone.QUIET)
    text = numbers.whole_percent(row.score_share)
    if node.method is None:
        return Cell(text, tone=tone, shade=_shade(row.score_share))
    carried = CARRIED if str(row.carried_from) not in {"", "nan"} else ""
    mark = _mark(context, row, block.class_of_finding.get((area.code, node.code)))
    return Cell(f"{mark}{text}{carried}", shade=_shade(row.score_share))


def _mark(context: Context, row: Any, kind: WeaknessClass | None) -> str:
    """Shape before the number: confirmed below its target, more likely below than not, or open."""
    if kind is WeaknessClass.CONFIRMED:
        return CONFIRMED
    if kind is WeaknessClass.LIKELY:
        return LIKELY
    return OPEN if context.verdict_of(row) is Verdict.UNDETERMINED else ""


def _shade(share: float) -> int:
    return next((at for at, (least, _) in enumerate(SHADES) if share >= least), len(SHADES) - 1)


def _lost(row: Any | None) -> float:
    """Effective points less those earned; NaN where nothing was measured."""
    if row is None or not row.effective_points > 0 or math.isnan(row.score_share):
        return math.nan
    return float(row.effective_points * (1.0 - row.score_share))


def _lost_everywhere(context: Context, node: Indicator) -> float:
    """Points lost in all subdistricts together."""
    areas = context.assessment.wave.areas.subdistricts
    known = [lost for a in areas if not math.isnan(lost := _lost(context.score(a.code, node.code)))]
    return sum(known) if known else math.nan


def _lost_text(lost: float) -> str:
    return numbers.DASH if math.isnan(lost) else numbers.points(lost)


def _sums(context: Context, block: _Block) -> RowGroup:
    """Below the columns: share earned of the whole, points lost, how many are confirmed weak."""
    words = context.words
    totals = [context.score(area.code) for area in block.areas]
    lost = [_lost(row) for row in totals]
    everywhere = _lost_everywhere_in_total(context)
    confirmed = [_confirmed(block, [area]) for area in block.areas]
    subdistricts = context.assessment.wave.areas.subdistricts
    shares = [
        Cell(NOT_MEASURED, tone=Tone.QUIET)
        if row is None or math.isnan(row.score_share)
        else Cell(numbers.whole_percent(row.score_share), tone=Tone.STRONG, shade=_shade(row.score_share))
        for row in totals
    ]
    return RowGroup(
        (
            _sum_row(words("matrix.total_share"), shares, ""),
            _sum_row(words("matrix.total_lost"), [Cell(_lost_text(x)) for x in lost], _lost_text(everywhere)),
            _sum_row(
                words("matrix.total_confirmed"),
                [Cell(numbers.count(number)) for number in confirmed],
                numbers.count(_confirmed(block, subdistricts)),
            ),
        )
    )


def _sum_row(name: str, cells: Sequence[Cell], last: str) -> tuple[Cell, ...]:
    return (Cell(name, tone=Tone.STRONG), Cell(""), *cells, Cell(last, tone=Tone.STRONG))


def _lost_everywhere_in_total(context: Context) -> float:
    areas = context.assessment.wave.areas.subdistricts
    known = [lost for a in areas if not math.isnan(lost := _lost(context.score(a.code, TOTAL_NODE)))]
    return sum(known) if known else math.nan


def _confirmed(block: _Block, areas: Sequence[Area]) -> int:
    codes = {area.code for area in areas}
    classes = block.class_of_finding.items()
    return sum(kind is WeaknessClass.CONFIRMED and code in codes for (code, _), kind in classes)
