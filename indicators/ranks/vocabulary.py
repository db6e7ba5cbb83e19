"""Words of a ranking: what is ranked, and where an area surely stands."""

from __future__ import annotations

from enum import StrEnum


class RankedKind(StrEnum):
    """What a row of the ranking ranks."""

    TOTAL = "total"  # the total after deductions
    COMMON = "common"  # the total over the leaves that all areas have, where totals are not all comparable
    NODE = "node"  # a project
    RATE = "rate"  # a headline measure


class Tier(StrEnum):
    """Where an area stands among those it is ranked with, when its range of places is taken at its word."""

    SURELY_TOP = "surely_top"  # every place of its range is in the top third
    UNDECIDED = "undecided"
    SURELY_BOTTOM = "surely_bottom"
