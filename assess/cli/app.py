"""The command `assess` itself: its options, exit codes, and how faults become messages."""

from __future__ import annotations

import os
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
from surveys.problem import InputError, Language, Problem

TEXT = words(language_of_start())


class Pipe(Console):
    """A console whose reader may leave: the rest is not printed, the work goes on to its exit code."""

    def on_broken_pipe(self) -> None:
        """Print nothing more; rich would end the program as if it had failed."""
        self.quiet = True
        _leave_closed_pipe()


out = Pipe()
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


def _show_version(wanted: bool) -> None:
    if wanted:
        print(version("assess"))
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help=TEXT["option"]["version"])
    ] = False,
    lang: Annotated[Language | None, typer.Option("--lang", help=TEXT["option"]["lang"])] = None,
) -> None:
    """Options before the command; messages know `--lang` already, see `assess.words.language_of_start`."""
    context.obj = lang


def asked_language(context: typer.Context) -> Language | None:
    """The language asked for before the command, which reports take too; None where none was."""
    return context.obj if isinstance(context.obj, Language) else None


def say(text: str) -> None:
    """Write a text to standard output as it is; a reader that has left is no fault."""
    try:
        print(text, end="", flush=True)
    except BrokenPipeError:
        _leave_closed_pipe()


def say_line(line: str) -> None:
    """Print one line that holds names of the user's: what looks like markup or a number stays as it is."""
    out.print(line, highlight=False, markup=False, soft_wrap=True)


def _leave_closed_pipe() -> None:
    """Send what is still in the buffer of standard output nowhere, or Python complains at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def usage_error(message: str) -> NoReturn:
    """Say what was wrong with the call, and end with its exit code."""
    err.print(message, highlight=False, markup=False, soft_wrap=True)
    raise typer.Exit(Exit.USAGE)


@contextmanager
def faults(lang: Language, debug: bool) -> Iterator[None]:
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
        usage_error(text["os_error"].format(path=error.filename or "", error=error.strerror or error))
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
        say(problems_as_json(problems) + "\n")
    else:
        print_problems(problems, err, lang)
        err.print(words(lang)["summary"]["stopped"])
