"""`assess doctor`: what the installation lacks."""

from __future__ import annotations

import json

import typer

from assess.cli.app import DEFAULT, TEXT, Debug, Exit, Json, Lang, app, faults, out
from assess.words import words


@app.command(help=TEXT["doctor"]["help"])
def doctor(lang: Lang = DEFAULT, json_: Json = False, debug: Debug = False) -> None:
    """Check the installation."""
    with faults(lang, debug):
        from assess.doctor import diagnose, finding_as_dict, finding_line, healthy

        findings = diagnose()
        if json_:
            print(
                json.dumps([finding_as_dict(finding) for finding in findings], ensure_ascii=False, indent=1)
            )
        else:
            for finding in findings:
                out.print(finding_line(finding, lang), highlight=False, markup=False, soft_wrap=True)
            if healthy(findings):
                out.print(words(lang)["doctor"]["healthy"])
        if not healthy(findings):
            raise typer.Exit(Exit.OUR_FAULT)
