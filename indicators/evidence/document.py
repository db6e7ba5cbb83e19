"""Submitted documents (材料申报): a grade for each standard and area, scored by a step scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from indicators.framework import Indicator
from surveys.area import Area, AreaLevel, AreaRegister


@dataclass(frozen=True, slots=True)
class DocumentScore:
    """Score of a document leaf in one area.

    Parameters
    ----------
    score_share
        In [0, 1]; NaN where nothing was reviewed.
    documents
        Reviews behind it.
    of_subdistricts
        The district's score is the mean of its subdistricts'.
    """

    score_share: float
    documents: int
    of_subdistricts: bool = False


def document_score(
    leaf: Indicator, area: Area, grades: pd.DataFrame, register: AreaRegister
) -> DocumentScore:
    """Score of one leaf in one area from `indicators.evidence.tables.GRADES_COLUMNS`.

    The grade of the area itself counts. Where the district has none of its own, a leaf that is measured in
    subdistricts is their plain mean over those reviewed: every subdistrict owes the same documents, however
    many people live there. Documents were all read, so they add no sampling error.
    """
    of_leaf = grades[grades["node"] == leaf.code]
    own = of_leaf[of_leaf["area_code"] == area.code]
    pooled = own.empty and area.level is AreaLevel.DISTRICT and leaf.level is not AreaLevel.DISTRICT
    if pooled:
        own = of_leaf[of_leaf["area_code"].isin([below.code for below in register.subdistricts])]
    if own.empty:
        return DocumentScore(float(np.nan), 0)
    return DocumentScore(float(own["score_share"].mean()), len(own), pooled)
