"""Editions in the terminal: the list of them, one edition as a tree, and both as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assess.words import words
from indicators.framework import Framework, Indicator, Method
from indicators.schema import INDICATOR_TABLES
from indicators.unit import ResponsibleUnit
from reports import numbers
from surveys.problem import Language


def print_editions(frameworks: Iterable[Framework], console: Console, language: Language) -> None:
    """One line for each edition: name, standards, points by method, hash and title."""
    text = words(language)["framework"]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(text["name"], no_wrap=True)
    for key in ("leaves", "points"):
        table.add_column(text[key], justify="right", no_wrap=True)
    table.add_column(text["hash"], no_wrap=True)
    table.add_column(text["title"], overflow="fold")
    for framework in frameworks:
        points = sum(root.points for root in framework.roots)
        cells = [framework.name, numbers.count(len(framework.leaves)), numbers.declared(points)]
        cells += [framework.content_hash[:12], framework.title_in(language)]
        table.add_row(*(escape(cell) for cell in cells))
    console.print(table)


def print_framework(
    framework: Framework, units: Mapping[str, ResponsibleUnit], console: Console, language: Language
) -> None:
    """An edition: what it says of itself, its tree with points, methods and owners, and counts by method."""
    text = words(language)["framework"]
    for key, value in _facts(framework, language):
        console.print(f"{text[key]}: {value}", highlight=False, markup=False, soft_wrap=True)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(text["code"], no_wrap=True)
    table.add_column(text["indicator"], overflow="fold", min_width=16)
    table.add_column(text["points"], justify="right", no_wrap=True)
    table.add_column(text["method"], no_wrap=True)
    table.add_column(text["lead_unit"], overflow="fold", min_width=8)
    for indicator in framework.indicators:
        depth = _depth(framework, indicator)
        unit = units.get(indicator.lead_unit)
        cells = [
            indicator.code,
            "  " * depth + indicator.name,
            numbers.declared(-indicator.points if indicator.method is Method.NEGATIVE else indicator.points),
            "" if indicator.method is None else method_name(indicator.method, language),
            indicator.lead_unit if unit is None else unit.name,
        ]
        style = "bold" if depth == 0 and indicator.method is None else ""
        table.add_row(*(escape(cell) for cell in cells), style=style)
    console.print(table)
    for method, count, points in _by_method(framework):
        console.print(
            text["by_method"].format(
                method=method_name(method, language),
                count=numbers.count(count),
                points=numbers.declared(points),
            ),
            highlight=False,
        )


def framework_as_json(framework: Framework) -> str:
    """Everything of an edition: facts, rows, step scales, counts by method."""
    content: dict[str, Any] = {
        **_summary(framework),
        "indicators": [asdict(indicator) for indicator in framework.indicators],
        "steps": {name: [asdict(step) for step in scale] for name, scale in framework.steps.items()},
    }
    return json.dumps(content, ensure_ascii=False, indent=1)


def editions_as_json(frameworks: Iterable[Framework]) -> str:
    """Facts and counts of each edition."""
    return json.dumps([_summary(framework) for framework in frameworks], ensure_ascii=False, indent=1)


def method_name(method: Method, language: Language) -> str:
    """A method as the framework sheet writes it in one language."""
    (column,) = (column for column in INDICATOR_TABLES["framework"].columns if column.name == "method")
    return column.choices[method.value][0] if language is Language.CHINESE else method.value


def _facts(framework: Framework, language: Language) -> Iterator[tuple[str, str]]:
    yield "title", framework.title_in(language)
    yield "name", framework.name
    if framework.version:
        yield "version", framework.version
    yield "source", framework.source_in(language)
    marks = (
        ("target", framework.target_points),
        ("deduction_cap", framework.deduction_cap),
        ("share", None if framework.share is None else framework.share * 100),
        ("gate", framework.gate_points),
    )
    for key, value in marks:
        if value is not None:
            yield key, numbers.declared(value) + ("%" if key == "share" else "")
    yield "hash", framework.content_hash


def _summary(framework: Framework) -> dict[str, Any]:
    return {
        "name": framework.name,
        "title": {"zh": framework.title, "en": framework.title_en},
        "version": framework.version,
        "source": {"zh": framework.source, "en": framework.source_en},
        "target": framework.target_points,
        "deduction_cap": framework.deduction_cap,
        "share": framework.share,
        "gate": framework.gate_points,
        "content_hash": framework.content_hash,
        "by_method": {
            method.value: {"count": count, "points": points}
            for method, count, points in _by_method(framework)
        },
    }


def _by_method(framework: Framework) -> Iterator[tuple[Method, int, float]]:
    """Leaves and points of each method that the edition uses; negative items by their points for an event."""
    for method in Method:
        points = [indicator.points for indicator in framework.indicators if indicator.method is method]
        if points:
            yield method, len(points), sum(points)


def _depth(framework: Framework, indicator: Indicator) -> int:
    depth, parent = 0, indicator.parent
    while parent:
        depth, parent = depth + 1, framework.by_code[parent].parent
    return depth
