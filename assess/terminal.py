"""What the command line prints: problems, tables of rates, summaries, progress."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from assess.words import words
from surveys.problem import Language, Problem, Severity

if TYPE_CHECKING:
    import pandas as pd

    from assess.pipeline import Progress as Tell
    from indicators.assessment import Assessment

_COLOUR = {Severity.ERROR: "red", Severity.SET_ASIDE: "yellow", Severity.WARNING: "cyan"}


def print_problems(problems: Sequence[Problem], console: Console, language: Language) -> None:
    """Problems by severity, each with its place and remedy, and how many there are of each."""
    text = words(language)
    for severity in Severity:
        chosen = [problem for problem in problems if problem.severity is severity]
        if chosen:
            console.print(f"\n[bold {_COLOUR[severity]}]{text['severity'][severity.value]}[/]")
        for problem in chosen:
            console.print(f"  {escape(problem.line(language))}", highlight=False, soft_wrap=True)
    counts = {severity.value: sum(p.severity is severity for p in problems) for severity in Severity}
    console.print("\n" + text["summary"]["counts"].format(**counts))


def problems_as_json(problems: Sequence[Problem]) -> str:
    """Problems as a JSON list, both languages."""
    rows = [
        {
            "code": problem.code,
            "severity": problem.severity.value,
            "file": problem.file,
            "row": problem.row,
            "column": problem.column,
            "value": problem.value,
            "count": problem.count,
            "message": {each.value: problem.message(each) for each in Language},
            "remedy": {each.value: problem.remedy(each) for each in Language},
        }
        for problem in problems
    ]
    return json.dumps(rows, ensure_ascii=False, indent=1)


def frame_as_json(frame: pd.DataFrame) -> str:
    """Rows of a tidy table as a JSON list at full precision; what is missing is null."""
    rows = [
        {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in row.items()}
        for row in frame.to_dict(orient="records")
    ]
    return json.dumps(rows, ensure_ascii=False, indent=1)


def rates_table(rates: pd.DataFrame, language: Language, title: str, first: str) -> Table:
    """A table of rates for the terminal: every rate with its interval, base and verdict.

    Parameters
    ----------
    first
        Column of `rates` that names the rows beside the measure: ``area_name`` or ``group``.
    """
    from reports.numbers import flag_text, interval_text, number_text, value_text, verdict_text

    text = words(language)["table"]
    judged = bool((rates["target"].notna()).any())
    table = Table(title=escape(title) if title else None, title_justify="left", header_style="bold")
    for header in (text["measure"], words(language)["rates"]["group"] if first == "group" else text["area"]):
        table.add_column(header, overflow="fold")
    for header in (text["value"], text["interval"], text["se"], text["n"], text["excluded"], text["deff"]):
        table.add_column(header, justify="right")
    for header in [text["verdict"]] * judged + [text["flag"]]:
        table.add_column(header, overflow="fold")
    for row in rates.itertuples():
        cells = [
            str(row.measure_name),
            str(getattr(row, first)),
            value_text(row, language),
            interval_text(row, language),
            number_text(row.standard_error * (100 if row.unit == "share" else 1), 2),
            str(row.n),
            str(row.excluded),
            number_text(row.design_effect, 2),
            *([verdict_text(str(row.verdict), language)] if judged else []),
            flag_text(str(row.flag), language),
        ]
        table.add_row(*(escape(cell) for cell in cells))
    return table


def print_summary(assessment: Assessment, console: Console, language: Language) -> None:
    """The district's headline rates and total, as the first page of the report gives them."""
    from indicators.assessment import TOTAL_NODE
    from reports.numbers import points_interval_text, points_text

    text = words(language)["run"]
    rates, district = assessment.rates, assessment.wave.areas.district.code
    chosen = rates[rates["headline"] & (rates["area_code"] == district) & (rates["group"] == "")]
    console.print(rates_table(chosen, language, text["headline"], "area_name"))
    scores = assessment.scores
    for row in scores[(scores["node"] == TOTAL_NODE) & (scores["area_code"] == district)].itertuples():
        interval = points_interval_text(row.low, row.high, language)
        console.print(f"{text['total']}: [bold]{points_text(row.points_earned)}[/] ({interval})", highlight=False)


@contextmanager
def progress_bar(total: int, console: Console, language: Language, *, shown: bool) -> Iterator[Tell]:
    """A bar on standard error that moves on with each stage or document; silent off a terminal."""
    stages = words(language)["stage"]
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not (shown and console.is_terminal)) as bar:
        task = bar.add_task("", total=total)
        begun = False

        def tell(name: str) -> None:
            nonlocal begun
            bar.update(task, description=escape(stages.get(name, name)), advance=1 if begun else 0)
            begun = True

        yield tell
