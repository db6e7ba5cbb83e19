"""Walks one entry of R's ``svyciprop`` in every method; shared by all cases that hold such entries."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from scipy import special

from surveys.design_effect import deff_with_replacement, element_spread
from surveys.interval import clopper_pearson_interval, student_interval, wilson_interval
from surveys.records.proportion_interval import (
    EstimatedShare,
    arcsine_angles,
    arcsine_interval,
    divergence,
    estimated_share,
    korn_graubard_interval,
    likelihood_interval,
    logit_interval,
    mean_interval,
    nchs_interval,
)
from tests.r_profile import LogisticFit, logistic_fit, profile_limits
from tests.survey_case import Case, equal, everyone

METHODS = {"logit", "likelihood", "asin", "beta", "mean", "xlogit"}
ITERATED = 1e-8
"""R's logistic regression stops at a relative change of the deviance of 1e-8, so its share is no better.

Its unfinished fit is repeated here (`tests.r_profile`), so that even these entries are compared to 1e-10.
"""


def check_proportion(case: Case, name: str, expected: dict[str, Any], where: str) -> None:
    """Estimate, SE, df, deff, all methods, and the closed forms derived from R's estimate."""
    answered = case.inside & case.data[name].notna().to_numpy()
    values = case.values([name])
    result = case.means(values)
    spread = element_spread(np.nan_to_num(values), case.weight, answered[:, None])
    deff = deff_with_replacement(result.variance, spread, answered.sum(keepdims=True))
    share, error, n = float(result.value[0]), float(result.standard_error[0]), int(answered.sum())
    df, level = float(everyone(case).degrees_of_freedom[0]), expected["level"]
    # All answers alike: R's SE of 1e-17 is rounding, and its deff (1e32) and n_eff are 0/0. Ours are NaN.
    residue = 0 < expected["se"] < 1e-15
    estimate = estimated_share(share, error, df, n)
    for entry, value in expected.items():
        what = f"{where}/{entry}"
        match entry:
            case "df":
                assert df == value, what
            case "n_unweighted":
                assert n == value, what
            case "level":
                assert value in (0.90, 0.95)
            case "mean":
                equal(share, value, what)
            case "se":
                equal(error, value, what)
            case "deff_replace":
                equal(deff[0], np.nan if residue else value, what)
            case "methods":
                assert value.keys() == METHODS, what
                if bool(estimate.is_usable):
                    _check_methods(case, name, estimate, value, level, what)
                else:
                    _check_where_r_gives_nothing(estimate, value, level, what)
            case "derived":
                if residue:
                    assert error < 1e-15, what
                else:
                    _check_derived(estimate, value, level, what)
            case _:
                raise AssertionError(f"no check for {what}")


def _check_methods(
    case: Case, name: str, estimate: EstimatedShare, expected: dict[str, Any], level: float, where: str
) -> None:
    records = int(case.inside.sum())
    answered = case.inside & case.data[name].notna().to_numpy()
    # R scales weights to a mean of 1 over the rows of the (domain's) design.
    weight = case.weight[answered] / case.weight[case.inside].mean()
    fit = logistic_fit(case.data[name].to_numpy()[answered], weight)
    # Residuals from where R stopped do not add up to 0 quite; its sandwich variance is of their total.
    residual = case.values([name])[:, 0] - special.expit(fit.logit)
    total = case.totals(residual[:, None])
    error = total.standard_error[0] / case.weight[answered].sum()
    unfinished = replace(estimate, share=special.expit(fit.logit), standard_error=error)
    for method, entry in expected.items():
        what = f"{where}/{method}"
        assert entry.keys() - {"warnings"} == {"p", "se", "lo", "hi"}, what
        iterated = method in ("logit", "likelihood")
        if iterated:
            equal(special.expit(fit.logit), entry["p"], f"{what} as far as R iterates")
            assert abs(estimate.share - entry["p"]) < ITERATED, what
        else:
            equal(estimate.share, entry["p"], what)
        equal(estimate.standard_error, entry["se"], what)
        limits = [entry["lo"], entry["hi"]]
        match method:
            case "xlogit":
                equal(logit_interval(estimate, level), limits, what)
            case "logit":
                equal(logit_interval(unfinished, level), limits, what)
            case "likelihood":
                _check_likelihood(estimate, unfinished, fit, limits, level, what)
            case "asin":
                angles = np.array(arcsine_angles(estimate, level))
                equal(np.sin(angles) ** 2, limits, what)
                inside = (angles >= 0) & (angles <= np.pi / 2)
                # Beyond π/2 R's sine falls again (.9402 as the upper limit of .9686); the limit there is 1.
                right = np.where(inside, limits, [0.0, 1.0])
                equal(arcsine_interval(estimate, level), right, what)
            case "beta":
                equal(korn_graubard_interval(estimate, records, level), limits, what)
            case "mean":
                degrees = estimate.degrees_of_freedom
                wald = student_interval(estimate.share, estimate.standard_error, degrees, level)
                equal(wald, limits, what)
                # R's limits may leave [0, 1]; no share does.
                equal(mean_interval(estimate, level), np.clip(limits, 0, 1), what)


def _check_likelihood(
    estimate: EstimatedShare,
    unfinished: EstimatedShare,
    fit: LogisticFit,
    limits: list[float | None],
    level: float,
    where: str,
) -> None:
    """R interpolates a coarse profile of the deviance: the same from our deviance is its number to 1e-8.

    Our own limits are exact roots instead. They solve the equation to rounding, and lie as near to R's as
    its interpolation is good.
    """
    n, quantile = (
        int(estimate.binomial_n),
        special.stdtrit(float(estimate.degrees_of_freedom), 0.5 + level / 2),
    )
    dispersion = n / (n - 1) * fit.weight / n
    share, error = float(estimate.share), float(estimate.standard_error)
    fitted = float(unfinished.share)
    # Mean squared Pearson residual about the unfinished fit; 1 where it is finished.
    squared = (share * (1 - fitted) ** 2 + (1 - share) * fitted**2) / (fitted * (1 - fitted))
    profiled = profile_limits(fit, share, float(unfinished.standard_error), quantile, dispersion * squared, n)
    equal(profiled, limits, where, rtol=ITERATED)
    exact = np.array(likelihood_interval(estimate, dispersion, level))
    assert exact[0] < share < exact[1] < 1, where
    deviance = 2 * divergence(estimate.share, special.logit(exact)) * share * (1 - share) / error**2
    np.testing.assert_allclose(deviance, quantile**2 * dispersion, rtol=1e-9, err_msg=where)
    seen = ~np.isnan(profiled)
    np.testing.assert_allclose(exact[seen], profiled[seen], atol=0.002, err_msg=where)


def _check_where_r_gives_nothing(
    estimate: EstimatedShare, expected: dict[str, Any], level: float, where: str
) -> None:
    """0 or 100 %, or no degree of freedom: R gives NaN, an error or no width; ours is Clopper–Pearson on n.

    That is right because it is exact: at 100 % the lower limit is the share q with q^n = (1 − level)/2, so
    that all n being positive is just as improbable as the level says (at 0 % the mirror image). Between
    them it inverts the binomial test; `_check_derived` holds it against R's own qbeta.
    """
    n, p, tail = float(estimate.binomial_n), float(np.round(estimate.share, 12)), (1 - level) / 2
    if p == 1:
        right = [tail ** (1 / n), 1.0]
    elif p == 0:
        right = [0.0, 1 - tail ** (1 / n)]
    else:
        right = [float(limit) for limit in clopper_pearson_interval(p, n, level)]
    for method, entry in expected.items():
        what = f"{where}/{method}"
        if "error" not in entry:
            assert entry.keys() - {"warnings"} == {"p", "se", "lo", "hi"}, what
            np.testing.assert_allclose(estimate.share, entry["p"], atol=1e-9, err_msg=what)
            unusable = entry["lo"] is None or entry["hi"] - entry["lo"] < 1e-9
            assert unusable, what
    for interval in (mean_interval, logit_interval, arcsine_interval):
        equal(interval(estimate, level), right, f"{where}/{interval.__name__}")
    equal(likelihood_interval(estimate, level=level), right, f"{where}/likelihood")
    equal(korn_graubard_interval(estimate, n, level), right, f"{where}/beta")
    assert right[1] - right[0] > 0.01


def _check_derived(estimate: EstimatedShare, expected: dict[str, Any], level: float, where: str) -> None:
    share, error, n = float(estimate.share), float(estimate.standard_error), float(estimate.binomial_n)
    df, tail = float(estimate.degrees_of_freedom), 0.5 + level / 2
    z, t = special.ndtri(tail), special.stdtrit(max(df, 1.0), tail)
    effective = share * (1 - share) / error**2 if error > 1e-12 else np.nan
    with_df = (
        effective * (special.stdtrit(n - 1, tail) / special.stdtrit(df, tail)) ** 2 if df >= 1 else np.nan
    )
    computed = {
        "n_eff": lambda: effective,
        "n_eff_df": lambda: with_df,
        "n_eff_df_capped": lambda: min(n, with_df),
        "wilson_neff_z": lambda: wilson_interval(share, effective, level),
        "wilson_neff_t": lambda: wilson_interval(share, effective * (z / t) ** 2, level),
        "korn_graubard_nchs": lambda: nchs_interval(estimate, n, level),
        "clopper_pearson_n": lambda: clopper_pearson_interval(share, n, level),
        "note": lambda: None,
    }
    for entry, value in expected.items():
        if entry != "note":
            equal(computed[entry](), value, f"{where}/{entry}")
