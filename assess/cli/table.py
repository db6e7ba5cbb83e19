"""`assess table`: how the answers of questions are distributed."""

from __future__ import annotations

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
    WaveArgument,
    app,
    err,
    faults,
    out,
    say,
    say_line,
)
from assess.words import words
from surveys.questionnaire import Base


@app.command(help=TEXT["share_table"]["help"])
def table(
    wave: WaveArgument,
    questions: Annotated[
        list[str] | None, typer.Argument(metavar="QUESTION", help=TEXT["share_table"]["question"])
    ] = None,
    by: Annotated[
        str, typer.Option("--by", metavar="LEVEL|GROUP|QUESTION", help=TEXT["share_table"]["by"])
    ] = "",
    base: Annotated[
        str, typer.Option("--base", metavar="|".join(Base), help=TEXT["share_table"]["base"])
    ] = Base.ASKED.value,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help=TEXT["share_table"]["csv"])
    ] = None,
    lang: Lang = DEFAULT,
    json_: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """How the answers of questions are distributed."""
    with faults(lang, debug):
        from assess.share_table import distributions_as_json, print_distribution
        from assess.tabulation import tabulate
        from assess.terminal import print_problems

        found = tabulate(wave, questions or (), by=by, base=base)
        if csv is not None:
            import pandas as pd

            from reports.tables import write_table
            from surveys.distributions.distribution import SHARES_COLUMNS

            shares = pd.concat([table.shares for table in found.distributions], ignore_index=True)
            write_table(shares, SHARES_COLUMNS, csv)
        if json_:
            say(distributions_as_json(found.distributions) + "\n")
        elif not quiet:
            for each in found.distributions:
                print_distribution(each, out, lang)
            if csv is not None:
                say_line(words(lang)["rates"]["written"].format(path=csv))
        if found.problems and not quiet:
            print_problems(found.problems, err, lang)
