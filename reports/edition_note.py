"""Which edition of the assessment system the scores rest on: title, version, source and content hash."""

from __future__ import annotations

from indicators.framework import Framework
from reports.context import Context

SHORT_HASH = 12


def edition_fact(context: Context) -> str:
    """Title and version of the edition with the beginning of its hash, for the line under the title."""
    framework = context.framework
    if framework is None:
        return ""
    return context.words(
        "edition.fact", title=_titled(context, framework), hash=framework.content_hash[:SHORT_HASH]
    )


def edition_lines(context: Context) -> list[str]:
    """Title, version, source and whole hash of the edition, and of a second one beside it."""
    companion = context.assessment.companion
    editions = [context.framework, None if companion is None else companion.framework]
    return [
        context.words(
            "edition.line",
            title=_titled(context, framework),
            # It stands inside a sentence, whether or not it was written as one.
            source=framework.source_in(context.language).rstrip("。. ") or context.words("edition.no_source"),
            hash=framework.content_hash,
        )
        for framework in editions
        if framework is not None
    ]


def _titled(context: Context, framework: Framework) -> str:
    title = framework.title_in(context.language) or framework.name
    if not framework.version or framework.version in title:
        return title
    return context.words("edition.titled", title=title, version=framework.version)
