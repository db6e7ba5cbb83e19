"""The total of a cycle from the waves of its years: reads them, refuses what is no cycle, adds up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pandas as pd

from assess.scenario import assessment_of
from indicators.assessment import Assessment
from indicators.columns import TOTAL_NODE
from indicators.findings.cycle import DEFAULT_WEIGHTS, WEIGHTS_SUM
from indicators.findings.cycle import cycle_total as total_of
from surveys.problem import InputError, Problem, Severity


@dataclass(frozen=True)
class Cycle:
    """The years of a cycle and what they make together.

    Parameters
    ----------
    years
        The assessments, in order; fewer than `weights` where years are still to come.
    combined
        Whether totals are those of both trees together (every year has a second one).
    table
        `indicators.columns.CYCLE_COLUMNS`.
    """

    years: tuple[Assessment, ...]
    weights: tuple[float, ...]
    combined: bool
    table: pd.DataFrame


def cycle_total(
    waves: Sequence[Assessment | str | Path], weights: Sequence[float] = DEFAULT_WEIGHTS
) -> pd.DataFrame:
    """Weighted total of the years of a cycle (`indicators.columns.CYCLE_COLUMNS`).

    Parameters
    ----------
    waves
        Assessments or folders of the years, the first year first; years still to come are left out.
    weights
        Of all years of the cycle, adding up to 1.

    Raises
    ------
    InputError
        The weights do not add up, or the waves are not of years that follow each other.
    """
    return cycle_of(waves, weights).table


def cycle_of(waves: Sequence[Assessment | str | Path], weights: Sequence[float] = DEFAULT_WEIGHTS) -> Cycle:
    """As `cycle_total`, with the assessments."""
    problems = list(_weight_problems(len(waves), weights))
    if problems:
        raise InputError(problems)
    years = tuple(assessment_of(wave) for wave in waves)
    problems = _year_problems(years)
    if problems:
        raise InputError(problems)
    combined = all(not year.combined.empty for year in years)
    totals = [_combined(year) if combined else _own(year) for year in years]
    table = total_of([*totals, *([None] * (len(weights) - len(totals)))], weights)
    return Cycle(years, tuple(weights), combined, table)


def _weight_problems(waves: int, weights: Sequence[float]) -> list[Problem]:
    said = ", ".join(f"{100 * weight:g}" for weight in weights)
    if not weights or any(not weight > 0 for weight in weights) or abs(sum(weights) - 1.0) > WEIGHTS_SUM:
        detail = {"sum": f"{100 * sum(weights):.9g}"}
        return [Problem("cycle_weights", Severity.ERROR, value=said, detail=detail)]
    if not 1 <= waves <= len(weights):
        detail = {"waves": str(waves), "years": str(len(weights))}
        return [Problem("cycle_years", Severity.ERROR, value=said, detail=detail)]
    return []


def _year_problems(years: Sequence[Assessment]) -> list[Problem]:
    problems = []
    for year in years:
        if year.scored is None:
            problems.append(Problem("cycle_no_scores", Severity.ERROR, value=year.wave.id))
        if year.wave.field is None:
            problems.append(Problem("cycle_no_dates", Severity.ERROR, value=year.wave.id))
    for before, after in pairwise(years):
        detail = {"before": before.wave.id}
        if before.wave.areas.district.code != after.wave.areas.district.code:
            problems.append(
                Problem("cycle_other_district", Severity.ERROR, value=after.wave.id, detail=detail)
            )
        if before.wave.field is None or after.wave.field is None:
            continue
        first, second = before.wave.field[1].year, after.wave.field[1].year
        detail |= {"first": str(first), "second": str(second)}
        if second <= first:
            problems.append(Problem("cycle_order", Severity.ERROR, value=after.wave.id, detail=detail))
        # Field work that ends in January began in the year that it is of.
        elif after.wave.field[0].year > first + 1:
            problems.append(Problem("cycle_gap", Severity.ERROR, value=after.wave.id, detail=detail))
    return problems


def _own(year: Assessment) -> pd.DataFrame:
    return year.scores[year.scores["node"] == TOTAL_NODE]


def _combined(year: Assessment) -> pd.DataFrame:
    return year.combined.rename(columns={"total": "points_earned"})
