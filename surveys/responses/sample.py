"""Records of one questionnaire → `Sample`, with what became of every record and answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from surveys.problem import Problem, Severity, errors_of
from surveys.quality import Row, answer_rows, record_rows
from surveys.responses.answers import code_answers
from surveys.responses.base_weight import Sampled
from surveys.responses.completion import without_interview
from surveys.responses.loading import CODES, Loaded, load
from surveys.responses.place import (
    NestedDesign,
    design_of,
    nest,
    place_records,
    population_psus,
    urban_rural_of,
)
from surveys.responses.replicates import read_replicates
from surveys.responses.residents import residents_of_psus
from surveys.responses.set_aside import (
    REASONS,
    USABLE,
    Reason,
    limit_problem,
    no_usable_records,
    reasons_of_records,
    set_aside_problems,
    spoiled_codes,
)
from surveys.responses.weighting import Weights, weigh
from surveys.sample import CodedQuestion, FloatArray, ReplicateWeights, Sample
from surveys.wave import Responses, Wave


def read_sample(wave: Wave, responses: Responses) -> tuple[Sample | None, list[Row], tuple[Problem, ...]]:
    """One questionnaire's usable records, coded.

    Returns
    -------
    (sample, quality, problems)
        Sample: None where errors forbid it. Quality: rows of ``quality.csv``.
    """
    loaded, of_files = load(wave, responses)
    if loaded is None:
        return None, [], of_files
    spoiled = spoiled_codes(loaded, CODES)
    if spoiled:  # areas or units that fell together: nothing that follows would hold
        return None, [], (*of_files, *spoiled)
    sample, quality, problems = _sample(wave, responses, loaded)
    return sample, quality, (*of_files, *problems)


def _sample(
    wave: Wave, responses: Responses, loaded: Loaded
) -> tuple[Sample | None, list[Row], tuple[Problem, ...]]:
    name, register = responses.questionnaire, wave.areas
    area_of_record = place_records(loaded, register)
    design = design_of(loaded, responses, register, area_of_record)
    reason_of_record = reasons_of_records(loaded, area_of_record, design)
    reason_of_record, of_completion = without_interview(loaded, reason_of_record)
    places = (loaded.files, loaded.file_of_record, loaded.row_of_record)
    quality = record_rows(name, *places, reason_of_record, REASONS)
    problems = set_aside_problems(loaded, reason_of_record, register.district.code)
    if responses.weighting.nonresponse:
        problems = [_adjusted(problem, responses) for problem in problems]
    usable = np.flatnonzero(reason_of_record == USABLE)
    if not len(usable):
        return None, quality, (*problems, no_usable_records(loaded))
    problems += limit_problem(
        loaded, reason_of_record, wave.set_aside_limit, "too_many_set_aside", Severity.ERROR, name
    )
    questions, of_answers = code_answers(wave.questions_of(name), loaded, usable)
    unanswered = np.flatnonzero(reason_of_record == REASONS.index(Reason.NOT_COMPLETED))
    sampled = Sampled(loaded, responses, register, design, area_of_record, usable, unanswered)
    weights, of_weights = weigh(sampled, questions, wave.questions_of(name), wave.controls)
    final = None if weights is None else weights.weight_of_record
    replicates, of_replicates = read_replicates(sampled, final)
    nested = nest(design, usable, unanswered)
    population, of_design = population_psus(design, nested, register)
    residents, of_residents = residents_of_psus(design, nested, population, register)
    problems += [*of_completion, *of_weights, *of_replicates, *of_design, *of_residents, *of_answers]
    if weights is None or errors_of((*of_completion, *of_replicates, *of_design)):
        return None, quality, tuple(problems)
    sample = _sample_of(sampled, weights, questions, nested, population, residents, replicates)
    return sample, [*quality, *answer_rows(sample)], tuple(problems)


def _adjusted(problem: Problem, responses: Responses) -> Problem:
    """The Problem, which for contacts without an interview says who carries their weight."""
    if problem.code != Reason.NOT_COMPLETED:
        return problem
    detail = {**problem.detail, "cells": ", ".join(responses.weighting.nonresponse)}
    return replace(problem, code="not_completed_adjusted", detail=detail)


def _sample_of(
    sampled: Sampled,
    weights: Weights,
    questions: tuple[CodedQuestion, ...],
    nested: NestedDesign,
    population_psus_of_stratum: FloatArray,
    population_of_psu: FloatArray | None,
    replicates: ReplicateWeights | None,
) -> Sample:
    """The usable records with everything that is known about them."""
    loaded, register, usable = sampled.loaded, sampled.register, sampled.usable
    groups = urban_rural_of(register, sampled.area_of_record[usable])
    return Sample(
        questionnaire=sampled.responses.questionnaire,
        questions=questions,
        weight_of_record=weights.weight_of_record,
        area_codes=tuple(area.code for area in register.areas),
        area_of_record=sampled.area_of_record[usable],
        strata=nested.strata,
        stratum_of_record=nested.stratum_of_record,
        population_psus_of_stratum=population_psus_of_stratum,
        psus=nested.psus,
        psu_of_record=nested.psu_of_record,
        psu_strata=nested.psu_strata,
        population_of_psu=population_of_psu,
        groups={} if groups is None else {"urban_rural": groups},
        weighting=weights.weighting,
        replicates=replicates,
        lonely_psu=sampled.responses.lonely_psu,
        files=loaded.files,
        file_of_record=loaded.file_of_record[usable],
        row_of_record=loaded.row_of_record[usable],
    )
