"""The ranking of one wave: places as ranges and tiers, of all that may be ranked (M8)."""

from __future__ import annotations

import pandas as pd

from indicators.columns import RANKING_COLUMNS, empty_frame
from indicators.ranks.ranked import Ranked, ranking_rows
from indicators.ranks.rates import ranked_rates
from indicators.ranks.scores import ranked_scores
from indicators.scores.scored import Scored
from surveys.estimate import Estimation
from surveys.wave import Wave


def rank(scored: Scored | None, estimation: Estimation, wave: Wave) -> pd.DataFrame:
    """Places of the subdistricts by their total, by each project and by each headline rate.

    Parameters
    ----------
    scored
        The scored tree; None without a framework: rates alone are ranked.

    Returns
    -------
    Tidy table, `RANKING_COLUMNS`: total, common total, projects in the order of the sheet, rates in the
    order of theirs; within each the best place first. What is withheld, or not measured, has no row.

    Notes
    -----
    M8. Totals whose effective points differ are not ranked together: they stand in groups (`comparable`),
    and the common total re-scores all subdistricts over the leaves that all have.
    """
    quantities: list[Ranked] = [] if scored is None else list(ranked_scores(scored, estimation))
    quantities += ranked_rates(estimation, wave)
    tables = [ranking_rows(ranked, wave.id, wave.scoring) for ranked in quantities]
    if not tables:
        return empty_frame(RANKING_COLUMNS)
    return pd.concat(tables, ignore_index=True).astype(RANKING_COLUMNS)
