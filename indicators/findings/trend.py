"""What became of leaves since the previous wave: one value of before and its change for each (area, leaf)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from indicators.framework import Direction, Framework, Method
from surveys.compare.vocabulary import ChangeVerdict
from surveys.table import records_of

TURNED = {
    ChangeVerdict.IMPROVED: ChangeVerdict.DECLINED,
    ChangeVerdict.DECLINED: ChangeVerdict.IMPROVED,
}
"""Of a leaf where less is better a rising value is a decline."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Value of a leaf in the previous wave and its change, on the value's own scale.

    Parameters
    ----------
    verdict
        Of the leaf: where less is better, a value that surely fell has improved. Empty without a previous
        wave.
    """

    previous: float = np.nan
    change: float = np.nan
    low: float = np.nan
    high: float = np.nan
    verdict: str = ""


NO_TREND = Trend()


def trends_of(
    framework: Framework, changes: pd.DataFrame | None, score_changes: pd.DataFrame | None
) -> Mapping[tuple[str, str], Trend]:
    """Trends by (area code, leaf code); leaves of which nothing is known are not in it.

    Parameters
    ----------
    changes
        `surveys.compare.CHANGE_COLUMNS`: changes of measures, for questionnaire leaves.
    score_changes
        `SCORE_CHANGES_COLUMNS`: for the leaves that were observed or read.
    """
    trends: dict[tuple[str, str], Trend] = {}
    if changes is not None and not changes.empty:
        trends |= _of_measures(framework, changes)
    if score_changes is not None and not score_changes.empty:
        seen = {leaf.code for leaf in framework.leaves if leaf.method is not Method.QUESTIONNAIRE}
        shown = score_changes[score_changes["node"].isin(list(seen))]
        trends |= {
            (str(row["area_code"]), str(row["node"])): Trend(
                float(row["old"]),
                float(row["change"]),
                float(row["low"]),
                float(row["high"]),
                str(row["verdict"]),
            )
            for row in records_of(shown)
        }
    return trends


def _of_measures(framework: Framework, changes: pd.DataFrame) -> dict[tuple[str, str], Trend]:
    leaves_of: dict[str, list[tuple[str, Direction]]] = {}
    for leaf in framework.leaves:
        if leaf.method is Method.QUESTIONNAIRE:
            leaves_of.setdefault(leaf.source, []).append((leaf.code, leaf.direction))
    whole = changes[(changes["group"] == "") & changes["measure"].isin(list(leaves_of))]
    return {
        (str(row["area_code"]), code): Trend(
            float(row["value_old"]),
            float(row["change"]),
            float(row["low"]),
            float(row["high"]),
            _verdict(str(row["verdict"]), direction),
        )
        for row in records_of(whole)
        for code, direction in leaves_of[str(row["measure"])]
    }


def _verdict(verdict: str, direction: Direction) -> str:
    if direction is Direction.UP or not verdict:
        return verdict
    known = ChangeVerdict(verdict)
    return str(TURNED.get(known, known))
