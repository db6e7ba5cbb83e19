"""Base weights (M5): a column, population over interviews, one over the inclusion probability, or equal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import assert_never

import numpy as np

from surveys.area import AreaLevel, AreaRegister
from surveys.cells import CellError, parse_number
from surveys.problem import Problem, Severity
from surveys.responses.grouping import problems_by_value
from surveys.responses.loading import Loaded
from surveys.responses.place import Design, ancestors
from surveys.responses.quoting import quotable
from surveys.responses.text_column import TextColumn
from surveys.sample import FloatArray, IntArray
from surveys.wave import Responses, WeightBase
from surveys.weights.raking import Margin


@dataclass(frozen=True)
class Sampled:
    """The records that weights are made for, and where they lie.

    Parameters
    ----------
    design, area_of_record
        Of every record; areas as indices into ``register.areas``.
    usable
        Indices of the usable records.
    unanswered
        Indices of sampled contacts that brought no interview.
    interviews_of_record
        How many interviews each record stands for, where it is a cell of a tally; None: itself.
    """

    loaded: Loaded
    responses: Responses
    register: AreaRegister
    design: Design
    area_of_record: IntArray
    usable: IntArray
    unanswered: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.intp))
    interviews_of_record: FloatArray | None = None


@dataclass(frozen=True)
class BaseWeights:
    """Base weights of some records.

    Parameters
    ----------
    areas
        The areas whose population the weights add up to, as a margin; None for other base weights.
    """

    weight_of_record: FloatArray
    areas: Margin | None = None


def base_weights(sampled: Sampled, at: IntArray) -> tuple[BaseWeights | None, tuple[Problem, ...]]:
    """Base weights of the records `at`; None with Problems where there are none to be had."""
    responses = sampled.responses
    if "weight" in sampled.loaded.columns:
        return _column_weights(sampled.loaded, at)
    equal = BaseWeights(np.ones(len(at)))
    match responses.weighting.base:
        case WeightBase.POPULATION:
            return _population_weights(sampled, at)
        case WeightBase.PROBABILITY:
            return _probability_weights(sampled, at)
        case WeightBase.EQUAL:
            return equal, ()
        case None if responses.weighting.rake:
            return equal, ()  # the margins say what counts how much
        case None:
            detail = {"questionnaire": responses.questionnaire}
            return equal, (Problem("equal_weights", Severity.WARNING, "wave.toml", detail=detail),)
        case _ as never:
            assert_never(never)


def weights_of_texts(distinct: tuple[str, ...]) -> tuple[FloatArray, dict[int, str]]:
    """The weight that each text says (NaN where none), and the Problem's code of each that is no weight."""
    return _numbers(distinct, "weight", lambda weight: "" if weight > 0 else "weight_not_positive")


def _probabilities_of_texts(distinct: tuple[str, ...]) -> tuple[FloatArray, dict[int, str]]:
    return _numbers(distinct, "probability", lambda share: "" if 0 < share <= 1 else "bad_inclusion")


def _numbers(
    distinct: tuple[str, ...], what: str, defect: Callable[[float], str]
) -> tuple[FloatArray, dict[int, str]]:
    numbers = np.full(len(distinct), np.nan)
    codes: dict[int, str] = {}
    for at, text in enumerate(distinct):
        try:
            numbers[at] = parse_number(text)
        except CellError:
            codes[at] = f"bad_{what}" if text else f"blank_{what}"
        else:
            if found := defect(float(numbers[at])):
                codes[at], numbers[at] = found, np.nan  # a 0 would be divided by
    return numbers, codes


def _column_weights(loaded: Loaded, at: IntArray) -> tuple[BaseWeights | None, tuple[Problem, ...]]:
    column = loaded.columns["weight"]
    weights, code_of_text = weights_of_texts(column.distinct)
    problems = _bad_texts(loaded, "weight", column, code_of_text, at)
    return (None if problems else BaseWeights(weights[column.text_of_record[at]])), tuple(problems)


def _probability_weights(sampled: Sampled, at: IntArray) -> tuple[BaseWeights | None, tuple[Problem, ...]]:
    """One over the product of the probabilities of all stages."""
    weight = np.ones(len(at))
    problems: list[Problem] = []
    for name, column in sampled.loaded.columns.items():
        if name.startswith("probability:"):
            share, code_of_text = _probabilities_of_texts(column.distinct)
            problems += _bad_texts(sampled.loaded, name, column, code_of_text, at)
            weight /= share[column.text_of_record[at]]
    return (None if problems else BaseWeights(weight)), tuple(problems)


def _bad_texts(
    loaded: Loaded, name: str, column: TextColumn, code_of_text: dict[int, str], at: IntArray
) -> list[Problem]:
    text_of_record = column.text_of_record[at]
    problems: list[Problem] = []
    for code in dict.fromkeys(code_of_text.values()):
        texts = [text for text, found in code_of_text.items() if found == code]
        records = at[np.isin(text_of_record, texts)]
        problems += problems_by_value(code, Severity.ERROR, loaded, records, column=name, quote=quotable)
    return problems


def _population_weights(sampled: Sampled, at: IntArray) -> tuple[BaseWeights | None, tuple[Problem, ...]]:
    """Population ÷ records of each area."""
    register, questionnaire = sampled.register, sampled.responses.questionnaire
    codes, cell_of_record, problems = _population_areas(sampled, at)
    where = {"file": "areas", "questionnaire": questionnaire}
    of_record = sampled.interviews_of_record
    each = np.ones(len(at)) if of_record is None else of_record[at]
    above = int(each[cell_of_record < 0].sum())
    if above:
        detail = {**where, "level": register.by_code[codes[0]].level.value}
        found = Problem("area_above_weighting", Severity.ERROR, "areas", detail=detail, count=above)
        return None, (*problems, found)
    interviews = np.bincount(cell_of_record, weights=each, minlength=len(codes))
    areas = [register.by_code[code] for code in codes]
    population = np.asarray([np.nan if area.population is None else area.population for area in areas])
    for position, area in enumerate(areas):
        detail = {**where, "area": area.name}
        if interviews[position] and not population[position] > 0:
            code, severity, column = "no_population", Severity.ERROR, "population"
        elif not interviews[position]:
            code, severity, column = "area_without_interviews", Severity.WARNING, "code"
        else:
            continue
        problems.append(Problem(code, severity, "areas", None, column, area.code, detail))
    if any(problem.severity is Severity.ERROR for problem in problems):
        return None, tuple(problems)
    weight_of_cell = np.divide(population, interviews, out=np.zeros(len(codes)), where=interviews > 0)
    labels = tuple(area.name for area in areas)
    met = Margin("areas", labels, cell_of_record, np.where(interviews > 0, population, 0.0))
    return BaseWeights(weight_of_cell[cell_of_record], met), tuple(problems)


def _population_areas(sampled: Sampled, at: IntArray) -> tuple[tuple[str, ...], IntArray, list[Problem]]:
    """Areas whose population is known, and the one of each record (−1: none).

    They are the strata where those are areas; else, and where no stratum is declared, the subdistricts.
    """
    responses, register, design = sampled.responses, sampled.register, sampled.design
    if responses.stratum and design.stratum_level is not None:
        codes = tuple(area.code for area in register.at(design.stratum_level))
        cell_of_stratum = np.asarray([codes.index(code) for code in design.strata], dtype=np.intp)
        return codes, cell_of_stratum[design.stratum_of_record[at]], []
    level = AreaLevel.SUBDISTRICT if register.subdistricts else AreaLevel.DISTRICT
    codes, cell_of_area = ancestors(register, level)
    detail = {"questionnaire": responses.questionnaire, "level": level.value}
    found = Problem("weighted_by_other_areas", Severity.WARNING, "wave.toml", detail=detail)
    return codes, cell_of_area[sampled.area_of_record[at]], [found] if responses.stratum else []
