"""Problems say where, what and how to mend it; the same wrong value is told once."""

from __future__ import annotations

from surveys.problem import Language, Problem, Severity, merge_alike


def unknown_parent(row: int, value: str) -> Problem:
    return Problem("unknown_column", Severity.ERROR, "areas.csv", row, "parent", value, {"names": "code"})


def test_the_same_wrong_value_is_told_once_with_its_first_row_and_count() -> None:
    merged = merge_alike([unknown_parent(12, "X"), unknown_parent(13, "Y"), unknown_parent(14, "X")])
    assert [(problem.row, problem.value, problem.count) for problem in merged] == [(12, "X", 2), (13, "Y", 1)]


def test_blanks_are_told_one_by_one() -> None:
    assert len(merge_alike([unknown_parent(12, ""), unknown_parent(13, "")])) == 2


def test_a_line_names_the_place_and_the_count_in_both_languages() -> None:
    (problem,) = merge_alike([unknown_parent(12, "X")] * 3)
    assert problem.line(Language.CHINESE).startswith("areas.csv:12 parent：")
    assert "共 3 行" in problem.line(Language.CHINESE)
    assert "(3 rows)" in problem.line(Language.ENGLISH)
