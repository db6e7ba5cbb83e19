"""A framework table as its checks see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from indicators.framework import Indicator, Method, Scoring, Step
from indicators.unit import ResponsibleUnit
from surveys.problem import Problem, Severity
from surveys.questionnaire import Measure, Unit
from surveys.table import header_of

FITTING_SCORINGS: Mapping[Method, tuple[Scoring, ...]] = {
    Method.QUESTIONNAIRE: (Scoring.LINEAR, Scoring.STEPS),
    Method.DOCUMENT: (Scoring.STEPS,),
    Method.NEGATIVE: (Scoring.PER_EVENT,),
    Method.OBSERVATION: (
        Scoring.PASS_SHARE,
        Scoring.QUOTA,
        Scoring.RATIO,
        Scoring.THRESHOLD,
        Scoring.ZERO_TOLERANCE,
        Scoring.WALK,
    ),
}


@dataclass(frozen=True)
class Sheet:
    """A framework table with what its checks look up.

    Parameters
    ----------
    step_frame
        The parsed table `steps`: the rows behind the scales of `steps`.
    rows
        Parsed rows as dictionaries, beside `indicators` in the same order.
    measures
        Measures of the wave by name; None without a wave: what rests on measures is not checked then.
    range_by_measure
        Where marks on the values of each measure may lie (`surveys.measure_reading.mark_range`).
    units
        Responsible units by code; empty leaves owners unchecked.
    has_previous
        Whether a wave to carry values from is named.
    edition
        Name of a built-in edition, whose file nobody can edit; empty for a sheet of the user's.
    """

    frame: pd.DataFrame
    step_frame: pd.DataFrame
    rows: tuple[dict[str, Any], ...]
    indicators: tuple[Indicator, ...]
    steps: Mapping[str, tuple[Step, ...]]
    measures: Mapping[str, Measure] | None
    range_by_measure: Mapping[str, tuple[float, float]]
    units: Mapping[str, ResponsibleUnit]
    has_previous: bool = False
    edition: str = ""

    def problem(self, at: int, code: str, column: str, value: object = "", **detail: str) -> Problem:
        """An error in the row at position `at`."""
        file, row = str(self.frame.attrs["file"]), int(self.rows[at]["_row"])
        return Problem(code, Severity.ERROR, file, row, header_of(self.frame, column), str(value), detail)

    def is_unread(self, at: int, column: str) -> bool:
        """Whether the cell of a row was refused, which is an error already."""
        return int(self.rows[at]["_row"]) in self.frame.attrs.get("unread", {}).get(column, ())

    def warning_of(self, code: str, column: str, rows: Sequence[int]) -> Problem:
        """One warning about the rows at these positions; it names their codes and counts them."""
        file, first = str(self.frame.attrs["file"]), int(self.rows[rows[0]]["_row"])
        value = listed(self.indicators[at].code for at in rows)
        header = header_of(self.frame, column)
        return Problem(code, Severity.WARNING, file, first, header, value, count=len(rows))

    def unit(self, row: Indicator) -> Unit | None:
        """Unit of a node's value: the measure's, a share of the points elsewhere; None if unknown."""
        if row.method is not Method.QUESTIONNAIRE:
            return Unit.SHARE
        measure = None if self.measures is None else self.measures.get(row.source)
        return None if measure is None else measure.kind.unit


def listed(names: Iterable[str]) -> str:
    """Names as a message lists them."""
    return "、".join(str(name) for name in names) or "—"
