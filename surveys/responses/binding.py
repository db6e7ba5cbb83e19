"""Which column of an export is meant: its header, or a beginning that only one header has."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from itertools import takewhile

from surveys.problem import Problem, Severity, shorten
from surveys.raw_table import column_letter
from surveys.schema import fold


def find_columns(header: Sequence[str], name: str) -> tuple[int, ...]:
    """Positions of the columns that `name` may mean; one entry where it is clear.

    An exact header comes first (compared after NFKC, with blanks and case folded), then headers that begin
    with it. A beginning that ends in a digit is not continued by a digit: ``Q2`` never means ``Q20``.
    """
    wanted = fold(name)
    folded = [fold(title) for title in header]
    exact = tuple(at for at, title in enumerate(folded) if title == wanted)
    if exact or not wanted:
        return exact
    ends_in_digit = wanted[-1].isdigit()
    return tuple(
        at
        for at, title in enumerate(folded)
        if title.startswith(wanted) and not (ends_in_digit and title[len(wanted)].isdigit())
    )


def bind(
    header: Sequence[str], name: str, *, file: str, used_by: str
) -> tuple[int | None, tuple[Problem, ...]]:
    """The one column that `name` means; None with a Problem where there is none, or several.

    Parameters
    ----------
    used_by
        What asked for it, such as ``questions.csv: q7``, for the message.
    """
    found = find_columns(header, name)
    if len(found) == 1:
        return found[0], ()
    detail = {"used_by": used_by}
    if not found:
        detail["headers"] = "; ".join(_nearest(header, name))
        return None, (Problem("missing_response_column", Severity.ERROR, file, 1, name, detail=detail),)
    detail["candidates"] = "; ".join(f"{header[at][:50]} ({column_letter(at)})" for at in found[:8])
    return None, (Problem("ambiguous_response_column", Severity.ERROR, file, 1, name, detail=detail),)


def _nearest(header: Sequence[str], name: str, most: int = 6) -> list[str]:
    """Headers that begin or look like `name`, or else the first of the file: what a user may have meant."""
    titles = [shorten(title, 40) for title in header if title.strip()]
    shared = {title: _shared_beginning(fold(title), fold(name)) for title in titles}
    longest = max(shared.values(), default=0)
    alike = [title for title in titles if shared[title] == longest and longest >= 2]
    return (alike or get_close_matches(name, titles, n=most, cutoff=0.5) or titles)[:most]


def _shared_beginning(one: str, other: str) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
