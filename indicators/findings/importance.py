"""Importance derived from answers (M11), as ``[importance]`` of ``wave.toml`` asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from scipy import stats

from indicators.scores.uncertainty import square_roots
from surveys.design import design_of, unit_of_record
from surveys.item import items_of
from surveys.problem import Problem, Severity
from surveys.questionnaire import Measure, MeasureKind, QuestionKind
from surveys.records.importance import MOST_PREDICTORS, ExplainedShares, explained_shares
from surveys.replicates.estimation import Replicates
from surveys.replicates.making import rao_wu_replicates
from surveys.sample import FloatArray, Sample
from surveys.tallied import TalliedSample
from surveys.variance import BoolArray
from surveys.wave import Wave

FILE, SECTION = "wave.toml", "importance"
REPLICATES = 200
"""Bootstrap samples of sampling units behind the error of an importance."""
FEWEST_MEASURES = 2
FEWEST_ANSWERS, ANSWERS_EACH = 100, 10
"""Complete answers needed: the larger of 100 and 10 for each measure."""


@dataclass(frozen=True)
class DerivedImportance:
    """How much of the overall judgement goes with each measure, in the whole district.

    Parameters
    ----------
    measures
        Names of the measures, in the order of `explained`.
    asked
        Usable records of the questionnaire; `explained.n` of them answered the outcome and every measure.
    """

    questionnaire: str
    outcome: str
    measures: tuple[str, ...]
    explained: ExplainedShares
    asked: int

    @property
    def mark(self) -> float:
        """The mean importance, where the crosshair stands: parts of R² add up to 1."""
        return 1.0 / len(self.measures)

    def draws(self, count: int, seed: int) -> FloatArray:
        """Importances drawn from their error, shape (count, measures): normal, as wide as their t limits."""
        root = square_roots(self.explained.covariance)
        wide = stats.t.ppf(0.975, max(self.explained.degrees_of_freedom, 1.0)) / stats.norm.ppf(0.975)
        normal = np.random.default_rng([seed, len(self.measures)]).standard_normal((count, len(root)))
        return np.asarray(self.explained.relative + wide * normal @ root, dtype=np.float64)


def check_importance(wave: Wave) -> tuple[Problem, ...]:
    """Every problem of ``[importance]``; none where nothing is asked for."""
    plan = wave.scoring.importance
    if not plan.outcome:
        return ()
    measures = {measure.name: measure for measure in wave.measures}
    problems = [
        _problem("importance_unknown_measure", key, name, names=_near(name, measures))
        for key, names in (("outcome", (plan.outcome,)), ("measures", plan.measures))
        for name in names
        if name not in measures
    ]
    outcome = measures.get(plan.outcome)
    if outcome is None:
        return tuple(problems)
    for name in plan.measures:
        if name in measures:
            problems += _check_measure(measures[name], outcome)
    names = tuple(measure.name for measure in _measures(wave, outcome))
    if len(names) > MOST_PREDICTORS:
        many = {"count": str(len(names)), "most": str(MOST_PREDICTORS)}
        problems.append(_problem("importance_too_many", "measures", ", ".join(names), **many))
    elif len(names) < FEWEST_MEASURES and not problems:
        problems.append(_problem("importance_too_few", "measures", ", ".join(names)))
    return tuple(problems)


def importance_of(
    samples: Sequence[Sample], wave: Wave
) -> tuple[DerivedImportance | None, tuple[Problem, ...]]:
    """Importance of the measures that ``[importance]`` names, for the whole district.

    Parameters
    ----------
    samples
        Of all questionnaires.

    Returns
    -------
    (importance, problems)
        None where nothing was asked for, the settings have an error, or the answers cannot say it: then a
        warning tells why.

    Notes
    -----
    M11. One regression needs one set of people: records with the outcome and every measure in their base
    (list-wise). Errors by `REPLICATES` Rao–Wu samples of the design's units, or from replicate weights that
    came with the records; the weights are not calibrated anew in each, which overstates the errors slightly.
    """
    problems = check_importance(wave)
    plan = wave.scoring.importance
    if not plan.outcome or problems:
        return None, problems
    outcome = next(measure for measure in wave.measures if measure.name == plan.outcome)
    sample = next((each for each in samples if each.questionnaire == outcome.questionnaire), None)
    if sample is None or not sample.size:
        return None, (_warning("importance_few_answers", plan.outcome, n="0", needed=str(FEWEST_ANSWERS)),)
    if isinstance(sample, TalliedSample):
        return None, (_warning("importance_no_records", outcome.questionnaire),)
    return _derived(sample, wave, outcome)


def _derived(
    sample: Sample, wave: Wave, outcome: Measure
) -> tuple[DerivedImportance | None, tuple[Problem, ...]]:
    measures = _measures(wave, outcome)
    value, complete = _values(sample, wave, (*measures, outcome))
    needed = max(FEWEST_ANSWERS, ANSWERS_EACH * len(measures))
    if int(complete.sum()) < needed:
        few = {"n": str(int(complete.sum())), "needed": str(needed)}
        return None, (_warning("importance_few_answers", outcome.name, **few),)
    replicates = _replicates(sample, wave.scoring.seed)
    if sample.replicates is None:
        unit = unit_of_record(sample)[complete]
        degrees = float(len(np.unique(unit)) - len(np.unique(sample.stratum_of_record[complete])))
    else:
        unit = np.flatnonzero(complete)
        degrees = replicates.degrees_of_freedom(unit)
    weight = sample.weight_of_record[complete]
    answers = value[complete]
    explained = explained_shares(answers[:, :-1], answers[:, -1], weight, replicates, unit, degrees)
    if np.isnan(explained.relative).any():
        return None, (_warning("importance_nothing_explained", outcome.name),)
    names = tuple(measure.name for measure in measures)
    return DerivedImportance(sample.questionnaire, outcome.name, names, explained, sample.size), ()


def _replicates(sample: Sample, seed: int) -> Replicates:
    """Supplied replicate weights as factors on records; else bootstrap samples of the design's units."""
    if sample.replicates is None:
        return rao_wu_replicates(design_of(sample), REPLICATES, seed)
    supplied = sample.replicates
    factor = supplied.weight_by_record / sample.weight_of_record[:, None]
    return Replicates(factor, supplied.scale_by_replicate, supplied.centre)


def _values(sample: Sample, wave: Wave, measures: Sequence[Measure]) -> tuple[FloatArray, BoolArray]:
    """Value of every measure for every record, and which records are in the base of all of them."""
    questions = wave.questions_of(sample.questionnaire)
    multiple = {question.name for question in questions if question.kind is QuestionKind.MULTIPLE}
    items, columns = items_of(sample, measures, multiple)
    answers_of = {column.name: column.answer_of_record for column in columns}
    value = np.column_stack([item.value_by_answer[answers_of[item.column]] for item in items])
    base = np.column_stack([item.base_by_answer[answers_of[item.column]] for item in items])
    return value, np.asarray((base > 0).all(axis=1))


def _measures(wave: Wave, outcome: Measure) -> tuple[Measure, ...]:
    """The measures that were named; else satisfaction rates of other questions of the same questionnaire."""
    named = wave.scoring.importance.measures
    if named:
        by_name = {measure.name: measure for measure in wave.measures}
        return tuple(by_name[name] for name in named if name in by_name)
    return tuple(
        measure
        for measure in wave.measures_of(outcome.questionnaire)
        if measure.kind is MeasureKind.SATISFACTION_RATE
        and not set(measure.questions) & set(outcome.questions)
    )


def _check_measure(measure: Measure, outcome: Measure) -> list[Problem]:
    if measure.name == outcome.name:
        return [_problem("importance_outcome_among_measures", "measures", measure.name)]
    if measure.questionnaire != outcome.questionnaire:
        where = {"outcome": outcome.name, "other": measure.questionnaire, "own": outcome.questionnaire}
        return [_problem("importance_other_questionnaire", "measures", measure.name, **where)]
    shared = [name for name in measure.questions if name in outcome.questions]
    if shared:
        same = {"outcome": outcome.name, "question": ", ".join(shared)}
        return [_problem("importance_same_question", "measures", measure.name, **same)]
    return []


def _near(name: str, known: Sequence[str] | dict[str, Measure]) -> str:
    """Names that look alike, or all of them where none does."""
    return ", ".join(get_close_matches(name, known, n=3, cutoff=0.5) or list(known))


def _problem(code: str, key: str, value: str, **detail: str) -> Problem:
    return Problem(code, Severity.ERROR, FILE, None, f"{SECTION}.{key}", value, detail)


def _warning(code: str, value: str, **detail: str) -> Problem:
    return Problem(code, Severity.WARNING, FILE, None, SECTION, value, detail)
