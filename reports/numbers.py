"""The only place where a computed float becomes text.

One rule stands above the one-decimal habit: what is printed may not contradict its verdict. A lower limit
of 89.96 % below a mark of 90 % prints as 89.96, not as 90.0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from surveys.flag import Flag
from surveys.questionnaire import Unit
from surveys.verdict import Verdict

DASH = "—"
RANGE = "–"
MOST_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value, its interval and its mark as text; the unit sign is part of each."""

    value: str
    interval: str
    mark: str
    decimals: int


class Likelihood(StrEnum):
    """P(below the mark) in words; the catalogue holds them under ``likelihood``."""

    LIKELY = "likely"
    RATHER = "rather"
    EVEN = "even"
    UNLIKELY = "unlikely"
    UNKNOWN = "unknown"


class Chance(StrEnum):
    """P(at or above the target) in words; the catalogue holds them under ``chance``."""

    ALMOST_SURE = "almost_sure"
    LIKELY = "likely"
    POSSIBLE = "possible"
    UNLIKELY = "unlikely"
    ALMOST_NEVER = "almost_never"


CHANCES = (
    (0.95, Chance.ALMOST_SURE),
    (0.7, Chance.LIKELY),
    (0.3, Chance.POSSIBLE),
    (0.05, Chance.UNLIKELY),
)
MILDER = {Chance.ALMOST_SURE: Chance.LIKELY, Chance.ALMOST_NEVER: Chance.UNLIKELY}


def estimate_text(value: float, low: float, high: float, unit: Unit, mark: float = math.nan) -> Estimate:
    """Value, interval and mark with as many decimals as the verdict needs, one at least.

    Parameters
    ----------
    value, low, high, mark
        On the unit's own scale: shares in [0, 1], points in [0, 100]. NaN prints as a dash.
    """
    decimals = decimals_for((value, low, high), mark, unit)
    return Estimate(
        value=number(value, unit, decimals),
        interval=interval(low, high, unit, decimals),
        mark=mark_text(mark, unit),
        decimals=decimals,
    )


def decimals_for(values: Sequence[float], mark: float, unit: Unit) -> int:
    """Fewest decimals (one at least) at which every printed value stays on its side of the mark."""
    if math.isnan(mark):
        return 1
    known = [value for value in values if not math.isnan(value)]
    exact_mark = _scaled(mark, unit)
    for decimals in range(1, MOST_DECIMALS):
        printed = [Decimal(f"{_scaled(value, unit):.{decimals}f}") for value in known]
        if all(
            (text < exact_mark) == (value < mark) and (text == exact_mark or value != mark)
            for text, value in zip(printed, known, strict=True)
        ):
            return decimals
    return MOST_DECIMALS


def number(value: float, unit: Unit, decimals: int = 1) -> str:
    """A share as ``87.2%``, points or a value on the question's scale as ``87.2``; NaN as a dash."""
    if math.isnan(value):
        return DASH
    sign = "%" if unit is Unit.SHARE else ""
    return f"{_rounded(_scaled(value, unit), decimals)}{sign}"


def probability(value: float) -> str:
    """A chance for analysts as ``31%``; never impossible or certain, and no larger one prints as less."""
    if math.isnan(value):
        return DASH
    if value < 0.01:
        return "<1%"
    return ">99%" if value > 0.99 else f"{_scaled(value, Unit.SHARE):.0f}%"


def whole_percent(share: float) -> str:
    """A share of points as a bare whole number of per cent; 100 only where nothing is missing, 0 likewise."""
    if math.isnan(share):
        return DASH
    if 0.0 < share < 1.0:
        share = min(0.99, max(0.01, share))
    return f"{_scaled(share, Unit.SHARE):.0f}"


def interval(low: float, high: float, unit: Unit, decimals: int = 1) -> str:
    """An interval as ``85.1–89.0%``; empty where there is none (unknown ends, or no sampling error)."""
    bare = bare_interval(low, high, unit, decimals)
    return f"{bare}%" if bare and unit is Unit.SHARE else bare


def bare_interval(low: float, high: float, unit: Unit, decimals: int = 1) -> str:
    """An interval without its unit, for narrow columns whose note names the unit."""
    if math.isnan(low) or math.isnan(high) or low == high:
        return ""
    ends = (_rounded(_scaled(end, unit), decimals) for end in (low, high))
    return RANGE.join(ends)


def mark_text(mark: float, unit: Unit) -> str:
    """A declared mark, as declared: ``90%``, ``87.5%``, ``85``."""
    if math.isnan(mark):
        return DASH
    plain = format(_scaled(mark, unit).normalize(), "f")
    return f"{plain}%" if unit is Unit.SHARE else plain


def points(value: float, decimals: int = 1) -> str:
    """Points of a score, ``84.6``."""
    return number(value, Unit.POINTS, decimals)


def small_points(value: float) -> str:
    """Points of a single indicator with two decimals; what is positive never prints as nothing."""
    return "<0.01" if 0 < value < 0.005 else points(value, 2)


def signed(value: float, unit: Unit, decimals: int = 1) -> str:
    """A difference with its sign, ``+2.1`` or ``−0.4`` (percentage points for shares)."""
    if math.isnan(value):
        return DASH
    text = _rounded(_scaled(value, unit), decimals)
    return text.replace("-", "−") if text.startswith("-") else f"+{text}"


def signed_interval(low: float, high: float, unit: Unit) -> str:
    """Limits of a difference with their signs, ``−0.4 ~ +4.2``; empty where there are none.

    Limits that leave out 0 do not print as 0.
    """
    if math.isnan(low) or math.isnan(high):
        return ""
    nearest = low if low > 0 else high if high < 0 else math.nan
    decimals = 1
    while (
        nearest == nearest
        and decimals < MOST_DECIMALS
        and not _rounded(_scaled(nearest, unit), decimals).strip("-0.")
    ):
        decimals += 1
    return f"{signed(low, unit, decimals)} ~ {signed(high, unit, decimals)}"


def count(value: float) -> str:
    """A number of people, checks or records, ``3,816``."""
    return DASH if math.isnan(value) else f"{value:,.0f}"


def standard_error(error: float, unit: Unit, flags: str, decimals: int = 2) -> str:
    """A standard error as its estimate prints; a dash where all answers are alike.

    Linearisation says 0 there, which is no knowledge of the error: the limits are (M2, M3).

    Parameters
    ----------
    flags
        Of the estimate, joined by ``;`` (`surveys.flag.Flag`).
    """
    alike = {Flag.EXTREME_SHARE.value, Flag.CONSTANT_ANSWERS.value} & set(flags.split(";"))
    return DASH if alike else number(error, unit, decimals)


def of_both(before: float, now: float) -> str:
    """Counts of two waves beside each other, ``584/612``; a dash where one is not known."""
    return f"{count(before)}/{count(now)}"


def ratio(value: float) -> str:
    """A design effect, ``1.4``."""
    return DASH if math.isnan(value) else _rounded(Decimal(repr(float(value))), 1)


def weight(value: float) -> str:
    """A weight between 0 and 1, ``0.35``."""
    return DASH if math.isnan(value) else _rounded(Decimal(repr(float(value))), 2)


def statistic(value: float, decimals: int = 2) -> str:
    """A test statistic or its degrees of freedom, ``5.19``."""
    return DASH if math.isnan(value) else _rounded(Decimal(repr(float(value))), decimals)


def p_value(probability: float) -> str:
    """A p-value with its sign of relation, ``= 0.022`` or ``< 0.001``; never 0."""
    return "< 0.001" if probability < 0.001 else f"= {_rounded(Decimal(repr(float(probability))), 3)}"


def declared(value: float) -> str:
    """A declared number of points without needless decimals, ``12`` or ``2.5``."""
    return DASH if math.isnan(value) else format(Decimal(repr(float(value))).normalize(), "f")


def coordinate(value: float) -> str:
    """A length or position of a drawing."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def likelihood(probability_below: float) -> Likelihood:
    """P(below the mark) of an undetermined estimate in words; the figure itself would claim too much.

    Nothing stronger than likely: an estimate that is almost surely below is a verdict, and this is none.
    """
    if math.isnan(probability_below):
        return Likelihood.UNKNOWN
    if probability_below >= 0.75:
        return Likelihood.LIKELY
    if probability_below >= 0.55:
        return Likelihood.RATHER
    return Likelihood.EVEN if probability_below >= 0.45 else Likelihood.UNLIKELY


def chance(pass_probability: float, verdict: Verdict) -> Chance:
    """P(at or above the target) in words: a percentage would claim more than a model of errors knows.

    While the verdict is open nothing is almost sure: an estimate that almost surely lies on one side of its
    target is a verdict, and this is none.
    """
    word = next((word for least, word in CHANCES if pass_probability >= least), Chance.ALMOST_NEVER)
    return MILDER.get(word, word) if verdict is Verdict.UNDETERMINED else word


def _scaled(value: float, unit: Unit) -> Decimal:
    """The value as printed before rounding: exact decimals, so that 0.57 is 57 and not 56.99999."""
    exact = Decimal(repr(float(value)))
    return exact * 100 if unit is Unit.SHARE else exact


def _rounded(value: Decimal, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if not text.strip("-0.") else text
