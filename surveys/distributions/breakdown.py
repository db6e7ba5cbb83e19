"""What a table can be broken down by: areas of a level, a group, or the answers of another question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from surveys.area import AreaLevel, UrbanRural
from surveys.distributions.choice import choice_of_record, choices_of
from surveys.problem import InputError, Problem, Severity
from surveys.questionnaire import CODED_KINDS, Base, Question, QuestionKind
from surveys.sample import IntArray, Sample
from surveys.wave import Wave

_LEVELS = (AreaLevel.SUBDISTRICT, AreaLevel.COMMUNITY)
_NAMES: dict[str, tuple[str, str]] = {
    UrbanRural.URBAN.value: ("城区", "urban"),
    UrbanRural.RURAL.value: ("乡村", "rural"),
}
"""Chinese and English for labels that are codes of ours; any other label is what the answers' file says."""


@dataclass(frozen=True)
class Breakdown:
    """The parts of a table.

    Parameters
    ----------
    sample
        The sample with this breakdown as its only group, or without any for areas.
    name_by_code, name_en_by_code
        What people read for each part, in the order of `index_of_record`: names of areas (which have one),
        labels of a group or of answers.
    index_of_record
        Part of each record, −1 where it has none.
    level
        The level of the areas; None for groups, questions, and the district as a whole.
    """

    sample: Sample
    name_by_code: dict[str, str]
    name_en_by_code: dict[str, str]
    index_of_record: IntArray
    level: AreaLevel | None = None


def tabulated_questions(sample: Sample, wave: Wave) -> tuple[str, ...]:
    """Names of the questions of a sample whose answers can be tabulated."""
    held = {question.name for question in sample.questions}
    questions = wave.questions_of(sample.questionnaire)
    return tuple(q.name for q in questions if q.kind in CODED_KINDS and q.name in held)


def breakdowns(sample: Sample, wave: Wave) -> tuple[str, ...]:
    """What a table of this sample can be broken down by; choices of a multiple-choice question overlap."""
    levels = [level.value for level in _LEVELS if wave.areas.at(level)]
    questions = [
        name
        for name in tabulated_questions(sample, wave)
        if question_to_tabulate(sample, wave, name).kind is not QuestionKind.MULTIPLE
    ]
    return tuple(dict.fromkeys([*levels, *sample.groups, *questions]))


def question_to_tabulate(sample: Sample, wave: Wave, name: str) -> Question:
    """A question by name; raises `InputError` with the names that exist."""
    known = tabulated_questions(sample, wave)
    if name not in known:
        detail = {"names": ", ".join(known)}
        raise InputError([Problem("no_question_to_tabulate", Severity.ERROR, value=name, detail=detail)])
    return next(q for q in wave.questions_of(sample.questionnaire) if q.name == name)


def breakdown_of(sample: Sample, wave: Wave, by: str, *, other_than: Sequence[str]) -> Breakdown:
    """Parts by name; raises `InputError` with the names that exist.

    Parameters
    ----------
    by
        Empty: no parts.
    other_than
        The questions that are tabulated, none of which can be its own breakdown.
    """
    if not by:
        return Breakdown(replace(sample, groups={}), {}, {}, np.full(sample.size, -1, dtype=np.intp))
    if by not in breakdowns(sample, wave) or by in other_than:
        names = ", ".join(name for name in breakdowns(sample, wave) if name not in other_than)
        raise InputError([Problem("unknown_breakdown", Severity.ERROR, value=by, detail={"names": names})])
    if by in {level.value for level in _LEVELS}:
        return _by_level(sample, wave, AreaLevel(by))
    if by in sample.groups:
        labels, index = sample.groups[by]
        chinese, english = ({its: _NAMES.get(its, (its, its))[at] for its in labels} for at in (0, 1))
        return Breakdown(replace(sample, groups={by: (labels, index)}), chinese, english, index)
    return _by_question(sample, question_to_tabulate(sample, wave, by))


def _by_level(sample: Sample, wave: Wave, level: AreaLevel) -> Breakdown:
    areas = wave.areas.at(level)
    index_by_code = {area.code: index for index, area in enumerate(areas)}
    above = [wave.areas.ancestor(code, level) for code in sample.area_codes]
    index_of_area = [-1 if area is None else index_by_code[area.code] for area in above]
    # The last entry serves records without an area, whose index is −1.
    index_of_record = np.array([*index_of_area, -1], dtype=np.intp)[sample.area_of_record]
    names = {area.code: area.name for area in areas}
    return Breakdown(replace(sample, groups={}), names, names, index_of_record, level)


def _by_question(sample: Sample, question: Question) -> Breakdown:
    coded = sample.question(question.name)
    choices = choices_of(question, coded, Base.ASKED)
    index_of_record = choice_of_record(coded, choices)
    labels = tuple(choice.code for choice in choices)
    grouped = replace(sample, groups={question.name: (labels, index_of_record)})
    chinese = {choice.code: choice.label for choice in choices}
    english = {choice.code: choice.label_en for choice in choices}
    return Breakdown(grouped, chinese, english, index_of_record)
