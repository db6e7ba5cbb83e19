"""Change between waves, and differences between domains of one (M7)."""

from __future__ import annotations

from surveys.compare.domains import DIFFERENCE_COLUMNS, differences_of_domains
from surveys.compare.table import CHANGE_COLUMNS, beside_rates, changes_of
from surveys.compare.vocabulary import ChangeFamily, ChangeMethod, ChangeVerdict, NotComparable

__all__ = [
    "CHANGE_COLUMNS",
    "DIFFERENCE_COLUMNS",
    "ChangeFamily",
    "ChangeMethod",
    "ChangeVerdict",
    "NotComparable",
    "beside_rates",
    "changes_of",
    "differences_of_domains",
]
