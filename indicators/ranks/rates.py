"""Headline rates of subdistricts, on the scales on which they are compared (M8)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from indicators.ranks.ranked import Ranked, correlation_between
from indicators.ranks.vocabulary import RankedKind
from indicators.scores.leaf import NORMAL_95
from surveys.area import AreaLevel
from surveys.estimate import Estimation
from surveys.questionnaire import Unit
from surveys.sample import FloatArray
from surveys.wave import Wave


def ranked_rates(estimation: Estimation, wave: Wave) -> Iterator[Ranked]:
    """Every headline rate in the subdistricts that show it.

    Notes
    -----
    M8. Shares: φ = asin√((pN + ⅜)/(N + ¾)) with variance 1/(4N + 2). N of M3 rests on the correlation within
    sampling units pooled over all areas (one area's own variance may be 0), and is a little below n_e, for
    that correlation is estimated: with n_e ranges held all places in .93 of surveys. Points and means: their
    own scale, with the width of their limits. Correlation between areas: that of the design.
    """
    rates = estimation.rates
    shown = rates[
        (rates["group"] == "")
        & (rates["area_level"] == AreaLevel.SUBDISTRICT)
        & rates["headline"].astype(bool)
        & rates["value"].notna()
        & rates["low"].notna()
    ]
    area_of_code = {area.code: area for area in wave.areas.subdistricts}
    for measure, rows in shown.groupby("measure", sort=False):
        if len(rows) < 2:
            continue
        codes = [str(code) for code in rows["area_code"]]
        unit = Unit(rows["unit"].iloc[0])
        estimate, error = _on_scale(rows, unit, estimation.test_size_by_area.loc[codes, str(measure)])
        shared = estimation.between_areas(pd.DataFrame({str(measure): 1.0}, index=codes))
        yield Ranked(
            kind=RankedKind.RATE,
            name=str(measure),
            label=str(rows["measure_name"].iloc[0]),
            unit=unit,
            comparable=1,
            areas=tuple(area_of_code[code] for code in codes),
            value=rows["value"].to_numpy(dtype=np.float64),
            low=rows["low"].to_numpy(dtype=np.float64),
            high=rows["high"].to_numpy(dtype=np.float64),
            estimate=estimate,
            standard_error=error,
            correlation=correlation_between(shared, np.sqrt(np.diag(shared.to_numpy()))),
        )


def _on_scale(rows: pd.DataFrame, unit: Unit, test_size: pd.Series) -> tuple[FloatArray, FloatArray]:
    """Estimates and their errors on the scale of comparison."""
    value = rows["value"].to_numpy(dtype=np.float64)
    if unit is not Unit.SHARE:
        width = (rows["high"] - rows["low"]).to_numpy(dtype=np.float64)
        return value, width / (2 * NORMAL_95)
    return arcsine_scale(value, test_size.to_numpy(dtype=np.float64))


def arcsine_scale(share: FloatArray, size: FloatArray) -> tuple[FloatArray, FloatArray]:
    """φ = asin√((pN + ⅜)/(N + ¾)) and its standard error 1/√(4N + 2) (M8); any shape."""
    n = size
    return np.arcsin(np.sqrt((share * n + 0.375) / (n + 0.75))), 1 / np.sqrt(4 * n + 2)
