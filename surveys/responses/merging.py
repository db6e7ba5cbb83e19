"""What parts of a file say for themselves → what the file says: problems, and rows of ``quality.csv``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from surveys.problem import Problem
from surveys.quality import Row
from surveys.responses.grouping import LISTED_VALUES
from surveys.responses.quoting import HIDDEN
from surveys.responses.set_aside import REASONS, Reason

_MOST_ROWS = 10
_MORE = " …"
_CATEGORIES = (
    "read",
    "used",
    "set_aside",
    "answered",
    "not_asked",
    "blank",
    "dont_know",
    "refused",
    "invalid",
)


def merged_problems(parts: Iterable[Iterable[Problem]]) -> list[Problem]:
    """Alike problems of parts as one: the first row, the first rows, and how many in all.

    Beyond `LISTED_VALUES` distinct values of one defect the rest share one problem, as in a file read whole.
    """
    merged: dict[object, Problem] = {}
    values_of: dict[object, set[str]] = {}
    for problem in (problem for part in parts for problem in part):
        rest = tuple((key, text) for key, text in problem.detail.items() if key != "rows")
        defect = (problem.code, problem.severity, problem.file, problem.column, rest)
        values = values_of.setdefault(defect, set())
        if problem.value not in values and len(values) >= LISTED_VALUES:
            problem = replace(problem, value=HIDDEN)
        values.add(problem.value)
        known = merged.get((defect, problem.value))
        merged[(defect, problem.value)] = problem if known is None else _added(known, problem)
    return list(merged.values())


def merged_rows(parts: Iterable[Sequence[Row]]) -> list[Row]:
    """Rows of ``quality.csv`` of all parts added up, in the order in which a file read whole has them."""
    merged: dict[tuple[str, str, str, str, str], Row] = {}
    for row in (row for part in parts for row in part):
        known = merged.get(row[:5])
        merged[row[:5]] = row if known is None else (*row[:5], known[5] + row[5], _rows(known[6], row[6]))
    files = list(dict.fromkeys(key[1] for key in merged))
    items = list(dict.fromkeys(key[2] for key in merged))
    order = {
        key: (
            key[2] != "records",
            files.index(key[1]),
            items.index(key[2]),
            _CATEGORIES.index(key[3]),
            REASONS.index(Reason(key[4])) if key[3] == "set_aside" else 0,
        )
        for key in merged
    }
    return [merged[key] for key in sorted(merged, key=lambda key: order[key])]


def _added(known: Problem, other: Problem) -> Problem:
    detail = dict(known.detail)
    if "rows" in detail:
        detail["rows"] = _rows(detail["rows"], other.detail.get("rows", ""))
    return replace(known, detail=detail, count=known.count + other.count)


def _rows(first: str, then: str) -> str:
    """Two lists of rows as one, no longer than a list of rows is."""
    if not first or not then or first.endswith(_MORE):
        return first or then
    listed = [*first.split(", "), *then.removesuffix(_MORE).split(", ")]
    more = _MORE if len(listed) > _MOST_ROWS or then.endswith(_MORE) else ""
    return ", ".join(listed[:_MOST_ROWS]) + more
