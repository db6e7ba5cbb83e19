"""Weights of a file in parts, from the sums of its base weights by cell of the tally (M5)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from surveys.problem import Problem, errors_of
from surveys.responses.base_weight import Sampled, base_weights
from surveys.responses.loading import Loaded
from surveys.responses.margins import margins_of
from surveys.responses.part_records import RakingKey
from surveys.responses.part_tally import PartTally, scaled
from surveys.responses.text_column import TextColumn
from surveys.responses.variable import Records
from surveys.sample import CodedQuestion, IntArray, WeightingCells
from surveys.tally import AREA, PSU, STRATUM, WEIGHTING, Tally
from surveys.wave import Responses, Wave, WeightBase
from surveys.weights.raking import auxiliaries, factors_of_cells, totals

_NONE = np.empty(0, dtype=np.intp)


def weighted(
    wave: Wave, responses: Responses, done: PartTally, tallied: Tally
) -> tuple[Tally, WeightingCells | None, list[Problem]]:
    """The tally with final weights, and what they were made to match."""
    cells, problems, is_weighed = None, list[Problem](), done.sizes is not None
    if responses.weighting.base is WeightBase.POPULATION and not responses.weight:
        tallied, cells, problems = _by_population(wave, responses, done, tallied)
    if done.raking is None:
        return tallied, cells, problems
    is_weighed = is_weighed and not errors_of(problems)
    tallied, cells, found = _raked(wave, responses, done.raking, tallied, is_weighed=is_weighed)
    return tallied, cells, [*problems, *found]


def _by_population(
    wave: Wave, responses: Responses, done: PartTally, tallied: Tally
) -> tuple[Tally, WeightingCells | None, list[Problem]]:
    """Population of each area over its interviews; cells of the tally stand for their records."""
    axes = tallied.index_by_axis
    design = replace(done.design, stratum_of_record=axes[STRATUM], psu_of_record=axes[PSU])
    nothing = Loaded((), {}, {}, _NONE, _NONE, _NONE.astype(np.bool_))
    every = np.arange(tallied.cell_count)
    sampled = Sampled(
        nothing,
        responses,
        wave.areas,
        design,
        axes[AREA],
        every,
        interviews_of_record=tallied.count_by_cell,
    )
    base, problems = base_weights(sampled, every)
    if base is None or base.areas is None:
        return tallied, None, list(problems)
    made = scaled(tallied, base.weight_of_record)
    if done.raking is None:
        category = base.areas.category_of_unit
        made = replace(made, index_by_axis={**axes, WEIGHTING: category})
        return made, WeightingCells(_NONE), list(problems)
    return made, None, list(problems)


def _raked(
    wave: Wave, responses: Responses, raking: RakingKey, tallied: Tally, *, is_weighed: bool
) -> tuple[Tally, WeightingCells | None, list[Problem]]:
    """The tally with weights raked to the margins; factors come from the sums of base weights.

    Without base weights only the margins are checked, as they are where a file is read whole.
    """
    keys, combination_of_cell = np.unique(tallied.index_by_axis[WEIGHTING], return_inverse=True)
    base = np.bincount(combination_of_cell, weights=tallied.weight_by_cell).astype(np.float64)
    margins, problems = margins_of(
        responses, wave.controls, _combinations(wave, responses, raking, keys, np.arange(len(keys)))
    )
    if problems:  # rare: say how many records, not how many combinations
        count = np.bincount(combination_of_cell, weights=tallied.count_by_cell).astype(np.intp)
        repeated = np.repeat(np.arange(len(keys)), count)
        records = _combinations(wave, responses, raking, keys, repeated)
        _, problems = margins_of(responses, wave.controls, records)
    if errors_of(problems) or not is_weighed:
        return tallied, None, problems
    x = auxiliaries(margins)
    made = factors_of_cells(base, x, totals(margins))
    names = [f"{margin.name} = {category}" for margin in margins for category in margin.categories]
    problems += [replace(problem, file="wave.toml") for problem in made.problems(tuple(names))]
    if errors_of(problems):
        return tallied, None, problems
    weighted = scaled(tallied, made.factor_by_unit[combination_of_cell])
    index_by_axis = {**tallied.index_by_axis, WEIGHTING: combination_of_cell.astype(np.intp)}
    cells = WeightingCells(_NONE, x, made.factor_by_unit)
    return replace(weighted, index_by_axis=index_by_axis), cells, problems


def _combinations(
    wave: Wave, responses: Responses, raking: RakingKey, keys: IntArray, at: IntArray
) -> Records:
    """Combinations of raking variables as if each were a record."""
    area, indices = raking.split(keys[at])
    coded = [
        CodedQuestion(question.name, question.answers, index)
        for question, index in zip(raking.questions, indices, strict=False)
    ]
    columns = {
        name: TextColumn(texts, index)
        for name, texts, index in zip(
            raking.columns, raking.texts, indices[len(raking.questions) :], strict=True
        )
    }
    blank = np.zeros(len(at), dtype=np.intp)
    loaded = Loaded(("",), columns, dict.fromkeys(columns, ""), blank, blank, blank.astype(np.bool_))
    declared = wave.questions_of(responses.questionnaire)
    return Records(loaded, np.arange(len(at)), area, wave.areas, tuple(coded), declared)
