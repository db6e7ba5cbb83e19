"""One part of a file → its tally and what it says, so that its records can be dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from surveys.control import parts_of
from surveys.item import Item, items_of
from surveys.problem import Problem, errors_of
from surveys.quality import Row, answer_counts, answer_rows, record_rows
from surveys.questionnaire import Answer, QuestionKind
from surveys.responses.answers import code_records
from surveys.responses.base_weight import BaseWeights, Sampled, base_weights
from surveys.responses.loading import Loaded, column_name
from surveys.responses.place import Design, design_of, place_records, urban_rural_of
from surveys.responses.set_aside import (
    REASONS,
    USABLE,
    Reason,
    problems_by_reason,
    reasons_but_repeats,
)
from surveys.responses.text_column import IndexArray
from surveys.sample import CodedQuestion, FloatArray, IntArray, Sample, WeightingCells
from surveys.tally import Tally, tally
from surveys.wave import Responses, Wave, WeightBase


@dataclass(frozen=True)
class RakingKey:
    """Combinations of what weights are raked to, each as one number.

    Parameters
    ----------
    areas
        Number of areas of the register.
    questions, columns, texts
        Coded questions, and columns of the export with their texts, that margins name.
    sizes
        Answers or texts of each of them, in that order.
    """

    areas: int
    questions: tuple[CodedQuestion, ...]
    columns: tuple[str, ...]
    texts: tuple[tuple[str, ...], ...]
    sizes: tuple[int, ...]

    def split(self, key: IntArray) -> tuple[IntArray, list[IntArray]]:
        """Area of each key, and the index of each question and column."""
        parts: list[IntArray] = []
        for size in reversed(self.sizes):
            key, part = np.divmod(key, size)
            parts.append(part)
        return key, parts[::-1]


@dataclass(frozen=True)
class PartTally:
    """What a part says.

    Parameters
    ----------
    totals
        With base weights; PSUs are labels of the whole file, not yet nested in strata, and weighting cells
        are numbers of `raking`. None where nothing is usable.
    answers_of_column
        Answers of each tallied column.
    groups
        Labels of each breakdown.
    counts_of, answers_of
        Records of each answer, and the answers, of each question.
    """

    design: Design
    totals: Tally | None
    items: tuple[Item, ...]
    answers_of_column: dict[str, tuple[Answer, ...]]
    counts_of: dict[str, IntArray]
    answers_of: dict[str, tuple[Answer, ...]]
    groups: dict[str, tuple[str, ...]]
    raking: RakingKey | None
    read: int
    used: int
    quality: list[Row]
    problems: list[Problem]


def part_tally(
    wave: Wave, responses: Responses, part: Loaded, is_duplicate: npt.NDArray[np.bool_], threads: int | None
) -> PartTally:
    """Walk the records of a part as `read_sample` walks those of a whole file."""
    name, register = responses.questionnaire, wave.areas
    area_of_record = place_records(part, register)
    design = design_of(part, responses, register, area_of_record)
    reason_of_record = reasons_but_repeats(part, area_of_record, design)
    reason_of_record[is_duplicate] = REASONS.index(Reason.DUPLICATE)
    places = (part.files, part.file_of_record, part.row_of_record)
    usable = np.flatnonzero(reason_of_record == USABLE)
    questions, of_answers = code_records(wave.questions_of(name), part, usable)
    base, of_weights = _base_weights(Sampled(part, responses, register, design, area_of_record, usable))
    areas = area_of_record[usable]
    raking = _raking_key(responses, part, questions, len(register.areas))
    sample = Sample(
        questionnaire=name,
        questions=questions,
        weight_of_record=np.ones(len(usable)) if base is None else base.weight_of_record,
        area_codes=tuple(area.code for area in register.areas),
        area_of_record=areas,
        strata=design.strata,
        stratum_of_record=design.stratum_of_record[usable],
        population_psus_of_stratum=np.full(len(design.strata), np.inf),
        psus=design.psus,
        psu_of_record=None if design.psu_of_record is None else design.psu_of_record[usable],
        groups={} if (groups := urban_rural_of(register, areas)) is None else {"urban_rural": groups},
        weighting=None if raking is None else WeightingCells(_keys(raking, part, usable, areas)),
        files=part.files,
        file_of_record=part.file_of_record[usable],
        row_of_record=part.row_of_record[usable],
    )
    measures = wave.measures_of(name)
    items, columns = items_of(sample, measures, _multiple(wave, name))
    return PartTally(
        design=design,
        totals=tally(sample, columns, threads) if len(usable) and not errors_of(of_weights) else None,
        items=items,
        answers_of_column={column.name: column.answers for column in columns},
        counts_of={question.name: answer_counts(question) for question in questions},
        answers_of={question.name: question.answers for question in questions},
        groups={name: labels for name, (labels, _) in sample.groups.items()},
        raking=raking,
        read=part.size,
        used=len(usable),
        quality=[*record_rows(name, *places, reason_of_record, REASONS), *answer_rows(sample)],
        problems=[
            *problems_by_reason(part, reason_of_record, register.district.code),
            *of_weights,
            *of_answers,
        ],
    )


def added(first: PartTally, then: PartTally) -> PartTally:
    """Both parts as one; problems, rows and keys stay those of the first."""
    counts = {name: count + then.counts_of[name] for name, count in first.counts_of.items()}
    both = replace(first, counts_of=counts, read=first.read + then.read, used=first.used + then.used)
    if first.totals is None or then.totals is None:
        kept = then if first.totals is None else first
        return replace(both, totals=kept.totals, items=kept.items, answers_of_column=kept.answers_of_column)
    answers = {
        name: _union(mine, then.answers_of_column[name]) for name, mine in first.answers_of_column.items()
    }
    mine, theirs = _spread(first, answers), _spread(then, answers)
    if mine.totals is None or theirs.totals is None:
        raise TypeError("tallies were there a moment ago")
    return replace(both, totals=mine.totals + theirs.totals, items=mine.items, answers_of_column=answers)


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


def _base_weights(sampled: Sampled) -> tuple[BaseWeights | None, tuple[Problem, ...]]:
    """Base weights that a part knows; what divides populations by interviews waits for all of them."""
    by_population = sampled.responses.weighting.base is WeightBase.POPULATION
    if by_population and "weight" not in sampled.loaded.columns:
        return None, ()
    return base_weights(sampled, sampled.usable)


def _multiple(wave: Wave, questionnaire: str) -> set[str]:
    questions = wave.questions_of(questionnaire)
    return {question.name for question in questions if question.kind is QuestionKind.MULTIPLE}


def _union(mine: tuple[Answer, ...], theirs: tuple[Answer, ...]) -> tuple[Answer, ...]:
    """Answers of both; those of a column made of several questions differ by the values that occur."""
    if mine == theirs:
        return mine
    scored = sorted({*mine, *theirs}, key=lambda answer: (answer.score is not None, answer.score or 0.0))
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


def _raking_key(
    responses: Responses, part: Loaded, questions: Sequence[CodedQuestion], areas: int
) -> RakingKey | None:
    if not responses.weighting.rake:
        return None
    names = dict.fromkeys(name for margin in responses.weighting.rake for name in parts_of(margin))
    coded = tuple(question for question in questions if question.name in names)
    columns = tuple(column_name(name) for name in names if column_name(name) in part.columns)
    texts = tuple(part.columns[name].distinct for name in columns)
    sizes = (*(len(question.answers) for question in coded), *map(len, texts))
    return RakingKey(areas, coded, columns, texts, sizes)


def _keys(raking: RakingKey, part: Loaded, usable: IntArray, area_of_record: IntArray) -> IntArray:
    indices: list[IndexArray] = [question.answer_of_record for question in raking.questions]
    indices += [part.columns[name].text_of_record[usable] for name in raking.columns]
    key = area_of_record.astype(np.intp)
    for index, size in zip(indices, raking.sizes, strict=True):
        key = key * size + index
    return key
