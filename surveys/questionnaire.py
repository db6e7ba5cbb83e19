"""Questions, scales of answers, and the measures made of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never


class Role(StrEnum):
    """What an answer means for a rate."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"
    DONT_KNOW = "dont_know"
    REFUSED = "refused"
    NOT_ASKED = "not_asked"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of a scale.

    Parameters
    ----------
    score
        Points for 满意度 or a value for a mean; None where the answer has none.
    """

    code: str
    label: str
    role: Role
    label_en: str = ""
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """A named list of answers."""

    name: str
    answers: tuple[Answer, ...]


class QuestionKind(StrEnum):
    """How a column of the export is read."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    NUMBER = "number"
    DATE = "date"
    TEXT = "text"
    AREA = "area"
    META = "meta"


CODED_KINDS = (QuestionKind.SINGLE, QuestionKind.MULTIPLE, QuestionKind.NUMBER)
"""Kinds of questions whose answers are read; open texts, dates and the like are not."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question of one questionnaire.

    Parameters
    ----------
    name
        Code of the question in our tables, such as ``q7``.
    column
        Header in the export: exact, or a prefix that only one header has.
    scale
        None for open, numeric and administrative questions.
    asked_if_question, asked_if_codes
        The condition under which it was asked; empty means everyone was.
    keep
        A personal column that is kept because the user said so.
    """

    questionnaire: str
    name: str
    column: str
    text: str
    kind: QuestionKind
    scale: Scale | None = None
    asked_if_question: str = ""
    asked_if_codes: frozenset[str] = frozenset()
    section: str = ""
    keep: bool = False


class Unit(StrEnum):
    """Unit of a value."""

    SHARE = "share"  # in [0, 1], printed as per cent
    POINTS = "points"  # in [0, 100]
    SCALE = "scale"  # the question's own scale, such as 1–10


class MeasureKind(StrEnum):
    """What a measure is; the first five are the headline kinds of the campaign."""

    AWARENESS = "awareness"  # 知晓率
    PARTICIPATION = "participation"  # 参与率
    SUPPORT = "support"  # 支持率
    SATISFACTION_RATE = "satisfaction_rate"  # 满意率
    SATISFACTION_SCORE = "satisfaction_score"  # 满意度
    SHARE = "share"
    MEAN = "mean"

    @property
    def unit(self) -> Unit:
        """Unit of the measure's value."""
        match self:
            case MeasureKind.SATISFACTION_SCORE:
                return Unit.POINTS
            case MeasureKind.MEAN:
                return Unit.SCALE
            case (
                MeasureKind.AWARENESS
                | MeasureKind.PARTICIPATION
                | MeasureKind.SUPPORT
                | MeasureKind.SATISFACTION_RATE
                | MeasureKind.SHARE
            ):
                return Unit.SHARE
            case _:
                assert_never(self)


class Rule(StrEnum):
    """How answers become the value of one respondent.

    With several questions a respondent counts once: POSITIVE and SCORE take the mean over the listed
    questions that are in the base for this respondent; AT_LEAST asks whether at least k of them (or, for a
    multiple-choice question, k of its choices) are positive.
    """

    POSITIVE = "positive"
    SCORE = "score"
    AT_LEAST = "at_least"


class Base(StrEnum):
    """Who is in the denominator. Blank and invalid answers never are; they are counted as excluded.

    ANSWERED: positive, neutral and negative answers. ASKED: those, and 不了解 and 拒答 as not positive.
    EVERYONE: those, and respondents who were not asked as not positive.
    """

    ANSWERED = "answered"
    ASKED = "asked"
    EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class Measure:
    """A rate or a mean, defined on the questions of one questionnaire.

    Parameters
    ----------
    name
        Code of the measure, such as ``awareness``; the framework's `source` refers to it.
    label
        What people read, such as 知晓率.
    at_least
        k of rule AT_LEAST; None otherwise.
    target
        Mark on the value's own scale (a share in [0, 1], points in [0, 100]); None: no verdict.
    headline
        One of the district's headline rates (leaders' page, ``--fail-on-verdict``).
    """

    name: str
    label: str
    kind: MeasureKind
    questionnaire: str
    questions: tuple[str, ...]
    rule: Rule
    base: Base
    at_least: int | None = None
    target: float | None = None
    headline: bool = False
    label_en: str = ""


def default_base(kind: MeasureKind) -> Base:
    """Base where the sheet leaves it blank.

    不了解 and 拒答 are left out for satisfaction and means; they stay in, as not positive, for awareness,
    participation and support (docs/decisions.md).
    """
    satisfied = {MeasureKind.SATISFACTION_RATE, MeasureKind.SATISFACTION_SCORE, MeasureKind.MEAN}
    return Base.ANSWERED if kind in satisfied else Base.ASKED
