"""Questions of measures that nobody answered: honest rates need to be told from an export gone wrong."""

from __future__ import annotations

import pandas as pd

from surveys.problem import Problem, Severity
from surveys.wave import Wave

LEAST_ANSWERED_SHARE = 0.5
"""Fewer usable answers than this part of those who were asked are worth a warning."""
_USABLE = ("answered", "dont_know", "refused")


def unanswered_questions(quality: pd.DataFrame, wave: Wave) -> tuple[Problem, ...]:
    """A warning for each question of a measure that nobody, or less than half of those asked, answered.

    Parameters
    ----------
    quality
        `surveys.quality.QUALITY_COLUMNS`: counts by questionnaire, question and category.
    """
    used = dict.fromkeys((m.questionnaire, question) for m in wave.measures for question in m.questions)
    problems: list[Problem] = []
    for questionnaire, question in used:
        rows = quality[(quality["questionnaire"] == questionnaire) & (quality["item"] == question)]
        usable = int(rows.loc[rows["category"].isin(_USABLE), "count"].sum())
        asked = int(rows.loc[rows["category"] != "not_asked", "count"].sum())
        if len(rows) and usable < LEAST_ANSWERED_SHARE * max(asked, 1):
            problems.append(_problem(wave, questionnaire, question, usable, asked))
    return tuple(problems)


def _problem(wave: Wave, questionnaire: str, question: str, usable: int, asked: int) -> Problem:
    (block,) = (block for block in wave.responses if block.questionnaire == questionnaire)
    column = next(q.column for q in wave.questions_of(questionnaire) if q.name == question)
    detail = {"question": question, "usable": str(usable), "asked": str(asked)}
    return Problem("few_answers", Severity.WARNING, block.files[0], column=column, detail=detail)
