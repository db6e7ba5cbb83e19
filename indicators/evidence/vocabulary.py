"""Words of on-site observations: how a check was made, and what a summary of checks is broken down by."""

from __future__ import annotations

from enum import StrEnum


class ObservationMode(StrEnum):
    """How a check was made; values of the column ``mode``."""

    ANNOUNCED = "announced"  # 明查
    COVERT = "covert"  # 暗访
    PATROL = "patrol"  # 不定期巡查
    FOLLOW_UP = "follow_up"  # 跟踪督查


class Breakdown(StrEnum):
    """What the rows of a summary stand for; values of the column ``by``."""

    ALL = "all"  # every site of the area, demonstration sites among them
    DEMONSTRATION = "demonstration"  # demonstration sites, and the others
    SITE_TYPE = "site_type"
    MODE = "mode"
    STANDARD = "standard"
    SITE = "site"
