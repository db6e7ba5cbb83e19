"""Weights of the usable records: a column, population over interviews, or equal (M5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surveys.area import AreaLevel, AreaRegister
from surveys.cells import CellError, parse_number
from surveys.problem import Problem, Severity
from surveys.responses.loading import Loaded, level_named
from surveys.responses.place import ancestors
from surveys.responses.set_aside import grouped_problem
from surveys.sample import FloatArray, IntArray
from surveys.wave import Responses


@dataclass(frozen=True)
class Weights:
    """Weights of the usable records, and the cells in which they meet known totals.

    Parameters
    ----------
    poststratum_of_record
        None unless weights were made from population totals.
    """

    weight_of_record: FloatArray
    poststratum_of_record: IntArray | None = None


def weigh(
    loaded: Loaded, usable: IntArray, responses: Responses, register: AreaRegister, area_of_record: IntArray
) -> tuple[Weights | None, tuple[Problem, ...]]:
    """Weights of the records `usable`; None with Problems where there are none to be had.

    Parameters
    ----------
    usable
        Indices of the usable records.
    area_of_record
        Area of each usable record, as an index into ``register.areas``.
    """
    if "weight" in loaded.columns:
        return _column_weights(loaded, usable)
    if responses.weighting_base == "population":
        return _population_weights(responses, register, area_of_record)
    equal = Weights(np.ones(len(usable)))
    if responses.weighting_base == "equal":
        return equal, ()
    detail = {"questionnaire": responses.questionnaire}
    return equal, (Problem("equal_weights", Severity.WARNING, "wave.toml", detail=detail),)


def weights_of_texts(distinct: tuple[str, ...]) -> tuple[FloatArray, dict[int, str]]:
    """The weight that each text says (NaN where none), and the Problem's code of each that is no weight."""
    weights = np.full(len(distinct), np.nan)
    codes: dict[int, str] = {}
    for at, text in enumerate(distinct):
        try:
            weights[at] = parse_number(text)
        except CellError:
            codes[at] = "bad_weight" if text else "blank_weight"
        else:
            if weights[at] <= 0:
                codes[at] = "weight_not_positive"
    return weights, codes


def _column_weights(loaded: Loaded, usable: IntArray) -> tuple[Weights | None, tuple[Problem, ...]]:
    column = loaded.columns["weight"]
    weights, codes = weights_of_texts(column.distinct)
    text_of_record = column.text_of_record[usable]
    problems: list[Problem] = []
    for text, code in codes.items():
        for at, file in enumerate(loaded.files):
            records = usable[(text_of_record == text) & (loaded.file_of_record[usable] == at)]
            if len(records):
                value = column.distinct[text]
                found = grouped_problem(
                    code, Severity.ERROR, loaded, file, records, column="weight", value=value
                )
                problems.append(found)
    if problems:
        return None, tuple(problems)
    return Weights(weights[text_of_record]), ()


def _population_weights(
    responses: Responses, register: AreaRegister, area_of_record: IntArray
) -> tuple[Weights | None, tuple[Problem, ...]]:
    """Population ÷ usable interviews of each area of the stratum's level, or of each subdistrict."""
    level = level_named(responses.stratum) or AreaLevel.SUBDISTRICT
    if not register.at(level):
        level = AreaLevel.DISTRICT
    codes, cell_of_area = ancestors(register, level)
    cell_of_record = cell_of_area[area_of_record]
    where = {"file": "areas", "questionnaire": responses.questionnaire}
    above = int((cell_of_record < 0).sum())
    if above:
        detail = {**where, "level": level.value}
        return None, (Problem("area_above_weighting", Severity.ERROR, "areas", detail=detail, count=above),)
    interviews = np.bincount(cell_of_record, minlength=len(codes))
    areas = [register.by_code[code] for code in codes]
    problems: list[Problem] = []
    population = np.asarray([np.nan if area.population is None else area.population for area in areas])
    for at, area in enumerate(areas):
        detail = {**where, "area": area.name}
        if interviews[at] and not population[at] > 0:
            problems.append(
                Problem("no_population", Severity.ERROR, "areas", None, "population", area.code, detail)
            )
        elif not interviews[at]:
            problems.append(
                Problem("area_without_interviews", Severity.WARNING, "areas", None, "code", area.code, detail)
            )
    if any(problem.severity is Severity.ERROR for problem in problems):
        return None, tuple(problems)
    weight_of_cell = np.divide(population, interviews, out=np.zeros(len(codes)), where=interviews > 0)
    return Weights(weight_of_cell[cell_of_record], cell_of_record), tuple(problems)
