"""Typed models of a printed report. Every number in them is already text; templates only place it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

MOST_ROWS_KEPT = 10
"""A table of so many rows moves to the next page rather than break."""


class Tone(StrEnum):
    """Fixed class names of a cell; values of the data never become class names."""

    PLAIN = "plain"
    STRONG = "strong"
    QUIET = "quiet"
    PASS = "pass"
    FAIL = "fail"
    UNDETERMINED = "undetermined"
    INDENTED = "indented"


class Align(StrEnum):
    """How a column stands."""

    NAME = "name"
    TEXT = "text"
    NUMBER = "number"
    CENTRE = "centre"


class TableStyle(StrEnum):
    """Fixed class names of a table."""

    PLAIN = "plain"
    MATRIX = "matrix"  # many narrow columns of short marks; columns keep their widths


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: a text, a smaller second and third line, a drawing.

    Parameters
    ----------
    shade
        Ground of the cell, from 0 (none) to 4 (darkest).
    """

    text: str
    note: str = ""
    tone: Tone = Tone.PLAIN
    svg: str = ""
    detail: str = ""
    shade: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """Head of a column; `width` in per cent of the table (0: as wide as needed); a drawing for its title."""

    title: str
    align: Align = Align.NUMBER
    width: float = 0
    note: str = ""
    svg: str = ""


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Rows under a common line; without a title they just follow."""

    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a repeated head; rows never break across pages."""

    kind: ClassVar[str] = "table"
    columns: tuple[Column, ...]
    groups: tuple[RowGroup, ...]
    heading: str = ""
    note: str = ""
    style: TableStyle = TableStyle.PLAIN

    @property
    def is_short(self) -> bool:
        """Whether the table is kept on one page."""
        return sum(len(group.rows) + bool(group.title) for group in self.groups) <= MOST_ROWS_KEPT


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing with its caption."""

    svg: str
    caption: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """Drawings side by side, in rows that do not break."""

    kind: ClassVar[str] = "figures"
    rows: tuple[tuple[Figure, ...], ...]
    heading: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Prose:
    """Paragraphs, each with a term before it where `terms` are given, or a list."""

    kind: ClassVar[str] = "prose"
    paragraphs: tuple[str, ...]
    heading: str = ""
    listed: bool = False
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """Two short tables side by side; they stay on one page."""

    kind: ClassVar[str] = "pair"
    left: Table
    right: Table


Block = Table | Figures | Prose | Pair


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter with its bookmark.

    Parameters
    ----------
    ends_on
        The page it should end on: it is set tighter if it would run on. 0: wherever it ends.
    """

    title: str
    blocks: tuple[Block, ...]
    lead: str = ""
    new_page: bool = False
    ends_on: int = 0


@dataclass(frozen=True, slots=True)
class Total:
    """The total score as page 1 shows it."""

    label: str
    value: str
    unit: str
    range: str
    verdict: str
    tone: Tone
    remarks: tuple[str, ...]
    warning: str = ""
    chance: str = ""


@dataclass(frozen=True, slots=True)
class Priority:
    """One weak indicator with its owner, as page 1 shows it."""

    name: str
    standard: str
    state: str
    certainty: str
    tone: Tone
    points: str
    owner: str
    trend: str = ""


@dataclass(frozen=True, slots=True)
class LeadersPage:
    """Page 1: the answer, the figures with their ranges, the weakest with owners, what is not certain.

    Parameters
    ----------
    second
        Sentences on a second tree (minors), and on what both make together.
    """

    answer: str
    total: Total | None
    figure_heading: str
    figures: tuple[Figure, ...]
    figure_note: str
    legend: str
    tally: Table | None
    priorities_heading: str
    priorities: tuple[Priority, ...]
    priorities_note: str
    uncertain_heading: str
    uncertain: tuple[str, ...]
    second: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A whole document.

    Parameters
    ----------
    banner
        Says on every page that the data are synthetic; empty otherwise.
    created
        ISO date of the document's metadata, taken from the wave, so that bytes do not depend on the clock.
    """

    language: str
    title: str
    subject: str
    kicker: str
    running_head: str
    notice: str
    banner: str
    facts: tuple[str, ...]
    created: str
    leaders: LeadersPage
    chapters: tuple[Chapter, ...] = field(default=())
