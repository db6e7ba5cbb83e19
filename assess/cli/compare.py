"""`assess compare`: what changed from one wave to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assess.cli.app import DEFAULT, TEXT, Debug, Json, Lang, Quiet, app, err, faults, out, say, say_line
from assess.words import words


@app.command(help=TEXT["compare"]["help"])
def compare(
    old: Annotated[Path, typer.Argument(metavar="OLD", help=TEXT["compare"]["old"])],
    new: Annotated[Path, typer.Argument(metavar="NEW", help=TEXT["compare"]["new"])],
    equivalent: Annotated[
        list[str] | None,
        typer.Option("--equivalent", metavar="NAME", help=TEXT["compare"]["equivalent"]),
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help=TEXT["compare"]["csv"])] = None,
    lang: Lang = DEFAULT,
    json_: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """What changed from one wave to the next."""
    with faults(lang, debug):
        from assess.change_table import print_changes
        from assess.comparison import comparison
        from assess.terminal import frame_as_json, print_problems

        found = comparison(old, new, equivalent=equivalent or ())
        if csv is not None:
            from reports.tables import write_table
            from surveys.compare import CHANGE_COLUMNS

            write_table(found.changes, CHANGE_COLUMNS, csv)
        if json_:
            say(frame_as_json(found.changes) + "\n")
        elif not quiet:
            print_changes(found.changes, out, lang)
            if csv is not None:
                say_line(words(lang)["rates"]["written"].format(path=csv))
        if found.problems and not quiet:
            print_problems(found.problems, err, lang)
