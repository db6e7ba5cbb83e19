"""The demo's own sheets: its questionnaires, its sites, and the truth it draws from."""

from __future__ import annotations

import csv
from importlib.resources import files

Sheet = list[dict[str, str]]
"""Rows of a sheet, every cell as text."""

SHEETS = files("assess.demo").joinpath("sheets")


def read_sheet(name: str) -> Sheet:
    """One sheet by name."""
    with SHEETS.joinpath(f"{name}.csv").open(encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def of_questionnaire(questions: Sheet, questionnaire: str) -> Sheet:
    """The questions of one questionnaire, in their order."""
    return [row for row in questions if row["questionnaire"] == questionnaire]


def of_scale(answers: Sheet, scale: str) -> Sheet:
    """The answers of one scale, best first."""
    return [row for row in answers if row["scale"] == scale]


def codes(answers: Sheet, *roles: str) -> list[str]:
    """Codes of the answers with one of these roles; of all answers where none is named."""
    return [row["code"] for row in answers if not roles or row["role"] in roles]


def first_of(rows: Sheet, column: str) -> Sheet:
    """The first row for each value of `column`."""
    return list({row[column]: row for row in reversed(rows)}.values())[::-1]
