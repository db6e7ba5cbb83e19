"""Records of one questionnaire → `Sample`, with what became of every record and answer."""

from __future__ import annotations

import re

import numpy as np

from surveys.problem import Problem, Severity, errors_of
from surveys.quality import Row, answer_rows, list_rows, record_rows
from surveys.questionnaire import Question
from surveys.responses.coding import apply_condition, code_column
from surveys.responses.csv import TextColumn
from surveys.responses.loading import Loaded, load
from surveys.responses.place import design_of, nest, place_records, population_psus, urban_rural_of
from surveys.responses.set_aside import (
    LISTED_VALUES,
    REASONS,
    USABLE,
    grouped_problem,
    limit_problem,
    reasons_of_records,
    set_aside_problems,
)
from surveys.responses.weighting import weigh
from surveys.sample import BLANK, INVALID, NOT_ASKED, CodedQuestion, IntArray, Sample
from surveys.wave import Responses, Wave

_INVALID_SHARE = 0.5
_INVALID_LEAST = 10
"""More than half of at least ten answers outside the scale: the column or the scale is the wrong one."""
_LONG_NUMBER = re.compile(r"\d{7,}")


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
    area_of_record = place_records(loaded, wave.areas)
    design = design_of(loaded, responses, wave.areas, area_of_record)
    reason_of_record = reasons_of_records(loaded, area_of_record, design)
    problems = [*of_files, *set_aside_problems(loaded, reason_of_record)]
    places = (loaded.files, loaded.file_of_record, loaded.row_of_record)
    quality = record_rows(responses.questionnaire, *places, reason_of_record, REASONS)
    over = limit_problem(loaded, reason_of_record, wave.set_aside_limit, responses.questionnaire)
    usable = np.flatnonzero(reason_of_record == USABLE)
    if not len(usable):
        files = ", ".join(loaded.files)
        problems.append(Problem("no_usable_records", Severity.ERROR, files, count=loaded.size))
        return None, quality, tuple(problems)
    problems += [over] if over else []
    area = area_of_record[usable]
    weights, of_weights = weigh(loaded, usable, responses, wave.areas, area)
    nested = nest(design, usable)
    population, of_design = population_psus(design, nested, wave.areas)
    questions, of_answers, rows_of_question = _code(wave, responses, loaded, usable)
    problems += [*of_weights, *of_design, *of_answers]
    if weights is None or errors_of(of_design):
        return None, quality, tuple(problems)
    groups = urban_rural_of(wave.areas, area)
    sample = Sample(
        questionnaire=responses.questionnaire,
        questions=questions,
        weight_of_record=weights.weight_of_record,
        area_codes=tuple(area.code for area in wave.areas.areas),
        area_of_record=area,
        strata=nested.strata,
        stratum_of_record=nested.stratum_of_record,
        population_psus_of_stratum=population,
        psus=nested.psus,
        psu_of_record=nested.psu_of_record,
        psu_strata=nested.psu_strata,
        groups={} if groups is None else {"urban_rural": groups},
        poststratum_of_record=weights.poststratum_of_record,
        lonely_psu=responses.lonely_psu,
        files=loaded.files,
        file_of_record=loaded.file_of_record[usable],
        row_of_record=loaded.row_of_record[usable],
    )
    return sample, [*quality, *answer_rows(sample, of_answers, rows_of_question)], tuple(problems)


def _code(
    wave: Wave, responses: Responses, loaded: Loaded, usable: IntArray
) -> tuple[tuple[CodedQuestion, ...], list[Problem], dict[str, str]]:
    """Coded questions of the usable records, Problems, and rows of answers outside their scale."""
    asked = {
        question.name: question
        for question in wave.questions_of(responses.questionnaire)
        if f"question:{question.name}" in loaded.columns
    }
    coded: dict[str, CodedQuestion] = {}
    problems: list[Problem] = []
    rows_of_question: dict[str, str] = {}
    for question in asked.values():
        column = loaded.columns[f"question:{question.name}"]
        of_usable = TextColumn(column.distinct, column.text_of_record[usable])
        coding = code_column(question, of_usable)
        coded[question.name] = coding.question
        problems += _invalid_answers(loaded, usable, question, of_usable, coding.invalid_texts)
        invalid = np.flatnonzero(coding.question.answer_of_record == INVALID)
        if len(invalid):
            rows_of_question[question.name] = list_rows(loaded.row_of_record[usable[invalid]])
        problems += _wrong_scale(loaded, question, coding.question)
    done: dict[str, CodedQuestion] = {}
    for question in asked.values():
        problems += _condition(question, asked, coded, done, loaded, usable)
    return tuple(done[name] for name in asked), problems, rows_of_question


def _condition(
    question: Question,
    asked: dict[str, Question],
    coded: dict[str, CodedQuestion],
    done: dict[str, CodedQuestion],
    loaded: Loaded,
    usable: IntArray,
) -> list[Problem]:
    """Apply conditions, those of the deciding question first; `done` receives the results."""
    if question.name in done:
        return []
    condition = asked.get(question.asked_if_question)
    done[question.name] = coded[question.name]  # ends a circle of conditions, which was reported on reading
    if condition is None:
        return []
    problems = _condition(condition, asked, coded, done, loaded, usable)
    conditioned, contradicting = apply_condition(
        coded[question.name], done[condition.name], question.asked_if_codes
    )
    done[question.name] = conditioned
    records = usable[contradicting]
    for at, file in enumerate(loaded.files):
        in_file = records[loaded.file_of_record[records] == at]
        if len(in_file):
            problems.append(
                grouped_problem(
                    "answered_though_not_asked",
                    Severity.WARNING,
                    loaded,
                    file,
                    in_file,
                    column=f"question:{question.name}",
                    detail={"question": question.name, "condition": condition.name},
                )
            )
    return problems


def _invalid_answers(
    loaded: Loaded, usable: IntArray, question: Question, column: TextColumn, invalid_texts: tuple[int, ...]
) -> list[Problem]:
    """A Problem for each file and text outside the scale; long numbers in it are not quoted."""
    problems: list[Problem] = []
    scale = question.scale.name if question.scale else ""
    detail = {"question": question.name, "scale": scale}
    present = [text for text in invalid_texts if (column.text_of_record == text).any()]
    listed = present[:LISTED_VALUES]
    groups: list[tuple[tuple[int, ...], str]] = [
        ((text,), _LONG_NUMBER.sub("…", column.distinct[text])) for text in listed
    ]
    if present[LISTED_VALUES:]:
        groups.append((tuple(present[LISTED_VALUES:]), "…"))
    for texts, value in groups:
        records = usable[np.isin(column.text_of_record, texts)]
        for at, file in enumerate(loaded.files):
            in_file = records[loaded.file_of_record[records] == at]
            if len(in_file):
                problems.append(
                    grouped_problem(
                        "answer_outside_scale",
                        Severity.SET_ASIDE,
                        loaded,
                        file,
                        in_file,
                        column=f"question:{question.name}",
                        value=value,
                        detail=detail,
                    )
                )
    return problems


def _wrong_scale(loaded: Loaded, question: Question, coded: CodedQuestion) -> list[Problem]:
    given = int((~np.isin(coded.answer_of_record, (BLANK, NOT_ASKED))).sum())
    invalid = int((coded.answer_of_record == INVALID).sum())
    if given < _INVALID_LEAST or invalid <= _INVALID_SHARE * given:
        return []
    title = loaded.titles[f"question:{question.name}"]
    scale = question.scale.name if question.scale else ""
    detail = {"question": question.name, "scale": scale, "invalid": str(invalid), "given": str(given)}
    return [Problem("wrong_scale", Severity.ERROR, ", ".join(loaded.files), None, title, detail=detail)]
