"""Columns of replicate weights in the exports of a questionnaire → the replicate weights of its sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from surveys.area import AreaLevel
from surveys.cells import CellError, parse_number
from surveys.problem import InputError, Problem, Severity
from surveys.replicates.supplied import supplied_replicates
from surveys.responses.base_weight import Sampled
from surveys.responses.grouping import problems_by_value
from surveys.responses.loading import REPLICATE, Loaded
from surveys.responses.place import ancestors
from surveys.responses.text_column import TextColumn
from surveys.sample import FloatArray, IntArray, ReplicateWeights
from surveys.toml_section import FILE
from surveys.variance import sum_by


def read_replicates(
    sampled: Sampled, weight_of_record: FloatArray | None
) -> tuple[ReplicateWeights | None, tuple[Problem, ...]]:
    """Replicate weights of the usable records; None where there are none, or errors forbid them.

    A warning names each subdistrict that some replicates leave without records: these count in no rate there.

    Parameters
    ----------
    weight_of_record
        Weights of the usable records; None where these have Problems of their own.
    """
    plan, loaded, usable = sampled.responses.replicates, sampled.loaded, sampled.usable
    names = [name for name in loaded.columns if name.startswith(REPLICATE)]
    if plan is None or weight_of_record is None or not names:
        return None, ()
    weights, problems = _weights_of_columns(loaded, names, usable)
    if problems:
        return None, tuple(problems)
    try:
        made = supplied_replicates(
            weight_of_record,
            weights,
            plan.kind,
            scale=plan.scale[0] if len(plan.scale) == 1 else None,
            scale_by_replicate=np.array(plan.scale) if len(plan.scale) > 1 else None,
            fay_rho=plan.fay_rho,
            centre=plan.centre,
        )
    except InputError as error:
        return None, tuple(_at_setting(problem, sampled) for problem in error.problems)
    return ReplicateWeights(weights, made.scale_by_replicate, made.centre), _lost_areas(weights, sampled)


def _at_setting(problem: Problem, sampled: Sampled) -> Problem:
    """A Problem of all replicates together, at the setting of ``wave.toml`` that it comes from."""
    key = "replicate_scale" if "scale" in problem.code else "replicate_weights"
    return replace(problem, file=FILE, column=f"responses.{sampled.responses.questionnaire}.{key}")


def _weights_of_columns(
    loaded: Loaded, names: Sequence[str], usable: IntArray
) -> tuple[FloatArray, list[Problem]]:
    weights = np.empty((len(usable), len(names)))
    problems: list[Problem] = []
    for at, name in enumerate(names):
        column = loaded.columns[name]
        weights[:, at] = _weights_of_texts(column)[column.text_of_record[usable]]
        bad = usable[np.isnan(weights[:, at])]
        problems += problems_by_value("bad_replicate_cell", Severity.ERROR, loaded, bad, column=name)
    return weights, problems


def _lost_areas(weight_by_record: FloatArray, sampled: Sampled) -> tuple[Problem, ...]:
    codes, area_of_area = ancestors(sampled.register, AreaLevel.SUBDISTRICT)
    area_of_record = area_of_area[sampled.area_of_record[sampled.usable]]
    inside = area_of_record >= 0
    sums = sum_by(weight_by_record[inside], area_of_record[inside], len(codes))
    sampled_areas = np.unique(area_of_record[inside])
    lost_by_area = (sums[sampled_areas] == 0).sum(axis=1)
    return tuple(
        Problem(
            "replicates_lose_area",
            Severity.WARNING,
            value=sampled.register.by_code[codes[area]].name,
            detail={"lost": str(lost), "replicates": str(weight_by_record.shape[1])},
        )
        for area, lost in zip(sampled_areas.tolist(), lost_by_area.tolist(), strict=True)
        if lost
    )


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
