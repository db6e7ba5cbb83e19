"""How the cases of calibrated weights are read and walked whole: every entry of R's result has a check."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from surveys.design import Design
from surveys.design_effect import deff_with_replacement, element_spread
from surveys.records.linear import (
    Estimates,
    Linearised,
    estimates_of,
    linearised_means,
    linearised_ratios,
    linearised_totals,
)
from surveys.wave import LonelyPSU
from tests.oracle import oracle, shared_path

SCHOOL_TYPES = ("E", "H", "M")
SCHOOLS_BY_TYPE = np.array([4421.0, 755.0, 1018.0])


@dataclass(frozen=True)
class Calibrated:
    """apiclus1 with final weights, and what those do to the score of an estimate.

    `rtol` is 1e-10, or 1e-8 where R's weights come out of an iteration that ends at a tolerance.
    """

    data: pd.DataFrame
    design: Design
    unit: np.ndarray
    weight: np.ndarray
    residual: Callable[[Linearised], Linearised]
    rtol: float = 1e-10

    def weighted(self, weight: np.ndarray, residual: Callable[[Linearised], Linearised]) -> Calibrated:
        """The case with other weights."""
        return replace(self, weight=weight, residual=residual)

    def indices(self, name: str, categories: Sequence[str]) -> np.ndarray:
        """Category of each record in a column."""
        return pd.Index(categories).get_indexer(self.data[name])

    def estimates(self, linearised: Linearised) -> Estimates:
        """Design variance of the residuals."""
        return estimates_of(self.residual(linearised), self.design, self.unit)

    def values(self, names: Sequence[str]) -> np.ndarray:
        """Columns as numbers; ``stypeE`` is the indicator of that school type."""
        columns = [
            (self.data["stype"] == name[-1]) if name.startswith("stype") else self.data[name]
            for name in names
        ]
        return np.column_stack(columns).astype(np.float64)


def read_calibrated(name: str, *, fpc: bool) -> tuple[Calibrated, dict[str, Any]]:
    """Data with base weights, and R's results."""
    data = pd.read_csv(
        shared_path("oracles", "survey", name, "data.csv"), keep_default_na=False, na_values=[""]
    )
    unit, labels = pd.factorize(data["dnum"])
    population = np.array([data["fpc"].iloc[0] if fpc else np.inf], dtype=np.float64)
    design = Design(("all",), np.zeros(len(labels), dtype=np.intp), population, LonelyPSU.FAIL)
    case = Calibrated(data, design, unit, data["pw"].to_numpy(dtype=np.float64), lambda scores: scores)
    return case, oracle("survey", name, "result.json")["results"]


Estimator = Callable[[Calibrated, np.ndarray], tuple[list[str], Estimates]]


def mean(*names: str) -> Estimator:
    def estimate(case: Calibrated, inside: np.ndarray) -> tuple[list[str], Estimates]:
        member = np.repeat(inside[:, None], len(names), axis=1)
        return list(names), case.estimates(linearised_means(case.values(names), case.weight, member))

    return estimate


def total(*names: str) -> Estimator:
    def estimate(case: Calibrated, inside: np.ndarray) -> tuple[list[str], Estimates]:
        member = np.repeat(inside[:, None], len(names), axis=1)
        return list(names), case.estimates(linearised_totals(case.values(names), case.weight, member))

    return estimate


def ratio(above: str, below: str) -> Estimator:
    def estimate(case: Calibrated, inside: np.ndarray) -> tuple[list[str], Estimates]:
        y, x = case.values([above]), case.values([below])
        result = case.estimates(linearised_ratios(y, x, case.weight, inside[:, None]))
        return [f"{above}/{below}"], result

    return estimate


def equal(case: Calibrated, actual: Any, expected: Any, what: str, scale: Any = 0.0) -> None:
    """Equal to R; `scale` is the size of the sums of which rounding leaves 1e-13 where R has 0."""
    wanted = np.array(expected, dtype=np.float64)  # JSON null becomes NaN
    found = np.asarray(actual, dtype=np.float64).reshape(wanted.shape)
    left = np.broadcast_to(1e-13 * np.asarray(scale, dtype=np.float64), wanted.shape)
    alike = np.isclose(found, wanted, rtol=case.rtol, atol=left, equal_nan=True)
    assert alike.all(), f"{what}: {found[~alike]} where R has {wanted[~alike]}"


def check_estimates(case: Calibrated, estimator: Estimator, expected: Mapping[str, Any], where: str) -> None:
    """Estimate, SE, covariance, cv, deff, df and both intervals of one call."""
    names, result = estimator(case, np.ones(len(case.data), dtype=bool))
    size = np.abs(result.value)
    cv = result.standard_error / result.value
    for entry, values in expected.items():
        what = f"{where}/{entry}"
        match entry:
            case "estimate":
                assert list(values) == names, what
                equal(case, result.value, list(values.values()), what)
            case "se":
                equal(case, result.standard_error, np.atleast_1d(values), what, size)
            case "vcov":
                equal(case, result.covariance, values, what, np.outer(size, size))
                equal(case, result.variance, np.diag(np.atleast_2d(values)), what, size**2)
            case "cv":
                equal(case, cv, np.atleast_1d(np.array(values, dtype=float)), what, 1.0)
            case "deff":
                equal(case, _deff(case, names, result), np.atleast_1d(values), what)
            case "df":
                assert result.degrees_of_freedom[0] == values, what
            case "ci95_normal" | "ci95_t":
                t = special.ndtri(0.975) if entry == "ci95_normal" else special.stdtrit(expected["df"], 0.975)
                half = t * result.standard_error
                limits = np.column_stack([result.value - half, result.value + half])
                equal(case, limits, values, what, size[:, None])
            case _:
                raise AssertionError(f"no check for {what}")


def check_table(
    case: Calibrated, estimator: Estimator, by: str, expected: Mapping[str, Any], where: str
) -> None:
    """Estimates of each domain; `covmat_error` tells that R made the table without covariances."""
    assert {"table", "columns"} <= set(expected) <= {"table", "columns", "covmat_error"}, where
    seen = set()
    for row in expected["table"]:
        names, result = estimator(case, (case.data[by] == row[by]).to_numpy())
        half = special.ndtri(0.975) * result.standard_error
        cv = np.divide(
            result.standard_error, result.value, out=np.full(len(names), np.nan), where=result.value != 0
        )
        computed = {"se": result.standard_error, "cv": cv}
        computed |= {"ci_l": result.value - half, "ci_u": result.value + half}
        for column, value in row.items():
            seen.add(column)
            if column == by:
                continue
            kind, _, name = column.partition(".")
            if column in names:
                found = result.value[names.index(column)]
            else:
                found = computed[kind][names.index(name) if name else 0]
            equal(case, found, np.nan if value is None else value, f"{where} {row[by]} {column}")
    assert seen == set(expected["columns"]), where


def _deff(case: Calibrated, names: list[str], result: Estimates) -> np.ndarray:
    values = case.values(names)
    everyone = np.ones(values.shape, dtype=bool)
    spread = element_spread(values, case.weight, everyone)
    return deff_with_replacement(result.variance, spread, everyone.sum(axis=0))
