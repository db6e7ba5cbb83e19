"""Truth by simulation: a small part of docs/simulation.md, and that its populations are as they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import special

from tests.benchmarks.simulation import run_cases
from tests.benchmarks.simulation_cases import (
    ANSWERS,
    LEAST_MODEL_COVERAGE,
    NEARLY_ALIKE,
    Case,
    allowance,
    model_shortfalls,
    nearly_alike,
    shortfalls,
)
from tests.benchmarks.simulation_change import TwoWaves, simulate_change
from tests.benchmarks.simulation_coverage import simulate
from tests.benchmarks.simulation_population import (
    GROUP_POPULATION,
    SCORES,
    Communities,
    Setting,
    Weights,
    quantile_of_chance,
    truth_by_domain,
)
from tests.benchmarks.simulation_sample import YES, draw_interviews, draw_sample
from tests.benchmarks.simulation_small_areas import Areas, simulate_areas
from tests.benchmarks.simulation_tables import BEGIN, END, between_markers

ROOT = Path(__file__).resolve().parents[2]

SHARES = (
    Case("grid", "4 PSUs, .02", Setting(0.98, 0.02, 4)),
    Case("grid", "4 PSUs, .15", Setting(0.80, 0.15, 4, Communities.PROBIT)),
    Case("grid", "6 PSUs, .10", Setting(0.95, 0.10, 6)),
    Case("grid", "10 PSUs, .05", Setting(0.90, 0.05, 10, Communities.PROBIT)),
    Case("grid", "20 PSUs, .15", Setting(0.80, 0.15, 20)),
    Case("grid", "20 PSUs, .02", Setting(0.98, 0.02, 20, Communities.PROBIT)),
    Case("other", "two kinds", Setting(0.90, 0.10, 6, Communities.TWO_KINDS)),
    Case("other", "5 interviews", Setting(0.90, 0.10, 6, take=(5, 5))),
    Case("other", "dominated", Setting(0.90, 0.10, 6, dominance=0.5)),
    Case("other", "heavy weights", Setting(0.95, 0.05, 6, weights=Weights.HEAVY)),
    Case("other", "post-stratified", Setting(0.90, 0.05, 6, weights=Weights.POSTSTRATIFIED)),
    Case("other", "raked", Setting(0.90, 0.05, 10, weights=Weights.RAKED)),
    Case("other", "raked, sex × age", Setting(0.90, 0.05, 10, weights=Weights.RAKED), part="group"),
)
MEANS = tuple(
    Case("mean", f"{label}, {psus} PSUs", Setting(0.5, 0.10, psus, answers=(ANSWERS[label],)))
    for label, psus in (
        ("80 points", 4),
        ("90 points", 6),
        ("90 points", 20),
        ("88 points, answers at both ends", 6),
    )
)


@pytest.mark.parametrize("case", [*SHARES, *MEANS], ids=lambda case: f"{case.section}, {case.label}")
def test_intervals_hold_the_truth_without_being_wide_and_verdicts_are_seldom_false(case: Case) -> None:
    """Coverage ≥ .945, width ≤ 1.25 of what knows the design effect, false verdicts ≤ 3 % against the truth.

    2,880 intervals a setting (640 for sex × age), everything estimated; two Monte Carlo standard errors.
    """
    ((_, outcome),) = run_cases([case], 160)
    assert not shortfalls(outcome), outcome


@pytest.mark.parametrize("label", NEARLY_ALIKE)
def test_a_domain_whose_answers_are_nearly_alike_is_covered_beside_domains_that_spread(label: str) -> None:
    """Where nobody at the far end was met, the dispersion of others once let coverage fall to .60."""
    ((_, outcome),) = run_cases([nearly_alike(label, 0.0, 6)], 150)
    assert not shortfalls(outcome), outcome


@pytest.mark.parametrize("shared", [0.0, 1.0], ids=["other communities", "the same communities"])
def test_limits_of_a_change_hold_the_true_change(shared: float) -> None:
    outcome = simulate_change(TwoWaves(Setting(0.90, 0.10, 6), Setting(0.93, 0.10, 6), shared), 60)
    assert not shortfalls(outcome), outcome


@pytest.mark.parametrize("spread", [0.0, 0.6], ids=["areas alike", "areas that differ"])
def test_model_estimates_of_areas_cover_and_err_less_than_direct_ones(spread: float) -> None:
    """Fay–Herriot of 18 areas, p ≈ .90: coverage ≥ .93, RMSE below the direct estimate's."""
    outcome = simulate_areas(Areas(Setting(0.90, 0.05, 6), spread), 40)
    assert not model_shortfalls(outcome), outcome
    assert outcome.coverage >= LEAST_MODEL_COVERAGE - allowance(outcome.intervals, LEAST_MODEL_COVERAGE)


@pytest.mark.parametrize("communities", Communities)
def test_communities_have_the_stated_rate_and_correlation(communities: Communities) -> None:
    score = special.ndtri((np.arange(400_000) + 0.5) / 400_000)
    for share, correlation in ((0.80, 0.02), (0.95, 0.10), (0.98, 0.15)):
        chance = quantile_of_chance(score, np.array(share), np.array(correlation), communities)
        np.testing.assert_allclose(chance.mean(), share, rtol=1e-4)
        np.testing.assert_allclose(chance.var(), correlation * share * (1 - share), rtol=1e-2)
        assert (np.diff(chance) >= -1e-12).all()  # or groups and waves could not share a community


@pytest.mark.parametrize("weights", Weights)
def test_weights_lead_to_the_truth(weights: Weights) -> None:
    """The mean over replicates and domains is the truth, also where the sample itself is biased."""
    setting = Setting(0.90, 0.05, 10, weights=weights)
    intervals = simulate(setting, 120)["domain"]
    assert intervals.value.mean() == pytest.approx(intervals.truth.mean(), abs=0.003)
    interviews = draw_interviews(setting, np.random.default_rng(1))
    if weights in (Weights.INFORMATIVE, Weights.POSTSTRATIFIED, Weights.RAKED):
        sample = draw_sample(setting, interviews, 40, np.random.default_rng(2))
        unweighted = np.mean(
            [np.mean(q.answer_of_record[q.answer_of_record != 1] == YES) for q in sample.questions]
        )
        assert unweighted > intervals.truth.mean() + 0.01
    if weights in (Weights.POSTSTRATIFIED, Weights.RAKED):
        part = np.bincount(interviews.group_of_record, weights=interviews.weight_of_record)
        np.testing.assert_allclose(part / part.sum(), GROUP_POPULATION, rtol=1e-9)


def test_scores_have_the_stated_mean() -> None:
    setting = Setting(0.5, 0.10, 10, answers=(ANSWERS["90 points"], ANSWERS["80 points"]))
    np.testing.assert_allclose(
        truth_by_domain(setting)[:2], [SCORES @ answers for answers in setting.answers]
    )
    intervals = simulate(setting, 80)["domain"]
    np.testing.assert_allclose(intervals.value.mean(axis=0), intervals.truth[0], atol=1.5)


def test_a_case_gives_the_same_numbers_alone_and_among_others() -> None:
    setting = Setting(0.90, 0.10, 4)
    halves = [Case("other", str(first), setting, first=first, step=2) for first in (0, 1)]
    together = run_cases([*halves, Case("grid", "", Setting(0.80, 0.10, 4))], 8)
    assert repr(run_cases(halves[1:], 8)[0]) == repr(together[1])  # NaN where the gate prints none


def test_the_document_keeps_its_words_when_its_tables_are_replaced() -> None:
    assert (
        between_markers(f"before {BEGIN} old {END} after", "new") == f"before {BEGIN}\n\nnew\n\n{END} after"
    )
    with pytest.raises(ValueError, match="tables"):
        between_markers("no markers", "new")
    document = (ROOT / "docs" / "simulation.md").read_text(encoding="utf-8")
    assert document.count(BEGIN) == document.count(END) == 1 and "| PSUs | ICC |" in document
