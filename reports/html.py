"""Page models → HTML, by Jinja with autoescape and StrictUndefined."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from reports.numbers import coordinate
from reports.page import Cell, Report, RowGroup
from reports.words import Words

TEMPLATE = "report.html.j2"
STYLE = "report.css"
MOST_CHARACTERS = 900
"""Of one text of the data in print; longer ones end with an ellipsis."""
MOST_OF_A_NAME = 160
"""Of the name of a row: tables repeat names, and an endless one would fill page after page."""


ADJACENT_MARKS = re.compile("([，。、；：）」』》”])(?=[，。、；：）」』》”（「『《“])")


def report_html(report: Report, words: Words) -> str:
    """The whole document as HTML, without references to anything outside it."""
    return _environment().get_template(TEMPLATE).render(report=report, words=words)


def style_sheet() -> str:
    """The style sheet; it holds no text of the data."""
    return files("reports").joinpath("static", STYLE).read_text(encoding="utf-8")


def one_line(text: str, most: int = MOST_CHARACTERS) -> str:
    """One line without control characters, and not endless: a hostile cell cannot flood a page."""
    folded = " ".join("".join(" " if _is_control(c) else c for c in text).split())
    return folded if len(folded) <= most else f"{folded[: most - 1]}…"


def cleaned(model: Any) -> Any:
    """A page model in which every text is one line; drawings (fields named ``svg``) stay as they are."""
    if isinstance(model, str) and type(model) is str:
        return one_line(model)
    if isinstance(model, RowGroup):
        rows = tuple((_named(row[0]), *(cleaned(cell) for cell in row[1:])) for row in model.rows if row)
        return RowGroup(rows, cleaned(model.title), cleaned(model.note))
    if isinstance(model, tuple):
        return tuple(cleaned(item) for item in model)
    if dataclasses.is_dataclass(model) and not isinstance(model, type):
        changes = {
            f.name: cleaned(getattr(model, f.name)) for f in dataclasses.fields(model) if f.name != "svg"
        }
        return dataclasses.replace(model, **changes)
    return model


def _named(cell: Cell) -> Cell:
    """The first cell of a row, cleaned, with its name no longer than a name is."""
    made: Cell = cleaned(cell)
    return dataclasses.replace(made, text=one_line(made.text, MOST_OF_A_NAME))


def typeset(text: str) -> Markup:
    """Escaped text in which the first of two adjacent full-width marks takes half its width (CLREQ 3.1.6)."""
    return Markup(ADJACENT_MARKS.sub(r'<span class="half">\1</span>', str(escape(text))))


def _is_control(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp", "Cs"}


@cache
def _environment() -> Environment:
    def load(name: str) -> str:
        return files("reports").joinpath("templates", name).read_text(encoding="utf-8")

    environment = Environment(
        loader=FunctionLoader(load),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Drawings come from reports.chart, which escapes every text it places.
    environment.filters["drawing"] = Markup
    environment.filters["typeset"] = typeset
    environment.filters["width"] = lambda width: f"{coordinate(float(width))}%"
    return environment
