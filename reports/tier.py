"""Where an area stands among the others, as one sentence or one cell: a range, never a bare place."""

from __future__ import annotations

from typing import Any

from indicators.ranks.vocabulary import RankedKind, Tier
from reports import numbers
from reports.context import Context, rows_of
from reports.page import Cell, Tone

TONE = {Tier.SURELY_TOP: Tone.PASS, Tier.UNDECIDED: Tone.UNDETERMINED, Tier.SURELY_BOTTOM: Tone.FAIL}


def tier_sentence(context: Context, area_code: str) -> str:
    """The area's range of places by its total, and from how many others it cannot be told apart.

    Empty where its total is not ranked (withheld, the district, or nothing to compare with).
    """
    row = total_place(context, area_code)
    if row is None:
        return ""
    words, tier = context.words, tier_of(row)
    alike = int(row.rank_high - row.rank_low)
    if alike == 0:
        alike_text = ""
    elif alike == row.areas - 1:  # a range of all places would say nothing
        key = "tier.alike_common" if row.kind == RankedKind.COMMON else "tier.alike_total"
        return words(key, others=numbers.count(alike))
    elif 2 * alike >= row.areas - 1:
        alike_text = words("tier.like_most")
    else:
        alike_text = words("tier.like_some", count=numbers.count(alike))
    if alike:
        first, last = numbers.count(row.rank_low), numbers.count(row.rank_high)
        between = words("tier.between", first=first, last=last)
    else:
        between = words("tier.at", place=numbers.count(row.rank_low))
    parts = {
        "areas": numbers.count(row.areas),
        "between": between,
        "alike": alike_text,
        "surely": "" if tier is None or tier is Tier.UNDECIDED else words(f"tier.clause_{tier.value}"),
    }
    return words("tier.of_common" if row.kind == RankedKind.COMMON else "tier.of_total", **parts)


def tier_cell(context: Context, area_code: str) -> Cell:
    """The range of places by the total with the tier below it; a dash where the total is not ranked."""
    row = total_place(context, area_code)
    if row is None:
        return Cell(numbers.DASH, tone=Tone.QUIET)
    tier = tier_of(row)
    if tier is None:
        return Cell(range_text(context, row))
    return Cell(range_text(context, row), note=context.words(f"tier.shape_{tier.value}"), tone=TONE[tier])


def total_place(context: Context, area_code: str) -> Any | None:
    """Row of the ranking by the common total where there is one, else by the total; None where not ranked.

    Where totals are not all made of the same leaves, only the common total has all areas side by side.
    """
    table = context.assessment.ranking
    for kind in (RankedKind.COMMON, RankedKind.TOTAL):
        rows = table[table["kind"] == kind]
        if len(rows):
            return next(iter(rows_of(rows[rows["area_code"] == area_code])), None)
    return None


def range_text(context: Context, row: Any) -> str:
    """“第 3–11 位”; one place where the range is one."""
    if row.rank_low == row.rank_high:
        return context.words("tier.place", place=numbers.count(row.rank_low))
    return context.words("tier.range", first=numbers.count(row.rank_low), last=numbers.count(row.rank_high))


def tier_of(row: Any) -> Tier | None:
    """Tier of a row of the ranking; None where so few areas have no thirds."""
    return Tier(row.tier) if row.tier else None


def tier_text(context: Context, tier: Tier) -> str:
    """In words; the shape is drawn, or in `tier_cell` stands before them."""
    return context.words(f"tier.word_{tier.value}")
