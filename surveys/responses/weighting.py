"""Weights of the usable records (M5): base weights, nonresponse, raking to margins, a limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from surveys.problem import Problem, Severity, errors_of
from surveys.questionnaire import Question
from surveys.renumber import renumbered
from surveys.responses.base_weight import BaseWeights, Sampled, base_weights
from surveys.responses.margins import margins_of
from surveys.responses.nonresponse import nonresponse_factors
from surveys.responses.unequal import VERY_UNEQUAL, very_unequal
from surveys.responses.variable import Records
from surveys.responses.weighting_problem import weighting_problem
from surveys.sample import CodedQuestion, FloatArray, IntArray, WeightingCells
from surveys.toml_section import FILE
from surveys.wave import Control
from surveys.weights.raking import Margin, auxiliaries, factors_of_cells, totals
from surveys.weights.trimming import capped_raking

_LISTED = 8
_MET = 1e-9


@dataclass(frozen=True)
class Weights:
    """Weights of the usable records, and the cells in which they meet known totals.

    Parameters
    ----------
    weighting
        None unless weights were made to match population totals.
    """

    weight_of_record: FloatArray
    weighting: WeightingCells | None = None


def weigh(
    sampled: Sampled,
    questions: tuple[CodedQuestion, ...] = (),
    declared: tuple[Question, ...] = (),
    controls: Sequence[Control] = (),
) -> tuple[Weights | None, tuple[Problem, ...]]:
    """Weights of the records ``sampled.usable``; None with Problems where there are none to be had.

    Parameters
    ----------
    questions
        Their coded answers.
    declared
        The questionnaire's questions.
    """
    base, problems = _adjusted(sampled)
    records = Records(
        sampled.loaded,
        sampled.usable,
        sampled.area_of_record[sampled.usable],
        sampled.register,
        questions,
        declared,
    )
    margins, of_margins = margins_of(sampled.responses, controls, records)
    problems += of_margins
    if base is None or errors_of(problems):
        return None, tuple(problems)
    weights, found = _fitted(base, margins, sampled)
    problems += found
    if weights is not None:
        problems += _very_unequal(weights.weight_of_record, sampled)
    return weights, tuple(problems)


def _adjusted(sampled: Sampled) -> tuple[BaseWeights | None, list[Problem]]:
    """Base weights of the usable records, with the share of those who did not answer."""
    if not sampled.responses.weighting.nonresponse or "completed" not in sampled.loaded.columns:
        base, problems = base_weights(sampled, sampled.usable)
        return base, list(problems)
    at = np.sort(np.concatenate([sampled.usable, sampled.unanswered]))
    base, problems = base_weights(sampled, at)
    if base is None:
        return None, list(problems)
    factor, found = nonresponse_factors(sampled, at, base.weight_of_record)
    if factor is None:
        return None, [*problems, *found]
    answered = np.isin(at, sampled.usable)
    weight = (base.weight_of_record * factor)[answered]
    areas = base.areas
    if areas is not None:
        areas = replace(areas, category_of_unit=areas.category_of_unit[answered])
        met = np.bincount(areas.category_of_unit, weights=weight, minlength=len(areas.categories))
        # Cells that cut across areas leave the populations of areas unmatched: no gain may be claimed then.
        areas = areas if np.allclose(met, areas.total_by_category, rtol=_MET) else None
    return BaseWeights(weight, areas), [*problems, *found]


def _fitted(
    base: BaseWeights, margins: tuple[Margin, ...], sampled: Sampled
) -> tuple[Weights | None, list[Problem]]:
    """Weights raked to the margins, none above the limit."""
    trim, weight = sampled.responses.weighting.trim, base.weight_of_record
    if margins:
        return _raked(weight, margins, sampled)
    areas = base.areas
    cells = None if areas is None else WeightingCells(areas.category_of_unit)
    if trim is None or weight.max() <= trim * weight.mean():
        return Weights(weight, cells), []
    if areas is not None:
        return _raked(weight, (_occurring(areas),), sampled)
    # Nothing is known but the sum of the weights, and that is no knowledge of the population.
    everyone = Margin("Σ", ("Σ",), np.zeros(len(weight), dtype=np.intp), np.array([weight.sum()]))
    weights, problems = _raked(weight, (everyone,), sampled)
    return (None if weights is None else replace(weights, weighting=None)), problems


def _raked(
    base: FloatArray, margins: tuple[Margin, ...], sampled: Sampled
) -> tuple[Weights | None, list[Problem]]:
    cell_of_record, of_cells = _cells(margins)
    x, total = auxiliaries(of_cells), totals(of_cells)
    names = [f"{margin.name} = {category}" for margin in margins for category in margin.categories]
    base_by_cell = np.bincount(cell_of_record, weights=base, minlength=len(x)).astype(np.float64)
    made = factors_of_cells(base_by_cell, x, total)
    setting = f"weighting.{sampled.responses.questionnaire}.rake"
    problems = [replace(problem, file=FILE, column=setting) for problem in made.problems(tuple(names))]
    if problems:
        return None, problems
    weight = base * made.factor_by_unit[cell_of_record]
    trim, mean = sampled.responses.weighting.trim, margins[0].total / len(base)
    if trim is None or weight.max() <= trim * mean:
        return Weights(weight, WeightingCells(cell_of_record, x, made.factor_by_unit)), []
    interviews = x.T @ np.bincount(cell_of_record, minlength=len(x))
    times = total / interviews / mean  # what the weights of a category are on average
    impossible = np.flatnonzero(times > trim * (1 + _MET))
    if not len(impossible):
        capped = capped_raking(base, cell_of_record, x, total, trim * mean)
        impossible = np.flatnonzero(np.abs(capped.missed_by_auxiliary) > _MET)
        if not len(impossible):
            weight = capped.base_weight_by_record * capped.factor_by_cell[cell_of_record]
            return Weights(weight, WeightingCells(cell_of_record, x, capped.factor_by_cell)), []
    more = " …" if len(impossible) > _LISTED else ""
    detail = {
        "categories": ", ".join(names[at] for at in impossible[:_LISTED]) + more,
        "trim": f"{trim:g}",
        "least": f"{np.ceil(times.max() * 100) / 100:.2f}",
        "largest": f"{weight.max() / mean:.2f}",
    }
    found = ("trim_impossible", Severity.ERROR, sampled.responses, "trim")
    return None, [weighting_problem(*found, detail=detail)]


def _cells(margins: tuple[Margin, ...]) -> tuple[IntArray, list[Margin]]:
    """Weighting cell of each record (a combination of categories that occurs), and the margins of cells."""
    cell = np.zeros(len(margins[0].category_of_unit), dtype=np.intp)
    cells = 1
    for margin in margins:
        # Renumbered after each margin, so the key never outgrows an integer.
        values = len(margin.categories) + 1
        occurring, cell = renumbered(cell * values + margin.category_of_unit + 1, cells * values)
        cells = len(occurring)
    record = np.empty(cells, dtype=np.intp)
    record[cell] = np.arange(len(cell))  # any record of a cell will do: all have its categories
    return cell, [replace(margin, category_of_unit=margin.category_of_unit[record]) for margin in margins]


def _occurring(margin: Margin) -> Margin:
    """A margin without the categories that nobody is in."""
    present, category = np.unique(margin.category_of_unit, return_inverse=True)
    labels = tuple(margin.categories[at] for at in present)
    return Margin(margin.name, labels, category.astype(np.intp), margin.total_by_category[present])


def _very_unequal(weight: FloatArray, sampled: Sampled) -> list[Problem]:
    """A warning where a few records outweigh the others by far."""
    median = float(np.median(weight))
    heavy = np.flatnonzero(weight > VERY_UNEQUAL * median)
    if not len(heavy):
        return []
    loaded, records = sampled.loaded, sampled.usable[heavy]
    file = loaded.file_of_record[records[0]]
    rows = loaded.row_of_record[records[loaded.file_of_record[records] == file]]
    title = loaded.titles.get("weight", "")
    found = (loaded.files[file], rows, len(heavy))
    return [very_unequal(weight, sampled.responses.questionnaire, title, found)]
