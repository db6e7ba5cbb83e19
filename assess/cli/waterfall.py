"""`assess waterfall`: which leaves a change of the total is made of."""

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
    faults,
    out,
    say,
    say_line,
    usage_error,
)
from assess.words import words


@app.command(help=TEXT["waterfall"]["help"])
def waterfall(
    wave: WaveArgument,
    area: Annotated[str, typer.Option("--area", metavar="AREA", help=TEXT["waterfall"]["area_option"])] = "",
    start: Annotated[str, typer.Option("--from", metavar="AREA", help=TEXT["waterfall"]["from_option"])] = "",
    end: Annotated[str, typer.Option("--to", metavar="AREA", help=TEXT["waterfall"]["to_option"])] = "",
    top: Annotated[int, typer.Option("--top", metavar="N", min=1, help=TEXT["waterfall"]["top_option"])] = 10,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help=TEXT["waterfall"]["csv_option"])
    ] = None,
    lang: Lang = DEFAULT,
    json_: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Which leaves a change of the total is made of."""
    if bool(start) != bool(end):
        usage_error(words(lang)["waterfall"]["both"])
    with faults(lang, debug):
        from assess.scenario import assessment_of
        from assess.scenario import waterfall as waterfall_of
        from assess.scenario_table import print_totals, print_waterfall
        from assess.terminal import frame_as_json
        from indicators.columns import WATERFALL_COLUMNS

        assessment = assessment_of(wave)
        table = waterfall_of(assessment, area=area, areas=(start, end) if start else None)
        if csv is not None:
            from reports.tables import write_table

            write_table(table, WATERFALL_COLUMNS, csv)
        if json_:
            say(frame_as_json(table) + "\n")
        elif not quiet:
            # Without an area asked for: the district's; the table of all of them is for --csv and --json.
            shown = table if area or start else table[table["area_level"] == "district"]
            print_waterfall(shown, out, lang, top)
            print_totals(assessment, shown, out, lang)
            if csv is not None:
                say_line(words(lang)["rates"]["written"].format(path=csv))
