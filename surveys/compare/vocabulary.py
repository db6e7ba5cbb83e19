"""What can be said about a change, and why two rates cannot be compared."""

from __future__ import annotations

from enum import StrEnum


class ChangeVerdict(StrEnum):
    """What a difference between two waves says (M7)."""

    IMPROVED = "improved"
    DECLINED = "declined"
    NO_DETECTABLE_CHANGE = "no_detectable_change"
    NOT_COMPARABLE = "not_comparable"
    NOT_MEASURED = "not_measured"  # withheld or not measured in one of the two


class NotComparable(StrEnum):
    """Why two measures of one name are not compared."""

    WORDING = "wording"
    SCALE = "scale"  # answers, their roles or their scores
    BASE = "base"
    RULE = "rule"  # rule, k of at_least, or the questions themselves
    MODE = "mode"  # kind of wave: 自查, 督查, 第三方
    WEIGHTING = "weighting"
    ABSENT = "absent"  # one of the waves has no such measure
