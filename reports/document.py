"""The two documents: the district's report and the scorecard of a subdistrict."""

from __future__ import annotations

from reports import numbers
from reports.context import Context
from reports.leader import facts, leaders_page
from reports.notes_chapters import data_quality, method_notes
from reports.page import Align, Block, Cell, Chapter, Column, Prose, Report, RowGroup, Table
from reports.rate_chapters import rate_table, rates_by_subdistrict
from reports.score_chapters import district_tree, project_rows, scores_by_subdistrict
from reports.weak_chapters import SHOWN, class_of, finding_table, observation_table, sites, weak_indicators
from surveys.area import Area
from surveys.problem import Language
from surveys.wave import Wave

CHAPTERS = (
    rates_by_subdistrict,
    rate_table,
    scores_by_subdistrict,
    district_tree,
    weak_indicators,
    sites,
    data_quality,
    method_notes,
)
MOST_FINDINGS_OF_SCORECARD = 14


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
    blocks: list[Block] = []
    rows = project_rows(context, area.code)
    if rows:
        blocks.append(_projects(context, rows))
    rates = _own_rates(context, area)
    if rates is not None:
        blocks.append(rates)
    if context.framework is not None and context.score(area.code) is not None:
        blocks.extend(_findings(context, area))
    observed = observation_table(context, area.code)
    if observed is not None:
        blocks.append(Table(observed.columns, observed.groups, words("sites.title"), observed.note))
    if not blocks:
        return None
    blocks.append(Prose((words("scorecard.method"),)))
    return Chapter(words("scorecard.title", area=area.name), tuple(blocks), new_page=True)


def _projects(context: Context, rows: tuple[tuple[Cell, ...], ...]) -> Table:
    words = context.words
    columns = (
        Column(words("column.project"), Align.NAME, 22),
        Column(words("column.earned"), Align.NUMBER, 9),
        Column(words("column.interval"), Align.NUMBER, 14),
        Column(words("column.points"), Align.NUMBER, 9),
        Column(words("column.earned_share"), Align.NUMBER, 11),
        Column("", Align.TEXT, 15),
        Column(words("column.district_share"), Align.NUMBER, 11),
        Column(words("column.coverage"), Align.NUMBER),
    )
    return Table(columns, (RowGroup(rows),), heading=words("scorecard.projects"))


def _own_rates(context: Context, area: Area) -> Table | None:
    """Measures of this subdistrict that are no headline, beside the district's."""
    from reports.context import estimate_of

    words = context.words
    district = context.assessment.wave.areas.district
    rows = []
    for measure in (*context.headlines, *context.others):
        own, whole = context.rate(measure.name, area.code), context.rate(measure.name, district.code)
        if own is None:
            continue
        measured = own.value == own.value
        rows.append(
            (
                Cell(context.measure_name(measure)),
                Cell(context.value_text(own)),
                Cell(estimate_of(own).interval if measured else ""),
                Cell(estimate_of(own).mark),
                context.verdict_cell(context.verdict_of(own)),
                Cell("" if whole is None else context.value_text(whole)),
                Cell(numbers.count(own.n)),
            )
        )
    if not rows:
        return None
    columns = (
        Column(words("column.measure"), Align.NAME, 27),
        Column(words("column.value"), Align.NUMBER, 14),
        Column(words("column.interval"), Align.NUMBER, 15),
        Column(words("column.target"), Align.NUMBER, 8),
        Column(words("column.verdict"), Align.CENTRE, 13),
        Column(words("column.district"), Align.NUMBER, 11),
        Column(words("column.n"), Align.NUMBER),
    )
    return Table(columns, (RowGroup(tuple(rows)),), heading=words("scorecard.rates"))


def _findings(context: Context, area: Area) -> list[Block]:
    words = context.words
    found = [row for row in context.findings(area.code) if class_of(context, row) in SHOWN]
    if not found:
        return [Prose((words("weak.none"),), heading=words("scorecard.findings"))]
    table = finding_table(context, found[:MOST_FINDINGS_OF_SCORECARD])
    note = table.note
    if len(found) > MOST_FINDINGS_OF_SCORECARD:
        note = words("scorecard.more", count=numbers.count(len(found) - MOST_FINDINGS_OF_SCORECARD)) + note
    return [Table(table.columns, table.groups, words("scorecard.findings"), note)]
