"""The command `assess`: parse, call, print. No arithmetic; heavy imports stay inside the commands."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console

from assess.words import language_of_start, words
from surveys.problem import InputError, Language, Problem, errors_of

TEXT = words(language_of_start())
out = Console()
err = Console(stderr=True)


class Exit(IntEnum):
    """Exit codes, as the help lists them."""

    DONE = 0
    OUR_FAULT = 1
    USAGE = 2
    PROBLEMS = 3
    BELOW_MARK = 4


Lang = Annotated[Language, typer.Option("--lang", help=TEXT["option"]["lang"])]
Json = Annotated[bool, typer.Option("--json", help=TEXT["option"]["json"])]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help=TEXT["option"]["quiet"])]
Debug = Annotated[bool, typer.Option("--debug", help=TEXT["option"]["debug"])]
WaveArgument = Annotated[Path, typer.Argument(metavar="WAVE", help=TEXT["run"]["wave"])]
DEFAULT = language_of_start()

app = typer.Typer(
    name="assess",
    help=TEXT["app"]["help"],
    epilog=TEXT["app"]["epilog"],
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # the rich layout cuts Chinese sentences, which have no blanks to break at
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Entry point of the console script and of `python -m assess`."""
    app()


def _show_version(wanted: bool) -> None:
    if wanted:
        print(version("assess"))
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help=TEXT["option"]["version"])
    ] = False,
    _lang: Annotated[Language, typer.Option("--lang", help=TEXT["option"]["lang"])] = DEFAULT,
) -> None:
    """Options before the command; `--lang` is known already, see `assess.words.language_of_start`."""


@app.command(help=TEXT["demo"]["help"])
def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help=TEXT["demo"]["folder"])] = Path("demo"),
    seed: Annotated[int, typer.Option("--seed", help=TEXT["demo"]["seed"])] = 20220815,
    lang: Lang = DEFAULT,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write the synthetic wave and run it."""
    with _faults(lang, debug):
        from assess.demo import OccupiedFolderError, write_demo

        try:
            write_demo(folder, seed=seed)
        except OccupiedFolderError:
            _usage(words(lang)["demo"]["occupied"].format(folder=folder))
        if not quiet:
            out.print(words(lang)["demo"]["done"].format(folder=folder), highlight=False)
        _run(folder, folder / "out", lang, quiet=quiet, as_json=False)


@app.command(help=TEXT["template"]["help"])
def template(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=TEXT["template"]["folder"])],
    lang: Lang = DEFAULT,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write the workbook that people fill in."""
    with _faults(lang, debug):
        from assess.template import write_template

        try:
            path = write_template(folder)
        except FileExistsError as error:
            _usage(str(error))
        if not quiet:
            out.print(words(lang)["template"]["done"].format(path=path, folder=folder), highlight=False)


@app.command(help=TEXT["check"]["help"])
def check(
    wave: WaveArgument, lang: Lang = DEFAULT, json_: Json = False, quiet: Quiet = False, debug: Debug = False
) -> None:
    """List every problem; compute nothing."""
    with _faults(lang, debug):
        from assess.pipeline import check as check_wave
        from assess.terminal import print_problems, problems_as_json

        problems = check_wave(wave)
        if json_:
            print(problems_as_json(problems))
        elif problems and not (quiet and not errors_of(problems)):
            print_problems(errors_of(problems) if quiet else problems, out, lang)
        elif not quiet:
            out.print(words(lang)["check"]["clean"])
        if errors_of(problems):
            raise typer.Exit(Exit.PROBLEMS)


@app.command(help=TEXT["rates"]["help"])
def rates(
    file: Annotated[Path, typer.Argument(metavar="RESPONSES.csv", help=TEXT["rates"]["file"])],
    by: Annotated[str, typer.Option("--by", metavar="COLUMN", help=TEXT["rates"]["by"])],
    positive: Annotated[
        list[str], typer.Option("--positive", metavar="QUESTION=CODE,CODE", help=TEXT["rates"]["positive"])
    ],
    weight: Annotated[str, typer.Option("--weight", metavar="COLUMN", help=TEXT["rates"]["weight"])] = "",
    stratum: Annotated[str, typer.Option("--stratum", metavar="COLUMN", help=TEXT["rates"]["stratum"])] = "",
    psu: Annotated[str, typer.Option("--psu", metavar="COLUMN", help=TEXT["rates"]["psu"])] = "",
    missing: Annotated[str, typer.Option("--missing", metavar="CODES", help=TEXT["rates"]["missing"])] = "",
    output: Annotated[Path | None, typer.Option("-o", "--output", help=TEXT["rates"]["output"])] = None,
    lang: Lang = DEFAULT,
    json_: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Rates by group from one CSV."""
    with _faults(lang, debug):
        from assess.pipeline import rates_of_csv
        from assess.terminal import frame_as_json, print_problems, print_rates

        codes = dict(_codes_of_question(each, lang) for each in positive)
        table, problems = rates_of_csv(
            file, by=by, positive=codes, weight=weight, stratum=stratum, psu=psu, missing=_split(missing)
        )
        if output is not None:
            from reports.tables import write_table
            from surveys.rates import RATES_COLUMNS

            write_table(table, RATES_COLUMNS, output)
        if json_:
            print(frame_as_json(table))
        elif not quiet:
            print_rates(table, out, lang)
            if output is not None:
                out.print(words(lang)["rates"]["written"].format(path=output), highlight=False)
        if problems and not quiet:
            print_problems(problems, err, lang)


@app.command(help=TEXT["run"]["help"])
def run(
    wave: WaveArgument,
    output: Annotated[Path | None, typer.Option("-o", "--out", help=TEXT["run"]["out"])] = None,
    fail_on_verdict: Annotated[bool, typer.Option("--fail-on-verdict", help=TEXT["run"]["fail"])] = False,
    lang: Annotated[Language | None, typer.Option("--lang", help=TEXT["option"]["lang"])] = None,
    json_: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Everything, from the folder to the PDFs."""
    with _faults(lang or DEFAULT, debug):
        folder = wave if wave.is_dir() else wave.parent
        failed = _run(wave, output or folder / "out", lang, quiet=quiet, as_json=json_)
        if fail_on_verdict and failed:
            raise typer.Exit(Exit.BELOW_MARK)


@app.command(help=TEXT["doctor"]["help"])
def doctor(lang: Lang = DEFAULT, json_: Json = False, debug: Debug = False) -> None:
    """Check the installation."""
    with _faults(lang, debug):
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


def _run(wave: Path, folder: Path, lang: Language | None, *, quiet: bool, as_json: bool) -> bool:
    """Run a wave and print its summary; whether a headline rate of the district fails its mark."""
    from assess.pipeline import run as run_wave
    from assess.terminal import frame_as_json, print_problems, print_summary, progress_bar
    from surveys.verdict import Verdict

    shown = lang or DEFAULT
    with progress_bar(err, shown, shown=not quiet) as tell:
        assessment = run_wave(wave, folder, language=lang, progress=tell)
    table = assessment.rates
    district = table[table["headline"] & (table["area_level"] == "district") & (table["group"] == "")]
    if as_json:
        print(frame_as_json(district))
    elif not quiet:
        print_summary(assessment, out, shown)
        out.print(words(shown)["run"]["done"].format(folder=folder), highlight=False)
    if assessment.problems and not quiet:
        print_problems(assessment.problems, err, shown)
    return bool((district["verdict"] == Verdict.FAIL).any())


def _codes_of_question(text: str, lang: Language) -> tuple[str, list[str]]:
    question, equals, codes = text.rpartition("=")
    if not equals or not question.strip() or not _split(codes):
        _usage(words(lang)["rates"]["bad_positive"].format(value=text))
    return question.strip(), _split(codes)


def _split(text: str) -> list[str]:
    """Codes or labels between commas; one that holds a comma itself stands in double quotes."""
    if not text.strip():
        return []
    parts = next(csv.reader([text.replace("，", ",")], skipinitialspace=True))
    return [part.strip() for part in parts if part.strip()]


def _usage(message: str) -> NoReturn:
    err.print(message, highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(Exit.USAGE)


@contextmanager
def _faults(lang: Language, debug: bool) -> Iterator[None]:
    """Turn exceptions into messages and exit codes: a user's error never shows a traceback."""
    text = words(lang)["summary"]
    try:
        yield
    except typer.Exit:
        raise
    except InputError as error:
        _report_input_error(error.problems, lang)
        raise typer.Exit(Exit.PROBLEMS) from None
    except OSError as error:  # a path that cannot be read or written is the user's to correct
        if debug:
            raise
        _usage(text["os_error"].format(path=error.filename or "", error=error.strerror or error))
    except Exception as error:
        if debug:
            raise
        raise typer.Exit(_report_fault(error, lang)) from None


def _report_fault(error: Exception, lang: Language) -> Exit:
    """Say what kept a report from being printed, or own up to a fault of ours."""
    from reports.error import MissingGlyph, ReportError

    if isinstance(error, ReportError):
        line = error.line(lang)
    else:
        line = words(lang)["summary"]["fault"].format(error=f"{type(error).__name__}: {error}")
    err.print(line, highlight=False, markup=False, soft_wrap=True)
    return Exit.PROBLEMS if isinstance(error, MissingGlyph) else Exit.OUR_FAULT


def _report_input_error(problems: tuple[Problem, ...], lang: Language) -> None:
    from assess.terminal import print_problems, problems_as_json

    if "--json" in sys.argv:
        print(problems_as_json(problems))
    else:
        print_problems(problems, err, lang)
        err.print(words(lang)["summary"]["stopped"])
