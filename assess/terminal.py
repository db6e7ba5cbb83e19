"""What the command line prints: problems, tables of rates, summaries, progress."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from assess.words import words
from indicators.assessment import Assessment
from indicators.columns import TOTAL_NODE
from reports import numbers
from reports.words import words_of
from surveys.problem import Language, Problem, Severity
from surveys.questionnaire import Unit

if TYPE_CHECKING:
    import pandas as pd

    from assess.pipeline import Progress as Tell
    from assess.pipeline import Step

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


def print_rates(rates: pd.DataFrame, console: Console, language: Language, title: str = "") -> None:
    """A table of rates: every rate with its interval, base and verdict; flags as notes below it.

    Parameters
    ----------
    rates
        Rows of one area, or of the groups of a bare file (`surveys.rates.RATES_COLUMNS`).
    """
    text = words(language)
    judged, grouped = bool(rates["target"].notna().any()), bool((rates["group"] != "").any())
    table = Table(
        title=escape(title) if title else None,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    table.add_column(text["table"]["measure"], overflow="fold", min_width=8)
    if grouped:
        table.add_column(text["rates"]["group"], overflow="fold")
    for header in ("value", "interval", "se", "n", "excluded", "deff"):
        table.add_column(text["table"][header], justify="right", no_wrap=True)
    for header in ["verdict"] * judged + ["note"]:
        table.add_column(text["table"][header], no_wrap=True, min_width=4)
    note_of_flag: dict[str, str] = {}
    for row in rates.itertuples():
        name = [str(row.measure_name)]
        group = [str(row.group).partition("=")[2] or text["rates"]["everyone"]] if grouped else []
        verdict = [words_of(language)(f"verdict.{str(row.verdict) or 'no_target'}")] if judged else []
        notes = [
            note_of_flag.setdefault(flag, chr(ord("a") + len(note_of_flag)))
            for flag in str(row.flag).split(";")
            if flag
        ]
        cells = [*name, *group, *_cells(row), *verdict, " ".join(notes)]
        table.add_row(*(escape(cell) for cell in cells))
    console.print(table)
    for flag, note in note_of_flag.items():
        console.print(f" {note}  {text['flag'][flag]}", highlight=False)


def _cells(row: Any) -> list[str]:
    """Estimate, interval, error, bases and design effect of one row as text."""
    unit = Unit(row.unit)
    text = numbers.estimate_text(row.value, row.low, row.high, unit, row.target)
    return [
        text.value,
        text.interval,
        numbers.standard_error(row.standard_error, unit, str(row.flag), max(2, text.decimals)),
        numbers.count(row.n),
        numbers.count(row.excluded),
        numbers.ratio(row.design_effect),
    ]


def print_summary(assessment: Assessment, console: Console, language: Language) -> None:
    """The district's headline rates and total, as the first page of the report gives them."""
    text = words(language)["run"]
    rates, district = assessment.rates, assessment.wave.areas.district.code
    chosen = rates[rates["headline"] & (rates["area_code"] == district) & (rates["group"] == "")]
    print_rates(chosen, console, language, text["headline"])
    scores = assessment.scores
    total_rows = scores[(scores["node"] == TOTAL_NODE) & (scores["area_code"] == district)]
    row: Any
    for row in total_rows.itertuples():
        total = numbers.estimate_text(row.points_earned, row.low, row.high, Unit.POINTS)
        console.print(f"{text['total']}: [bold]{total.value}[/] ({total.interval})", highlight=False)


@contextmanager
def progress_bar(console: Console, language: Language, *, shown: bool) -> Iterator[Tell]:
    """A bar on standard error that moves on with each stage or document; silent off a terminal."""
    stages = words(language)["stage"]
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not (shown and console.is_terminal)
    ) as bar:
        task = bar.add_task("", total=None)

        def tell(step: Step) -> None:
            bar.update(
                task,
                description=escape(stages.get(step.name, step.name)),
                completed=step.done,
                total=step.total,
            )

        yield tell
