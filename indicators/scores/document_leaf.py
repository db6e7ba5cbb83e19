"""Submitted documents (材料申报): a grade for each standard and area, scored by a step scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from indicators.framework import Indicator
from indicators.scores.tree import BoolArray
from surveys.area import Area, AreaLevel
from surveys.sample import FloatArray


@dataclass(frozen=True, slots=True)
class DocumentScores:
    """Scores of document leaves; arrays are (areas, leaves).

    Parameters
    ----------
    score_share
        In [0, 1]; NaN where nothing was reviewed.
    documents
        Reviews behind it.
    of_subdistricts
        The district's score is the mean of its subdistricts'.
    """

    score_share: FloatArray
    documents: npt.NDArray[np.int64]
    of_subdistricts: BoolArray


def document_scores(
    leaves: Sequence[Indicator], areas: Sequence[Area], grades: pd.DataFrame
) -> DocumentScores:
    """Scores of these leaves in these areas from `indicators.evidence.tables.GRADES_COLUMNS`.

    The grade of the area itself counts. Where the district has none of its own, a leaf that is measured in
    subdistricts is their plain mean over those reviewed: every subdistrict owes the same documents, however
    many people live there. Documents were all read, so they add no sampling error.
    """
    row = pd.Index([area.code for area in areas]).get_indexer(pd.Index(grades["area_code"]))
    column = pd.Index([leaf.code for leaf in leaves]).get_indexer(pd.Index(grades["node"]))
    inside = (row >= 0) & (column >= 0)
    shape = (len(areas), len(leaves))
    cell = row[inside] * len(leaves) + column[inside]
    size = shape[0] * shape[1]
    documents = np.bincount(cell, minlength=size).reshape(shape)
    earned = np.bincount(cell, grades["score_share"].to_numpy()[inside], size).reshape(shape)
    of_district = np.array([area.level is AreaLevel.DISTRICT for area in areas])
    of_subdistrict = np.array([area.level is AreaLevel.SUBDISTRICT for area in areas])
    shared = np.array([leaf.level is not AreaLevel.DISTRICT for leaf in leaves])
    pooled = of_district[:, np.newaxis] & shared & (documents == 0)
    documents = np.where(pooled, documents[of_subdistrict].sum(axis=0), documents)
    earned = np.where(pooled, earned[of_subdistrict].sum(axis=0), earned)
    share = np.divide(earned, documents, out=np.full(shape, np.nan), where=documents > 0)
    return DocumentScores(share, documents.astype(np.int64), pooled & (documents > 0))
