"""`assess weak`: what lies below its target, what it costs, and who answers for it."""

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


@app.command(help=TEXT["weak"]["help"])
def weak(
    wave: WaveArgument,
    area: Annotated[str, typer.Option("--area", metavar="AREA", help=TEXT["weak"]["area_option"])] = "",
    unit: Annotated[str, typer.Option("--unit", metavar="UNIT", help=TEXT["weak"]["unit_option"])] = "",
    group: Annotated[str, typer.Option("--group", metavar="GROUP", help=TEXT["weak"]["group_option"])] = "",
    task_force: Annotated[
        str, typer.Option("--task-force", metavar="FORCE", help=TEXT["weak"]["task_force_option"])
    ] = "",
    tag: Annotated[str, typer.Option("--tag", metavar="TAG", help=TEXT["weak"]["tag_option"])] = "",
    top: Annotated[
        int | None, typer.Option("--top", metavar="N", min=1, help=TEXT["weak"]["top_option"])
    ] = None,
    every: Annotated[bool, typer.Option("--all", help=TEXT["weak"]["all_option"])] = False,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help=TEXT["weak"]["csv_option"])
    ] = None,
    lang: Lang = DEFAULT,
    json_: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """What lies below its target, what it costs, and who answers for it."""
    with faults(lang, debug):
        from assess.terminal import frame_as_json, print_problems
        from assess.weak import WEAK_COLUMNS, assessed, weak_rows
        from assess.weak import weak as weak_of
        from assess.weak_table import print_weak
        from indicators.status import WeaknessClass

        assessment = assessed(wave)
        classes = [kind for kind in WeaknessClass if every or kind is not WeaknessClass.REST]
        asked = {"area": area, "unit": unit, "group": group, "task_force": task_force, "tag": tag}
        found = weak_of(assessment, **asked, top=top, classes=classes)
        if csv is not None:
            from reports.tables import write_table

            write_table(weak_rows(found), WEAK_COLUMNS, csv)
        if json_:
            say(frame_as_json(weak_rows(found)) + "\n")
        elif not quiet:
            named = [f"--{name.replace('_', '-')} {value}" for name, value in asked.items() if value]
            print_weak(found, named, out, lang)
            if csv is not None:
                say_line(words(lang)["rates"]["written"].format(path=csv))
        if assessment.problems and not quiet:
            print_problems(assessment.problems, err, lang)
