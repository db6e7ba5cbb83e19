"""A sample whose records were added up part by part and dropped: what a file larger than memory leaves."""

from __future__ import annotations

from dataclasses import dataclass

from surveys.item import Item
from surveys.sample import Sample
from surveys.tally import Tally


@dataclass(frozen=True, kw_only=True)
class TalliedSample(Sample):
    """Labels and design of a sample with the tally of its records; all ``…_of_record`` arrays are empty.

    Parameters
    ----------
    totals
        Tally of the columns of `items`, with the final weights.
    items
        Items of the questionnaire's measures.
    records
        Number of usable records.
    """

    totals: Tally
    items: tuple[Item, ...]
    records: int

    @property
    def size(self) -> int:
        """Number of usable records."""
        return self.records
