"""`assess framework`: editions of the assessment system, without a wave."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from assess.cli.app import (
    DEFAULT,
    TEXT,
    Debug,
    Exit,
    Json,
    Lang,
    Quiet,
    app,
    err,
    faults,
    out,
    say,
    usage_error,
)
from assess.words import words
from surveys.problem import InputError, Language, Problem, Severity, errors_of

framework = typer.Typer(
    help=TEXT["framework"]["help"],
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(framework, name="framework")

Name = Annotated[str, typer.Argument(metavar="NAME|PATH", help=TEXT["framework"]["name_or_path"])]


@framework.command("list", help=TEXT["framework"]["list"])
def list_editions(
    lang: Lang = DEFAULT, json_: Json = False, quiet: Quiet = False, debug: Debug = False
) -> None:
    """List the built-in editions."""
    with faults(lang, debug):
        from assess.framework_table import editions_as_json, print_editions
        from indicators.edition.built_in import editions
        from indicators.edition.files import check_edition

        found = [framework for name in editions() if (framework := check_edition(name)[0]) is not None]
        if json_:
            say(editions_as_json(found) + "\n")
        elif not quiet:
            print_editions(found, out, lang)


@framework.command(help=TEXT["framework"]["show"])
def show(
    name: Name, lang: Lang = DEFAULT, json_: Json = False, quiet: Quiet = False, debug: Debug = False
) -> None:
    """Print an edition as a tree."""
    with faults(lang, debug):
        from assess.framework_table import framework_as_json, print_framework
        from indicators.edition.files import check_edition

        with _known(name, lang):
            found, units, problems = check_edition(name)
        if found is None:
            raise InputError(problems)
        if json_:
            say(framework_as_json(found) + "\n")
        elif not quiet:
            print_framework(found, units, out, lang)


@framework.command(help=TEXT["framework"]["check"])
def check(
    path: Annotated[str, typer.Argument(metavar="PATH", help=TEXT["framework"]["path"])],
    lang: Lang = DEFAULT,
    json_: Json = False,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """List every problem of an edition; needs no wave."""
    with faults(lang, debug):
        from assess.terminal import print_problems, problems_as_json
        from indicators.edition.files import check_edition

        with _known(path, lang):
            found, _, problems = check_edition(path)
        if json_:
            say(problems_as_json(problems) + "\n")
        elif problems and not (quiet and not errors_of(problems)):
            print_problems(errors_of(problems) if quiet else problems, out, lang)
        if found is not None and not quiet and not json_:
            line = words(lang)["framework"]["sound"].format(count=len(found.leaves), hash=found.content_hash)
            out.print(line, highlight=False, markup=False, soft_wrap=True)
        if errors_of(problems):
            raise typer.Exit(Exit.PROBLEMS)


@framework.command(help=TEXT["framework"]["export"])
def export(
    name: Name,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="PATH", help=TEXT["framework"]["output"])],
    lang: Lang = DEFAULT,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Write an edition as files that can be edited."""
    with faults(lang, debug):
        from indicators.edition.export import export_edition
        from indicators.edition.files import read_any_edition

        with _known(name, lang):
            edition, problems = read_any_edition(name)
        if edition is None or errors_of(problems):
            raise InputError(problems)
        _tell(_written(lambda: export_edition(edition, output, lang), lang), lang, quiet)


@framework.command("import", help=TEXT["framework"]["import"])
def import_(
    table: Annotated[Path, typer.Argument(metavar="OFFICIAL.xlsx", help=TEXT["framework"]["official"])],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="PATH", help=TEXT["framework"]["output"])],
    lang: Lang = DEFAULT,
    quiet: Quiet = False,
    debug: Debug = False,
) -> None:
    """Turn an official table with merged cells into the flat sheet."""
    with faults(lang, debug):
        from assess.terminal import print_problems
        from indicators.edition.export import export_edition
        from indicators.edition.merged_layout import read_official

        edition, problems = read_official(table)
        if edition is None:
            raise InputError(problems)
        files = _written(lambda: export_edition(edition, output, lang), lang)
        if not quiet:
            print_problems(problems, err, lang)
        _tell(files, lang, quiet)


@contextmanager
def _known(name: str, lang: Language) -> Iterator[None]:
    """A name that is no built-in edition is answered with the names there are; a path, as a missing file."""
    from indicators.edition.built_in import editions

    try:
        yield
    except FileNotFoundError as error:
        if Path(name).suffix or len(Path(name).parts) > 1:  # a path rather than a name
            raise InputError((Problem("import_no_file", Severity.ERROR, file=name),)) from error
        usage_error(words(lang)["framework"]["unknown"].format(name=name, names=", ".join(editions())))


def _written(write: Callable[[], tuple[Path, ...]], lang: Language) -> tuple[Path, ...]:
    try:
        return write()
    except FileExistsError as error:
        usage_error(words(lang)["framework"]["exists"].format(path=error.filename))


def _tell(files: tuple[Path, ...], lang: Language, quiet: bool) -> None:
    if not quiet:
        paths = ", ".join(map(str, files))
        line = words(lang)["framework"]["written"].format(path=paths)
        out.print(line, highlight=False, markup=False, soft_wrap=True)
