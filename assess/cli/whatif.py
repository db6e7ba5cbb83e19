"""`assess whatif`: what other values would make of the totals, and what it takes to pass."""

from __future__ import annotations

import json
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
)
from assess.words import words


@app.command(help=TEXT["whatif"]["help"])
def whatif(
    wave: WaveArgument,
    settings: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NODE[@AREA]=VALUE]...", help=TEXT["whatif"]["settings_argument"]),
    ] = None,
    area: Annotated[str, typer.Option("--area", metavar="AREA", help=TEXT["whatif"]["area_option"])] = "",
    target: Annotated[
        float | None,
        typer.Option("--target", metavar="POINTS", min=0, max=100, help=TEXT["whatif"]["target_option"]),
    ] = None,
    companion: Annotated[bool, typer.Option("--companion", help=TEXT["whatif"]["companion_option"])] = False,
    top: Annotated[int, typer.Option("--top", metavar="N", min=1, help=TEXT["whatif"]["top_option"])] = 20,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help=TEXT["whatif"]["csv_option"])
    ] = None,
    lang: Lang = DEFAULT,
    json_: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """What other values would make of the totals, and what it takes to pass."""
    with faults(lang, debug):
        from assess.scenario import way_to_pass, what_if_of_texts
        from assess.scenario_table import print_way, print_what_if
        from assess.terminal import frame_as_json
        from indicators.columns import WAY_COLUMNS, WHAT_IF_COLUMNS

        if settings:
            found = what_if_of_texts(wave, settings)
            frame, columns = found.totals, WHAT_IF_COLUMNS
        else:
            way = way_to_pass(wave, area, target=target, companion=companion)
            frame, columns = way.steps, WAY_COLUMNS
        if csv is not None:
            from reports.tables import write_table

            write_table(frame, columns, csv)
        if json_ and settings:
            parts = (
                json.dumps(found.framework.name),
                frame_as_json(found.totals),
                frame_as_json(found.settings),
            )
            say('{{"framework": {}, "totals": {}, "settings": {}}}\n'.format(*parts))
        elif json_:
            say(frame_as_json(frame) + "\n")
        elif not quiet:
            if settings:
                print_what_if(found, out, lang)
            else:
                print_way(way, out, lang, top)
            if csv is not None:
                say_line(words(lang)["rates"]["written"].format(path=csv))
