"""Nonresponse (M5): within cells, those who answered carry the weight of those who did not."""

from __future__ import annotations

import numpy as np

from surveys.problem import Problem, Severity
from surveys.responses.base_weight import Sampled
from surveys.responses.variable import Records, variable_of
from surveys.responses.weighting_problem import weighting_problem
from surveys.sample import FloatArray, IntArray

_LISTED = 8
_UNKNOWN = "?"


def nonresponse_factors(
    sampled: Sampled, at: IntArray, base_weight_of_record: FloatArray
) -> tuple[FloatArray | None, list[Problem]]:
    """Factors of the records `at`: Σ base weights of the cell over that of its completed interviews.

    Contacts without an interview have the factor 0. What is not known is a category of its own.

    Parameters
    ----------
    at
        Usable and unanswered records.
    """
    cell, labels, problems = _cells(sampled, at)
    if problems:
        return None, problems
    answered = np.isin(at, sampled.usable)
    everyone = np.bincount(cell, weights=base_weight_of_record, minlength=len(labels))
    completed = np.bincount(cell, weights=base_weight_of_record * answered, minlength=len(labels))
    silent = np.flatnonzero((completed == 0) & (everyone > 0))
    if len(silent):
        size = np.bincount(cell, minlength=len(labels))
        listed = ", ".join(f"{labels[index]} (n = {size[index]})" for index in silent[:_LISTED])
        more = " …" if len(silent) > _LISTED else ""
        found = ("nonresponse_cell_empty", Severity.ERROR, sampled.responses, "nonresponse")
        return None, [weighting_problem(*found, detail={"cells": listed + more})]
    factor = np.divide(everyone, completed, out=np.ones(len(labels)), where=completed > 0)
    return np.where(answered, factor[cell], 0.0), []


def _cells(sampled: Sampled, at: IntArray) -> tuple[IntArray, list[str], list[Problem]]:
    """Nonresponse cell of each record, and how cells are called."""
    records = Records(sampled.loaded, at, sampled.area_of_record[at], sampled.register)
    cell, labels = np.zeros(len(at), dtype=np.intp), [""]
    problems: list[Problem] = []
    for name in sampled.responses.weighting.nonresponse:
        variable = variable_of(name, records)
        if variable is None:
            found = ("nonresponse_no_variable", Severity.ERROR, sampled.responses, "nonresponse")
            problems.append(weighting_problem(*found, value=name))
            continue
        named = (*variable.labels, _UNKNOWN)
        category = np.where(
            variable.category_of_record < 0, len(variable.labels), variable.category_of_record
        )
        key, cell = np.unique(cell * len(named) + category, return_inverse=True)
        parts = [divmod(int(each), len(named)) for each in key]
        labels = [f"{labels[before]} × {named[index]}".removeprefix(" × ") for before, index in parts]
    return cell.astype(np.intp), labels, problems
