"""Which indicators stay out of a total, and which stand in from an earlier wave, by name."""

from __future__ import annotations

from typing import Any

import pandas as pd

from indicators.status import NodeStatus
from reports import numbers
from reports.context import Context, rows_of
from reports.page import Prose


def blank_notes(context: Context) -> tuple[Prose, ...]:
    """The district's leaves by what became of them, and those that no subdistrict is scored by."""
    words = context.words
    leaves = context.assessment.scores
    leaves = leaves[leaves["method"] != ""]
    district = context.assessment.wave.areas.district.code
    whole, parts = leaves[leaves["area_code"] == district], leaves[leaves["area_code"] != district]
    found = [
        ("district_only", _names(whole, _district_only(whole, parts))),
        ("not_applicable", _names(whole, whole["status"] == NodeStatus.NOT_APPLICABLE)),
        ("not_collected", _names(whole, whole["status"] == NodeStatus.NOT_COLLECTED)),
        ("withheld", _names(whole, whole["status"] == NodeStatus.WITHHELD)),
        ("carried", _carried(context, whole)),
    ]
    told = [(key, names) for key, names in found if names]
    if not told:
        return ()
    return (
        Prose(
            tuple(
                words(f"blank.{key}", count=numbers.count(len(names)), names=words.listed(names))
                for key, names in told
            ),
            heading=words("scores.blank_title"),
            terms=tuple(words(f"blank_term.{key}") for key, _ in told),
        ),
    )


def _district_only(whole: pd.DataFrame, parts: pd.DataFrame) -> Any:
    """Leaves of the district that apply to no subdistrict."""
    applying = set(parts["node"][parts["status"] != NodeStatus.NOT_APPLICABLE])
    known = whole["status"] != NodeStatus.NOT_APPLICABLE
    return known & ~whole["node"].isin(applying) & (not parts.empty)


def _names(leaves: pd.DataFrame, selected: Any) -> list[str]:
    return [str(name) for name in leaves["node_name"][selected]]


def _carried(context: Context, whole: pd.DataFrame) -> list[str]:
    rows = rows_of(whole[~whole["carried_from"].isin(["", "nan"])])
    return [
        context.words("scores.carried_leaf", name=str(row.node_name), wave=str(row.carried_from))
        for row in rows
    ]
