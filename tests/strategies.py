"""Samples for tests: a seeded synthetic wave, and Hypothesis strategies over small ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from surveys.area import Area, AreaLevel, AreaRegister, UrbanRural
from surveys.questionnaire import (
    Answer,
    Base,
    Measure,
    MeasureKind,
    Question,
    QuestionKind,
    Role,
    Rule,
    Scale,
)
from surveys.sample import SPECIAL_ANSWERS, CodedQuestion, Sample, WeightingCells
from surveys.wave import LonelyPSU, Wave, WaveKind

AWARE = Scale(
    "aware",
    (
        Answer("1", "知道", Role.POSITIVE),
        Answer("2", "不知道", Role.NEGATIVE),
        Answer("9", "说不清", Role.DONT_KNOW),
    ),
)
SATISFIED = Scale(
    "satisfied",
    (
        Answer("1", "非常满意", Role.POSITIVE, score=100),
        Answer("2", "比较满意", Role.POSITIVE, score=80),
        Answer("3", "一般", Role.NEUTRAL, score=60),
        Answer("4", "不满意", Role.NEGATIVE, score=0),
        Answer("9", "不了解", Role.DONT_KNOW),
    ),
)
MEASURES = (
    Measure(
        "awareness",
        "知晓率",
        MeasureKind.AWARENESS,
        "residents",
        ("q1",),
        Rule.POSITIVE,
        Base.ASKED,
        target=0.9,
    ),
    Measure(
        "satisfied",
        "满意率",
        MeasureKind.SATISFACTION_RATE,
        "residents",
        ("q2",),
        Rule.POSITIVE,
        Base.ANSWERED,
        target=0.8,
        headline=True,
    ),
    Measure(
        "score",
        "满意度",
        MeasureKind.SATISFACTION_SCORE,
        "residents",
        ("q2",),
        Rule.SCORE,
        Base.ANSWERED,
        target=75,
    ),
    Measure("both", "两项平均", MeasureKind.SHARE, "residents", ("q1", "q3"), Rule.POSITIVE, Base.ANSWERED),
    Measure(
        "two", "至少两项", MeasureKind.SHARE, "residents", ("q1", "q3"), Rule.AT_LEAST, Base.ASKED, at_least=2
    ),
)


def make_wave(subdistricts: int, communities: int) -> Wave:
    """A district of `subdistricts` with as many `communities` each."""
    areas = [Area("D", "区", AreaLevel.DISTRICT, population=100_000.0)]
    for s in range(subdistricts):
        kind = UrbanRural.URBAN if s % 2 else UrbanRural.RURAL
        areas.append(Area(f"D{s}", f"街道{s}", AreaLevel.SUBDISTRICT, "D", kind))
        areas += [
            Area(f"D{s}-{c}", f"社区{s}-{c}", AreaLevel.COMMUNITY, f"D{s}", kind) for c in range(communities)
        ]
    questions = tuple(
        Question("residents", name, name, name, QuestionKind.SINGLE, scale)
        for name, scale in (("q1", AWARE), ("q2", SATISFIED), ("q3", AWARE))
    )
    return Wave(
        "2022Q3",
        WaveKind.THIRD_PARTY,
        {},
        Path(),
        AreaRegister(tuple(areas)),
        questions,
        MEASURES,
        responses=(),
    )


def make_sample(
    seed: int,
    subdistricts: int = 4,
    communities: int = 5,
    take: int = 12,
    *,
    clustered: bool = True,
    probabilities: tuple[float, ...] = (0.55, 0.2, 0.1, 0.1, 0.05),
    missing: float = 0.05,
) -> Sample:
    """A random sample of `make_wave(subdistricts, communities)`: communities are PSUs in subdistricts."""
    rng = np.random.default_rng(seed)
    psus = subdistricts * communities
    psu = np.repeat(np.arange(psus), take)
    size = len(psu)

    def coded(name: str, scale: Scale, chance: np.ndarray) -> CodedQuestion:
        answer = 3 + rng.choice(len(chance), size=size, p=chance / chance.sum())
        answer = np.where(rng.random(size) < missing, 1, answer)
        return CodedQuestion(name, SPECIAL_ANSWERS + scale.answers, answer.astype(np.int32))

    p = np.asarray(probabilities)
    stratum = psu // communities
    return Sample(
        questionnaire="residents",
        questions=(
            coded("q1", AWARE, p[[0, 3, 4]]),
            coded("q2", SATISFIED, p),
            coded("q3", AWARE, p[[0, 3, 4]]),
        ),
        weight_of_record=rng.uniform(0.5, 2.0, size),
        area_codes=tuple(f"D{s}-{c}" for s in range(subdistricts) for c in range(communities)),
        area_of_record=psu,
        strata=tuple(f"D{s}" for s in range(subdistricts)),
        stratum_of_record=stratum,
        population_psus_of_stratum=np.full(subdistricts, np.inf),
        psus=tuple(map(str, range(psus))) if clustered else (),
        psu_of_record=psu if clustered else None,
        psu_strata=np.repeat(np.arange(subdistricts), communities)
        if clustered
        else np.empty(0, dtype=np.intp),
        groups={"urban_rural": (("rural", "urban"), stratum % 2)},
        lonely_psu=LonelyPSU.ADJUST,
    )


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    """Small samples, with and without PSUs, with extreme answers among them."""
    extreme = st.sampled_from(
        [(0.55, 0.2, 0.1, 0.1, 0.05), (0.97, 0.01, 0.01, 0.01, 0.0), (1.0, 0, 0, 1e-9, 0)]
    )
    return make_sample(
        draw(st.integers(0, 10_000)),
        draw(st.integers(1, 4)),
        draw(st.integers(1, 5)),
        draw(st.integers(1, 15)),
        clustered=draw(st.booleans()),
        probabilities=draw(extreme),
        missing=draw(st.sampled_from([0.0, 0.1, 0.6])),
    )


def calibrated(sample: Sample, seed: int) -> Sample:
    """The sample with weights as raking to two margins leaves them: a factor for each of their cells."""
    rng = np.random.default_rng(seed)
    row, column = rng.integers(0, 3, sample.size), rng.integers(0, 2, sample.size)
    cells = [(r, c) for r in range(3) for c in range(2)]
    auxiliary = np.array([[*np.eye(3)[r], *np.eye(2)[c]] for r, c in cells])
    factor = np.exp(auxiliary @ rng.normal(0, 0.3, 5))
    cell = 2 * row + column
    return replace(
        sample,
        weight_of_record=sample.weight_of_record * factor[cell],
        weighting=WeightingCells(cell, auxiliary, factor),
    )


def sample_of_frame(
    data: pd.DataFrame,
    numbers: list[str],
    *,
    psu: str = "",
    strata: str = "",
    weight: str = "",
    fpc: str = "",
    residents: str = "",
    groups: tuple[str, ...] = (),
    poststratum: str = "",
    weighting: WeightingCells | None = None,
    lonely: LonelyPSU = LonelyPSU.FAIL,
) -> Sample:
    """A sample of numeric columns of a table, each coded by its distinct values; 1 is the positive answer."""
    stratum, labels = pd.factorize(data[strata].astype(str) if strata else pd.Series(["all"] * len(data)))
    unit, stratum_of_unit = None, np.empty(0, dtype=np.intp)
    if psu:
        unit, _ = pd.factorize(pd.Series(stratum).astype(str) + "|" + data[psu].astype(str))
        stratum_of_unit = pd.Series(stratum).groupby(unit).first().to_numpy()
    population = np.full(len(labels), np.inf)
    if fpc:
        population = data.groupby(stratum)[fpc].first().to_numpy(dtype=np.float64)
    equal = population[stratum] / np.bincount(stratum)[stratum] if fpc else np.ones(len(data))
    return Sample(
        questionnaire="frame",
        questions=tuple(_coded_numbers(name, data[name].to_numpy(dtype=np.float64)) for name in numbers),
        weight_of_record=data[weight].to_numpy(dtype=np.float64) if weight else equal,
        area_codes=("D",),
        area_of_record=np.zeros(len(data), dtype=np.intp),
        strata=tuple(labels),
        stratum_of_record=stratum,
        population_psus_of_stratum=population,
        psus=tuple(map(str, range(len(stratum_of_unit)))),
        psu_of_record=unit,
        psu_strata=stratum_of_unit,
        population_of_psu=(
            data.groupby(unit)[residents].first().to_numpy(dtype=np.float64) if residents else None
        ),
        groups={name: _labelled(data[name]) for name in groups},
        weighting=WeightingCells(pd.factorize(data[poststratum])[0]) if poststratum else weighting,
        lonely_psu=lonely,
    )


def mean_of(name: str) -> Measure:
    """The mean of a numeric column as a measure."""
    return Measure(name, name, MeasureKind.MEAN, "frame", (name,), Rule.SCORE, Base.ANSWERED)


def share_of(name: str) -> Measure:
    """The share of answers that are 1 as a measure."""
    return Measure(name, name, MeasureKind.SHARE, "frame", (name,), Rule.POSITIVE, Base.ANSWERED)


def _coded_numbers(name: str, values: np.ndarray) -> CodedQuestion:
    code, distinct = pd.factorize(values, sort=True)  # −1 where blank
    roles = [Role.POSITIVE if value == 1 else Role.NEUTRAL for value in distinct]
    answers = tuple(
        Answer(f"{value:g}", f"{value:g}", role, score=float(value))
        for value, role in zip(distinct, roles, strict=True)
    )
    return CodedQuestion(name, SPECIAL_ANSWERS + answers, np.where(code < 0, 1, code + 3).astype(np.int32))


def _labelled(column: pd.Series) -> tuple[tuple[str, ...], np.ndarray]:
    index, labels = pd.factorize(column.astype(str), sort=True)
    return tuple(labels), index
