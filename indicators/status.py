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
    LIKELY = "likely"  # undetermined, more likely below than not, with points to recover
    REST = "rest"  # every other measured leaf with a target, also those that reach it


class NotCounted(StrEnum):
    """Why an event of the negative list does not count; reports/text says it in words."""

    UNVERIFIED = "unverified"  # 未核实
    OUTSIDE_WINDOW = "outside_window"  # before the look-back window, or after the field work
    DISTRICT_ONLY = "district_only"  # the item counts for the district's total alone
    CAP_REACHED = "cap_reached"  # the item's or the overall cap is used up, and it caps no grade


class ScoreFlag(StrEnum):
    """Values of the column ``flag`` of scores, besides `surveys.flag.Flag`."""

    ONE_SITE = "one_site"  # a single site was seen; its error is borrowed from the standard's other sites
    NO_ERROR_ESTIMATE = (
        "no_error_estimate"  # the error of some leaf below cannot be estimated and is not in it
    )
    MEAN_OF_SUBDISTRICTS = "mean_of_subdistricts"  # documents: the plain mean of the subdistricts' grades
    MISSING_AS_ZERO = "missing_as_zero"  # not collected, and the framework says that this is a zero
    RENORMALISED = "renormalised"  # something below is blank; its weight was shared out
    VETO = "veto"  # an event of the negative list, or an estimate below its mark, caps the grade
    ONLY_DEMONSTRATION = "only_demonstration"  # seen at demonstration sites alone, which this wave leaves out
    CARRIED = "carried"  # an earlier wave's value stands in for one not collected now


VETO_OF_ESTIMATE = "veto_of_estimate"
"""Description of a veto that no event made: the estimate's upper limit lies below its mark."""
