"""One part of a file → its tally and what it says, so that its records can be dropped."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from surveys.item import Item, items_of
from surveys.problem import Problem, errors_of
from surveys.quality import Row, answer_counts, answer_rows, record_rows
from surveys.questionnaire import Answer, QuestionKind, Role
from surveys.responses.dictionaries import needed_questions
from surveys.responses.loading import Loaded
from surveys.responses.part_records import RakingKey, part_records
from surveys.responses.place import Design
from surveys.responses.set_aside import REASONS, problems_by_reason
from surveys.responses.unequal import WeightSizes, weight_sizes
from surveys.responses.whole import MOST_VALUES, TooManyValues
from surveys.sample import SPECIAL_ANSWERS, FloatArray, IntArray, Sample
from surveys.tally import Tally, tally
from surveys.wave import Responses, Wave

_ANY_NUMBER = Answer("", "", Role.NEUTRAL)


@dataclass(frozen=True)
class PartTally:
    """What a part says.

    Parameters
    ----------
    totals
        With base weights (ones where some are no weights); PSUs are labels of the whole file, not yet nested
        in strata, and weighting cells are numbers of `raking`. None where nothing is usable.
    answers_of_column
        Answers of each tallied column.
    groups
        Labels of each breakdown.
    counts_of, answers_of
        Records of each answer, and the answers, of each question; one for all numbers of a question with too
        many of them.
    sizes
        Base weights, counted; None where some are no weights.
    of_settings
        Problems of the settings, which every part says anew.
    """

    design: Design
    totals: Tally | None
    items: tuple[Item, ...]
    answers_of_column: dict[str, tuple[Answer, ...]]
    counts_of: dict[str, IntArray]
    answers_of: dict[str, tuple[Answer, ...]]
    groups: dict[str, tuple[str, ...]]
    raking: RakingKey | None
    sizes: WeightSizes | None
    of_settings: tuple[Problem, ...]
    read: int
    used: int
    quality: list[Row]
    problems: list[Problem]


def part_tally(
    wave: Wave, responses: Responses, part: Loaded, is_duplicate: npt.NDArray[np.bool_], threads: int | None
) -> PartTally:
    """Tally of a part, and what it says.

    Raises
    ------
    TooManyValues
        A column has more values than a tally can hold.
    """
    name = responses.questionnaire
    found = part_records(wave, responses, part, is_duplicate)
    sample, reasons = found.sample, found.reason_of_record
    places = (part.files, part.file_of_record, part.row_of_record)
    multiple = _multiple(wave, name)
    items, columns = items_of(sample, wave.measures_of(name), multiple)
    answers_of_column = {column.name: column.answers for column in columns}
    for column, answers in answers_of_column.items():
        if column not in multiple:
            _check_values(column, answers)
    counts_of, answers_of = _counts(wave, responses, sample)
    is_weighed = not errors_of(found.of_weights)
    return PartTally(
        design=found.design,
        totals=tally(sample, columns, threads) if sample.size else None,
        items=items,
        answers_of_column=answers_of_column,
        counts_of=counts_of,
        answers_of=answers_of,
        groups={name: labels for name, (labels, _) in sample.groups.items()},
        raking=found.raking,
        sizes=weight_sizes(sample) if is_weighed else None,
        of_settings=tuple(problem for problem in found.of_weights if problem.row is None),
        read=part.size,
        used=sample.size,
        quality=[*record_rows(name, *places, reasons, REASONS), *answer_rows(sample)],
        problems=[
            *problems_by_reason(part, reasons, wave.areas.district.code),
            *(problem for problem in found.of_weights if problem.row is not None),
            *found.of_answers,
        ],
    )


def added(first: PartTally, then: PartTally) -> PartTally:
    """Both parts as one; problems, rows and keys stay those of the first.

    Raises
    ------
    TooManyValues
        A column has more values than a tally can hold.
    """
    counts = {name: count + then.counts_of[name] for name, count in first.counts_of.items()}
    sizes = None if first.sizes is None or then.sizes is None else first.sizes + then.sizes
    both = replace(
        first, counts_of=counts, sizes=sizes, read=first.read + then.read, used=first.used + then.used
    )
    if first.totals is None or then.totals is None:
        kept = then if first.totals is None else first
        return replace(both, totals=kept.totals, items=kept.items, answers_of_column=kept.answers_of_column)
    answers = {
        name: _union(name, mine, then.answers_of_column[name])
        for name, mine in first.answers_of_column.items()
    }
    mine, theirs = _spread(first, answers), _spread(then, answers)
    if mine.totals is None or theirs.totals is None:
        raise TypeError("tallies were there a moment ago")
    items = tuple(_joined(a, b) for a, b in zip(mine.items, theirs.items, strict=True))
    return replace(both, totals=mine.totals + theirs.totals, items=items, answers_of_column=answers)


def _joined(mine: Item, theirs: Item) -> Item:
    """An item on the answers of both: an average that only one part has counts in both."""
    value = np.where(theirs.base_by_answer > 0, theirs.value_by_answer, mine.value_by_answer)
    base = np.maximum(mine.base_by_answer, theirs.base_by_answer)
    return replace(mine, value_by_answer=value, base_by_answer=base)


def scaled(totals: Tally, factor_by_cell: FloatArray) -> Tally:
    """The tally with the weights of each cell multiplied by a factor."""
    g = factor_by_cell[:, None]
    return replace(
        totals,
        weight_by_cell_answer=totals.weight_by_cell_answer * g,
        squared_weight_by_cell_answer=totals.squared_weight_by_cell_answer * g**2,
        weight_by_cell=totals.weight_by_cell * factor_by_cell,
        squared_weight_by_cell=totals.squared_weight_by_cell * factor_by_cell**2,
    )


def _counts(
    wave: Wave, responses: Responses, sample: Sample
) -> tuple[dict[str, IntArray], dict[str, tuple[Answer, ...]]]:
    """Records of each answer, and the answers, of each question.

    Numbers that nothing needs one by one differ from part to part and may be as many as there are records:
    they are counted as one.
    """
    needed = needed_questions(wave, responses)
    listed = {
        question.name: len(SPECIAL_ANSWERS) + len(question.scale.answers if question.scale else ())
        for question in wave.questions_of(responses.questionnaire)
        if question.kind is QuestionKind.NUMBER and question.name not in needed
    }
    counts_of: dict[str, IntArray] = {}
    answers_of: dict[str, tuple[Answer, ...]] = {}
    for question in sample.questions:
        counts, answers, at = answer_counts(question), question.answers, listed.get(question.name)
        counts_of[question.name] = counts if at is None else np.append(counts[:at], counts[at:].sum())
        answers_of[question.name] = answers if at is None else (*answers[:at], _ANY_NUMBER)
    return counts_of, answers_of


def _check_values(column: str, answers: tuple[Answer, ...]) -> None:
    """Refuse a column whose values would make the tally larger than the records."""
    if sum(answer.score is not None for answer in answers) > MOST_VALUES:
        raise TooManyValues(column.removeprefix("measure:"))


def _multiple(wave: Wave, questionnaire: str) -> set[str]:
    questions = wave.questions_of(questionnaire)
    return {question.name for question in questions if question.kind is QuestionKind.MULTIPLE}


def _union(column: str, mine: tuple[Answer, ...], theirs: tuple[Answer, ...]) -> tuple[Answer, ...]:
    """Answers of both; those of a column made of several questions differ by the values that occur."""
    if mine == theirs:
        return mine
    scored = sorted({*mine, *theirs}, key=lambda answer: (answer.score is not None, answer.score or 0.0))
    _check_values(column, tuple(scored))
    return tuple(scored)


def _spread(part: PartTally, answers: dict[str, tuple[Answer, ...]]) -> PartTally:
    """The part with its columns and items on the answers of the union."""
    if answers == part.answers_of_column or part.totals is None:
        return part
    position_of = {
        name: np.asarray([union.index(answer) for answer in part.answers_of_column[name]], dtype=np.intp)
        for name, union in answers.items()
    }
    starts = np.cumsum([0, *(len(union) for union in answers.values())]).tolist()
    start_of = dict(zip(answers, starts[:-1], strict=True))
    columns = np.concatenate([start_of[name] + position_of[name] for name in answers])

    def spread(sums: FloatArray) -> FloatArray:
        wide = np.zeros((len(sums), starts[-1]))
        wide[:, columns] = sums
        return wide

    def spread_item(item: Item) -> Item:
        value, base = np.zeros(len(answers[item.column])), np.zeros(len(answers[item.column]))
        value[position_of[item.column]] = item.value_by_answer
        base[position_of[item.column]] = item.base_by_answer
        return replace(item, value_by_answer=value, base_by_answer=base)

    totals = replace(
        part.totals,
        first_answer_of_column=start_of,
        answers_of_column={name: len(union) for name, union in answers.items()},
        count_by_cell_answer=spread(part.totals.count_by_cell_answer),
        weight_by_cell_answer=spread(part.totals.weight_by_cell_answer),
        squared_weight_by_cell_answer=spread(part.totals.squared_weight_by_cell_answer),
    )
    return replace(part, totals=totals, items=tuple(spread_item(item) for item in part.items))
