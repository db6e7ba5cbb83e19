"""Flags on an estimate: what a reader must know beside the number."""

from __future__ import annotations

from enum import StrEnum


class Flag(StrEnum):
    """Values of the column ``flag``; several are joined by ``;``. reports/text says them in words."""

    INSUFFICIENT_SAMPLE = "insufficient_sample"  # 样本不足: withheld by the presentation gate (M4)
    SMALL_CELL = "small_cell"  # withheld to protect respondents (M17)
    FEW_DEGREES_OF_FREEDOM = "few_degrees_of_freedom"  # shown, for review: fewer than 8
    EXTREME_SHARE = "extreme_share"  # shown, for review: 0 % or 100 %
    UNRELIABLE_COMPLEMENT = "unreliable_complement"  # footnote on 1 − p
    ONE_PSU = "one_psu"  # a domain that is one PSU: no standard error from the spread of PSUs
    CONDITIONAL_ON_COMMUNITY = "conditional_on_community"  # respondents are the units; says nothing beyond it
    LONELY_PSU = "lonely_psu"  # a stratum of this domain has a single PSU; wave.toml says what was done
    MODEL_BESIDE = "model_beside"  # a small-area model offers an estimate beside it (M10)
    CONSTANT_ANSWERS = "constant_answers"  # all answers alike: interval from binomial limits
    ASSUMED_CORRELATION = "assumed_correlation"  # intraclass correlation could not be estimated, .10 assumed
