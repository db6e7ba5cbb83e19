"""Scores of one wave: leaves → nodes → total → deductions, for the district and every subdistrict (M9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from indicators.columns import DEDUCTIONS_COLUMNS, SCORES_COLUMNS, empty_frame
from indicators.evidence.negative_list import deductions_of
from indicators.evidence.observation import add_up_sites, observed_leaves
from indicators.evidence.tables import Evidence
from indicators.framework import Framework, Method
from indicators.scores.leaf import Results, area_leaves
from indicators.scores.rows import score_rows
from indicators.scores.tree import tree_of
from indicators.scores.uncertainty import DEFAULT_DRAWS, DrawSettings
from surveys.area import AreaLevel
from surveys.estimate import Estimation
from surveys.table import records_of
from surveys.wave import Wave


@dataclass(frozen=True)
class Scoring:
    """Scores of one wave.

    Parameters
    ----------
    scores
        One row for each area × node (`SCORES_COLUMNS`): the total, then the tree in the order of the sheet.
    deductions
        Events of the negative list (`DEDUCTIONS_COLUMNS`), counted or not.
    """

    scores: pd.DataFrame
    deductions: pd.DataFrame


def score(
    framework: Framework | None,
    wave: Wave,
    estimation: Estimation,
    evidence: Evidence,
    settings: DrawSettings = DEFAULT_DRAWS,
) -> Scoring:
    """Score the district and every subdistrict by a framework; empty tables without one.

    Notes
    -----
    M9, M12. A leaf of `level` district is not applicable below it: its weight is shared out among its
    siblings, so totals of a district and of its subdistricts are not made of the same leaves. A withheld leaf
    is left out in the same way, as one that was not collected: were it inside the total, the total minus
    the leaves that are shown would print it.
    """
    if framework is None:
        return Scoring(empty_frame(SCORES_COLUMNS), empty_frame(DEDUCTIONS_COLUMNS))
    areas = (wave.areas.district, *wave.areas.subdistricts)
    results = results_of(framework, wave, estimation, evidence)
    deductions = deductions_of(framework, evidence.events, areas, wave.areas, wave.field)
    tree = tree_of(framework)
    rows: list[Mapping[str, Any]] = []
    for area in areas:
        of_area = deductions[deductions["area_code"] == area.code]
        leaves = area_leaves(results, area)
        rows += score_rows(wave.id, framework, tree, leaves, estimation.correlation, of_area, settings)
    scores = pd.DataFrame(rows, columns=list(SCORES_COLUMNS)).astype(SCORES_COLUMNS)
    return Scoring(scores, deductions)


def results_of(framework: Framework, wave: Wave, estimation: Estimation, evidence: Evidence) -> Results:
    """Rates, observations and grades of a wave, ready to be looked up by area and leaf."""
    rates = estimation.rates
    shown = rates[(rates["group"] == "") & (rates["area_level"] != AreaLevel.COMMUNITY)]
    observation = tuple(leaf.code for leaf in framework.leaves if leaf.method is Method.OBSERVATION)
    checks = evidence.checks
    return Results(
        framework=framework,
        measures={measure.name: measure for measure in wave.measures},
        register=wave.areas,
        rate_of={(row["area_code"], row["measure"]): row for row in records_of(shown)},
        covariance_by_area=estimation.covariance_by_area,
        observed_by_area=observed_leaves(add_up_sites(checks, observation, wave.areas), wave.areas)
        if observation and not checks.empty
        else {},
        observed_leaves=observation,
        grades=evidence.grades,
    )
