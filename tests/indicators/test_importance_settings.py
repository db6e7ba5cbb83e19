"""What `[importance]` may ask for: each mistake has its own Problem; what answers cannot say is a warning."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from scipy import stats

from indicators.findings.importance import check_importance, importance_of
from surveys.design import design_of
from surveys.item import items_of
from surveys.problem import Language, Severity
from surveys.questionnaire import Answer, MeasureKind, Role
from surveys.replicates.making import jackknife_replicates
from surveys.sample import CodedQuestion, ReplicateWeights, Sample
from surveys.tallied import TalliedSample
from surveys.tally import tally
from surveys.wave import Importance, ScoringPlan, Wave
from tests.factory_scoring import score_measure, share_measure, small_wave

RATES = tuple(
    replace(share_measure(f"s{at}"), kind=MeasureKind.SATISFACTION_RATE, questions=(f"q{at}",))
    for at in range(1, 4)
)
OVERALL = score_measure("overall")
SAME = replace(share_measure("rate"), kind=MeasureKind.SATISFACTION_RATE, questions=("overall",))
ELSEWHERE = replace(share_measure("parents"), questionnaire="p")


def wave_asking(outcome: str, *measures: str) -> Wave:
    wave = small_wave(measures=(*RATES, OVERALL, SAME, ELSEWHERE))
    return replace(wave, scoring=ScoringPlan(importance=Importance(outcome, measures)))


def sample_of(n: int, *, blank: float = 0.0, constant: bool = False) -> Sample:
    """Yes/no answers to q1–q3 and an overall judgement that goes with q1 twice as much as with q2."""
    rng = np.random.default_rng(1)
    yes_no = (
        Answer("1", "是", Role.POSITIVE),
        Answer("2", "否", Role.NEGATIVE),
        Answer("", "", Role.INVALID),
    )
    points = tuple(Answer(str(at), str(at), Role.NEUTRAL, score=float(at)) for at in range(101))
    answers = rng.integers(0, 2, (n, 3))
    judgement = np.rint(50 + 20 * (1 - answers[:, 0]) + 10 * (1 - answers[:, 1]) + rng.normal(size=n) * 3)
    if constant:
        judgement[:] = 80
    answers[rng.random(n) < blank, 0] = 2
    questions = [CodedQuestion(f"q{at + 1}", yes_no, answers[:, at].astype(np.int16)) for at in range(3)]
    questions.append(CodedQuestion("overall", points, judgement.astype(np.int16)))
    return Sample(
        questionnaire="q",
        questions=tuple(questions),
        weight_of_record=np.ones(n),
        area_codes=("S1a",),
        area_of_record=np.zeros(n, dtype=np.intp),
        strata=("h",),
        stratum_of_record=np.zeros(n, dtype=np.intp),
        population_psus_of_stratum=np.array([np.inf]),
    )


def test_nothing_is_derived_unasked() -> None:
    assert importance_of((sample_of(300),), wave_asking("")) == (None, ())


def test_named_measures_or_else_satisfaction_rates_of_other_questions() -> None:
    """Without a list: s1–s3, but not the rate that comes from the judgement's own question."""
    found, problems = importance_of((sample_of(300),), wave_asking("overall"))
    assert found is not None
    assert not problems
    assert found.measures == ("s1", "s2", "s3")
    named, _ = importance_of((sample_of(300),), wave_asking("overall", "s2", "s1"))
    assert named is not None
    assert named.measures == ("s2", "s1")
    assert named.mark == 0.5


def test_importance_follows_the_slopes_of_independent_predictors() -> None:
    """Variances 20²/4 and 10²/4 of equally likely answers: parts 0.8, 0.2 and nothing."""
    found, _ = importance_of((sample_of(4000),), wave_asking("overall"))
    assert found is not None
    np.testing.assert_allclose(found.explained.relative, [0.8, 0.2, 0.0], atol=0.02)
    assert found.explained.n == found.asked == 4000
    assert (found.explained.low <= found.explained.relative).all()


def test_draws_have_the_width_of_the_limits() -> None:
    found, _ = importance_of((sample_of(500),), wave_asking("overall"))
    assert found is not None
    drawn = found.draws(20_000, 1)
    reach = found.explained.relative[0] - found.explained.low[0]
    assert drawn[:, 0].std() * 1.96 == pytest.approx(reach, rel=0.03)


@pytest.mark.parametrize(
    ("measures", "code"),
    [
        (("s1", "s9"), "importance_unknown_measure"),
        (("s1", "parents", "s2"), "importance_other_questionnaire"),
        (("s1", "overall", "s2"), "importance_outcome_among_measures"),
        (("s1", "rate", "s2"), "importance_same_question"),
        (("s1",), "importance_too_few"),
    ],
)
def test_each_mistake_has_its_problem(measures: tuple[str, ...], code: str) -> None:
    (problem,) = check_importance(wave_asking("overall", *measures))
    assert problem.code == code
    assert problem.severity is Severity.ERROR
    assert problem.file == "wave.toml"
    assert all("{" not in problem.line(language) for language in Language)
    assert importance_of((sample_of(300),), wave_asking("overall", *measures))[0] is None


def test_all_mistakes_are_told_at_once_with_names_that_look_alike() -> None:
    problems = check_importance(wave_asking("overal", "s9", "x"))
    assert [problem.value for problem in problems] == ["overal", "s9", "x"]
    assert problems[0].detail["names"] == "overall"


def test_more_than_twelve_measures_are_named() -> None:
    many = tuple(replace(RATES[0], name=f"m{at}", questions=(f"m{at}",)) for at in range(13))
    wave = replace(wave_asking("overall"), measures=(*many, OVERALL))
    (problem,) = check_importance(wave)
    assert problem.code == "importance_too_many"
    assert "m12" in problem.value


@pytest.mark.parametrize(
    ("sample", "code"),
    [
        (sample_of(99), "importance_few_answers"),
        (sample_of(300, blank=0.9), "importance_few_answers"),
        (sample_of(300, constant=True), "importance_nothing_explained"),
    ],
)
def test_what_answers_cannot_say_is_a_warning(sample: Sample, code: str) -> None:
    found, (problem,) = importance_of((sample,), wave_asking("overall"))
    assert found is None
    assert problem.code == code
    assert problem.severity is Severity.WARNING
    assert all("{" not in problem.line(language) for language in Language)


def test_files_read_in_parts_have_no_records_to_regress() -> None:
    sample = sample_of(300)
    items, columns = items_of(sample, RATES)
    kept = {field.name: getattr(sample, field.name) for field in fields(Sample)}
    parts = TalliedSample(**kept, totals=tally(sample, columns), items=items, records=300)
    found, (problem,) = importance_of((parts,), wave_asking("overall"))
    assert found is None
    assert problem.code == "importance_no_records"
    assert all("{" not in problem.line(language) for language in Language)


def test_supplied_replicate_weights_give_the_errors() -> None:
    """Jackknife weights written into the file: about the error of 200 bootstrap samples, 149 degrees."""
    units = np.repeat(np.arange(150), 2)
    sample = replace(
        sample_of(300),
        psus=tuple(map(str, range(150))),
        psu_of_record=units,
        psu_strata=np.zeros(150, dtype=int),
    )
    bootstrapped, _ = importance_of((sample,), wave_asking("overall"))
    made = jackknife_replicates(design_of(sample))
    supplied = ReplicateWeights(made.factor_by_unit[units], made.scale_by_replicate)
    replicated, _ = importance_of((replace(sample, replicates=supplied),), wave_asking("overall"))
    assert bootstrapped is not None
    assert replicated is not None
    assert replicated.explained.degrees_of_freedom == bootstrapped.explained.degrees_of_freedom == 149
    errors = [np.sqrt(np.diag(each.explained.covariance))[:2] for each in (bootstrapped, replicated)]
    np.testing.assert_allclose(errors[0], errors[1], rtol=0.25)


def test_draws_of_few_units_are_as_wide_as_their_t_limits() -> None:
    """Five sampling units: t of 4 degrees is 2.78, so draws spread 1.42 times the standard error."""
    units = np.repeat(np.arange(5), 60)
    sample = replace(
        sample_of(300), psus=tuple(map(str, range(5))), psu_of_record=units, psu_strata=np.zeros(5, dtype=int)
    )
    found, _ = importance_of((sample,), wave_asking("overall"))
    assert found is not None
    assert found.explained.degrees_of_freedom == 4
    error = np.sqrt(np.diag(found.explained.covariance))
    spread = found.draws(40_000, 1).std(axis=0)
    np.testing.assert_allclose(spread, error * stats.t.ppf(0.975, 4) / stats.norm.ppf(0.975), rtol=0.02)


def test_a_questionnaire_nobody_answered_is_told_with_its_numbers() -> None:
    """No sample, and one without records: 0 complete answers where 100 are needed."""
    for samples in ((), (sample_of(0),)):
        found, (problem,) = importance_of(samples, wave_asking("overall"))
        assert found is None
        assert problem.code == "importance_few_answers"
        assert problem.detail == {"n": "0", "needed": "100"}
