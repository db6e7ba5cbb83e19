"""`assess demo`: a synthetic wave and its results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assess.cli.app import DEFAULT, TEXT, Debug, Lang, Quiet, app, faults, say_line, usage_error
from assess.cli.run import run_and_print
from assess.words import words


@app.command(help=TEXT["demo"]["help"])
def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help=TEXT["demo"]["folder"])] = Path("demo"),
    seed: Annotated[int, typer.Option("--seed", help=TEXT["demo"]["seed"])] = 20220815,
    lang: Lang = DEFAULT,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write the synthetic wave and run it."""
    with faults(lang, debug):
        from assess.demo import OccupiedFolderError, write_demo

        try:
            write_demo(folder, seed=seed)
        except OccupiedFolderError:
            usage_error(words(lang)["demo"]["occupied"].format(folder=folder))
        if not quiet:
            say_line(words(lang)["demo"]["done"].format(folder=folder))
        run_and_print(folder, folder / "out", lang, quiet=quiet, as_json=False)
