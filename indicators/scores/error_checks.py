"""Three ways to the error of a total, as half-widths of 95 % intervals (M9): one is printed, two check it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from indicators.columns import TOTAL_NODE
from indicators.scores.leaf import NORMAL_95
from surveys.table import records_of


@dataclass(frozen=True, slots=True)
class ErrorCheck:
    """Half-widths in points; NaN where a way gives none.

    Parameters
    ----------
    drawn
        1.96 × the root mean square error of draws through the whole function: what is printed.
    linearised, replicated
        t × the linearised error, and that of Rao–Wu replicates, t on the survey's degrees of freedom.
    """

    area_code: str
    drawn: float
    linearised: float
    replicated: float


def error_checks(scores: pd.DataFrame) -> Iterator[ErrorCheck]:
    """The total of every area that has one.

    Parameters
    ----------
    scores
        `SCORES_COLUMNS`.

    Examples
    --------
    >>> total = {"node": "total", "area_code": "D", "points_earned": 80.0, "standard_error": 1.0,
    ...          "root_mean_square_error": 1.2, "bootstrap_error": np.nan, "degrees_of_freedom": 10.0}
    >>> [check] = error_checks(pd.DataFrame([total]))
    >>> round(check.drawn, 2), round(check.linearised, 2), check.replicated
    (2.35, 2.23, nan)
    """
    totals = scores[(scores["node"] == TOTAL_NODE) & scores["points_earned"].notna()]
    for row in records_of(totals):
        degrees = float(row["degrees_of_freedom"])
        # Without any (only sites and documents were sampled) the normal distribution is all there is.
        t = float(special.stdtrit(degrees, 0.975)) if 1 <= degrees < np.inf else NORMAL_95
        yield ErrorCheck(
            area_code=str(row["area_code"]),
            drawn=NORMAL_95 * float(row["root_mean_square_error"]),
            linearised=t * float(row["standard_error"]),
            replicated=t * float(row["bootstrap_error"]),
        )
