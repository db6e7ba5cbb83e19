"""Synthetic interviews: a stratified cluster sample whose answers have a known truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr, ndtri

from assess.demo.frame import Frame
from assess.demo.sheet import Sheet, codes, of_questionnaire, of_scale

CHOICES_JOINED_BY = "┋"  # as survey platforms export multiple choice
HALO = 0.2  # variance that one respondent's answers share: who is content is content with much
COMMON = 0.7  # part of the community effect that all questions share
PROGRESS, PROGRESS_SPREAD = 0.10, 0.12  # of a subdistrict from round to round, on the latent scale

FloatArray = npt.NDArray[np.float64]
CodeArray = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Survey:
    """Plan of one questionnaire.

    Parameters
    ----------
    communities, take
        Smallest and largest number of communities in a subdistrict, and of interviews in a community.
    correlation
        Variance of the latent answer that a community shares; a share near 90 % keeps about half of it.
    household
        Probability of 1, 2, … eligible persons in a household, of whom one is interviewed.
    focus_count, focus_take
        Subdistricts whose largest sampled community is interviewed in depth, and the interviews there:
        enough for rates of the community itself.
    """

    questionnaire: str
    communities: tuple[int, int]
    take: tuple[int, int]
    correlation: float
    household: tuple[float, ...]
    focus_count: int = 0
    focus_take: int = 0


@dataclass(frozen=True)
class Round:
    """One round of interviews.

    Parameters
    ----------
    first_day
        Of the field work.
    back
        How many rounds before the latest one: things were worse then.
    lasting
        Draws what stays from round to round: the truth and the standing of communities. It must be seeded
        alike for all rounds.
    fresh
        Draws everything else.
    """

    first_day: str
    back: int
    lasting: np.random.Generator
    fresh: np.random.Generator


def draw_answers(
    frame: Frame, survey: Survey, sheets: Mapping[str, Sheet], truth: Sheet, this_round: Round
) -> pd.DataFrame:
    """Interviews with answer codes, one column for each question, blank where not asked or not answered.

    The columns ``community`` (index into the frame's communities), ``weight``, ``interviewer``, ``start``
    and ``end`` come first.
    """
    rng = this_round.fresh
    community, take_of_record, chosen_in_subdistrict = _draw_sample(frame, survey, rng)
    subdistrict = frame.subdistrict_of_community[community]
    adults = rng.choice(len(survey.household), p=survey.household, size=len(community)) + 1
    inhabitants = np.bincount(frame.subdistrict_of_community, weights=frame.population_of_community)
    # Communities drawn with probability proportional to size, a fixed take in each, one adult a household.
    share_of_take = adults / adults.mean() / (chosen_in_subdistrict[subdistrict] * take_of_record)
    weight = (inhabitants[subdistrict] * share_of_take).round(2)
    records = pd.DataFrame({"community": community, "weight": weight}).join(_clock(community, this_round))
    latent = _Latent(survey.correlation, len(frame.communities), community, this_round)
    truth_of = {row["question"]: row for row in truth}
    columns: dict[str, CodeArray] = {}
    for question in of_questionnaire(sheets["questions"], survey.questionnaire):
        scale = of_scale(sheets["answers"], question["scale"])
        facts = truth_of.get(question["question"])
        if facts is not None:
            share = _truth(frame, facts, this_round)
            # Of what ought to be rare the content see less.
            sign = 1.0 if _rises(facts) else -1.0
            drawn = _draw_single(scale, share[subdistrict], sign * latent.draw())
            answer = _lose_some(drawn, scale, facts, rng)
        elif question["kind"] == "multiple":
            answer = _draw_choices(scale, len(community), rng)
        else:
            answer = rng.choice(np.array(codes(scale)), size=len(community))
        if question["asked_if_question"]:
            asked = np.isin(columns[question["asked_if_question"]], question["asked_if_codes"].split(";"))
            answer = np.where(asked, answer, "")
        columns[question["question"]] = answer
    return records.assign(**columns)


def _draw_sample(
    frame: Frame, survey: Survey, rng: np.random.Generator
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Community of each record, the take in it, and the number of communities by subdistrict."""
    chosen: list[npt.NDArray[np.intp]] = []
    for subdistrict in range(len(frame.subdistricts)):
        members = np.flatnonzero(frame.subdistrict_of_community == subdistrict)
        size = frame.population_of_community[members]
        wanted = min(int(rng.integers(*survey.communities, endpoint=True)), len(members) - 1)
        chosen.append(np.sort(rng.choice(members, wanted, replace=False, p=size / size.sum())))
    communities = np.concatenate(chosen)
    take = rng.integers(*survey.take, size=len(communities), endpoint=True)
    counts = np.array([len(members) for members in chosen])
    for members, first in zip(chosen[: survey.focus_count], np.cumsum(counts) - counts, strict=False):
        take[first + np.argmax(frame.population_of_community[members])] = survey.focus_take
    return np.repeat(communities, take), np.repeat(take, take), counts


def _truth(frame: Frame, facts: Mapping[str, str], this_round: Round) -> FloatArray:
    """True share by subdistrict: in earlier rounds that of the latest, less what has been gained since."""
    latest = frame.truth(float(facts["weakest"]), float(facts["strongest"]), this_round.lasting)
    gain = this_round.lasting.normal(PROGRESS, PROGRESS_SPREAD, size=len(latest))
    back = this_round.back if _rises(facts) else -this_round.back
    share: FloatArray = ndtr(ndtri(latest) - back * gain)
    return share


def _rises(facts: Mapping[str, str]) -> bool:
    """Whether a higher share is better."""
    return float(facts["strongest"]) >= float(facts["weakest"])


class _Latent:
    """Standard normal scores correlated within communities and within respondents; high is content."""

    def __init__(
        self, correlation: float, communities: int, community: npt.NDArray[np.intp], this_round: Round
    ) -> None:
        self._lasting, self._fresh = this_round.lasting, this_round.fresh
        self._community, self._correlation = community, correlation
        self._common = self._lasting.standard_normal(communities)
        self._halo = self._fresh.standard_normal(len(community))

    def draw(self) -> FloatArray:
        """One question's score of each record."""
        own = self._lasting.standard_normal(len(self._common))
        of_community = np.sqrt(COMMON) * self._common + np.sqrt(1 - COMMON) * own
        noise = self._fresh.standard_normal(len(self._community))
        rest = 1 - self._correlation - HALO
        score: FloatArray = (
            np.sqrt(self._correlation) * of_community[self._community]
            + np.sqrt(HALO) * self._halo
            + np.sqrt(rest) * noise
        )
        return score


def _draw_single(scale: Sheet, positive_of_record: FloatArray, score: FloatArray) -> CodeArray:
    """Answers from best to worst, so that the positive ones together have the true share."""
    good, poor = codes(scale, "positive"), codes(scale, "neutral", "negative")
    within_good, within_poor = 0.7 ** np.arange(len(good)), 0.45 ** np.arange(len(poor))
    share_by_record_answer = np.hstack(
        [
            np.outer(positive_of_record, within_good / within_good.sum()),
            np.outer(1 - positive_of_record, within_poor / within_poor.sum()),
        ]
    )
    upper = share_by_record_answer.cumsum(axis=1)[:, :-1]
    answer = (ndtr(-score)[:, None] > upper).sum(axis=1)
    drawn: CodeArray = np.array(good + poor)[answer]
    return drawn


def _draw_choices(scale: Sheet, size: int, rng: np.random.Generator) -> CodeArray:
    """Sets of choices, never empty."""
    choices = codes(scale)
    chosen = rng.random((size, len(choices))) < np.linspace(0.55, 0.15, len(choices))
    chosen[np.arange(size), rng.integers(len(choices), size=size)] = True
    joined = np.full(size, "")
    for position, code in enumerate(choices):
        joined = np.strings.add(joined, np.where(chosen[:, position], f"{code}{CHOICES_JOINED_BY}", ""))
    return np.strings.rstrip(joined, CHOICES_JOINED_BY)


def _lose_some(
    answer: CodeArray, scale: Sheet, facts: Mapping[str, str], rng: np.random.Generator
) -> CodeArray:
    """不了解, 拒答 and blanks at the item's own rates."""
    lost = rng.random(len(answer))
    reached = 0.0
    for role in ("dont_know", "refused", "blank"):
        rate = float(facts[role])
        if rate > 0:
            code = "" if role == "blank" else codes(scale, role)[0]
            answer = np.where((lost >= reached) & (lost < reached + rate), code, answer)
        reached += rate
    return answer


def _clock(community: npt.NDArray[np.intp], this_round: Round) -> pd.DataFrame:
    """Interviewer, start and end: one interviewer a community, one interview after the other in a day."""
    size, rng = len(community), this_round.fresh
    minutes = pd.Series(rng.lognormal(np.log(11), 0.25, size).clip(5, 30).round())
    gaps = pd.Series(rng.integers(6, 22, size))
    begun = (minutes + gaps).groupby(community).cumsum() - minutes
    days = pd.to_timedelta(rng.integers(14, size=community.max() + 1), unit="D")
    day = pd.Series(pd.Timestamp(this_round.first_day) + days)
    opening = day.to_numpy()[community] + np.timedelta64(9, "h")
    start = pd.Series(opening + pd.to_timedelta(begun.to_numpy(), unit="min").to_numpy())
    end = start + pd.to_timedelta(minutes, unit="min")
    interviewer = pd.Series([f"F{number % 36 + 1:02d}" for number in range(community.max() + 1)])
    return pd.DataFrame(
        {
            "interviewer": interviewer.to_numpy()[community],
            "start": start.dt.strftime("%Y-%m-%d %H:%M"),
            "end": end.dt.strftime("%Y-%m-%d %H:%M"),
        }
    )
