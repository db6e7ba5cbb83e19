"""The summary of a synthetic wave's site visits: by type, mode, standard, site; demonstration apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from indicators.columns import OBSERVATIONS_COLUMNS
from indicators.evidence.vocabulary import ObservationMode
from indicators.framework import Framework, Method
from surveys.area import Area, AreaLevel
from surveys.wave import Wave
from tests.factory_tables import table

NAN = float("nan")
MODES = tuple(ObservationMode)
CHECKS_OF_A_SITE = 5
SITES_LISTED = 4  # of each area


def observations(
    rng: np.random.Generator, wave: Wave, framework: Framework, site_types: Sequence[str]
) -> pd.DataFrame:
    """Rows of every breakdown for the district and each subdistrict."""
    standards = [leaf.code for leaf in framework.leaves if leaf.method is Method.OBSERVATION]
    rows: list[dict[str, Any]] = []
    for area in (wave.areas.district, *wave.areas.subdistricts):
        times = 18 if area.level is AreaLevel.DISTRICT else 1
        rows.append(_row(rng, area, "all", "", False, 40 * times))
        rows += [
            _row(rng, area, "demonstration", "", kind, n * times) for kind, n in ((True, 4), (False, 36))
        ]
        for by, names in (("site_type", site_types), ("mode", MODES), ("standard", standards)):
            for name in names:
                sites = int(rng.integers(1, 4)) * times
                rows.append(_row(rng, area, by, name, False, sites))
                if sites // 6:
                    rows.append(_row(rng, area, by, name, True, sites // 6))
        rows += [_row(rng, area, "site", f"{area.name}第{at}号点位", False, 1) for at in range(SITES_LISTED)]
    return table(rows, OBSERVATIONS_COLUMNS)


def _row(
    rng: np.random.Generator, area: Area, by: str, name: str, demonstration: bool, sites: int
) -> dict[str, Any]:
    share = float(np.clip(rng.normal(0.93 if demonstration else 0.8, 0.08), 0, 1))
    passed = int(sites * share * 0.8)
    half = 0.4 / np.sqrt(sites) if by != "site" else NAN
    compared = by == "mode" or (by == "demonstration" and demonstration)
    difference = float(rng.normal(0.05, 0.03)) if compared else NAN
    return {
        "area_level": area.level, "area_code": area.code, "area_name": area.name, "by": by, "name": name,
        "demonstration": demonstration, "checks": sites * CHECKS_OF_A_SITE, "sites": sites,
        "sites_passed": passed, "earned_share": share, "earned_low": max(0.0, share - half),
        "earned_high": min(1.0, share + half), "passed_share": passed / sites,
        "passed_low": max(0.0, passed / sites - half), "passed_high": min(1.0, passed / sites + half),
        "difference": difference, "difference_low": difference - 0.04, "difference_high": difference + 0.04,
    }  # fmt: skip
