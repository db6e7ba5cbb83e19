"""`assess template`: the workbook that people fill in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assess.cli.app import DEFAULT, TEXT, Debug, Lang, Quiet, app, faults, say_line, usage_error
from assess.words import words


@app.command(help=TEXT["template"]["help"])
def template(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=TEXT["template"]["folder"])],
    lang: Lang = DEFAULT,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write the workbook that people fill in."""
    with faults(lang, debug):
        from assess.template import write_template

        try:
            path = write_template(folder)
        except FileExistsError as error:
            usage_error(str(error))
        if not quiet:
            say_line(words(lang)["template"]["done"].format(path=path, folder=folder))
