"""Entries of `../shared/oracles/survey` results and how they are checked: nothing in one goes unnamed.

A statistic is ``{estimate, se, vcov, …}``; a table by domain has one row for each of its labels. What R
leaves as a rounding residue of zero is compared on the scale of the estimate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from surveys.records.linear import Estimates

RTOL = 1e-10
BoolArray = Any
Estimator = Callable[[BoolArray], tuple[list[str], Estimates]]
"""From member (records,) or (records, estimates) to names and estimates."""


def equal(actual: Any, expected: Any, what: str, scale: float = 1.0) -> None:
    """Equal to ten digits, JSON's null being NaN."""
    wanted = np.array(expected, dtype=np.float64)
    found = np.asarray(actual, dtype=np.float64).reshape(wanted.shape)
    np.testing.assert_allclose(found, wanted, rtol=RTOL, atol=1e-13 * scale, err_msg=what)


def check_statistic(
    names: Sequence[str],
    result: Estimates,
    expected: dict[str, Any],
    where: str,
    *,
    design_effect: Any = None,
    degrees_of_freedom: float = np.nan,
) -> None:
    """Every entry of a statistic; `degrees_of_freedom` are those of the design that R was given."""
    value, error = result.value, result.standard_error
    assert list(names) == list(expected["estimate"]), where
    scale = max(1.0, float(np.nanmax(np.abs(value))) ** 2)
    relative = np.divide(error, value, out=np.full(len(names), np.nan), where=value != 0)
    for entry, wanted in expected.items():
        what = f"{where}/{entry}"
        match entry:
            case "estimate":
                equal(value, list(wanted.values()), what)
            case "se":
                equal(error, np.atleast_1d(wanted), what)
            case "vcov":
                equal(result.covariance, np.atleast_2d(wanted), what, scale)
                equal(result.variance, np.diag(np.atleast_2d(wanted)), what, scale)
            case "cv":
                equal(relative, np.atleast_1d(wanted), what)
            case "deff":
                equal(design_effect, np.atleast_1d(wanted), what)
            case "df":
                assert degrees_of_freedom == wanted, what
            case "ci95_normal" | "ci95_t":
                t = special.ndtri(0.975)
                if entry == "ci95_t":
                    t = special.stdtrit(degrees_of_freedom, 0.975)
                limits = np.column_stack([value - t * error, value + t * error])
                equal(limits, np.atleast_2d(wanted), what)
            case _:
                raise AssertionError(f"no check for {what}")


def check_table(
    estimator: Estimator, label_of_record: pd.Series, expected: dict[str, Any], where: str
) -> None:
    """svyby: estimates, SEs, limits and CVs of every label; the covariance of all of them where given."""
    assert set(expected) <= {"table", "columns", "vcov", "covmat_error"}, where
    rows, by = expected["table"], label_of_record.name
    members = [(label_of_record == row[by]).to_numpy() for row in rows]
    results = [estimator(member) for member in members]
    for row, (names, result) in zip(rows, results, strict=True):
        error = result.standard_error
        half = special.ndtri(0.975) * error
        for column, wanted in row.items():
            if column == by:
                continue
            kind, index = _column(column, names)
            value = result.value[index]
            computed = {
                "": value,
                "se": error[index],
                "ci_l": value - half[index],
                "ci_u": value + half[index],
                "cv": error[index] / value if value else np.nan,
            }
            equal(computed[kind], wanted, f"{where} {row[by]} {column}")
    if "vcov" in expected:
        # R puts the domains of the first variable first; its rows of one variable are side by side.
        joint = np.column_stack([member for _ in results[0][0] for member in members])
        _, together = estimator(joint)
        equal(together.covariance, expected["vcov"], f"{where}/vcov", float(np.max(np.abs(expected["vcov"]))))


def spread_over(values: Any, member: Any) -> Any:
    """Values (records, names) repeated for each domain of a joint member matrix, names slowest."""
    if np.ndim(member) == 1:
        return values
    return np.repeat(values, member.shape[1] // values.shape[1], axis=1)


def _column(column: str, names: Sequence[str]) -> tuple[str, int]:
    if column in names:
        return "", list(names).index(column)
    if column.startswith("se") and column[2:].isdigit():  # R's se1, se2 with covmat=TRUE
        return "se", int(column[2:]) - 1
    kind, _, name = column.partition(".")
    return kind, list(names).index(name) if name else 0
