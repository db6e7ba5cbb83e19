"""From findings to paper: page models, charts, HTML, PDF and CSV."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from indicators.assessment import Assessment
from indicators.columns import (
    COMBINED_COLUMNS,
    DEDUCTIONS_COLUMNS,
    FINDINGS_COLUMNS,
    OBSERVATIONS_COLUMNS,
    QUADRANT_COLUMNS,
    RANKING_COLUMNS,
    SCORE_CHANGES_COLUMNS,
    SCORES_COLUMNS,
    SENSITIVITY_COLUMNS,
    WATERFALL_COLUMNS,
)
from reports.context import Context
from reports.document import district_report, scorecard
from reports.error import MissingGlyph, MissingLibrary, ReportError
from reports.html import cleaned, report_html, style_sheet
from reports.tables import write_table
from reports.words import words_of
from surveys.compare import CHANGE_COLUMNS
from surveys.problem import Language
from surveys.quality import QUALITY_COLUMNS
from surveys.rates import RATES_COLUMNS

__all__ = ["MissingGlyph", "MissingLibrary", "ReportError", "write_reports"]


def write_reports(
    assessment: Assessment,
    folder: Path,
    language: Language = Language.CHINESE,
    progress: Callable[[str], None] | None = None,
) -> tuple[Path, ...]:
    """Write district.pdf, scorecards/CODE.pdf and the tidy tables into an existing folder.

    Parameters
    ----------
    folder
        Only this folder is written to; whoever calls replaces the user's folder as a whole.
    language
        Of the documents; tables keep their English column names.
    progress
        Called with ``fonts`` when fonts must be cut first, and with the name of each file when it is done.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    MissingLibrary
        WeasyPrint's libraries or the font are not installed.
    MissingGlyph
        A text of the input cannot be drawn; nothing would print but a box.
    ReportError
        A document refers to something outside itself, or a printing process failed.
    """
    from reports.font import prepare_fonts
    from reports.pdf import require_libraries
    from reports.press import print_all

    tell = progress or _silent
    require_libraries()
    html_by_name = documents(assessment, language)
    style = style_sheet()
    fonts = prepare_fonts([*html_by_name.values(), style], progress)
    (folder / "scorecards").mkdir(exist_ok=True)
    printed = print_all({folder / name: html for name, html in html_by_name.items()}, fonts, style, tell)
    written = [
        write_table(frame, columns, folder / name) for name, frame, columns in result_tables(assessment)
    ]
    return (*printed, *written)


def documents(assessment: Assessment, language: Language) -> dict[str, str]:
    """HTML of every document by its file name, the district's report first."""
    words = words_of(language)
    context = Context(assessment, words)
    reports = {"district.pdf": district_report(context)}
    for area in assessment.wave.areas.subdistricts:
        reports[f"scorecards/{area.code}.pdf"] = scorecard(context, area)
    return {name: report_html(cleaned(report), words) for name, report in reports.items()}


def result_tables(assessment: Assessment) -> list[tuple[str, pd.DataFrame, dict[str, str]]]:
    """Name, table and columns of every CSV file; those that this wave has no use for are left out."""
    always = [
        ("rates.csv", assessment.rates, RATES_COLUMNS),
        ("scores.csv", assessment.scores, SCORES_COLUMNS),
        ("weak.csv", assessment.findings, FINDINGS_COLUMNS),
        ("quality.csv", assessment.quality, QUALITY_COLUMNS),
    ]
    if assessment.previous:
        always.append(("change.csv", assessment.changes, CHANGE_COLUMNS))
    companion = assessment.companion
    nothing = pd.DataFrame()
    where_used = [
        ("ranking.csv", assessment.ranking, RANKING_COLUMNS),
        ("quadrant.csv", assessment.quadrant, QUADRANT_COLUMNS),
        ("sensitivity.csv", assessment.sensitivity, SENSITIVITY_COLUMNS),
        ("score_changes.csv", assessment.score_changes, SCORE_CHANGES_COLUMNS),
        ("waterfall.csv", assessment.waterfall, WATERFALL_COLUMNS),
        ("combined.csv", assessment.combined, COMBINED_COLUMNS),
        ("observations.csv", assessment.observations, OBSERVATIONS_COLUMNS),
        ("deductions.csv", assessment.deductions, DEDUCTIONS_COLUMNS),
        ("companion_scores.csv", nothing if companion is None else companion.scores, SCORES_COLUMNS),
        ("companion_weak.csv", nothing if companion is None else companion.findings, FINDINGS_COLUMNS),
        (
            "companion_observations.csv",
            nothing if companion is None else companion.observations,
            OBSERVATIONS_COLUMNS,
        ),
        (
            "companion_deductions.csv",
            nothing if companion is None else companion.deductions,
            DEDUCTIONS_COLUMNS,
        ),
    ]
    return [*always, *(entry for entry in where_used if not entry[1].empty)]


def _silent(_: str) -> None:
    """Progress for callers that asked for none."""
