"""HTML → PDF. The only module that imports WeasyPrint, and only when something is printed."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from importlib.metadata import version
from typing import Any

from reports.error import MissingGlyph, MissingLibrary, ReportError
from reports.font import Fonts, cache_root, source_font

VARIANT = "pdf/ua-1"
END_OF_REPORT = "end-of-report"
FEWEST_PAGES, LEAST_OF_LAST_PAGE = 4, 0.45
TIGHTER = ("tight", "very-tight")
"""Classes of the style for a page whose text runs on, each tighter than the one before."""
END_OF_PAGE = re.compile(r"end-of-page-(\d+)")
END_MARK = re.compile(r'<a id="end-of-page-\d+"></a>')
LIBRARIES = ("pango-1.0", "pangoft2-1.0", "harfbuzz", "harfbuzz-subset", "fontconfig")
SONAMES = {
    "pango-1.0": ("libpango-1.0.so.0", "libpango-1.0.dylib", "libpango-1.0-0.dll"),
    "pangoft2-1.0": ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib", "libpangoft2-1.0-0.dll"),
    "harfbuzz": ("libharfbuzz.so.0", "libharfbuzz.0.dylib", "libharfbuzz-0.dll"),
    "harfbuzz-subset": ("libharfbuzz-subset.so.0", "libharfbuzz-subset.0.dylib", "libharfbuzz-subset-0.dll"),
    "fontconfig": ("libfontconfig.so.1", "libfontconfig.1.dylib", "libfontconfig-1.dll"),
}


class CheckState(StrEnum):
    """Outcome of one check of the environment."""

    OK = "ok"
    SLOW = "slow"  # works without it, slowly
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that printing needs.

    Parameters
    ----------
    name
        ``font``, ``fonts_cut``, ``weasyprint`` or the name of a system library.
    detail
        Version or path where known.
    error
        What to tell and do where it is missing.
    """

    name: str
    state: CheckState
    detail: str = ""
    error: ReportError | None = None


def check_libraries() -> list[Check]:
    """What printing needs and whether it is here: libraries, WeasyPrint, font, cut fonts. Raises nothing."""
    checks = []
    for name in LIBRARIES:
        if _loads(name):
            checks.append(Check(name, CheckState.OK))
        else:
            state = CheckState.SLOW if name == "harfbuzz-subset" else CheckState.MISSING
            checks.append(Check(name, state, error=MissingLibrary("no_library", {"library": name})))
    checks.append(Check("weasyprint", CheckState.OK, version("weasyprint")))
    try:
        checks.append(Check("font", CheckState.OK, str(source_font())))
    except MissingLibrary as error:
        checks.append(Check("font", CheckState.MISSING, error=error))
    cut = sorted(cache_root().glob("base-*/fonts.conf"))
    checks.append(Check("fonts_cut", CheckState.OK, str(cut[-1].parent) if cut else ""))
    return checks


def require_libraries() -> None:
    """Raise `MissingLibrary` for the first library or font without which nothing can be printed."""
    for check in check_libraries():
        if check.state is CheckState.MISSING and check.error is not None:
            raise check.error


@dataclass(frozen=True)
class Printer:
    """Prints documents with one style sheet; fonts and style are read once.

    Parameters
    ----------
    fonts
        As `reports.font.prepare_fonts` made them for the texts of all documents.
    style
        The style sheet.
    """

    fonts: Fonts
    style: str

    def pdf(self, html: str) -> bytes:
        """One document as PDF/UA-1; the same HTML gives the same bytes.

        Raises
        ------
        MissingGlyph
            A character has no glyph after all.
        ReportError
            The document refers to anything outside itself.
        """
        refused: list[str] = []

        def fetcher(url: str, *_: object, **__: object) -> dict[str, Any]:
            refused.append(url[:80])
            return refuse(url)

        try:
            opening = _opening(html)
            document, tight = self._tightened(opening, fetcher)
            if opening != html:
                document = self._layout(_with_classes(html, tight), fetcher)
            if _ends_on_a_blank_page(document.pages):
                denser = self._layout(_with_classes(html, f"{tight} dense".strip()), fetcher)
                document = denser if len(denser.pages) < len(document.pages) else document
            printed: bytes = document.write_pdf(pdf_variant=VARIANT, pdf_tags=True)
        except self._engine.refused as error:
            raise ReportError("fetch_refused", {"url": str(error)}) from error
        if refused:  # WeasyPrint swallows whatever an SVG drawing raises
            raise ReportError("fetch_refused", {"url": refused[0]})
        missing = sorted(_missing(document.fonts.values()))
        if missing:
            shown = "  ".join(f"{c} (U+{ord(c):04X})" for c in missing[:8])
            raise MissingGlyph("missing_glyph", {"characters": shown, "count": str(len(missing))})
        return printed

    def _tightened(self, html: str, fetcher: Callable[..., dict[str, Any]]) -> tuple[Any, str]:
        """Pages whose texts end where they should, and the classes that it took."""
        document, tight = self._layout(html, fetcher), ""
        for step in TIGHTER:
            late = _overrun(document.pages)
            if not late:
                break
            tight = f"{tight} {' '.join(f'{step}-{number}' for number in late)}".strip()
            document = self._layout(_with_classes(html, tight), fetcher)
        return document, tight

    def _layout(self, html: str, fetcher: Callable[..., dict[str, Any]]) -> Any:
        engine = self._engine
        return engine.html(string=html, url_fetcher=fetcher).render(
            font_config=engine.configuration, stylesheets=[engine.style], pdf_variant=VARIANT, pdf_tags=True
        )

    @cached_property
    def _engine(self) -> _Engine:
        # fontconfig reads this when WeasyPrint is imported, and again for each font configuration.
        os.environ["FONTCONFIG_FILE"] = str(self.fonts.configuration)
        try:
            import weasyprint
            from weasyprint.text.fonts import FontConfiguration
            from weasyprint.urls import FatalURLFetchingError
        except OSError as error:
            raise MissingLibrary("no_library", {"library": str(error).split(":")[0]}) from error
        configuration = FontConfiguration()
        css = weasyprint.CSS(string=self.style, font_config=configuration, url_fetcher=refuse)
        return _Engine(weasyprint.HTML, configuration, css, FatalURLFetchingError)


@dataclass(frozen=True, slots=True)
class _Engine:
    """WeasyPrint with our fonts and style."""

    html: Any
    configuration: Any
    style: Any
    refused: type[BaseException]


def refuse(url: str, *_: object, **__: object) -> dict[str, Any]:
    """Fetcher that allows nothing: no image, style, font, link or attachment is ever read.

    Raises
    ------
    FatalURLFetchingError
        Always. It is a BaseException, so that WeasyPrint does not swallow it as a missing image.
    """
    from weasyprint.urls import FatalURLFetchingError

    raise FatalURLFetchingError(url[:80])


def _opening(html: str) -> str:
    """The document up to the last text that should end on its page; all of it where no other text follows.

    A long report is not laid out again and again only because its first page runs on.
    """
    ends = list(END_MARK.finditer(html))
    if not ends or "<section" not in html[ends[-1].end() :]:
        return html
    return html[: ends[-1].end()] + "</section></body></html>"


def _with_classes(html: str, classes: str) -> str:
    return html.replace("<body>", f'<body class="{classes}">', 1) if classes else html


def _overrun(pages: Sequence[Any]) -> list[int]:
    """Numbers of pages whose text was to end on them and ran on: the style sets those tighter."""
    ends = sorted(
        (int(found[1]), number)
        for number, page in enumerate(pages, start=1)
        for anchor in page.anchors
        if (found := END_OF_PAGE.fullmatch(anchor)) is not None
    )
    late, overrun = 0, []
    for wanted, number in ends:
        if number - late > wanted:  # pages that an earlier text was late are not this one's
            overrun.append(wanted)
            late = number - wanted
    return overrun


def _ends_on_a_blank_page(pages: Sequence[Any]) -> bool:
    """Whether a report of several pages ends on one that is mostly empty."""
    last = pages[-1]
    end = last.anchors.get(END_OF_REPORT)
    return len(pages) >= FEWEST_PAGES and end is not None and float(end[1]) < LEAST_OF_LAST_PAGE * last.height


def _missing(fonts: Iterable[Any]) -> set[str]:
    found: set[str] = set()
    for font in fonts:
        for item in getattr(font, "missing", ()) or ():
            found.add(chr(item) if isinstance(item, int) else str(item)[:1])
    return found


def _loads(name: str) -> bool:
    import ctypes
    import ctypes.util

    for candidate in (*SONAMES[name], ctypes.util.find_library(name)):
        if not candidate:
            continue
        try:
            ctypes.CDLL(candidate)
        except OSError:
            continue
        return True
    return False
