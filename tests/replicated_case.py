"""Data with replicates as R's ``svrepdesign``, and R's ``svyciprop`` of them, every method walked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from surveys.design_effect import deff_with_replacement, element_spread
from surveys.interval import clopper_pearson_interval, student_interval, wilson_interval
from surveys.records.linear import Estimates
from surveys.records.proportion_interval import (
    EstimatedShare,
    arcsine_interval,
    estimated_share,
    korn_graubard_interval,
    likelihood_interval,
    logit_interval,
    nchs_interval,
)
from surveys.replicates.estimation import (
    ReplicateEstimates,
    Replicates,
    replicated_means,
    replicated_ratios,
    replicated_totals,
)
from tests.survey_entries import equal, spread_over


@dataclass(frozen=True)
class Replicated:
    """Data with weights and replicates; `degrees` are those of the design R was given where it was."""

    data: pd.DataFrame
    weight: np.ndarray
    replicates: Replicates
    unit: np.ndarray
    inside: np.ndarray
    degrees: float = np.nan

    def values(self, *names: str) -> np.ndarray:
        """Columns as numbers, shape (records, names)."""
        return self.data[list(names)].to_numpy(dtype=np.float64)

    def mean(self, *names: str, member: Any = None) -> ReplicateEstimates:
        """Means over the domain, or over `member` (records,) or (records, estimates)."""
        inside = self.inside if member is None else member
        values = spread_over(self.values(*names), inside)
        return replicated_means(values, self.weight, self.replicates, self.unit, inside)

    def total(self, *names: str) -> Estimates:
        """Totals over the domain."""
        return replicated_totals(self.values(*names), self.weight, self.replicates, self.unit, self.inside)

    def ratio(self, above: str, below: str) -> Estimates:
        """A ratio of two totals over the domain."""
        y, x = self.values(above), self.values(below)
        return replicated_ratios(y, x, self.weight, self.replicates, self.unit, self.inside)

    @property
    def analysis_weights(self) -> np.ndarray:
        """Weights of records in each replicate."""
        return self.weight[:, None] * self.replicates.factor_by_unit[self.unit]


def check_proportion(case: Replicated, expected: dict[str, Any], where: str) -> None:
    """R's svyciprop on replicates: every method and what is derived from the estimate."""
    values = case.values("awards01")
    result, n = case.mean("awards01"), int(case.inside.sum())
    spread = element_spread(values, case.weight, case.inside[:, None])
    share = estimated_share(result.value[0], result.standard_error[0], case.degrees, n)
    entries = dict(expected)
    assert entries.pop("df") == case.degrees
    assert entries.pop("n_unweighted") == n
    assert entries.pop("level") == 0.95
    equal(result.value[0], entries.pop("mean"), f"{where}/mean")
    equal(result.standard_error[0], entries.pop("se"), f"{where}/se")
    effect = deff_with_replacement(result.variance, spread, np.array([n]))
    equal(effect[0], entries.pop("deff_replace"), f"{where}/deff")
    check_methods(case, share, n, entries.pop("methods"), where)
    check_derived(share, n, entries.pop("derived"), where)
    assert not entries, where


def check_methods(
    case: Replicated, share: EstimatedShare, n: int, expected: dict[str, Any], where: str
) -> None:
    assert set(expected) == {"logit", "likelihood", "asin", "beta", "mean", "xlogit"}
    by_replicate = case.mean("awards01").value_by_replicate[:, 0]
    variance = case.replicates.variance(special.logit(share.share), special.logit(by_replicate))
    # R fits the logistic model in every replicate, so its error is that of the replicates' logits.
    refitted = replace(share, standard_error=np.sqrt(variance) * share.share * (1 - share.share))
    computed = {
        "logit": logit_interval(refitted),
        "xlogit": logit_interval(share),
        "asin": arcsine_interval(share),
        "beta": korn_graubard_interval(share, n),
        "mean": student_interval(share.share, share.standard_error, share.degrees_of_freedom),
    }
    for method, entry in expected.items():
        what = f"{where}/{method}"
        assert set(entry) - {"warnings"} == {"p", "se", "lo", "hi"}, what
        # R's logistic regression stops at a relative change of the deviance of 1e-8.
        rtol = 1e-8 if method in ("logit", "likelihood") else 1e-10
        np.testing.assert_allclose(share.share, entry["p"], rtol=rtol, err_msg=what)
        equal(share.standard_error, entry["se"], what)
        if method == "likelihood":
            check_likelihood(share, entry, what)
        else:
            np.testing.assert_allclose(computed[method], [entry["lo"], entry["hi"]], rtol=rtol, err_msg=what)


def check_likelihood(share: EstimatedShare, expected: dict[str, Any], where: str) -> None:
    """R gives no likelihood limits for replicates. Ours lie by those of the logit, and hold the share."""
    assert expected["lo"] is None and expected["hi"] is None, where
    low, high = likelihood_interval(share)
    assert low < share.share < high, where
    np.testing.assert_allclose([low, high], logit_interval(share), atol=0.01, err_msg=where)


def check_derived(share: EstimatedShare, n: int, expected: dict[str, Any], where: str) -> None:
    p, error, df = float(share.share), float(share.standard_error), float(share.degrees_of_freedom)
    effective, t = p * (1 - p) / error**2, special.stdtrit(df, 0.975)
    with_df = effective * (special.stdtrit(n - 1, 0.975) / t) ** 2
    computed = {
        "n_eff": effective,
        "n_eff_df": with_df,
        "n_eff_df_capped": min(n, with_df),
        "wilson_neff_z": wilson_interval(p, effective),
        "wilson_neff_t": wilson_interval(p, effective * (special.ndtri(0.975) / t) ** 2),
        "korn_graubard_nchs": nchs_interval(share, n),
    }
    assert expected.keys() == computed.keys(), where
    for entry, value in expected.items():
        equal(computed[entry], value, f"{where}/{entry}")
    equal(computed["korn_graubard_nchs"], clopper_pearson_interval(p, min(n, with_df)), where)
