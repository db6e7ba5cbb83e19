"""`assess rates`: rates by group from one bare CSV."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Annotated

import typer

from assess.cli.app import (
    DEFAULT,
    TEXT,
    Debug,
    Json,
    Lang,
    Quiet,
    app,
    err,
    faults,
    out,
    say,
    say_line,
    usage_error,
)
from assess.words import words
from surveys.problem import Language


@app.command(help=TEXT["rates"]["help"])
def rates(
    file: Annotated[Path, typer.Argument(metavar="RESPONSES.csv", help=TEXT["rates"]["file"])],
    by: Annotated[str, typer.Option("--by", metavar="COLUMN", help=TEXT["rates"]["by"])],
    positive: Annotated[
        list[str], typer.Option("--positive", metavar="QUESTION=CODE,CODE", help=TEXT["rates"]["positive"])
    ],
    weight: Annotated[str, typer.Option("--weight", metavar="COLUMN", help=TEXT["rates"]["weight"])] = "",
    stratum: Annotated[str, typer.Option("--stratum", metavar="COLUMN", help=TEXT["rates"]["stratum"])] = "",
    psu: Annotated[str, typer.Option("--psu", metavar="COLUMN", help=TEXT["rates"]["psu"])] = "",
    missing: Annotated[str, typer.Option("--missing", metavar="CODES", help=TEXT["rates"]["missing"])] = "",
    output: Annotated[Path | None, typer.Option("-o", "--output", help=TEXT["rates"]["output"])] = None,
    lang: Lang = DEFAULT,
    json_: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Rates by group from one CSV."""
    with faults(lang, debug):
        from assess.pipeline import rates_of_csv
        from assess.terminal import frame_as_json, print_problems, print_rates

        codes = dict(_codes_of_question(each, lang) for each in positive)
        table, problems = rates_of_csv(
            file, by=by, positive=codes, weight=weight, stratum=stratum, psu=psu, missing=_split(missing)
        )
        if output is not None:
            from reports.tables import write_table
            from surveys.rates import RATES_COLUMNS

            write_table(table, RATES_COLUMNS, output)
        if json_:
            say(frame_as_json(table) + "\n")
        elif not quiet:
            print_rates(table, out, lang)
            if output is not None:
                say_line(words(lang)["rates"]["written"].format(path=output))
        if problems and not quiet:
            print_problems(problems, err, lang)


def _codes_of_question(text: str, lang: Language) -> tuple[str, list[str]]:
    question, equals, codes = text.rpartition("=")
    if not equals or not question.strip() or not _split(codes):
        usage_error(words(lang)["rates"]["bad_positive"].format(value=text))
    return question.strip(), _split(codes)


def _split(text: str) -> list[str]:
    """Codes or labels between commas; one that holds a comma itself stands in double quotes."""
    if not text.strip():
        return []
    parts = next(csv.reader([text.replace("，", ",")], skipinitialspace=True))
    return [part.strip() for part in parts if part.strip()]
