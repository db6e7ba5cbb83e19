"""A bare CSV, without a wave folder → a sample and one measure for each question (``assess rates``)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from surveys.area import Area, AreaLevel, AreaRegister
from surveys.cells import code_label, normal, plain_number
from surveys.problem import Problem, Severity, errors_of
from surveys.questionnaire import Answer, Base, Measure, MeasureKind, Role, Rule
from surveys.responses.base_weight import Sampled
from surveys.responses.binding import bind
from surveys.responses.grouping import problems_by_value
from surveys.responses.loading import Loaded, loaded_of, open_export
from surveys.responses.place import design_of, nest
from surveys.responses.quoting import quotable
from surveys.responses.set_aside import (
    USABLE,
    limit_problem,
    no_usable_records,
    reasons_of_records,
    set_aside_problems,
    spoiled_codes,
)
from surveys.responses.text_column import TextColumn
from surveys.responses.weighting import weigh
from surveys.sample import BLANK, SPECIAL_ANSWERS, CodedQuestion, IntArray, Sample
from surveys.schema import fold
from surveys.wave import Responses, WeightBase, WeightingPlan

EVERYONE = Area(code="all", name="全部", level=AreaLevel.DISTRICT)
"""The pseudo district in which all records of a bare file lie."""
NOTABLE_SHARE = 0.05
"""More records set aside than this are pointed out; a look at a bare file is not refused for it."""


@dataclass(frozen=True)
class BareSurvey:
    """What a bare CSV gives.

    Parameters
    ----------
    measures
        One share for each question asked for, named as the caller wrote it.
    by
        Key of ``sample.groups`` that holds the breakdown.
    labels
        Its labels: numbers in their order, then texts.
    """

    sample: Sample
    measures: tuple[Measure, ...]
    by: str
    labels: tuple[str, ...]


def sample_of_csv(
    path: Path,
    *,
    by: str,
    positive: Mapping[str, Sequence[str]],
    weight: str = "",
    stratum: str = "",
    psu: str = "",
    missing: Sequence[str] = (),
) -> tuple[BareSurvey | None, tuple[Problem, ...]]:
    """Read the columns asked for from an export as it is.

    Parameters
    ----------
    path
        A CSV file, or a workbook (first sheet).
    by, weight, stratum, psu
        Headers, exact or a beginning that only one header has; empty: none.
    positive
        For each question (header or its beginning) the codes or labels that count as positive. Every other
        answer is not positive; ``8.0`` is ``8``, but ``8.5`` is an answer of its own.
    missing
        Codes or labels left out of the base of every question, besides blanks.

    Returns
    -------
    (survey, problems)
        Survey: None where errors forbid it. Records whose `by` is blank count in the whole only.
    """
    wanted = {"by": by, "weight": weight, "stratum": stratum, "psu": psu}
    wanted |= {f"question:{question}": question for question in positive}
    loaded, problems = _load(path, {name: column for name, column in wanted.items() if column})
    problems += _check_codes(path.name, positive, missing)
    if loaded is None or errors_of(problems):
        return None, tuple(problems)
    spoiled = spoiled_codes(loaded, ("by", "stratum", "psu"))
    if spoiled:
        return None, (*problems, *spoiled)
    problems += _assumptions(path.name, weight, psu)
    responses = Responses("", (), stratum=stratum, psu=psu, weighting=WeightingPlan(WeightBase.EQUAL))
    sample, of_sample = _sample(loaded, responses, by, positive, missing)
    problems += of_sample
    if sample is None or errors_of(problems):
        return None, tuple(problems)
    measures = tuple(_measure(question) for question in positive)
    return BareSurvey(sample, measures, by, sample.groups[by][0]), tuple(problems)


def _sample(
    loaded: Loaded,
    responses: Responses,
    by: str,
    positive: Mapping[str, Sequence[str]],
    missing: Sequence[str],
) -> tuple[Sample | None, list[Problem]]:
    """The usable records; everyone lies in the district `EVERYONE`."""
    register = AreaRegister((EVERYONE,))
    area_of_record = np.zeros(loaded.size, dtype=np.intp)
    design = design_of(loaded, responses, register, area_of_record)
    reason_of_record = reasons_of_records(loaded, area_of_record, design)
    usable = np.flatnonzero(reason_of_record == USABLE)
    problems = set_aside_problems(loaded, reason_of_record)
    if not len(usable):
        return None, [*problems, no_usable_records(loaded)]
    problems += limit_problem(loaded, reason_of_record, NOTABLE_SHARE, "many_set_aside", Severity.WARNING)
    weights, of_weights = weigh(Sampled(loaded, responses, register, design, area_of_record, usable))
    problems += [*of_weights, *_blank_groups(loaded, usable)]
    if weights is None:
        return None, problems
    questions = []
    for question, codes in positive.items():
        coded, found = _code(loaded, usable, question, codes, missing)
        questions.append(coded)
        problems += found
    nested = nest(design, usable)
    return Sample(
        questionnaire="",
        questions=tuple(questions),
        weight_of_record=weights.weight_of_record,
        area_codes=(EVERYONE.code,),
        area_of_record=area_of_record[usable],
        strata=nested.strata,
        stratum_of_record=nested.stratum_of_record,
        population_psus_of_stratum=np.full(len(nested.strata), np.inf),
        psus=nested.psus,
        psu_of_record=nested.psu_of_record,
        psu_strata=nested.psu_strata,
        groups={by: _group(loaded.columns["by"].at(usable))},
        files=loaded.files,
        file_of_record=loaded.file_of_record[usable],
        row_of_record=loaded.row_of_record[usable],
    ), problems


def _load(path: Path, wanted: Mapping[str, str]) -> tuple[Loaded | None, list[Problem]]:
    file = path.name
    export, of_file = open_export(path, file)
    problems = list(of_file)
    if export is None:
        return None, problems
    position_of: dict[str, int] = {}
    for name, column in wanted.items():
        position, found = bind(export.header, column, file=file, used_by=name.split(":")[0])
        problems += found
        if position is not None:
            position_of[name] = position
    if problems:
        return None, problems
    loaded, of_records = loaded_of(export, position_of)
    return loaded, [*problems, *of_records]


def _key(text: str) -> str:
    """How codes are compared: as numbers where they are numbers, else with blanks and case folded."""
    return plain_number(text) or fold(text)


def _check_codes(file: str, positive: Mapping[str, Sequence[str]], missing: Sequence[str]) -> list[Problem]:
    problems: list[Problem] = []
    left_out = {_key(code) for code in missing}
    for question, codes in positive.items():
        detail = {"question": question}
        if not any(code.strip() for code in codes):
            problems.append(Problem("no_positive_codes", Severity.ERROR, file, None, question, detail=detail))
        problems += [
            Problem("positive_and_missing", Severity.ERROR, file, None, question, code, detail)
            for code in codes
            if _key(code) in left_out
        ]
    return problems


def _code(
    loaded: Loaded, usable: IntArray, question: str, positive: Sequence[str], missing: Sequence[str]
) -> tuple[CodedQuestion, list[Problem]]:
    """Answers of one question: one for each distinct value, positive, missing or else negative."""
    name = f"question:{question}"
    column = loaded.columns[name]
    counted, left_out = {_key(code) for code in positive}, {_key(code) for code in missing}
    text_of_usable = column.text_of_record[usable]
    answers: list[Answer] = list(SPECIAL_ANSWERS)
    index_of_key: dict[str, int] = {}
    answer_of_text = np.full(len(column.distinct), BLANK, dtype=np.int32)
    for at, text in enumerate(column.distinct):
        key = _key(text)
        if not key:
            continue
        if key not in index_of_key:
            index_of_key[key] = len(answers)
            role = Role.POSITIVE if key in counted else Role.DONT_KNOW if key in left_out else Role.NEGATIVE
            answers.append(Answer(code=plain_number(text) or normal(text), label=text, role=role))
        answer_of_text[at] = index_of_key[key]
    problems = _absent_codes(loaded.files[0], loaded.titles[name], question, positive, index_of_key)
    if all(plain_number(code) for code in positive):
        # Words among numbers are seldom answers: say that they count, and how to leave them out.
        words = [
            at
            for at, text in enumerate(column.distinct)
            if text and not plain_number(text) and _key(text) not in left_out
        ]
        records = usable[np.isin(text_of_usable, words)]
        problems += problems_by_value(
            "words_among_codes", Severity.WARNING, loaded, records, column=name, quote=quotable
        )
    return CodedQuestion(question, tuple(answers), answer_of_text[text_of_usable]), problems


def _absent_codes(
    file: str, title: str, question: str, positive: Sequence[str], occurring: Collection[str]
) -> list[Problem]:
    """Positive codes that no record has: a warning; where none occurs, the call must be wrong."""
    absent = [code for code in positive if code.strip() and _key(code) not in occurring]
    if occurring and len(absent) == len(positive):
        found = dict.fromkeys(quotable(key) for key in list(occurring)[:12])
        detail = {"question": question, "found": ", ".join(found)}
        return [Problem("no_positive_code_occurs", Severity.ERROR, file, 1, title, ", ".join(absent), detail)]
    return [
        Problem("positive_code_absent", Severity.WARNING, file, 1, title, code, {"question": question})
        for code in absent
    ]


def _group(column: TextColumn) -> tuple[tuple[str, ...], IntArray]:
    """Labels of the breakdown that occur, numbers in order before texts, and each record's; −1 where blank.

    Labels are codes as text: ``01`` and ``1`` are two groups.
    """
    label_of_text = [code_label(text) for text in column.distinct]
    present = {label_of_text[at] for at in np.unique(column.text_of_record).tolist()} - {""}
    labels = sorted(present, key=lambda label: (not plain_number(label), _number(label), label))
    index_of_label = {label: at for at, label in enumerate(labels)}
    indices = np.asarray([index_of_label.get(label, -1) for label in label_of_text], dtype=np.intp)
    return tuple(labels), indices[column.text_of_record]


def _number(label: str) -> float:
    return float(plain_number(label) or 0)


def _blank_groups(loaded: Loaded, usable: IntArray) -> list[Problem]:
    records = usable[~loaded.columns["by"].is_filled[usable]]
    return problems_by_value("blank_group", Severity.WARNING, loaded, records, column="by")


def _assumptions(file: str, weight: str, psu: str) -> list[Problem]:
    """What a bare file leaves unsaid and the estimates take for granted."""
    problems = [] if weight else [Problem("rates_without_weight", Severity.WARNING, file)]
    return problems if psu else [*problems, Problem("rates_without_psu", Severity.WARNING, file)]


def _measure(question: str) -> Measure:
    return Measure(
        name=question,
        label=question,
        kind=MeasureKind.SHARE,
        questionnaire="",
        questions=(question,),
        rule=Rule.POSITIVE,
        base=Base.ANSWERED,
        headline=False,
    )
