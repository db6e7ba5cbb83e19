"""Why files that are too large to be held are read whole all the same; those who wait are told."""

from __future__ import annotations

from collections.abc import Sequence

from surveys.problem import Problem, Severity
from surveys.wave import Responses

MOST_VALUES = 1000
"""Distinct values of a column that a tally holds side by side; each takes 24 bytes in every cell."""


class TooManyValues(Exception):  # noqa: N818 — no error: the file is read another way
    """A column has more than `MOST_VALUES` distinct values.

    Parameters
    ----------
    name
        The question, or the measure that is made of several.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def whole_for_quotes(responses: Responses, files: Sequence[str]) -> Problem:
    """The warning that stray quotes or old line ends made it necessary."""
    detail = {"questionnaire": responses.questionnaire}
    return Problem("whole_for_quotes", Severity.WARNING, ", ".join(files), detail=detail)


def whole_for_values(responses: Responses, files: Sequence[str], name: str) -> Problem:
    """The warning that a question with too many values made it necessary."""
    detail = {"questionnaire": responses.questionnaire, "most": f"{MOST_VALUES:,}"}
    return Problem("whole_for_values", Severity.WARNING, ", ".join(files), value=name, detail=detail)
