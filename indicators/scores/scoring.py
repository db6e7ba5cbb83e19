"""Scores of one wave: leaves → nodes → total → deductions, for the district and every subdistrict (M9)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from indicators.columns import DEDUCTIONS_COLUMNS, SCORES_COLUMNS, empty_frame
from indicators.evidence.negative_list import deductions_of
from indicators.evidence.tables import Evidence
from indicators.framework import Framework
from indicators.scores.bootstrap import bootstrap_errors
from indicators.scores.carry import with_carried
from indicators.scores.leaf_values import leaf_table
from indicators.scores.scored import Scored, evaluate
from indicators.scores.table import score_table
from indicators.scores.uncertainty import DrawSettings
from indicators.scores.veto import vetoes_of
from surveys.estimate import Estimation
from surveys.replicates.area_rates import AreaReplicates
from surveys.wave import Wave


@dataclass(frozen=True)
class Scoring:
    """Scores of one wave.

    Parameters
    ----------
    scores
        One row for each area × node (`SCORES_COLUMNS`): the total, then the tree in the order of the sheet.
    deductions
        Events of the negative list (`DEDUCTIONS_COLUMNS`), counted or not, and vetoes of estimates.
    scored
        The evaluated tree behind them; None without a framework.
    """

    scores: pd.DataFrame
    deductions: pd.DataFrame
    scored: Scored | None = None


def score(
    framework: Framework | None,
    wave: Wave,
    estimation: Estimation,
    evidence: Evidence,
    settings: DrawSettings | None = None,
    previous: Scored | None = None,
    replicates: AreaReplicates | None = None,
    unlike: Collection[str] = (),
) -> Scoring:
    """Score the district and every subdistrict by a framework; empty tables without one.

    Parameters
    ----------
    settings
        Draws behind the intervals; None takes those of the wave (`Wave.scoring`).
    previous
        The scored tree of an earlier wave, for leaves that carry a value over.
    replicates
        Rates of the same wave under bootstrap replicates: a second opinion on every error.
    unlike
        Leaves whose earlier value is not the same thing (`likeness.reasons_by_leaf`), which are not carried.

    Notes
    -----
    M9, M12. A leaf of `level` district is not applicable below it: its weight is shared out among its
    siblings, so totals of a district and of its subdistricts are not made of the same leaves. A withheld leaf
    is left out in the same way, as one that was not collected: were it inside the total, the total minus
    the leaves that are shown would print it.
    """
    if framework is None:
        return Scoring(empty_frame(SCORES_COLUMNS), empty_frame(DEDUCTIONS_COLUMNS))
    measured = leaf_table(framework, wave, estimation, evidence)
    leaves = with_carried(framework, measured, previous, unlike)
    deductions = deductions_of(framework, evidence.events, leaves.areas, wave.areas, wave.field)
    lost_by_area = deductions.groupby("area_code")["points"].sum()
    scored = evaluate(
        framework,
        leaves,
        estimation.correlation,
        settings or DrawSettings(wave.scoring.draws, wave.scoring.seed),
        np.array([float(lost_by_area.get(area.code, 0.0)) for area in leaves.areas]),
        wave=wave.id,
        last_day="" if wave.field is None else wave.field[1].isoformat(),
        previous=previous,
    )
    vetoes = vetoes_of(scored)
    listed = pd.concat([deductions, vetoes], ignore_index=True) if len(vetoes) else deductions
    vetoed = listed.loc[listed["veto_grade"] != "", "area_code"].unique()
    bootstrap = None if replicates is None else bootstrap_errors(scored, replicates)
    return Scoring(score_table(scored, tuple(vetoed), bootstrap), listed, scored)
