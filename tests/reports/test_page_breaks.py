"""Where pages break: three rows on either side, notes with what they explain, no mostly empty last page."""

from __future__ import annotations

import re

import pypdfium2
import pytest

import reports
from reports.font import prepare_fonts
from reports.html import style_sheet
from reports.pdf import Printer, refuse
from surveys.problem import Language

ROW = "<tr><th class='name'>row-{}-{}</th><td class='number'>1</td></tr>"


def a_table(name: int, rows: int, classes: str = "") -> str:
    body = "".join(ROW.format(name, index) for index in range(rows))
    head = "<thead><tr><th>a</th><th>b</th></tr></thead>"
    table = f"<table class='{classes}'>{head}<tbody>{body}</tbody></table>"
    return f"<h3>heading-{name}</h3>{table}<p class='legend'>note-{name}</p>"


def a_document(body: str) -> str:
    chapter = f"<section class='chapter'>{body}</section><a id='end-of-report'></a>"
    return f"<!doctype html><html lang='en'><title>x</title><body>{chapter}</body></html>"


def printer_of(html: str) -> Printer:
    return Printer(prepare_fonts([html, style_sheet()]), style_sheet())


def pages(content: bytes) -> list[str]:
    return [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(content)]


@pytest.mark.parametrize("before", range(38, 50))
def test_a_table_breaks_with_three_rows_on_either_side(before: int) -> None:
    html = a_document(a_table(1, before) + a_table(2, 14))
    parts = [len(re.findall(r"row-2-", text)) for text in pages(printer_of(html).pdf(html))]
    parts = [count for count in parts if count]
    assert sum(parts) == 14
    assert min(parts) >= 3


@pytest.mark.parametrize("before", range(38, 50))
def test_a_short_table_stays_whole_with_heading_and_note(before: int) -> None:
    html = a_document(a_table(1, before) + a_table(2, 8, "short"))
    found = [text for text in pages(printer_of(html).pdf(html)) if "-2-" in text]
    assert len(found) == 1
    assert "heading-2" in found[0]
    assert "note-2" in found[0]


def test_a_report_ends_on_no_mostly_empty_page() -> None:
    """A plain layout that runs over by a few rows is set denser and loses that page."""
    for rows in range(200, 320, 4):
        html = a_document(a_table(1, rows))
        printer = printer_of(html)
        plain = printer._layout(html, refuse).pages
        if len(plain) >= 4 and plain[-1].anchors["end-of-report"][1] < 0.2 * plain[-1].height:
            assert len(pages(printer.pdf(html))) == len(plain) - 1
            return
    pytest.fail("no number of rows runs over by a little")


def test_page_one_that_runs_on_is_set_tighter_and_then_tighter_still() -> None:
    """A text that two steps bring back onto its page, of which the first alone does not."""
    line = "<li>Of some subdistricts nothing certain can be said, because too few people were asked. " * 2

    def page(lines: int, classes: str = "") -> str:
        body = f'<section class="leaders"><p class="answer">x</p><ul class="uncertain">{line * lines}</ul>'
        anchor = '<a id="end-of-page-1"></a></section><a id="end-of-report"></a>'
        return f"<!doctype html><html lang='en'><title>x</title><body{classes}>{body}{anchor}</body></html>"

    printer = printer_of(page(1))
    for lines in range(20, 60):
        tight = printer._layout(page(lines, ' class="tight-1"'), refuse).pages
        if len(tight) == 2:
            assert len(pages(printer.pdf(page(lines)))) == 1
            return
    pytest.fail("no number of lines runs over")


def test_english_scorecards_have_two_pages(printed) -> None:  # type: ignore[no-untyped-def]
    html = reports.documents(printed.assessment, Language.ENGLISH)
    cards = {name: text for name, text in html.items() if name.startswith("scorecards/")}
    printer = printer_of("".join(html.values()))
    assert {name: len(pages(printer.pdf(text))) for name, text in cards.items()} == dict.fromkeys(cards, 2)


def test_a_long_report_is_laid_out_once_although_its_first_page_is_set_tighter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Oracle: the pages are those of the whole report set tight at once."""
    printer = printer_of(_with_first_page(1))
    lines = next(n for n in range(20, 60) if len(_plain_pages(printer, _with_first_page(n), "")) == 5)
    html, laid_out, plain = _with_first_page(lines), [], Printer._layout

    def counted(self: Printer, text: str, fetcher: object) -> object:
        laid_out.append("row-1-134" in text)
        return plain(self, text, fetcher)  # type: ignore[arg-type]

    monkeypatch.setattr(Printer, "_layout", counted)
    found = pages(printer.pdf(html))
    monkeypatch.undo()
    assert laid_out == [False, False, True]
    assert found == _plain_pages(printer, html, "tight-1")
    assert len(found) == 4


def _with_first_page(lines: int) -> str:
    """A first page with so many lines, and three pages of a table."""
    line = "<li>Of some subdistricts nothing certain can be said, because too few people were asked. " * 2
    first = f'<section class="leaders"><ul class="uncertain">{line * lines}</ul><a id="end-of-page-1"></a>'
    rest = f"<section class='chapter new-page'>{a_table(1, 135)}</section><a id='end-of-report'></a>"
    return f"<!doctype html><html lang='en'><title>x</title><body>{first}</section>{rest}</body></html>"


def _plain_pages(printer: Printer, html: str, classes: str) -> list[str]:
    document = printer._layout(html.replace("<body>", f'<body class="{classes}">'), refuse)
    return pages(document.write_pdf())
