"""Declarations of tables as Markdown, for docs/formats.md. A test compares the document with this."""

from __future__ import annotations

from collections.abc import Iterable

from surveys.column import CellKind, Column, Table

_KIND_WORDS = {
    CellKind.CODE: "code (text)",
    CellKind.TEXT: "text",
    CellKind.CODES: "codes, separated by `,` `;` `、` or `|`",
    CellKind.SHARE: "share: `0.9` or `90%`",
    CellKind.VALUE: "value: `0.9`, `90%` or points",
    CellKind.NUMBER: "number",
    CellKind.WHOLE: "whole number",
    CellKind.DATE: "date",
    CellKind.YES_NO: "yes or no (是/否)",
}


def document(tables: Iterable[Table]) -> str:
    """One section for each table: a line about it and a row for each column."""
    return "\n".join(_section(table) for table in tables)


def _section(table: Table) -> str:
    names = ", ".join(f"`{name}`" for name in table.chinese)
    also = f" (also {names})" if names else ""
    needed = "Required. " if table.required else ""
    key = f" One row for each {' × '.join(f'`{name}`' for name in table.key)}." if table.key else ""
    lines = [f"### `{table.name}`{also}", "", f"{needed}{table.note_en}{key}", ""]
    lines += ["| column | 中文表头 | cells | what to fill in |", "| --- | --- | --- | --- |"]
    lines += [_row(column) for column in table.columns]
    return "\n".join([*lines, ""])


def _row(column: Column) -> str:
    name = f"**`{column.name}`**" if column.required else f"`{column.name}`"
    return f"| {name} | {' / '.join(column.chinese)} | {_kind(column)} | {_escape(column.note_en)} |"


def _kind(column: Column) -> str:
    if column.kind is not CellKind.CHOICE:
        return _escape(_KIND_WORDS[column.kind])
    return ", ".join(
        f"`{choice}`" + (f" {also[0]}" if also else "") for choice, also in column.choices.items()
    )


def _escape(text: str) -> str:
    return text.replace("|", "\\|")
