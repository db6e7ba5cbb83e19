"""What can keep a report from being printed, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping

from reports.words import words_of
from surveys.problem import Language


class ReportError(Exception):
    """A report cannot be printed properly; nothing is printed instead.

    Parameters
    ----------
    code
        Key of the section ``error`` of reports/text, such as ``missing_glyph``; the key with ``_remedy``
        behind it says what to do.
    detail
        Placeholders of both sentences.
    """

    def __init__(self, code: str, detail: Mapping[str, str] | None = None) -> None:
        self.code = code
        self.detail = dict(detail or {})
        super().__init__(self.line(Language.ENGLISH))

    def message(self, language: Language = Language.CHINESE) -> str:
        """What is wrong, in one sentence."""
        return words_of(language)(f"error.{self.code}", **self.detail)

    def remedy(self, language: Language = Language.CHINESE) -> str:
        """What to do, in one sentence."""
        return words_of(language)(f"error.{self.code}_remedy", **self.detail)

    def line(self, language: Language = Language.CHINESE) -> str:
        """Message and remedy, for a terminal."""
        return f"{self.message(language)} {self.remedy(language)}"


class MissingGlyph(ReportError):  # noqa: N818 - named for what is missing
    """Text of the input has characters that no font at hand can draw; they would print as boxes."""


class MissingLibrary(ReportError):  # noqa: N818 - named for what is missing
    """A system library or the font that WeasyPrint needs is not installed."""
