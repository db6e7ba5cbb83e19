"""A case of ``../shared/oracles/survey``: its data with its design, and how its numbers are compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from surveys.design import Design
from surveys.records.linear import (
    Estimates,
    Linearised,
    estimates_of,
    linearised_means,
    linearised_totals,
    mean_variance,
)
from surveys.wave import LonelyPSU
from tests.oracle import shared_path

RTOL = 1e-10


def unchanged(scores: Linearised) -> Linearised:
    """Scores of estimates whose weights were matched to nothing."""
    return scores


@dataclass(frozen=True)
class Case:
    """One data set with its design; `residual` is what calibrated weights do to scores."""

    data: pd.DataFrame
    design: Design
    unit: np.ndarray
    weight: np.ndarray
    inside: np.ndarray
    residual: Callable[[Linearised], Linearised] = unchanged

    def subset(self, mask: Any) -> Case:
        """A domain: the design stays whole."""
        return replace(self, inside=self.inside & np.asarray(mask))

    def values(self, names: list[str]) -> np.ndarray:
        """Columns as numbers, shape (records, names)."""
        return self.data[names].to_numpy(dtype=np.float64)

    def means(self, values: np.ndarray) -> Estimates:
        """Means over the domain, blanks aside; `values` of shape (records, estimates)."""
        member = ~np.isnan(values) & self.inside[:, None]
        scores = linearised_means(np.nan_to_num(values), self.weight, member)
        return estimates_of(self.residual(scores), self.design, self.unit)

    def totals(self, values: np.ndarray) -> Estimates:
        """Totals over the domain, blanks aside; `values` of shape (records, estimates)."""
        member = ~np.isnan(values) & self.inside[:, None]
        scores = linearised_totals(np.nan_to_num(values), self.weight, member)
        return estimates_of(self.residual(scores), self.design, self.unit)


def read_case(name: str, *, psu: str = "", strata: str = "", weight: str = "", fpc: str = "") -> Case:
    """``data.csv`` of a case with its single-stage design; a fpc column holds population counts."""
    data = pd.read_csv(
        shared_path("oracles", "survey", name, "data.csv"), keep_default_na=False, na_values=[""]
    )
    stratum, labels = pd.factorize(data[strata] if strata else pd.Series(["all"] * len(data)))
    unit, stratum_of_unit = np.arange(len(data)), stratum
    if psu:
        key = pd.Series(stratum).astype(str) + "|" + data[psu].astype(str)
        unit, units = pd.factorize(key)
        stratum_of_unit = pd.Series(stratum).groupby(unit).first().to_numpy()
        assert len(units) == len(stratum_of_unit)
    population = np.full(len(labels), np.inf)
    if fpc:
        population = data.groupby(stratum)[fpc].first().to_numpy(dtype=np.float64)
    size = np.bincount(stratum_of_unit)
    weights = data[weight].to_numpy() if weight else (population / size)[stratum]
    design = Design(tuple(map(str, labels)), stratum_of_unit, population, LonelyPSU.FAIL)
    return Case(data, design, unit, weights, np.ones(len(data), dtype=bool))


def equal(actual: Any, expected: Any, what: str, scale: float = 1.0, rtol: float = RTOL) -> None:
    """Equal to R's number; JSON null must be NaN here too."""
    wanted = np.array(expected, dtype=np.float64)  # JSON null becomes NaN
    np.testing.assert_allclose(
        np.asarray(actual, dtype=np.float64).reshape(wanted.shape),
        wanted,
        rtol=rtol,
        atol=1e-13 * scale,  # for what R itself leaves as a rounding residue of zero
        err_msg=what,
    )


def everyone(case: Case) -> Estimates:
    """The constant 1 over the domain: its degrees of freedom are R's degf of the (domain's) design."""
    return mean_variance(np.ones(len(case.data)), case.weight, case.design, case.unit, case.inside)
