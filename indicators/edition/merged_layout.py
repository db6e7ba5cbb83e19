"""The official layout of such tables (wide, merged cells) → the flat sheet that everything else reads.

Its columns are 测评项目, 测评内容, 测评标准, 测评方法, 分值, 责任单位; a cell merged downwards holds for
all its rows. Codes are generated (1, 1.1, 1.1.1); numbers in names (一、 1.) stay as they are. A standard
that is assessed in several ways becomes a node with one leaf for each. What the layout cannot say (where a
value comes from, how it is scored) is left blank and listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from indicators.edition.built_in import Edition
from indicators.edition.facts import Facts
from indicators.edition.merged_grid import METHOD_WORDS, Grid, read_grid
from indicators.edition.merged_nodes import Leaf, Node, Reading
from indicators.edition.merged_rows import read_row
from indicators.framework import Method
from surveys.problem import Problem, Severity, errors_of
from surveys.raw_table import RawTable, raw_table

_POINTS_IN_NAME = re.compile(r"[（(]\s*(\d+(?:\.\d+)?)\s*分\s*[）)]")
_FIRST_CLAUSE = re.compile(r"[，。；：,;\n]")
_NAME_LENGTH = 24
_FIELDS: tuple[str, ...] = (
    *("code", "parent", "name", "text", "points", "method", "source", "scoring"),
    *("lead_unit", "supporting_units", "veto_grade", "scale"),
)


def read_official(path: Path) -> tuple[Edition | None, tuple[Problem, ...]]:
    """Read an official table as an edition: its flat sheet, and the units that it names.

    Parameters
    ----------
    path
        Workbook (.xlsx, .xlsm, .xls); the first sheet with the official header is read.

    Returns
    -------
    (edition, problems)
        None where an error forbids it. Warnings say what was not understood and what is to be filled in.
    """
    grid, problems = read_grid(path)
    if grid is None:
        return None, problems
    reading = Reading(grid, problems=list(problems))
    for row in range(grid.first_row, grid.last_row + 1):
        read_row(reading, row)
    if not errors_of(reading.problems):
        _empty_headings(reading, reading.projects)
        if not any(node.leaves for node in _walk(reading.projects)):
            reading.report((grid.first_row, 0), "import_no_standards")
    _check_points(reading)
    if errors_of(reading.problems):
        return None, tuple(reading.problems)
    units = _units(reading.projects)
    rows = list(_flat_rows(reading, units))
    tables = {"framework": _table(_FIELDS, rows, f"{grid.file} → framework")}
    if units:
        of_units = [(code, name, "unit") for name, code in units.items()]
        tables["units"] = _table(("code", "name", "kind"), of_units, f"{grid.file} → units")
    facts = Facts(title=grid.title or path.stem, source=path.name)
    return Edition(path.stem, facts, tables), (*reading.problems, *_to_fill(rows, grid))


def _empty_headings(reading: Reading, nodes: Sequence[Node]) -> None:
    """A text on a line of its own with nothing below it was no heading: it is told as not imported."""
    for node in nodes:
        if any(below.leaves for below in _walk([node])):
            _empty_headings(reading, node.children)
        else:
            reading.warn(node.at, "import_row_ignored", node.text)


def _sum(node: Node) -> float | None:
    """Points of a node without its negative items; None where some are still to be filled in."""
    parts = [leaf.points for leaf in node.leaves if leaf.method is not Method.NEGATIVE]
    parts += [_sum(child) for child in node.children]
    known = [part for part in parts if part is not None]
    return float(sum(known)) if len(known) == len(parts) else None


def _check_points(reading: Reading) -> None:
    """Points that names or the total row declare agree with the sums."""
    for node in _walk(reading.projects):
        in_name, found = _POINTS_IN_NAME.search(node.text), _sum(node)
        declared = [(node.at, float(in_name.group(1)))] if in_name else []
        declared += [node.declared] if node.declared else []
        for at, points in declared:
            if found is not None and abs(points - found) > 1e-6:
                reading.warn(at, "import_points_differ", f"{points:g}", sum=f"{found:.10g}")
    sums = [_sum(project) for project in reading.projects]
    known = [points for points in sums if points is not None]
    if reading.total is not None and len(known) == len(sums) and abs(sum(known) - reading.total[1]) > 1e-6:
        at, total = reading.total
        reading.warn(at, "import_points_differ", f"{total:g}", sum=f"{sum(known):.10g}")


def _walk(nodes: Sequence[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _walk(node.children)


def _units(projects: Sequence[Node]) -> dict[str, str]:
    """Codes by the name of each unit, in the order of the sheet."""
    names = dict.fromkeys(name for node in _walk(projects) for leaf in node.leaves for name in leaf.units)
    return {name: f"U{number:02d}" for number, name in enumerate(names, 1)}


def _flat_rows(reading: Reading, units: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """Rows of the flat sheet, parents before children; negative items last, outside the tree."""
    for number, project in enumerate(filter(_scored, reading.projects), 1):
        yield from _branch(project, str(number), "", units)
    negative = (
        (node, leaf)
        for node in _walk(reading.projects)
        for leaf in node.leaves
        if leaf.method is Method.NEGATIVE
    )
    for number, (node, leaf) in enumerate(negative, 1):
        yield _row(f"N{number}", "", node, leaf, units, name=_name(node.text))


def _branch(node: Node, code: str, parent: str, units: Mapping[str, str]) -> Iterator[tuple[str, ...]]:
    """A node and what is scored below it."""
    scored = [leaf for leaf in node.leaves if leaf.method is not Method.NEGATIVE]
    name = _name(node.text) if node.leaves else node.text.replace("\n", "")
    if len(scored) == 1:
        yield _row(code, parent, node, scored[0], units, name=name)
        return
    yield (code, parent, name, node.text if node.leaves else "", _text(_sum(node)), *[""] * 7)
    for number, leaf in enumerate(scored, 1):
        word = METHOD_WORDS[leaf.method][0]
        yield _row(f"{code}.{number}", code, node, leaf, units, name=f"{name}（{word}）")
    for number, child in enumerate(filter(_scored, node.children), 1):
        yield from _branch(child, f"{code}.{number}", code, units)


def _scored(node: Node) -> bool:
    """Whether anything below a node is scored, rather than deducted."""
    own = any(leaf.method is not Method.NEGATIVE for leaf in node.leaves)
    return own or any(_scored(child) for child in node.children)


def _row(
    code: str, parent: str, node: Node, leaf: Leaf, units: Mapping[str, str], *, name: str
) -> tuple[str, ...]:
    codes = [units[unit] for unit in leaf.units]
    owners = ("".join(codes[:1]), "、".join(codes[1:]))
    return (
        code,
        parent,
        name,
        node.text,
        _text(leaf.points),
        str(leaf.method),
        "",
        "",
        *owners,
        leaf.veto,
        "",
    )


def _name(text: str) -> str:
    """The beginning of a standard, as its short name."""
    first = _FIRST_CLAUSE.split(text.strip())[0].strip()
    return first if len(first) <= _NAME_LENGTH else first[: _NAME_LENGTH - 1] + "…"


def _text(points: float | None) -> str:
    return "" if points is None else f"{points:.12g}"


def _table(header: Sequence[str], rows: Sequence[tuple[str, ...]], file: str) -> RawTable:
    raw, problems = raw_table([list(header), *map(list, rows)], file)
    if raw is None:
        raise ValueError(f"no table: {problems}")
    return raw


def _to_fill(rows: Sequence[tuple[str, ...]], grid: Grid) -> Iterator[Problem]:
    """What no official table says: where each value comes from and how it is scored, by method."""
    at = _FIELDS.index("method")
    for method in Method:
        codes = [row[0] for row in rows if row[at] == method]
        if codes:
            listed = "、".join(codes)
            detail = {"method": METHOD_WORDS[method][0]}
            place = (Severity.WARNING, grid.file, None, "", listed, detail, len(codes))
            yield Problem("import_to_fill", *place)
    blank = [row[0] for row in rows if not row[_FIELDS.index("points")]]
    if blank:
        value, count = "、".join(blank), len(blank)
        yield Problem("import_points_blank", Severity.WARNING, grid.file, value=value, count=count)
