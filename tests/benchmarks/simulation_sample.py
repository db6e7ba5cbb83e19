"""Samples of the populations of `simulation_population`: interviews, their weights and their answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import assert_never

import numpy as np
from scipy import special

from surveys.questionnaire import Answer, Base, Measure, MeasureKind, Role, Rule
from surveys.sample import SPECIAL_ANSWERS, CodedQuestion, FloatArray, IntArray, Sample, WeightingCells
from tests.benchmarks.simulation_population import (
    GROUP_POPULATION,
    GROUP_REACHED,
    SCORES,
    Setting,
    Weights,
    has_groups,
    quantile_of_chance,
    shares_by_domain_group,
)

DOMAIN, GROUP = "domain", "group"
YES_NO = (*SPECIAL_ANSWERS, Answer("1", "是", Role.POSITIVE), Answer("0", "否", Role.NEGATIVE))
YES, NO, BLANK = 3, 4, 1
FIVE_POINTS = (
    *SPECIAL_ANSWERS,
    *(Answer(str(code), str(code), Role.NEUTRAL, score=float(s)) for code, s in enumerate(SCORES, start=1)),
)


@dataclass(frozen=True)
class Interviews:
    """The interviews of one replicate of the design; no answers yet.

    Parameters
    ----------
    domain_of_psu, psu_of_record, group_of_record
        `group_of_record` is all 0 where there is a single group.
    """

    domain_of_psu: IntArray
    psu_of_record: IntArray
    group_of_record: IntArray
    weight_of_record: FloatArray
    weighting: WeightingCells | None


def draw_interviews(setting: Setting, rng: np.random.Generator) -> Interviews:
    """Communities, records and weights of one replicate of the design."""
    psus = setting.by_domain(tuple(map(float, np.atleast_1d(setting.psus)))).astype(np.intp)
    domain_of_psu = np.repeat(np.arange(setting.domains), psus)
    take = rng.integers(setting.take[0], setting.take[1] + 1, len(domain_of_psu))
    if setting.dominance:
        first = np.flatnonzero(np.diff(domain_of_psu, prepend=-1))
        others = np.bincount(domain_of_psu, weights=take) - take[first]
        take[first] = np.round(others * setting.dominance / (1 - setting.dominance)).astype(np.intp)
    psu_of_record = np.repeat(np.arange(len(take)), take)
    group = np.zeros(len(psu_of_record), dtype=np.intp)
    if has_groups(setting):
        group = rng.choice(len(GROUP_REACHED), len(psu_of_record), p=GROUP_REACHED).astype(np.intp)
    sigma, shape = (0.8, 3.0) if setting.weights is Weights.HEAVY else (0.3, 12.0)
    noise = (
        rng.lognormal(0.0, sigma, len(psu_of_record)) * rng.gamma(shape, 1 / shape, len(take))[psu_of_record]
    )
    bare = Interviews(domain_of_psu, psu_of_record, group, noise, None)
    match setting.weights:
        case Weights.UNEQUAL | Weights.HEAVY:
            return bare
        case Weights.INFORMATIVE:
            return replace(bare, weight_of_record=noise * (GROUP_POPULATION / GROUP_REACHED)[group])
        case Weights.POSTSTRATIFIED:
            return _poststratified(bare)
        case Weights.RAKED:
            return _raked(bare)
        case _:
            assert_never(setting.weights)


def draw_sample(setting: Setting, interviews: Interviews, items: int, rng: np.random.Generator) -> Sample:
    """Answers to `items` questions, each an independent replicate of the population on one design."""
    score_by_psu = rng.standard_normal((len(interviews.domain_of_psu), items))
    return sample_of_scores(setting, interviews, score_by_psu, rng)


def sample_of_scores(
    setting: Setting, interviews: Interviews, score_by_psu: FloatArray, rng: np.random.Generator
) -> Sample:
    """The same, with given normal scores of the communities, shape (PSUs, items)."""
    if setting.answers:
        answer = _scale_answers(setting, score_by_psu, interviews, rng)
        return _sample(setting, interviews, FIVE_POINTS, answer, rng)
    chance = _chance(setting, score_by_psu, interviews)
    return sample_of_chances(setting, interviews, chance, rng)


def sample_of_chances(
    setting: Setting, interviews: Interviews, chance: FloatArray, rng: np.random.Generator
) -> Sample:
    """Answers of records with given chances of yes, shape (records, items)."""
    answer = np.where(rng.random(chance.shape) < chance, YES, NO)
    return _sample(setting, interviews, YES_NO, answer, rng)


def measures_of(setting: Setting, items: int) -> list[Measure]:
    """The share of positive answers to each question, or its mean score."""
    kind, rule = MeasureKind.SHARE, Rule.POSITIVE
    if setting.answers:
        kind, rule = setting.kind, Rule.SCORE
    names = [f"y{item}" for item in range(items)]
    return [Measure(name, name, kind, "simulated", (name,), rule, Base.ANSWERED) for name in names]


def _sample(
    setting: Setting,
    interviews: Interviews,
    answers: tuple[Answer, ...],
    answer: IntArray,
    rng: np.random.Generator,
) -> Sample:
    answer = np.where(rng.random(answer.shape) < setting.missing, BLANK, answer).astype(np.int32)
    domains, domain_of_psu = setting.domains, interviews.domain_of_psu
    domain = domain_of_psu[interviews.psu_of_record]
    labels = tuple(f"{index:02d}" for index in range(domains))
    return Sample(
        questionnaire="simulated",
        questions=tuple(
            CodedQuestion(f"y{item}", answers, codes)
            for item, codes in enumerate(np.ascontiguousarray(answer.T))
        ),
        weight_of_record=interviews.weight_of_record,
        area_codes=("D",),
        area_of_record=np.zeros(len(domain), dtype=np.intp),
        strata=labels,
        stratum_of_record=domain,
        population_psus_of_stratum=np.full(domains, np.inf),
        psus=tuple(map(str, range(len(domain_of_psu)))),
        psu_of_record=interviews.psu_of_record,
        psu_strata=domain_of_psu,
        groups={DOMAIN: (labels, domain), GROUP: (("0", "1", "2", "3"), interviews.group_of_record)},
        weighting=interviews.weighting,
    )


def _chance(setting: Setting, score_by_psu: FloatArray, interviews: Interviews) -> FloatArray:
    """Chance of each record in each replicate, shape (records, items)."""
    share = shares_by_domain_group(setting)
    correlation = setting.by_domain(setting.correlation)[interviews.domain_of_psu][:, None]
    chance_by_group = [
        quantile_of_chance(
            score_by_psu, column[interviews.domain_of_psu][:, None], correlation, setting.communities
        )
        for column in share.T
    ]
    return np.stack(chance_by_group)[interviews.group_of_record, interviews.psu_of_record]


def _scale_answers(
    setting: Setting, score_by_psu: FloatArray, interviews: Interviews, rng: np.random.Generator
) -> IntArray:
    """Answers of a five-point scale: a normal variable with a part that the community shares, cut in five."""
    correlation = setting.by_domain(setting.correlation)[interviews.domain_of_psu][:, None]
    shared = (np.sqrt(correlation) * score_by_psu)[interviews.psu_of_record]
    own = np.sqrt(1 - correlation)[interviews.psu_of_record] * rng.standard_normal(shared.shape)
    cuts = special.ndtri(np.cumsum(setting.answers, axis=1)[:, :-1])
    domain = interviews.domain_of_psu[interviews.psu_of_record]
    answer = np.full(shared.shape, len(SPECIAL_ANSWERS))
    for cut in cuts[domain % len(cuts)].T:
        answer += shared + own > cut[:, None]
    return answer


def _poststratified(bare: Interviews) -> Interviews:
    """Population/interviews of each domain and group; domains have equal populations."""
    domain = bare.domain_of_psu[bare.psu_of_record]
    cell = domain * len(GROUP_POPULATION) + bare.group_of_record
    count = np.bincount(cell, minlength=int(cell.max()) + 1)
    weight = GROUP_POPULATION[bare.group_of_record] / count[cell]
    return replace(bare, weight_of_record=weight, weighting=WeightingCells(cell))


def _raked(bare: Interviews) -> Interviews:
    """Equal base weights, raked to equal domain totals and to the district's parts of the four groups."""
    groups, domains = len(GROUP_POPULATION), int(bare.domain_of_psu.max()) + 1
    domain = bare.domain_of_psu[bare.psu_of_record]
    cell = domain * groups + bare.group_of_record
    base = np.bincount(cell, minlength=domains * groups).reshape(domains, groups).astype(np.float64)
    weight = base.copy()
    for _ in range(200):  # alternating margins; 30 sweeps reach rounding here
        weight *= (base.sum() / domains / weight.sum(axis=1))[:, None]
        weight *= base.sum() * GROUP_POPULATION / weight.sum(axis=0)
    factor = np.divide(weight, base, out=np.ones_like(base), where=base > 0).ravel()
    by_domain = np.repeat(np.eye(domains), groups, axis=0)
    by_group = np.tile(np.eye(groups), (domains, 1))
    cells = WeightingCells(cell, np.hstack([by_domain, by_group]), factor)
    return replace(bare, weight_of_record=factor[cell], weighting=cells)
