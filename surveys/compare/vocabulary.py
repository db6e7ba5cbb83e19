"""What can be said about a change, and why sometimes nothing can."""

from __future__ import annotations

from enum import StrEnum


class ChangeVerdict(StrEnum):
    """上升 / 下降 / 看不出变化 / 不可比 / 没有可比数据; a higher value counts as improved."""

    IMPROVED = "improved"
    DECLINED = "declined"
    NO_DETECTABLE_CHANGE = "no_detectable_change"
    NOT_COMPARABLE = "not_comparable"
    NOT_MEASURED = "not_measured"


class NotComparable(StrEnum):
    """Why a change is blank; the column ``reason``, several joined by ``;`` in this order."""

    WORDING = "wording"  # a question's text differs
    SCALE = "scale"  # labels, roles or (where they are used) scores of the answers differ
    BASE = "base"  # another base, or asked under another condition
    RULE = "rule"  # another rule, "at least", kind of value or number of questions
    MODE = "mode"  # self-check, inspection or third party; face to face or by telephone
    WEIGHTING = "weighting"  # weights made in another way
    ABSENT = "absent"  # the measure, the area, or answers to it were not there before
    WITHHELD = "withheld"  # one of the two waves may not show it


class ChangeFamily(StrEnum):
    """Which list of comparisons a change is judged with; the column ``family``."""

    DISTRICT = "district"  # headline measures of the whole district: step-down max-t
    HEADLINE = "headline"  # headline measures × subdistricts: step-down max-t
    EXPLORATORY = "exploratory"  # all others: false-discovery rate, level by level
    NONE = "none"  # not compared


class ChangeMethod(StrEnum):
    """How the limits of a change were made; the column ``method``."""

    MOVER = "mover"  # from the limits of both waves
    STUDENT = "student_t"  # t on the joint variance, degrees of freedom of the union
    NONE = "none"
