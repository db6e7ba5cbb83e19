"""Assessment: everything of one wave, pure data. What `assess.run` returns and reports draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from indicators.columns import (
    COMBINED_COLUMNS,
    OBSERVATIONS_COLUMNS,
    QUADRANT_COLUMNS,
    RANKING_COLUMNS,
    SCORE_CHANGES_COLUMNS,
    SENSITIVITY_COLUMNS,
    WATERFALL_COLUMNS,
    empty_frame,
)
from indicators.framework import Framework
from indicators.scores.scored import Scored
from indicators.unit import ResponsibleUnit
from surveys.problem import Problem
from surveys.wave import Wave
from surveys.weights.summary import WeightSummary


@dataclass(frozen=True)
class Companion:
    """A second tree beside the first, with its own total (未成年人: 20 % of the city's).

    Parameters
    ----------
    scores, deductions, findings, observations
        As those of the first tree.
    share
        Weight of its total in the combined one, in [0, 1].
    scored
        The evaluated tree behind its scores; None where it was not kept.
    """

    framework: Framework
    scores: pd.DataFrame
    deductions: pd.DataFrame
    findings: pd.DataFrame
    share: float
    observations: pd.DataFrame = field(default_factory=lambda: empty_frame(OBSERVATIONS_COLUMNS))
    scored: Scored | None = None


@dataclass(frozen=True)
class Assessment:
    """Everything of one wave.

    Parameters
    ----------
    wave
        Facts, frame, questionnaires and measures.
    rates, quality, scores, deductions, findings, observations, ranking, quadrant, sensitivity
        Tidy tables; the ``…_COLUMNS`` of `indicators.columns`, of `surveys.rates` and of `surveys.quality`
        name their columns. Without a framework all but rates, quality and observations are empty; of the
        ranking the rates remain.
    scored
        The evaluated tree behind the scores, with its draws; None without a framework.
    units
        Responsible units by code.
    problems
        Warnings and what was set aside.
    previous
        Id of the wave that `changes` compares with; empty without one.
    changes
        Tidy table of changes on the previous wave (`surveys.compare.CHANGE_COLUMNS`).
    score_changes, waterfall
        Changes of scores on the previous wave, and the leaves they are made of; empty without one.
    companion
        The second tree of 100 points beside the first (minors); None without one.
    combined
        Both trees' totals and what they make together (`COMBINED_COLUMNS`); empty without a companion.
    base_by_area
        Weighted base of each measure in the district and every subdistrict (area code × measure).
    weights
        What the weights of each questionnaire cost.
    provenance
        Hash of each input, versions of the software, settings that shaped the numbers.
    """

    wave: Wave
    rates: pd.DataFrame
    quality: pd.DataFrame
    framework: Framework | None
    scores: pd.DataFrame
    deductions: pd.DataFrame
    findings: pd.DataFrame
    observations: pd.DataFrame
    scored: Scored | None = None
    units: Mapping[str, ResponsibleUnit] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    previous: str = ""
    changes: pd.DataFrame = field(default_factory=pd.DataFrame)
    ranking: pd.DataFrame = field(default_factory=lambda: empty_frame(RANKING_COLUMNS))
    quadrant: pd.DataFrame = field(default_factory=lambda: empty_frame(QUADRANT_COLUMNS))
    sensitivity: pd.DataFrame = field(default_factory=lambda: empty_frame(SENSITIVITY_COLUMNS))
    score_changes: pd.DataFrame = field(default_factory=lambda: empty_frame(SCORE_CHANGES_COLUMNS))
    waterfall: pd.DataFrame = field(default_factory=lambda: empty_frame(WATERFALL_COLUMNS))
    companion: Companion | None = None
    combined: pd.DataFrame = field(default_factory=lambda: empty_frame(COMBINED_COLUMNS))
    base_by_area: pd.DataFrame = field(default_factory=pd.DataFrame)
    weights: Mapping[str, WeightSummary] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
