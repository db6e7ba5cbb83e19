"""Columns of replicate weights in the exports of a questionnaire → the replicate weights of its sample."""

from __future__ import annotations

import numpy as np

from surveys.cells import CellError, parse_number
from surveys.problem import InputError, Problem, Severity
from surveys.replicate_weights import supplied_replicates
from surveys.responses.grouping import problems_by_value
from surveys.responses.loading import REPLICATE, Loaded
from surveys.responses.text_column import TextColumn
from surveys.sample import FloatArray, IntArray, ReplicateWeights
from surveys.wave import ReplicatePlan


def read_replicates(
    loaded: Loaded, plan: ReplicatePlan | None, usable: IntArray, weight_of_record: FloatArray | None
) -> tuple[ReplicateWeights | None, tuple[Problem, ...]]:
    """Replicate weights of the usable records; None where there are none, or with Problems.

    Parameters
    ----------
    usable
        Indices of the usable records.
    weight_of_record
        Their weights; None where these have Problems of their own.
    """
    names = [name for name in loaded.columns if name.startswith(REPLICATE)]
    if plan is None or weight_of_record is None or not names:
        return None, ()
    weights = np.empty((len(usable), len(names)))
    problems: list[Problem] = []
    for at, name in enumerate(names):
        column = loaded.columns[name]
        weight_of_text = _weights_of_texts(column)
        weights[:, at] = weight_of_text[column.text_of_record[usable]]
        bad = usable[np.isnan(weights[:, at])]
        problems += problems_by_value("bad_replicate_cell", Severity.ERROR, loaded, bad, column=name)
    if problems:
        return None, tuple(problems)
    one_for_all = len(plan.scale) == 1
    try:
        made = supplied_replicates(
            weight_of_record,
            weights,
            plan.kind,
            scale=plan.scale[0] if one_for_all else None,
            scale_by_replicate=np.array(plan.scale) if len(plan.scale) > 1 else None,
            fay_rho=plan.fay_rho,
            centre=plan.centre,
        )
    except InputError as error:
        return None, error.problems
    return ReplicateWeights(weights, made.scale_by_replicate, made.centre), ()


def _weights_of_texts(column: TextColumn) -> FloatArray:
    """The weight that each text says; NaN where it is none."""
    weights = np.full(len(column.distinct), np.nan)
    for at, text in enumerate(column.distinct):
        try:
            weight = parse_number(text)
        except CellError:
            continue
        weights[at] = weight if weight >= 0 else np.nan
    return weights
