"""The table of `assess weak` at any width of the terminal: columns are merged, and nothing is cut."""

from __future__ import annotations

from collections import Counter
from io import StringIO

import pytest
from rich.console import Console

from assess.weak import WeakOfTree, weak
from assess.weak_table import print_weak
from indicators.assessment import Assessment
from surveys.problem import Language

ASKED = ({}, {"area": "all", "top": 1}, {"unit": "平城区城市管理局", "area": "all"})


def printed(found: tuple[WeakOfTree, ...], width: int, language: Language) -> str:
    console = Console(width=width, file=StringIO())
    print_weak(found, [], console, language)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("asked", ASKED, ids=["district", "areas", "unit"])
@pytest.mark.parametrize("width", [40, 60, 79, 80, 90, 100, 120])
def test_no_character_is_lost_whatever_the_width(
    demo_assessment: Assessment, language: Language, asked: dict[str, str], width: int
) -> None:
    """Oracle: the same table on a terminal wide enough for everything."""
    found = weak(demo_assessment, **asked)  # type: ignore[arg-type]

    def characters(at: int) -> Counter[str]:
        return Counter(c for c in printed(found, at, language) if not c.isspace() and c != "─")

    assert characters(width) == characters(400)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("width", [40, 80, 100, 120])
def test_every_owner_stands_whole_in_one_line(
    demo_assessment: Assessment, language: Language, width: int
) -> None:
    found = weak(demo_assessment, area="all", top=3)
    text = printed(found, width, language)
    owners = [name for each in found for name in each.selection.findings["lead_unit_name"]]
    assert min(map(len, owners)) > 0
    assert all(text.count(name) >= count for name, count in Counter(owners).items())


@pytest.mark.parametrize("width", [80, 100, 120])
def test_lines_fit_the_terminal_from_80_columns(demo_assessment: Assessment, width: int) -> None:
    from rich.cells import cell_len

    for language in Language:
        text = printed(weak(demo_assessment, area="all", top=2), width, language)
        assert max(map(cell_len, text.splitlines())) <= width


def test_titles_of_trees_are_in_the_reader_s_language(demo_assessment: Assessment) -> None:
    found = weak(demo_assessment)
    for language in Language:
        text = " ".join(printed(found, 200, language).split())
        assert all(each.framework.title_in(language) in text for each in found)
        assert found[0].framework.title_in(Language.ENGLISH) != found[0].framework.title
