"""What became of a node of the tree, and how weak a weak indicator is."""

from __future__ import annotations

from enum import StrEnum


class NodeStatus(StrEnum):
    """Three kinds of blank are told apart from what was measured."""

    MEASURED = "measured"
    PARTLY = "partly"  # an inner node, some of whose leaves are blank
    NOT_APPLICABLE = "not_applicable"  # not measured at this level, or no such thing here: weight shared out
    NOT_COLLECTED = "not_collected"
    WITHHELD = "withheld"  # too few answers to print


class WeaknessClass(StrEnum):
    """Classes of M11, in their order."""

    CONFIRMED = "confirmed"  # confirmed below the target
    LIKELY = "likely"  # undetermined, more likely below than not
    REST = "rest"
