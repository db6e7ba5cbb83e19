"""`assess check`: every problem of a wave folder."""

from __future__ import annotations

import typer

from assess.cli.app import DEFAULT, TEXT, Debug, Exit, Json, Lang, Quiet, WaveArgument, app, faults, out, say
from assess.words import words
from surveys.problem import errors_of


@app.command(help=TEXT["check"]["help"])
def check(
    wave: WaveArgument, lang: Lang = DEFAULT, json_: Json = False, quiet: Quiet = False, debug: Debug = False
) -> None:
    """List every problem; compute nothing."""
    with faults(lang, debug):
        from assess.pipeline import check as check_wave
        from assess.terminal import print_problems, problems_as_json

        problems = check_wave(wave)
        if json_:
            say(problems_as_json(problems) + "\n")
        elif problems and not (quiet and not errors_of(problems)):
            print_problems(errors_of(problems) if quiet else problems, out, lang)
        elif not quiet:
            out.print(words(lang)["check"]["clean"])
        if errors_of(problems):
            raise typer.Exit(Exit.PROBLEMS)
