"""Back-transformations equal the tables of emdi's tests, even to R's random numbers (M10).

``fh_backtransform_point.csv`` and ``_mse.csv``: ML on 94 districts, of which 31–34 and 71–74 count as
unsampled, ~ eqsize + cash + self_empl; on the log scale (A = 0.008423), on the arcsine scale with D = 1/(4n),
and on the logit scale. Every column is read but one of ``_mse.csv``: ``log_sm`` is Slud & Maiti's (2006)
error for the log scale, which has no part in M10 (its point estimates are checked). emdi's tests send the
*logit* predictions through the *arcsine* back-transformation; those columns mean nothing, but test the same
functions.

R searches the variance within (0, end) to 1.2e-4 and integrates to 1.2e-4; both are repeated as they are. The
stored inputs have seven significant digits, so results agree in about six.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import special

from surveys.smallarea.area_model import AreaModel, coefficients, regress
from surveys.smallarea.fit import ml_variance
from surveys.smallarea.likelihood import leverage_trace, log_likelihood
from surveys.smallarea.prediction import ml_mse, predict, predict_unsampled, reml_error
from surveys.smallarea.share_scale import expected_share, share_at
from tests.oracle import shared_path
from tests.r_numerics import RNormal, r_integrate, r_maximise

INPUTS = 1e-5
REPLICATES = 20
NO_ERROR = 1e-15


@dataclass(frozen=True)
class Case:
    """Districts on one scale: direct estimates of the sampled ones, auxiliaries of all."""

    auxiliary: np.ndarray
    sampled: np.ndarray
    direct: np.ndarray
    variance: np.ndarray
    end: float

    @property
    def model(self) -> AreaModel:
        """The area model of the sampled districts."""
        return AreaModel(self.auxiliary[self.sampled], self.variance)

    def search(self, direct: np.ndarray, keep: np.ndarray | None = None) -> float:
        """R's ML estimate of A, stopping as early as R does."""
        rows = np.ones(len(direct), dtype=bool) if keep is None else keep
        model = AreaModel(self.auxiliary[self.sampled][rows], self.variance[rows])
        return r_maximise(lambda a: float(log_likelihood(model, direct[rows], a)), self.end)

    def predictions(self, direct: np.ndarray, between: float) -> tuple[np.ndarray, np.ndarray]:
        """θ̂ of all districts, and g1 of the sampled ones (0 for the others, whose sin² R takes as it is)."""
        angle, left = np.empty(len(self.sampled)), np.zeros(len(self.sampled))
        angle[self.sampled] = predict(self.model, direct, between).value
        unsampled = self.auxiliary[~self.sampled]
        angle[~self.sampled] = predict_unsampled(self.model, direct, between, unsampled)[0]
        left[self.sampled] = reml_error(self.model, between).g1
        return angle, left


def read(name: str) -> pd.DataFrame:
    table = pd.read_csv(shared_path("oracles", "smallarea", name), skipinitialspace=True)
    return table.drop(columns=table.columns[0]).map(lambda cell: float(str(cell)))


def case(scale: str) -> Case:
    data = pd.concat([read("eusilcA_popAgg.csv"), read("eusilcA_smpAgg.csv")], axis=1)
    auxiliary = np.column_stack([np.ones(len(data)), data[["eqsize", "cash", "self_empl"]]])
    sampled = np.ones(len(data), dtype=bool)
    sampled[30:34] = sampled[70:74] = False
    data = data[sampled]
    share = data["MTMED"].to_numpy()
    match scale:
        case "log":
            mean = data["Mean"].to_numpy()
            return Case(auxiliary, sampled, np.log(mean), data["Var_Mean"].to_numpy() / mean**2, 0.1518748)
        case "arcsine":
            sampling = 1 / (4 * data["n"].to_numpy())
            return Case(auxiliary, sampled, np.arcsin(np.sqrt(share)), sampling, 0.1124019)
        case _:  # emdi moves shares of 0 and 1 by .001
            share = np.clip(share, 0.001, 0.999)
            sampling = data["Var_MTMED"].to_numpy() / (share * (1 - share)) ** 2
            # An error of 0 (a share of 1) pins the prediction; a tiny one is as good, and a variance.
            return Case(auxiliary, sampled, special.logit(share), np.maximum(sampling, NO_ERROR), 0.1124019)


def close(actual: np.ndarray, expected: pd.Series, what: str, atol: float = 1e-12) -> None:
    np.testing.assert_allclose(actual, expected.to_numpy(), rtol=INPUTS, atol=atol, err_msg=what)


def integrated(angle: np.ndarray, left: np.ndarray) -> np.ndarray:
    """The bias correction of emdi: ∫ sin²θ over [0, π/2] only, θ normal; sin² where nothing was sampled."""
    return np.array(
        [
            _integral(a, float(np.sqrt(v))) if v > 0 else np.sin(a) ** 2
            for a, v in zip(angle, left, strict=True)
        ]
    )


def _integral(mean: float, deviation: float) -> float:
    def integrand(x: float) -> float:
        z = (x - mean) / deviation
        return float(np.sin(x) ** 2 * np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi) / deviation)

    return r_integrate(integrand, 0.0, np.pi / 2)


def bootstrap(one: Case, between: float, back: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> np.ndarray:
    """The bootstrap of emdi with ``set.seed(123)``: effects, errors, and one number that is not used."""
    normal, total = RNormal(123), np.zeros(len(one.sampled))
    beta, _ = coefficients(one.model, regress(one.model, one.direct, between))
    centre = one.auxiliary @ beta
    for _ in range(REPLICATES):
        truth = centre + np.sqrt(between) * normal.draw(len(one.sampled))
        error = np.zeros(len(one.variance))
        varies = one.variance > NO_ERROR  # R draws nothing for a standard deviation of 0
        error[varies] = np.sqrt(one.variance[varies]) * normal.draw(int(varies.sum()))
        direct = truth[one.sampled] + error
        normal.draw(1)
        total += (back(*one.predictions(direct, one.search(direct))) - share_at(truth)) ** 2
    return total / REPLICATES


def naive(angle: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Sin² of the predictions, not cut: as emdi's bootstrap does."""
    del left
    return np.sin(angle) ** 2


def test_log_scale() -> None:
    one, point, mse = case("log"), read("fh_backtransform_point.csv"), read("fh_backtransform_mse.csv")
    between = 0.008423  # emdi's test rounds its own estimate
    assert round(one.search(one.direct), 6) == between
    angle, left = one.predictions(one.direct, between)
    fit = regress(one.model, one.direct, between)
    bias = -leverage_trace(one.model, fit) / (fit.weight**2).sum()
    error = np.empty(len(angle))
    error[one.sampled] = ml_mse(one.model, between)
    unsampled = one.auxiliary[~one.sampled]
    error[~one.sampled] = predict_unsampled(one.model, one.direct, between, unsampled)[1] + bias
    close(np.exp(angle + error / 2), point["log_crude"], "log_crude")
    close(np.exp(angle + error / 2) ** 2 * error, mse["log_crude"], "mse log_crude")
    assert point["log_sm"].isna().equals(pd.Series(~one.sampled))
    close(np.exp(angle + left / 2)[one.sampled], point["log_sm"][one.sampled], "log_sm")


def test_arcsine_scale() -> None:
    one, point, mse = case("arcsine"), read("fh_backtransform_point.csv"), read("fh_backtransform_mse.csv")
    between = one.search(one.direct)
    assert abs(between - float(ml_variance(one.model, one.direct))) < 1e-5
    angle, left = one.predictions(one.direct, between)
    close(share_at(angle), point["arcsin_naive_jk"], "naive")
    close(share_at(angle), point["arcsin_naive_boot"], "naive")
    close(integrated(angle, left), point["arcsin_bc_boot"], "bias-corrected")
    close(bootstrap(one, between, naive), mse["arcsin_naive_boot"], "mse naive, bootstrap")
    close(bootstrap(one, between, integrated), mse["arcsin_bc_boot"], "mse bias-corrected, bootstrap")


def test_our_back_transformation_is_the_whole_integral_of_which_emdi_takes_a_part() -> None:
    """½[1 − cos 2θ̂ exp(−2 g1)] is ∫ sin² over the whole line.

    emdi cuts the line to [0, π/2] without putting the mass back: two districts predicted at .998 come out as
    .18 and .26 in its table. There ours is right; elsewhere they are equal.
    """
    one, point = case("arcsine"), read("fh_backtransform_point.csv")
    angle, left = (part[one.sampled] for part in one.predictions(one.direct, one.search(one.direct)))
    ours, theirs = expected_share(angle, left), point["arcsin_bc_boot"][one.sampled].to_numpy()
    deviation = np.sqrt(left)
    inside = special.ndtr((np.pi / 2 - angle) / deviation) - special.ndtr(-angle / deviation)
    whole = inside > 1 - 1e-12
    assert 70 < whole.sum() < len(whole)
    np.testing.assert_allclose(ours[whole], theirs[whole], rtol=INPUTS)
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    over_the_line = np.sin(angle[:, None] + deviation[:, None] * nodes) ** 2 @ weights / np.sqrt(2 * np.pi)
    between = (angle >= 0) & (angle <= np.pi / 2)  # beyond it ours takes the end itself
    np.testing.assert_allclose(ours[between], over_the_line[between], rtol=1e-12)
    lost = ours - theirs
    assert (lost[angle > np.pi / 2] > 0.7).all() and (lost[angle > np.pi / 2] < 1).all()
    assert (lost > -1e-6).all()  # never less than what a part of the line gives


def test_jackknife_of_the_arcsine_scale() -> None:
    """Jiang, Lahiri & Wan (2002) as emdi has it, put together from our fits: A without each area in turn."""
    one, mse = case("arcsine"), read("fh_backtransform_mse.csv")
    between, areas = one.search(one.direct), int(one.sampled.sum())
    angle, g1 = predict(one.model, one.direct, between).value, reml_error(one.model, between).g1
    part, squares = np.zeros(areas), np.zeros(areas)
    for left_out in range(areas):
        other = one.search(one.direct, np.arange(areas) != left_out)
        part += reml_error(one.model, other).g1 - g1
        squares += (predict(one.model, one.direct, other).value - angle) ** 2
    error = g1 + (areas - 1) / areas * (squares - part)
    assert mse["arcsin_naive_jk"].isna().equals(pd.Series(~one.sampled))
    expected = mse["arcsin_naive_jk"][one.sampled]
    close(2 * np.sin(angle) * np.cos(angle) * error, expected, "mse naive, jackknife")


def test_logit_predictions_through_the_arcsine_back_transformation() -> None:
    """Shares next to 0 are squares of tiny sines or tails: the inputs' digits are absolute there (1e-6)."""
    one, point, mse = case("logit"), read("fh_backtransform_point.csv"), read("fh_backtransform_mse.csv")
    between = one.search(one.direct)
    assert round(between, 7) == 0.1123531  # the end of R's interval, not a maximum
    angle, left = one.predictions(one.direct, between)
    close(share_at(angle), point["logit_naive_boot"], "naive", 1e-6)
    close(integrated(angle, left), point["logit_bc_boot"], "bias-corrected", 1e-6)
    close(bootstrap(one, between, naive), mse["logit_naive_boot"], "mse naive", 1e-6)
    close(bootstrap(one, between, integrated), mse["logit_bc_boot"], "mse bias-corrected", 1e-6)


def test_no_column_of_the_tables_is_passed_over_in_silence() -> None:
    columns = {"log_crude", "log_sm", "arcsin_naive_jk", "arcsin_naive_boot", "arcsin_bc_boot"}
    columns |= {"logit_naive_boot", "logit_bc_boot"}
    assert set(read("fh_backtransform_point.csv")) == set(read("fh_backtransform_mse.csv")) == columns
