"""What is wrong with control totals: categories that are none, groups that overlap, other people's totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from surveys.problem import Problem, Severity
from surveys.questionnaire import QuestionKind
from surveys.responses.variable import Records, Variable, interval_of, overlapping_groups
from surveys.responses.weighting_problem import weighting_problem
from surveys.wave import Control, Responses
from surveys.weights.raking import Margin

FAR = 2.0
"""Totals above this multiple of the register's population, or below that part of it, count something else.

Residents of 18 and over are some four fifths of a population: margins need not be all of it.
"""
_LISTED = 8


def at_row(code: str, row: Control) -> Problem:
    """An error at one row of the table `controls`."""
    return Problem(code, Severity.ERROR, row.file, row.row, "category", row.category)


def listed(labels: Sequence[str]) -> str:
    """The first of the labels, with a sign that there are more."""
    shown = ", ".join(labels[:_LISTED])
    return f"{shown} …" if len(labels) > _LISTED else shown


def unknown_categories(
    name: str, rows: Sequence[Control], keys: Sequence[int], variables: Sequence[Variable]
) -> list[Problem]:
    """An error for each row whose category the margin does not have (key −1)."""
    known = "; ".join(listed(_named(variable)) for variable in variables)
    return [
        replace(at_row("control_unknown_category", row), detail={"margin": name, "known": known})
        for row, key in zip(rows, keys, strict=True)
        if key < 0
    ]


def no_variable(
    part: str,
    name: str,
    rows: Sequence[Control],
    text_of_row: Sequence[str],
    responses: Responses,
    records: Records,
) -> list[Problem]:
    """Why a part of a margin is no variable: its groups of numbers, or its name.

    Parameters
    ----------
    text_of_row
        What the category of each row says of this part; empty where it says nothing.
    """
    kind = next((question.kind for question in records.declared if question.name == part), None)
    if kind is QuestionKind.NUMBER:
        detail = {"questionnaire": responses.questionnaire, "margin": name, "question": part}
        unread = [row for row, text in zip(rows, text_of_row, strict=True) if interval_of(text) is None]
        if unread:
            return [replace(at_row("control_no_group", row), detail=detail) for row in unread]
        if groups := overlapping_groups(tuple(dict.fromkeys(text_of_row))):
            detail["groups"] = listed(groups)
            return [Problem("control_groups_overlap", Severity.ERROR, rows[0].file, detail=detail)]
    found = ("rake_no_variable", Severity.ERROR, responses, "rake")
    return [weighting_problem(*found, value=part, detail={"margin": name})]


def far_from_population(margin: Margin, responses: Responses, records: Records) -> list[Problem]:
    """A warning where the totals cannot count the people of the register: per cent, or thousands."""
    register = records.register
    residents = register.district.population or sum(area.population or 0 for area in register.subdistricts)
    if not residents or 1 / FAR <= margin.total / residents <= FAR:
        return []
    detail = {
        "margin": margin.name,
        "total": f"{margin.total:,.0f}",
        "population": f"{residents:,.0f}",
        "times": f"{margin.total / residents:,.3g}",
    }
    found = ("margins_far_from_population", Severity.WARNING, responses, "rake")
    return [weighting_problem(*found, detail=detail)]


def _named(variable: Variable) -> list[str]:
    """Categories that a total may be given for; all labels where these hide what the cells say."""
    labels = list(dict.fromkeys(variable.labels))
    return [label for label in labels if variable.find(label) >= 0] or labels
