"""The facts of one wave (测评轮次): what ``wave.toml`` says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

from surveys.area import AreaRegister
from surveys.problem import Language
from surveys.questionnaire import Measure, Question


class WaveKind(StrEnum):
    """Who assessed: 自查, 督查, 第三方模拟测评."""

    SELF_CHECK = "self_check"
    INSPECTION = "inspection"
    THIRD_PARTY = "third_party"


class LonelyPSU(StrEnum):
    """What a stratum with a single sampled PSU adds to a variance, as R's ``survey.lonely.psu``."""

    FAIL = "fail"
    REMOVE = "remove"
    CERTAINTY = "certainty"
    ADJUST = "adjust"
    AVERAGE = "average"


@dataclass(frozen=True, slots=True)
class Responses:
    """Where the answers of one questionnaire are and which columns carry the design.

    Each of the column fields is a header of the export, the name of a question, or (stratum, psu, area) a
    level of the area register; empty where there is none.
    """

    questionnaire: str
    files: tuple[str, ...]
    title: Mapping[Language, str] = field(default_factory=dict)
    id: str = ""
    area: str = ""
    stratum: str = ""
    psu: str = ""
    weight: str = ""
    interviewer: str = ""
    start: str = ""
    end: str = ""
    weighting_base: str = ""  # "population": weights from the register; "": `weight`, or equal with a warning
    lonely_psu: LonelyPSU = LonelyPSU.ADJUST


@dataclass(frozen=True, slots=True)
class ReportStyle:
    """House style of the reports."""

    language: Language = Language.CHINESE
    organisation: str = ""
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Wave:
    """One wave: facts, frame, questionnaires and measures. Answers are read separately, into Samples.

    Parameters
    ----------
    folder
        Where relative paths start; not part of any result.
    synthetic
        Every page says that the data are synthetic.
    set_aside_limit
        Share of records that may be set aside before it becomes an error.
    """

    id: str
    kind: WaveKind
    title: Mapping[Language, str]
    folder: Path
    areas: AreaRegister
    questions: tuple[Question, ...]
    measures: tuple[Measure, ...]
    responses: tuple[Responses, ...]
    client: str = ""
    assessor: str = ""
    field: tuple[date, date] | None = None
    version: int = 1
    supersedes: str = ""
    framework: str = ""
    synthetic: bool = False
    set_aside_limit: float = 0.05
    report: ReportStyle = ReportStyle()

    def questions_of(self, questionnaire: str) -> tuple[Question, ...]:
        """Questions of one questionnaire, in the order of the sheet."""
        return tuple(question for question in self.questions if question.questionnaire == questionnaire)

    def measures_of(self, questionnaire: str) -> tuple[Measure, ...]:
        """Measures of one questionnaire, in the order of the sheet."""
        return tuple(measure for measure in self.measures if measure.questionnaire == questionnaire)
