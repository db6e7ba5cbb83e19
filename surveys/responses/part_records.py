"""One part of a file → its usable records, coded and with base weights, numbered as in every other part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from surveys.control import parts_of
from surveys.problem import Problem
from surveys.responses.answers import code_records
from surveys.responses.base_weight import BaseWeights, Sampled, base_weights
from surveys.responses.loading import Loaded, column_name
from surveys.responses.place import Design, design_of, place_records, urban_rural_of
from surveys.responses.set_aside import REASONS, USABLE, Reason, reasons_but_repeats
from surveys.responses.text_column import IndexArray
from surveys.sample import CodedQuestion, IntArray, Sample, WeightingCells
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
class PartRecords:
    """Usable records of a part, coded.

    Parameters
    ----------
    sample
        With base weights; ones where some are no weights. Weighting cells are numbers of `raking`.
    of_weights, of_answers
        What is wrong with them.
    """

    sample: Sample
    design: Design
    raking: RakingKey | None
    reason_of_record: IntArray
    of_weights: tuple[Problem, ...]
    of_answers: list[Problem]


def part_records(
    wave: Wave, responses: Responses, part: Loaded, is_duplicate: npt.NDArray[np.bool_]
) -> PartRecords:
    """Walk the records of a part as `read_sample` walks those of a whole file."""
    name, register = responses.questionnaire, wave.areas
    area_of_record = place_records(part, register)
    design = design_of(part, responses, register, area_of_record)
    reason_of_record = reasons_but_repeats(part, area_of_record, design)
    reason_of_record[is_duplicate] = REASONS.index(Reason.DUPLICATE)
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
    return PartRecords(sample, design, raking, reason_of_record, of_weights, of_answers)


def _base_weights(sampled: Sampled) -> tuple[BaseWeights | None, tuple[Problem, ...]]:
    """Base weights that a part knows; what divides populations by interviews waits for all of them."""
    by_population = sampled.responses.weighting.base is WeightBase.POPULATION
    if by_population and "weight" not in sampled.loaded.columns:
        return None, ()
    return base_weights(sampled, sampled.usable)


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
