"""`assess cycle`: what the years of a cycle make together."""

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
    app,
    faults,
    out,
    say,
    say_line,
    usage_error,
)
from assess.words import words


@app.command(help=TEXT["cycle"]["help"])
def cycle(
    waves: Annotated[list[Path], typer.Argument(metavar="WAVE...", help=TEXT["cycle"]["waves"])],
    weights: Annotated[
        str, typer.Option("--weights", metavar="W,W,W", help=TEXT["cycle"]["weights"])
    ] = "15,25,60",
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help=TEXT["cycle"]["csv_option"])
    ] = None,
    lang: Lang = DEFAULT,
    json_: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """What the years of a cycle make together."""
    try:
        shares = [float(part) / 100 for part in weights.replace("，", ",").split(",")]
    except ValueError:
        usage_error(words(lang)["cycle"]["bad_weights"].format(value=weights))
    with faults(lang, debug):
        from assess.scenario_table import print_cycle
        from assess.terminal import frame_as_json
        from assess.yearly import cycle_of
        from indicators.columns import CYCLE_COLUMNS

        found = cycle_of(waves, shares)
        if csv is not None:
            from reports.tables import write_table

            write_table(found.table, CYCLE_COLUMNS, csv)
        if json_:
            say(frame_as_json(found.table) + "\n")
        elif not quiet:
            print_cycle(found, out, lang)
            if csv is not None:
                say_line(words(lang)["rates"]["written"].format(path=csv))
