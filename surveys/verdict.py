"""Verdicts against a mark (M6)."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """达标 / 未达标 / 无法判定 / 未测. Withheld estimates are UNDETERMINED with the flag 样本不足."""

    PASS = "pass"
    FAIL = "fail"
    UNDETERMINED = "undetermined"
    NOT_MEASURED = "not_measured"
