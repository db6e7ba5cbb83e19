"""Weights of the usable records: a column, population over interviews, or equal (M5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surveys.area import AreaLevel, AreaRegister
from surveys.cells import CellError, parse_number
from surveys.problem import Problem, Severity
from surveys.responses.grouping import problems_by_value
from surveys.responses.loading import Loaded
from surveys.responses.place import Design, ancestors
from surveys.responses.quoting import quotable
from surveys.sample import FloatArray, IntArray, WeightingCells
from surveys.wave import Responses, WeightBase


@dataclass(frozen=True)
class Weights:
    """Weights of the usable records, and the cells in which they meet known totals.

    Parameters
    ----------
    weighting
        None unless weights were made from population totals.
    """

    weight_of_record: FloatArray
    weighting: WeightingCells | None = None


def weigh(
    loaded: Loaded,
    usable: IntArray,
    responses: Responses,
    register: AreaRegister,
    design: Design,
    area_of_record: IntArray,
) -> tuple[Weights | None, tuple[Problem, ...]]:
    """Weights of the records `usable`; None with Problems where there are none to be had.

    Parameters
    ----------
    usable
        Indices of the usable records.
    area_of_record
        Area of every record, as an index into ``register.areas``.
    """
    plan = responses.weighting
    unused = [key for key in ("probability", "nonresponse", "rake", "trim") if getattr(plan, key)]
    if unused:
        where = f"weighting.{responses.questionnaire}"
        return None, tuple(
            Problem("unsupported_weighting", Severity.ERROR, "wave.toml", None, f"{where}.{key}")
            for key in unused
        )
    if "weight" in loaded.columns:
        return _column_weights(loaded, usable)
    if responses.weighting.base is WeightBase.POPULATION:
        codes, cell_of_record, problems = _weighting_cells(
            responses, register, design, area_of_record, usable
        )
        weights, of_weights = _population_weights(responses, register, codes, cell_of_record)
        return weights, (*problems, *of_weights)
    equal = Weights(np.ones(len(usable)))
    if responses.weighting.base is WeightBase.EQUAL:
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
    weights, code_of_text = weights_of_texts(column.distinct)
    text_of_record = column.text_of_record[usable]
    problems: list[Problem] = []
    for code in dict.fromkeys(code_of_text.values()):
        texts = [text for text, found in code_of_text.items() if found == code]
        records = usable[np.isin(text_of_record, texts)]
        problems += problems_by_value(code, Severity.ERROR, loaded, records, column="weight", quote=quotable)
    if problems:
        return None, tuple(problems)
    return Weights(weights[text_of_record]), ()


def _weighting_cells(
    responses: Responses, register: AreaRegister, design: Design, area_of_record: IntArray, usable: IntArray
) -> tuple[tuple[str, ...], IntArray, tuple[Problem, ...]]:
    """Areas whose population is known, and the one of each usable record (−1: none).

    They are the strata where those are areas; else, and where no stratum is declared, the subdistricts.
    """
    if responses.stratum and design.stratum_level is not None:
        codes = tuple(area.code for area in register.at(design.stratum_level))
        cell_of_stratum = np.asarray([codes.index(code) for code in design.strata], dtype=np.intp)
        return codes, cell_of_stratum[design.stratum_of_record[usable]], ()
    level = AreaLevel.SUBDISTRICT if register.subdistricts else AreaLevel.DISTRICT
    codes, cell_of_area = ancestors(register, level)
    detail = {"questionnaire": responses.questionnaire, "level": level.value}
    found = Problem("weighted_by_other_areas", Severity.WARNING, "wave.toml", detail=detail)
    return codes, cell_of_area[area_of_record[usable]], (found,) if responses.stratum else ()


def _population_weights(
    responses: Responses, register: AreaRegister, codes: tuple[str, ...], cell_of_record: IntArray
) -> tuple[Weights | None, tuple[Problem, ...]]:
    """Population ÷ usable interviews of each area in `codes`."""
    where = {"file": "areas", "questionnaire": responses.questionnaire}
    above = int((cell_of_record < 0).sum())
    if above:
        detail = {**where, "level": register.by_code[codes[0]].level.value}
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
    return Weights(weight_of_cell[cell_of_record], WeightingCells(cell_of_record)), tuple(problems)
