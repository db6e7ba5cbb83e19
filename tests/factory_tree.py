"""Small trees of observation leaves, evaluated for given values, for tests of findings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from indicators.framework import Aggregate, Framework, Indicator, Method, Scoring
from indicators.scores.scored import Scored, evaluate
from indicators.scores.uncertainty import DrawSettings
from tests.factory_scoring import leaf_table_of


def plain_leaf(code: str, parent: str, points: float, **more: object) -> Indicator:
    """A leaf between goalposts 0 and 1."""
    rest: dict[str, object] = {"method": Method.OBSERVATION, "scoring": Scoring.LINEAR, "source": code} | more
    return Indicator(code, f"名{code}", parent, points, **rest)  # type: ignore[arg-type]


def tree_of_rows(rows: Sequence[Indicator], target: float | None = None) -> Framework:
    """A framework of these rows."""
    framework = Framework("树", "树", "", tuple(rows), {}, "")
    return replace(framework, target_points=target)


def two_projects(how: Aggregate = Aggregate.ARITHMETIC, target: float | None = None) -> Framework:
    """Project 1 (60 points: 1.1 with 40, 1.2 with 20), project 2 (40 points: 2.1 with 30, 2.2 with 10)."""
    rows = (
        Indicator("1", "甲", "", 60.0, aggregate=how, floor=0.01),
        plain_leaf("1.1", "1", 40.0, target=0.8, lead_unit="U1"),
        plain_leaf("1.2", "1", 20.0, target=0.9),
        Indicator("2", "乙", "", 40.0),
        plain_leaf("2.1", "2", 30.0),
        plain_leaf("2.2", "2", 10.0),
    )
    return tree_of_rows(rows, target)


def scored_for(
    framework: Framework,
    values: object,
    *,
    error: float = 0.0,
    draws: int = 200,
    deducted: Sequence[float] | None = None,
    wave: str = "2022Q3",
) -> Scored:
    """The tree for values of shape (areas, leaves), NaN where blank; area A0 is the district."""
    leaves = leaf_table_of(framework, np.array(values, dtype=np.float64), standard_error=error)
    lost = np.zeros(len(leaves.areas)) if deducted is None else np.array(deducted, dtype=np.float64)
    return evaluate(framework, leaves, pd.DataFrame(), DrawSettings(draws), lost, wave=wave)
