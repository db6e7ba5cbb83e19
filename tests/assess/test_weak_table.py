"""The table of `assess weak` at any width of the terminal: columns are merged, and nothing is cut."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from assess.weak import WeakOfTree, weak
from assess.weak_table import print_weak
from assess.words import words
from indicators.assessment import Assessment
from indicators.status import WeaknessClass
from reports.words import words_of
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


def only(found: tuple[WeakOfTree, ...], **columns: object) -> tuple[WeakOfTree, ...]:
    """The first row that rests on documents, with these columns; without its neighbours."""
    tree = next(each for each in found if each.selection.findings["method"].eq("document").any())
    findings = tree.selection.findings
    row = findings[findings["method"] == "document"].head(1).assign(**columns)
    empty = tree.selection.supporting.head(0)
    return (replace(tree, selection=replace(tree.selection, findings=row, supporting=empty)),)


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize(
    ("language", "documents", "same"),
    [
        (Language.CHINESE, ("审材料 1 份", "审材料 3 份"), "与上次相同"),
        (Language.ENGLISH, ("1 document", "3 documents"), "same as last time"),
    ],
)
def test_documents_are_counted_and_an_unchanged_grade_is_said_as_in_the_reports(
    demo_assessment: Assessment, language: Language, documents: tuple[str, str], same: str, width: int
) -> None:
    """Oracle: the words of page 1 of the reports for the same figures."""
    unchanged = {"change": 0.0, "change_low": 0.0, "change_high": 0.0}
    found = weak(demo_assessment, classes=tuple(WeaknessClass))
    for n, said in zip((1.0, 3.0), documents, strict=True):
        row = only(found, n=n, change_verdict="no_detectable_change", **unchanged)
        text = " ".join(printed(row, width, language).split())
        assert said in text
        assert words_of(language)("trend.no_detectable_change") not in text
    assert all(word in text for word in same.split())
    sampled = unchanged | {"change_low": -0.1, "change_high": 0.1}
    text = printed(only(found, n=3.0, change_verdict="no_detectable_change", **sampled), 200, language)
    assert same.split()[-1] not in text.split()


@pytest.mark.parametrize("language", list(Language))
def test_what_follows_the_title_of_an_edition_stands_on_a_line_of_its_own(
    demo_assessment: Assessment, language: Language
) -> None:
    def lines(found: tuple[WeakOfTree, ...]) -> list[str]:
        return [line.strip() for line in printed(found, 200, language).splitlines()]

    text, found = words(language)["weak"], weak(demo_assessment, area="all")
    titles = [each.framework.title_in(language) for each in found]
    emptied = [
        replace(each, selection=replace(each.selection, findings=each.selection.findings.head(0)))
        for each in found
    ]
    bare = [
        replace(each, selection=replace(each.selection, supporting=each.selection.supporting.head(0)))
        for each in emptied
    ]
    assert len(titles) > 1
    told = lines(tuple(bare))
    assert told == [line for title in titles for line in (title, text["none"])]
    supporting = tuple(
        replace(each, selection=replace(each.selection, supporting=given.selection.findings.head(1)))
        for each, given in zip(bare, found, strict=True)
    )
    told = lines(supporting)
    assert all(told[told.index(title) + 1] == text["supporting"] for title in titles)
