"""The two documents: the district's report and the scorecard of a subdistrict."""

from __future__ import annotations

from reports import numbers
from reports.change_chapter import changes
from reports.combined_card import companion_chapter
from reports.context import Context, estimate_of
from reports.deduction_table import deduction_tables
from reports.edition_note import edition_lines
from reports.facts import facts
from reports.leader import leaders_page
from reports.matrix_chapter import matrix
from reports.notes_chapters import data_quality, method_notes
from reports.observation_chapter import observations, site_table
from reports.page import Align, Block, Cell, Chapter, Column, Pair, Prose, Report, RowGroup, Table, Tone
from reports.quadrant_chapter import quadrants
from reports.ranking_chapter import ranking
from reports.rate_chapters import rates_by_subdistrict
from reports.rate_tables import rate_table
from reports.score_chapters import district_tree, scores_by_subdistrict
from reports.sensitivity_chapter import sensitivity
from reports.waterfall_chapter import waterfall
from reports.weak_chapters import SHOWN, class_of, finding_table, weak_indicators
from surveys.area import Area
from surveys.problem import Language
from surveys.wave import Wave

CHAPTERS = (
    rates_by_subdistrict,
    rate_table,
    changes,
    scores_by_subdistrict,
    district_tree,
    waterfall,
    ranking,
    weak_indicators,
    quadrants,
    matrix,
    observations,
    companion_chapter,
    sensitivity,
    data_quality,
    method_notes,
)
MOST_FINDINGS, FEWEST_FINDINGS = 20, 5
PAGE_HEIGHT, ROW_HEIGHT, FINDING_HEIGHT, TABLE_FRAME = 236.0, 4.8, 10.4, 21.0  # millimetres
EVENT_HEIGHT, ROW_HEIGHT_BESIDE = 8.2, 4.2
MOST_ROWS_BESIDE = 40


def district_report(context: Context) -> Report:
    """The district's report; chapters without data are left out, and page 1 says what was not measured."""
    area = context.assessment.wave.areas.district
    chapters = tuple(chapter for make in CHAPTERS if (chapter := make(context)) is not None)
    return _report(context, area, context.words("document.district", area=area.name), chapters)


def scorecard(context: Context, area: Area) -> Report:
    """One subdistrict: a leader's page and one dense page."""
    chapters = tuple(chapter for chapter in (_detail(context, area),) if chapter is not None)
    return _report(context, area, context.words("document.scorecard", area=area.name), chapters)


def wave_title(wave: Wave, language: Language) -> str:
    """Title of the wave in a language, or in the one it has."""
    return wave.title.get(language) or next(iter(wave.title.values()), wave.id)


def _report(context: Context, area: Area, subject: str, chapters: tuple[Chapter, ...]) -> Report:
    wave = context.assessment.wave
    words = context.words
    organisation = wave.report.organisation
    title = wave_title(wave, context.language)
    kind = words(f"wave_kind.{wave.kind.value}")
    return Report(
        language=words("document.language"),
        title=title,
        subject=subject,
        kicker=words("document.kicker", kind=kind, organisation=organisation) if organisation else kind,
        running_head=words("document.running_head", title=title, subject=subject),
        notice=wave.report.notice,
        banner=words("document.synthetic") if wave.synthetic else "",
        facts=facts(context, area),
        created=wave.field[1].isoformat() if wave.field is not None else "2000-01-01",
        leaders=leaders_page(context, area),
        chapters=chapters,
    )


def _detail(context: Context, area: Area) -> Chapter | None:
    words = context.words
    beside = _beside(_own_rates(context, area), site_table(context, area))
    deductions = deduction_tables(context, area)
    blocks: list[Block] = []
    if context.framework is not None and context.score(area.code) is not None:
        blocks.extend(_findings(context, area, _room_for_findings(beside, deductions)))
    blocks.extend([*beside, *deductions])
    if not blocks:
        return None
    blocks.append(Prose((words("scorecard.method"), *edition_lines(context)), listed=True))
    return Chapter(
        words("scorecard.title", area=area.name),
        tuple(blocks),
        new_page=context.framework is not None,
        ends_on=2,
    )


def _beside(*tables: Table | None) -> list[Block]:
    """Two short tables side by side; one alone, or long ones, below each other."""
    present = [table for table in tables if table is not None]
    if len(present) == 2 and all(len(table.groups[0].rows) <= MOST_ROWS_BESIDE for table in present):
        return [Pair(present[0], present[1])]
    return list(present)


def _own_rates(context: Context, area: Area) -> Table | None:
    """Measures of this subdistrict that are no headline, beside the district's."""
    words = context.words
    district = context.assessment.wave.areas.district
    rows = []
    for measure in context.others or context.headlines:
        own, whole = context.rate(measure.name, area.code), context.rate(measure.name, district.code)
        if own is None:
            continue
        measured = own.value == own.value
        rows.append(
            (
                Cell(context.measure_name(measure)),
                Cell(context.value_text(own), tone=Tone.STRONG if measured else Tone.QUIET),
                Cell(estimate_of(own).interval if measured else ""),
                Cell(estimate_of(own).mark),
                context.short_verdict_cell(context.verdict_of(own)),
                Cell(numbers.count(own.n)),
                Cell("" if whole is None else context.value_text(whole)),
            )
        )
    if not rows:
        return None
    columns = (
        Column(words("column.measure"), Align.NAME),
        Column(words("column.value"), Align.NUMBER),
        Column(words("column.interval"), Align.NUMBER),
        Column(words("column.target"), Align.NUMBER),
        Column(words("column.verdict"), Align.TEXT),
        Column(words("column.n_short"), Align.NUMBER),
        Column(words("column.district"), Align.NUMBER),
    )
    return Table(columns, (RowGroup(tuple(rows)),), heading=words("scorecard.rates"))


def _room_for_findings(beside: list[Block], deductions: tuple[Table, ...]) -> int:
    """How many findings leave the tables below them on the same page."""
    below = sum(len(table.groups[0].rows) * EVENT_HEIGHT + TABLE_FRAME for table in deductions)
    for block in beside:
        tables = (block.left, block.right) if isinstance(block, Pair) else (block,)
        height = ROW_HEIGHT_BESIDE if isinstance(block, Pair) else ROW_HEIGHT
        rows = max(len(table.groups[0].rows) for table in tables if isinstance(table, Table))
        below += rows * height + TABLE_FRAME
    return int(min(MOST_FINDINGS, max(FEWEST_FINDINGS, (PAGE_HEIGHT - below - TABLE_FRAME) / FINDING_HEIGHT)))


def _findings(context: Context, area: Area, most: int) -> list[Block]:
    words = context.words
    found = [row for row in context.findings(area.code) if class_of(context, row) in SHOWN]
    if not found:
        return [Prose((words("weak.none"),), heading=words("scorecard.findings"))]
    table = finding_table(context, found[:most])
    note = table.note
    if len(found) > most:
        note = words("scorecard.more", count=numbers.count(len(found) - most)) + note
    return [Table(table.columns, table.groups, words("scorecard.findings"), note)]
