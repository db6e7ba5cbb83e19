"""`assess run`: everything, from the folder to the PDFs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assess.cli.app import (
    DEFAULT,
    TEXT,
    Debug,
    Exit,
    Json,
    Quiet,
    WaveArgument,
    app,
    asked_language,
    err,
    faults,
    out,
    say,
    say_line,
)
from assess.words import words
from surveys.problem import Language

if TYPE_CHECKING:
    from indicators.assessment import Assessment


@app.command(help=TEXT["run"]["help"])
def run(
    context: typer.Context,
    wave: WaveArgument,
    output: Annotated[Path | None, typer.Option("-o", "--out", help=TEXT["run"]["out"])] = None,
    fail_on_verdict: Annotated[bool, typer.Option("--fail-on-verdict", help=TEXT["run"]["fail"])] = False,
    lang: Annotated[Language | None, typer.Option("--lang", help=TEXT["option"]["lang"])] = None,
    json_: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Everything, from the folder to the PDFs."""
    lang = lang or asked_language(context)
    with faults(lang or DEFAULT, debug):
        folder = wave if wave.is_dir() else wave.parent
        failed = run_and_print(wave, output or folder / "out", lang, quiet=quiet, as_json=json_)
        if fail_on_verdict and failed:
            raise typer.Exit(Exit.BELOW_MARK)


def run_and_print(wave: Path, folder: Path, lang: Language | None, *, quiet: bool, as_json: bool) -> bool:
    """Run a wave and print its summary; whether a headline rate of the district fails its mark."""
    from assess.pipeline import run as run_wave
    from assess.terminal import frame_as_json, print_problems, print_summary, progress_bar
    from surveys.verdict import Verdict

    shown = lang or DEFAULT
    summary = ""

    def summarise(assessment: Assessment) -> None:
        # Made before anything is written and whether it is printed or not: a result that cannot be told
        # leaves no reports behind.
        nonlocal summary
        with out.capture() as captured:
            print_summary(assessment, out, shown)
        summary = captured.get()

    with progress_bar(err, shown, shown=not quiet) as tell:
        assessment = run_wave(wave, folder, language=lang, progress=tell, before_writing=summarise)
    table = assessment.rates
    district = table[table["headline"] & (table["area_level"] == "district") & (table["group"] == "")]
    if as_json:
        say(frame_as_json(district) + "\n")
    elif not quiet:
        say(summary)
        say_line(words(shown)["run"]["done"].format(folder=folder))
    if assessment.problems and not quiet:
        print_problems(assessment.problems, err, shown)
    return bool((district["verdict"] == Verdict.FAIL).any())
