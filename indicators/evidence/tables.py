"""Evidence: what was found beside the questionnaires, parsed and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from indicators.columns import OBSERVATIONS_COLUMNS, empty_frame
from indicators.unit import ResponsibleUnit

CHECKS_COLUMNS: dict[str, str] = {
    "node": "str",  # leaf of the framework
    "area_code": "str",
    "site": "str",
    "site_type": "str",
    "demonstration": "bool",
    "earned": "float64",  # share of this check's full score, in [0, 1]; NaN where there is no such thing here
    "standing": "float64",  # what 达标 is judged by: the observer's own judgement (1 or 0), else `earned`
    "mark": "float64",  # from where it passes: the leaf's target, or full
    "site_label": "str",  # the site as it was written
    "mode": "str",  # ObservationMode; "" where it is not told
    "date": "object",  # datetime.date, or None
}
GRADES_COLUMNS: dict[str, str] = {
    "node": "str",
    "area_code": "str",
    "grade": "str",
    "score_share": "float64",  # in [0, 1]
}
EVENTS_COLUMNS: dict[str, str] = {
    "node": "str",  # negative item
    "area_code": "str",
    "date": "object",  # datetime.date
    "description": "str",
    "verified": "bool",
}


@dataclass(frozen=True)
class Evidence:
    """Observations, documents, events and responsible units of one wave.

    Parameters
    ----------
    checks
        One row for each usable check that scores are made of (`CHECKS_COLUMNS`), by the form of its leaf.
    left_out
        Checks of demonstration sites where the wave leaves those out of every score; empty where it does not.
    grades
        One row for each document standard × area (`GRADES_COLUMNS`); the latest review counts.
    events
        Events of the negative list (`EVENTS_COLUMNS`), verified or not.
    units
        Responsible units by code.
    observation_summary
        得分率 and 达标率 of all checks by area and breakdown (`OBSERVATIONS_COLUMNS`).
    """

    checks: pd.DataFrame = field(default_factory=lambda: empty_frame(CHECKS_COLUMNS))
    grades: pd.DataFrame = field(default_factory=lambda: empty_frame(GRADES_COLUMNS))
    events: pd.DataFrame = field(default_factory=lambda: empty_frame(EVENTS_COLUMNS))
    units: Mapping[str, ResponsibleUnit] = field(default_factory=dict)
    left_out: pd.DataFrame = field(default_factory=lambda: empty_frame(CHECKS_COLUMNS))
    observation_summary: pd.DataFrame = field(default_factory=lambda: empty_frame(OBSERVATIONS_COLUMNS))
