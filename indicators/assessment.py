"""Assessment: everything of one wave, pure data. What `assess.run` returns and reports draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from indicators.framework import Framework
from indicators.unit import ResponsibleUnit
from surveys.problem import Problem
from surveys.wave import Wave
from surveys.weights.summary import WeightSummary


@dataclass(frozen=True)
class Assessment:
    """Everything of one wave.

    Parameters
    ----------
    wave
        Facts, frame, questionnaires and measures.
    rates, quality, scores, deductions, findings, observations
        Tidy tables; the ``…_COLUMNS`` of this module, of `surveys.rates` and of `surveys.quality` name
        their columns. Without a framework `scores`, `deductions` and `findings` are empty.
    units
        Responsible units by code.
    problems
        Warnings and what was set aside.
    previous
        Id of the wave that `changes` compares with; empty without one.
    changes
        Tidy table of changes on the previous wave (`surveys.compare.CHANGE_COLUMNS`).
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
    units: Mapping[str, ResponsibleUnit] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    previous: str = ""
    changes: pd.DataFrame = field(default_factory=pd.DataFrame)
    weights: Mapping[str, WeightSummary] = field(default_factory=dict)
    provenance: Mapping[str, str] = field(default_factory=dict)
