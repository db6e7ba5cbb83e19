"""Change worked by plain numbers: correlation, limits and tests of a panel, and every verdict (M7, M8)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from surveys.compare import ChangeVerdict, NotComparable, changes_of, differences_of_domains
from surveys.compare.change import Change, change_of
from surveys.compare.difference import Differences, Pairing, differences
from surveys.compare.joint import joint_design, joint_error
from surveys.compare.multiplicity import step_down_max_t
from surveys.compare.psu_scores import psu_scores
from surveys.compare.table import judged
from surveys.measured import Measured, measure
from surveys.questionnaire import MeasureKind
from surveys.sample import Sample
from tests.strategies import make_sample, make_wave

NEW = make_wave(4, 5)
OLD = replace(NEW, id="2022Q2")
AWARENESS, SATISFIED, SCORE = 0, 1, 2


def panel(seed: int, take: int = 20) -> tuple[Sample, Sample]:
    """The same people asked twice; one in four answers anew."""
    old, other = make_sample(seed, take=take), make_sample(seed + 1, take=take)
    anew = np.random.default_rng(seed).random(old.size) < 0.25
    questions = tuple(
        replace(q, answer_of_record=np.where(anew, again.answer_of_record, q.answer_of_record))
        for q, again in zip(old.questions, other.questions, strict=True)
    )
    return old, replace(old, questions=questions)


def paired(old: Measured, new: Measured) -> Pairing:
    rows, items = np.arange(len(new.domains)), np.arange(len(new.items))
    assert [d.code for d in old.domains] == [d.code for d in new.domains]
    return Pairing(np.column_stack([rows, rows]), np.column_stack([items, items]), new.partition)


def rows_of(wave: Measured, level: str) -> np.ndarray:
    return np.flatnonzero([d.level == level and not d.group for d in wave.domains])


def scores(sample: Sample, base: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Σ w(y − R)/A of each PSU, by loops over records."""
    weight, psu = sample.weight_of_record, np.asarray(sample.psu_of_record)
    total = weight[base].sum()
    share = weight[base & positive].sum() / total
    result = np.zeros(len(sample.psus))
    for k in np.flatnonzero(base):
        result[psu[k]] += weight[k] * (float(positive[k]) - share) / total
    return result


def over_strata(one: np.ndarray, two: np.ndarray, sample: Sample) -> float:
    """Σ_h n/(n − 1) Σ (z₁ − z̄₁)(z₂ − z̄₂): the variance of M2, or a covariance, without correction."""
    result = 0.0
    for stratum in range(len(sample.strata)):
        a, b = one[sample.psu_strata == stratum], two[sample.psu_strata == stratum]
        result += len(a) / (len(a) - 1) * float(((a - a.mean()) * (b - b.mean())).sum())
    return result


def satisfied_in(sample: Sample, where: np.ndarray | bool) -> tuple[np.ndarray, np.ndarray]:
    answer = sample.question("q2").answer_of_record
    return where & np.isin(answer, [3, 4, 5, 6]), np.isin(answer, [3, 4])


def correlation_of_satisfied(old: Sample, new: Sample) -> float:
    """M7: ΣC₁₂/√(ΣV₁ΣV₂) over the four subdistricts."""
    sums = np.zeros(3)
    for subdistrict in range(4):
        here = old.stratum_of_record == subdistrict
        before, now = (scores(wave, *satisfied_in(wave, here)) for wave in (old, new))
        pairs = ((before, now), (before, before), (now, now))
        sums += [over_strata(one, two, old) for one, two in pairs]
    return float(sums[0] / np.sqrt(sums[1] * sums[2]))


@pytest.fixture(scope="module")
def asked_twice() -> tuple[Sample, Sample, Measured, Measured, Differences]:
    old, new = panel(71)
    first, second = measure(old, OLD), measure(new, NEW)
    return old, new, first, second, differences(first, second, paired(first, second))


Twice = tuple[Sample, Sample, Measured, Measured, Differences]


def mover(value: list[float], low: list[float], high: list[float], r: float) -> tuple[float, float]:
    """Zou & Donner (2008), two estimates with their limits."""
    a, b = value[1] - low[1], high[0] - value[0]
    c, d = high[1] - value[1], value[0] - low[0]
    change = value[1] - value[0]
    below = change - np.sqrt(a**2 + b**2 - 2 * r * a * b)
    return below, change + np.sqrt(c**2 + d**2 - 2 * r * c * d)


def test_the_test_of_a_panel_pays_for_no_more_than_its_limits(asked_twice: Twice) -> None:
    """M8: z = (φ₂ − φ₁)/√(v₁ + v₂ − 2r√(v₁v₂)), φ = asin√((x + ⅜)/(N + ¾)), v = 1/(4N + 2)."""
    old, new, first, second, found = asked_twice
    r = correlation_of_satisfied(old, new)
    assert 0.5 < r < 0.95
    for row in [*rows_of(first, "district"), *rows_of(first, "subdistrict")]:
        phi, v = [], []
        for wave in (first, second):
            size, share = wave.limits.binomial_n[row, SATISFIED], wave.precision.value[row, SATISFIED]
            phi.append(np.arcsin(np.sqrt((share * size + 3 / 8) / (size + 3 / 4))))
            v.append(1 / (4 * size + 2))
        z = (phi[1] - phi[0]) / np.sqrt(v[0] + v[1] - 2 * r * np.sqrt(v[0] * v[1]))
        assert found.correlation[row, SATISFIED] == pytest.approx(r, rel=1e-9)
        assert found.statistic[row, SATISFIED] == pytest.approx(z, rel=1e-9)
        assert found.p[row, SATISFIED] == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-8)
        independent = (phi[1] - phi[0]) / np.sqrt(v[0] + v[1])
        assert abs(z) > 1.4 * abs(independent) > 0


def test_the_correlation_of_a_table_is_pooled_over_subdistricts_alone(asked_twice: Twice) -> None:
    """Neither the district, whose sum they are, nor urban and rural, which are they again, count."""
    old, new, first, second, _ = asked_twice
    r = correlation_of_satisfied(old, new)
    change = change_of(OLD, first, NEW, second)
    for row in [*rows_of(first, "district"), *rows_of(first, "subdistrict")]:
        value, low, high = (
            [float(values[row, SATISFIED]) for values in pair]
            for pair in (
                (first.precision.value, second.precision.value),
                (first.limits.low, second.limits.low),
                (first.limits.high, second.limits.high),
            )
        )
        expected = mover(value, low, high, r)
        ours = change.low[row, SATISFIED], change.high[row, SATISFIED]
        np.testing.assert_allclose(ours, expected, rtol=1e-9)


def test_communities_that_are_one_psu_have_no_part_in_the_panel(asked_twice: Twice) -> None:
    """Their errors are of their own respondents, whom no common community correlates: r = 0, V₁ + V₂."""
    first, found = asked_twice[2], asked_twice[4]
    rows = rows_of(first, "community")
    assert first.precision.conditional[rows].all() and (found.shared_psus[rows] == 1).all()
    assert (found.correlation[rows] == 0).all()
    assert (found.correlation[rows_of(first, "subdistrict"), SATISFIED] > 0.5).all()
    mean = replace(NEW.measures[SCORE], kind=MeasureKind.MEAN)
    one, two = (measure(sample, replace(NEW, measures=(mean,))) for sample in asked_twice[:2])
    student = differences(one, two, paired(one, two))
    variance = one.precision.variance[rows] + two.precision.variance[rows]
    degrees = one.precision.degrees_of_freedom[rows] + two.precision.degrees_of_freedom[rows]
    assert student.is_student[rows].all()
    half = stats.t.ppf(0.975, degrees) * np.sqrt(variance)
    np.testing.assert_allclose((student.high - student.low)[rows] / 2, half, rtol=1e-12)


@pytest.mark.parametrize("seed", range(6))
def test_two_waves_never_know_less_of_their_error_than_either(seed: int) -> None:
    """Units less strata with an answer in either wave: by sets, and at least those of each wave."""
    rng = np.random.default_rng(seed)
    waves = []
    for which in range(2):
        sample = make_sample(10 * seed + which, take=8)
        silent = rng.choice(20, 11, replace=False)
        answer = np.where(np.isin(sample.area_of_record, silent), 1, sample.question("q2").answer_of_record)
        questions = tuple(
            replace(q, answer_of_record=answer.astype(np.int32)) if q.name == "q2" else q
            for q in sample.questions
        )
        labels = tuple(f"new {one}" if rng.random() < 0.3 else one for one in sample.psus)
        waves.append(replace(sample, questions=questions, psus=labels))
    first, second = measure(waves[0], OLD), measure(waves[1], NEW)
    district = int(rows_of(first, "district")[0])
    scored = [psu_scores(wave, [district], [SATISFIED])[0] for wave in (first, second)]
    degrees = joint_error(joint_design(*waves), *scored).degrees_of_freedom[0]
    answering = {
        (sample.strata[sample.psu_strata[at]], sample.psus[at])
        for sample in waves
        for at in np.unique(np.asarray(sample.psu_of_record)[satisfied_in(sample, True)[0]])
    }
    assert degrees == len(answering) - len({stratum for stratum, _ in answering})
    own = [wave.precision.degrees_of_freedom[district, SATISFIED] for wave in (first, second)]
    assert degrees >= max(own)


def test_parts_of_one_wave_that_mirror_each_other_differ_with_twice_the_error() -> None:
    """Where a community's women are pleased its men are not: r < 0, and the limits are wider for it."""
    sample = make_sample(72, communities=10, take=40)
    psu, sex = np.asarray(sample.psu_of_record), np.arange(sample.size) % 2
    rng = np.random.default_rng(6)
    level = rng.uniform(0.05, 0.95, len(sample.psus))[psu]
    pleased = rng.random(sample.size) < np.where(sex == 0, level, 1 - level)
    answer = np.where(pleased, 3, 6).astype(np.int32)
    questions = tuple(replace(q, answer_of_record=answer) if q.name == "q2" else q for q in sample.questions)
    sample = replace(sample, questions=questions, groups={"sex": (("f", "m"), sex)})
    wave = make_wave(4, 10)
    table = differences_of_domains(sample, wave, [(("D", "sex=f"), ("D", "sex=m"))])
    row = table[table["measure"] == "satisfied"].iloc[0]
    women, men = (scores(sample, *satisfied_in(sample, sex == which)) for which in (0, 1))
    r = over_strata(women, men, sample) / np.sqrt(
        over_strata(women, women, sample) * over_strata(men, men, sample)
    )
    assert -0.95 < r < -0.6
    rates = measure(sample, wave).rates
    each = rates[(rates["group"] != "") & (rates["measure"] == "satisfied")]
    low, high = mover(*(each[name].tolist() for name in ("value", "low", "high")), r)
    assert (row["low"], row["high"]) == (pytest.approx(low), pytest.approx(high))
    assert row["high"] - row["low"] > 1.2 * np.hypot(*(each["high"] - each["low"]))


def test_an_area_where_nobody_answered_last_time_has_no_change_and_none_withheld() -> None:
    old, new = panel(73, take=30)
    silent = old.stratum_of_record == 3
    questions = tuple(
        replace(q, answer_of_record=np.where(silent, 1, q.answer_of_record).astype(np.int32))
        if q.name == "q2"
        else q
        for q in old.questions
    )
    changes = changes_of([replace(old, questions=questions)], OLD, [new], NEW)
    of_q2 = changes["measure"].isin(["satisfied", "score"])
    here = changes["area_code"].str.startswith("D3")
    assert (changes.loc[here & of_q2, "n_old"] == 0).all()
    assert (changes.loc[here & of_q2, "reason"] == NotComparable.ABSENT).all()
    assert (changes.loc[here & of_q2, "verdict"] == ChangeVerdict.NOT_MEASURED).all()
    subdistrict = changes["area_level"] == "subdistrict"
    assert (changes.loc[subdistrict & ~(here & of_q2), "reason"] == "").all()


# ---- verdicts


def set_everywhere(change: Change, statistic: float, low: float, value: float, high: float) -> pd.DataFrame:
    """The table if every change of the wave that can be tested had these numbers."""
    tested = np.isfinite(change.statistic)
    numbers = {"statistic": statistic, "low": low, "value": value, "high": high}
    numbers["p"] = 2 * stats.norm.sf(abs(statistic))
    changed = {name: np.where(tested, number, np.nan) for name, number in numbers.items()}
    return judged([replace(change, **changed)], "2022Q2")


@pytest.mark.parametrize(
    ("statistic", "low", "value", "high", "verdict"),
    [
        (6.0, 0.01, 0.1, 0.2, ChangeVerdict.IMPROVED),
        (6.0, -0.01, 0.1, 0.2, ChangeVerdict.NO_DETECTABLE_CHANGE),
        (6.0, 0.0, 0.1, 0.2, ChangeVerdict.NO_DETECTABLE_CHANGE),
        (-6.0, -0.2, -0.1, -0.01, ChangeVerdict.DECLINED),
        (-6.0, -0.2, -0.1, 0.01, ChangeVerdict.NO_DETECTABLE_CHANGE),
        (0.5, 0.01, 0.1, 0.2, ChangeVerdict.NO_DETECTABLE_CHANGE),
        (-0.5, -0.2, -0.1, -0.01, ChangeVerdict.NO_DETECTABLE_CHANGE),
    ],
)
def test_a_verdict_takes_both_the_list_and_the_limits(
    asked_twice: Twice, statistic: float, low: float, value: float, high: float, verdict: ChangeVerdict
) -> None:
    """Where the list says so and the limits hold 0, or the other way round, nothing is called a change."""
    _, _, first, second, _ = asked_twice
    table = set_everywhere(change_of(OLD, first, NEW, second), statistic, low, value, high)
    tested = table["p"].notna()
    assert set(table.loc[tested, "family"]) == {"district", "headline", "exploratory"}
    assert (table.loc[tested, "verdict"] == verdict).all()
    assert (table.loc[~tested, "verdict"] == ChangeVerdict.NOT_COMPARABLE).all()


def test_no_draw_makes_an_adjusted_p_smaller_than_the_one_it_adjusts(asked_twice: Twice) -> None:
    """The district's list is one headline change: its p by 20,000 draws lies below its own now and then."""
    _, _, first, second, _ = asked_twice
    change = change_of(OLD, first, NEW, second)
    lucky = 0
    for statistic in np.linspace(0.5, 3.0, 8):
        table = set_everywhere(change, statistic, 0.0, 0.1, 0.2)
        listed = table[table["family"] == "district"]
        assert len(listed) == 1
        assert (listed["p_adjusted"] >= listed["p"]).all()
        drawn = step_down_max_t(np.array([statistic]), [np.eye(1)])[0]
        lucky += int(drawn < listed["p"].item())
    assert lucky > 0
