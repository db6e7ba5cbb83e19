"""Problems in the input: what was found, where, and how to mend it.

Readers and checks never raise at the first defect. They return tuples of `Problem`; whoever called them
collects everything and raises one `InputError`, so an assessor mends a whole folder in one go.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from importlib.resources import files


class Severity(StrEnum):
    """What a problem does to the run."""

    ERROR = "error"  # nothing is computed
    SET_ASIDE = "set_aside"  # the record (or that one answer) is left out, counted and listed
    WARNING = "warning"  # computed, shown, stored with the result


class Language(StrEnum):
    """Languages of messages and reports."""

    CHINESE = "zh"
    ENGLISH = "en"


@dataclass(frozen=True, slots=True)
class Problem:
    """One defect of the input.

    Parameters
    ----------
    code
        Key of the message in ``surveys/text/*.toml``, such as ``unknown_area``.
    severity
        What it does to the run.
    file
        The file as the user knows it, relative to the wave folder; a sheet is ``wave.xlsx[areas]``.
    row
        Row as a spreadsheet counts it (the header is row 1); None when the whole file is meant.
        Where `count` is above 1, the first of the rows.
    column
        Header as it stands in the file.
    value
        The value found, shortened by `message` when long. Never personal data.
    detail
        Further placeholders of the message and the remedy; `listed_rows` are told beside `count`.
    count
        How many rows share this problem.
    """

    code: str
    severity: Severity
    file: str = ""
    row: int | None = None
    column: str = ""
    value: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)
    count: int = 1

    @property
    def place(self) -> str:
        """File, row and column as ``areas.csv:12 population``."""
        where = f"{self.file}:{self.row}" if self.row is not None else self.file
        return f"{where} {self.column}".strip()

    def message(self, language: Language = Language.CHINESE) -> str:
        """What was found, in one sentence."""
        return self._text("message", language)

    def remedy(self, language: Language = Language.CHINESE) -> str:
        """What to change, in one sentence."""
        return self._text("remedy", language)

    def line(self, language: Language = Language.CHINESE) -> str:
        """Place, message, remedy and count: the whole problem for a terminal or a list."""
        words = _catalogue(language)["_words"]
        key = "count_rows" if "listed_rows" in self.detail else "count"
        rows = self.detail.get("listed_rows", "")
        count = words[key].format(count=self.count, rows=rows) if self.count > 1 else ""
        remedy = self.remedy(language)
        mend = f" {words['remedy']}{remedy}" if remedy else ""
        return f"{self.place}{words['colon'] if self.place else ''}{self.message(language)}{count}{mend}"

    def _text(self, part: str, language: Language) -> str:
        entry = _catalogue(language)[self.code]
        fields = {"file": self.file, "column": self.column, "value": shorten(self.value), **self.detail}
        return entry[part].format_map(fields)


class InputError(Exception):
    """The input has problems that forbid computing.

    Parameters
    ----------
    problems
        Every problem found, errors and others, in the order of the files.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.line(Language.ENGLISH) for problem in self.problems))


def errors_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Only the problems that forbid computing."""
    return tuple(problem for problem in problems if problem.severity is Severity.ERROR)


def merge_alike(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """One problem for the same wrong value in the same column of a file: the first row, and how many.

    A register whose parent is misspelt tells it once, not for each of its fifty children. Blanks are not
    merged: there is no value to search for, so every row counts.
    """
    merged: dict[object, Problem] = {}
    for number, problem in enumerate(problems):
        same = (problem.code, problem.file, problem.column, problem.value, tuple(problem.detail.items()))
        key = (problem.severity, *same) if problem.value and problem.row is not None else number
        known = merged.get(key)
        merged[key] = problem if known is None else replace(known, count=known.count + problem.count)
    return tuple(merged.values())


def shorten(text: str, width: int = 60) -> str:
    """One line of at most `width` characters, so that a hostile cell cannot flood a message."""
    line = " ".join(text.split())
    return line if len(line) <= width else line[: width - 1] + "…"


@cache
def _catalogue(language: Language) -> dict[str, dict[str, str]]:
    text = files("surveys").joinpath("text", f"{language.value}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
