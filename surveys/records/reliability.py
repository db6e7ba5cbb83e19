"""Reliability of a scale of several questions (M15): Cronbach's α and corrected item–total correlations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.problem import InputError, Problem, Severity
from surveys.questionnaire import QuestionKind, Role
from surveys.sample import CodedQuestion, FloatArray, Sample
from surveys.wave import Wave

ITEM_COLUMNS: dict[str, str] = {
    "question": "str",
    "answered": "int64",  # records with a scored answer to this question
    "mean": "float64",  # weighted, over the complete records
    "standard_deviation": "float64",
    "item_total_correlation": "float64",  # with the sum of the other questions; NaN where either is constant
    "alpha_without": "float64",  # α of the other questions; NaN for one, or constant
}


@dataclass(frozen=True)
class Reliability:
    """How well several questions measure one thing.

    Parameters
    ----------
    alpha
        Cronbach's α; at most 1, below 0 where questions run against each other. None where every complete
        record has the same sum, so that there is nothing to explain.
    n
        Complete records: a scored answer to every question.
    items
        A row for each question, `ITEM_COLUMNS`. A negative correlation points at a question whose scores
        run the other way.
    """

    alpha: float | None
    n: int
    items: pd.DataFrame


def reliability(sample: Sample, wave: Wave, questions: Sequence[str]) -> Reliability:
    """α and item–total correlations of questions with scored answers, weighted, over complete records.

    Raises
    ------
    InputError
        Fewer than two questions, or questions that the sample does not have or whose answers have no scores;
        multiple choice among them: how many choices somebody names is no degree of anything.

    Notes
    -----
    M15. Cronbach (1951); ordinal answers are taken as their declared scores.
    """
    names = list(dict.fromkeys(questions))
    _check(sample, wave, names)
    scores = np.column_stack([_scores(sample.question(name)) for name in names])
    complete = ~np.isnan(scores).any(axis=1)
    weight = sample.weight_of_record[complete]
    mean, covariance = _moments(scores[complete], weight)
    items = pd.DataFrame(
        {
            "question": names,
            "answered": (~np.isnan(scores)).sum(axis=0),
            "mean": mean,
            "standard_deviation": np.sqrt(np.diag(covariance)),
            "item_total_correlation": item_total_correlations(covariance),
            "alpha_without": [_alpha_without(covariance, at) for at in range(len(names))],
        }
    )
    alpha = cronbach_alpha(covariance)
    known = None if np.isnan(alpha) else alpha
    return Reliability(known, int(complete.sum()), items.astype(ITEM_COLUMNS))


def cronbach_alpha(covariance: FloatArray) -> float:
    """k/(k − 1)·(1 − Σ variances/variance of the sum); NaN where the sum is constant or k < 2.

    Parameters
    ----------
    covariance
        Of the questions, shape (questions, questions).

    Examples
    --------
    >>> import numpy as np
    >>> round(cronbach_alpha(np.array([[1.0, 0.5], [0.5, 1.0]])), 4)
    0.6667
    """
    size, total = len(covariance), float(covariance.sum())
    if size < 2 or not total > 1e-12 * float(np.trace(covariance)):
        return np.nan
    return size / (size - 1) * (1 - float(np.trace(covariance)) / total)


def item_total_correlations(covariance: FloatArray) -> FloatArray:
    """Correlation of each question with the sum of the others; NaN where either is constant."""
    variance = np.diag(covariance)
    with_total = covariance.sum(axis=1)
    of_rest = covariance.sum() - 2 * with_total + variance
    size = np.sqrt(np.maximum(variance * of_rest, 0.0))
    shared = with_total - variance
    return np.asarray(np.where(size > 0, shared / np.where(size > 0, size, 1.0), np.nan), dtype=np.float64)


def _moments(scores: FloatArray, weight: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Weighted means and covariances with n/(n − 1); NaN and 0 for nobody, 0 for one respondent."""
    n, total = len(weight), float(weight.sum())
    if not n:
        return np.full(scores.shape[1], np.nan), np.zeros((scores.shape[1], scores.shape[1]))
    mean = weight @ scores / total
    deviation = scores - mean
    return mean, (deviation * weight[:, None]).T @ deviation / total * (n / max(n - 1, 1))


def _alpha_without(covariance: FloatArray, at: int) -> float:
    others = np.delete(np.arange(len(covariance)), at)
    return cronbach_alpha(covariance[np.ix_(others, others)])


def _scores(question: CodedQuestion) -> FloatArray:
    """Score of each record, NaN where the answer has none or is no answer."""
    valued = (Role.POSITIVE, Role.NEUTRAL, Role.NEGATIVE)
    score_by_answer = np.array(
        [np.nan if a.score is None or a.role not in valued else a.score for a in question.answers],
        dtype=np.float64,
    )
    return np.asarray(score_by_answer[question.answer_of_record], dtype=np.float64)


def _check(sample: Sample, wave: Wave, names: Sequence[str]) -> None:
    questions = wave.questions_of(sample.questionnaire)
    choices = {question.name for question in questions if question.kind is QuestionKind.MULTIPLE}
    scored = [its.name for its in sample.questions if its.name not in choices and _has_scores(its)]
    detail = {"names": ", ".join(scored)}
    problems = [
        Problem(
            "choices_have_no_score" if name in choices else "no_scored_question",
            Severity.ERROR,
            value=name,
            detail=detail,
        )
        for name in names
        if name not in scored
    ]
    if len(names) < 2 and not problems:
        problems.append(Problem("one_question_is_no_scale", Severity.ERROR, detail=detail))
    if problems:
        raise InputError(problems)


def _has_scores(question: CodedQuestion) -> bool:
    return any(answer.score is not None for answer in question.answers)
