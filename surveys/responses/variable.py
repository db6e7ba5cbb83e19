"""Variables that weights are made by: questions, levels of the register, 城乡, or columns of the export."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from surveys.answer_lookup import AnswerLookup
from surveys.area import AreaRegister, UrbanRural
from surveys.area_lookup import AreaLookup
from surveys.cells import code_label
from surveys.questionnaire import Question, QuestionKind, Role
from surveys.responses.loading import URBAN_RURAL, Loaded, column_name, level_named
from surveys.responses.place import ancestors, urban_rural_of
from surveys.responses.quoting import quotable
from surveys.responses.text_column import TextColumn
from surveys.sample import SPECIAL_ANSWERS, CodedQuestion, IntArray
from surveys.schema import SURVEY_TABLES, fold

_VALUED = (Role.POSITIVE, Role.NEUTRAL, Role.NEGATIVE)


@dataclass(frozen=True)
class Variable:
    """Categories of records.

    Parameters
    ----------
    labels
        The categories as messages may show them; of a number also the values that no group holds.
    category_of_record
        Index of each record's category; −1 where it is not known.
    find
        Code or words of a category, as people write them → its index; −1 where there is none.
    """

    name: str
    labels: tuple[str, ...]
    category_of_record: IntArray
    find: Callable[[str], int]


@dataclass(frozen=True)
class Records:
    """Records whose variables are wanted, and what is known about them.

    Parameters
    ----------
    at
        Indices of the records in `loaded`.
    area_of_record
        Area of each of them, as an index into ``register.areas``.
    questions
        Their coded answers; empty where they are not coded (those who did not answer).
    declared
        The questionnaire's questions.
    """

    loaded: Loaded
    at: IntArray
    area_of_record: IntArray
    register: AreaRegister
    questions: tuple[CodedQuestion, ...] = ()
    declared: tuple[Question, ...] = ()


def variable_of(name: str, records: Records, categories: Sequence[str] = ()) -> Variable | None:
    """One variable of the records; None where there is none of that name, or none that has categories.

    Parameters
    ----------
    categories
        Categories that are asked for; those of a number are its groups, such as ``18-34`` and ``60+``.
    """
    level = level_named(name)
    if level is not None and records.register.at(level):
        return _area_variable(name, records)
    if fold(name) in URBAN_RURAL:
        return _urban_rural_variable(name, records)
    kind = next((question.kind for question in records.declared if question.name == name), None)
    coded = next((question for question in records.questions if question.name == name), None)
    match kind:
        case QuestionKind.SINGLE if coded is not None:
            return _answer_variable(name, coded)
        case QuestionKind.NUMBER if coded is not None:
            return _number_variable(name, coded, categories)
        case None if column_name(name) in records.loaded.columns:
            column = records.loaded.columns[column_name(name)].at(records.at)
            return _column_variable(name, column, records.register.district.code)
    return None


def _area_variable(name: str, records: Records) -> Variable:
    level = level_named(name)
    assert level is not None
    register, lookup = records.register, AreaLookup(records.register)
    codes, area_of_level = ancestors(register, level)

    def find(text: str) -> int:
        at = lookup.find(text)
        is_of_level = at >= 0 and register.areas[at].level is level
        return int(area_of_level[at]) if is_of_level else -1

    labels = tuple(register.by_code[code].name for code in codes)
    return Variable(name, labels, area_of_level[records.area_of_record], find)


def _urban_rural_variable(name: str, records: Records) -> Variable | None:
    found = urban_rural_of(records.register, records.area_of_record)
    if found is None:
        return None
    choices = SURVEY_TABLES["areas"].column("urban_rural").choices
    index_of = {fold(also): at for at, kind in enumerate(UrbanRural) for also in (kind, *choices[kind])}
    return Variable(name, found[0], found[1], lambda text: index_of.get(fold(text), -1))


def _answer_variable(name: str, coded: CodedQuestion) -> Variable:
    """Answers that mean something; blank, refused and don't know are not known."""
    first = len(SPECIAL_ANSWERS)
    scale = coded.answers[first:]
    lookup = AnswerLookup(scale, 0)
    index_of_answer = [-1] * first + [at if answer.role in _VALUED else -1 for at, answer in enumerate(scale)]

    def find(text: str) -> int:
        at = lookup.find(text)
        return -1 if at is None or scale[at].role not in _VALUED else at

    labels = tuple(answer.label for answer in scale)
    return Variable(name, labels, np.asarray(index_of_answer, dtype=np.intp)[coded.answer_of_record], find)


def _number_variable(name: str, coded: CodedQuestion, categories: Sequence[str]) -> Variable | None:
    """Groups of numbers, both ends included.

    Numbers that no group holds are categories as well, one for each gap between groups: somebody of 45 has
    an age, and a control total is missing, not an answer.
    """
    intervals = [bound for bound in map(interval_of, categories) if bound is not None]
    if not intervals or len(intervals) < len(categories) or overlapping_groups(categories):
        return None
    first = len(SPECIAL_ANSWERS)
    group_of_answer = [-1] * len(coded.answers)
    outside: dict[int, list[float]] = {}  # the numbers in each gap, by how many groups lie below it
    gap_of_answer: dict[int, int] = {}
    for at in np.unique(coded.answer_of_record).tolist():
        answer = coded.answers[at]
        if at < first or answer.role not in _VALUED or answer.score is None:
            continue
        inside = [g for g, (low, high) in enumerate(intervals) if low <= answer.score <= high]
        if inside:
            group_of_answer[at] = inside[0]
        else:
            gap_of_answer[at] = sum(high < answer.score for _, high in intervals)
            outside.setdefault(gap_of_answer[at], []).append(answer.score)
    gaps = sorted(outside)
    for at, gap in gap_of_answer.items():
        group_of_answer[at] = len(categories) + gaps.index(gap)
    labels = (*categories, *(_span(outside[gap]) for gap in gaps))
    index_of = {fold(text): at for at, text in enumerate(categories)}
    group_of_record = np.asarray(group_of_answer, dtype=np.intp)[coded.answer_of_record]
    return Variable(name, labels, group_of_record, lambda text: index_of.get(fold(text), -1))


def _span(numbers: Sequence[float]) -> str:
    """The least and the largest number as a message may show them: ``41–49``."""
    ends = dict.fromkeys((min(numbers), max(numbers)))
    return "–".join(quotable(f"{end:.12g}") for end in ends)


def overlapping_groups(categories: Sequence[str]) -> tuple[str, ...]:
    """Groups of numbers that hold a number of another group; none where they are all apart.

    Examples
    --------
    >>> overlapping_groups(["41-59", "18-40", "40+"])
    ('18-40', '40+', '41-59')
    >>> overlapping_groups(["18-40", "41+"])
    ()
    """
    bounds = [(bound, text) for text in categories if (bound := interval_of(text)) is not None]
    bounds.sort(key=lambda pair: pair[0])
    alike = [
        {one, other}
        for at, ((_, high), one) in enumerate(bounds)
        for (low, _), other in bounds[at + 1 :]
        if low <= high
    ]
    return tuple(text for _, text in bounds if any(text in pair for pair in alike))


def interval_of(text: str) -> tuple[float, float] | None:
    """Both ends of a group of numbers: ``18-34``, ``18至34岁``, ``60+``, ``60岁及以上``, ``≤17``, ``65``.

    Examples
    --------
    >>> interval_of("18–34岁"), interval_of("60+"), interval_of("old")
    ((18.0, 34.0), (60.0, inf), None)
    """
    plain = re.sub(r"[\s岁]", "", fold(text))
    number = r"(\d+(?:\.\d+)?)"
    if found := re.fullmatch(rf"{number}(?:[-–—~至到]{number})?", plain):
        low, high = float(found[1]), float(found[2] or found[1])
        return (low, high) if low <= high else None
    if found := re.fullmatch(rf"(?:≥|>=){number}|{number}(?:\+|及?以上)", plain):
        return float(found[1] or found[2]), np.inf
    if found := re.fullmatch(rf"(?:≤|<=){number}|{number}及?以下", plain):
        return -np.inf, float(found[1] or found[2])
    return None


def _column_variable(name: str, column: TextColumn, district: str) -> Variable:
    """Codes or words of a column, compared with width, case and blanks aside."""
    label_of_text = [code_label(text) for text in column.distinct]
    keys = dict.fromkeys(fold(label) for label in label_of_text if label)
    index_of = {key: at for at, key in enumerate(keys)}
    index_of_text = [index_of.get(fold(label), -1) for label in label_of_text]
    labels = tuple(quotable(key, district) for key in keys)
    category = np.asarray(index_of_text, dtype=np.intp)[column.text_of_record]
    return Variable(name, labels, category, lambda text: index_of.get(fold(code_label(text)), -1))
