"""Words of the command line, Chinese and English, from ``assess/text``."""

from __future__ import annotations

import os
import sys
import tomllib
from functools import cache
from importlib.resources import files

from surveys.problem import Language


@cache
def words(language: Language) -> dict[str, dict[str, str]]:
    """Every text of the command line in one language, by section and key."""
    text = files("assess").joinpath("text", f"{language.value}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def language_of_start() -> Language:
    """The language asked for by ``--lang`` or ``ASSESS_LANG``; Chinese otherwise.

    The help is made before options are parsed, so ``--lang`` is looked for by hand.
    """
    arguments = sys.argv[1:]
    for position, argument in enumerate(arguments):
        if argument.startswith("--lang="):
            return _language(argument.removeprefix("--lang="))
        if argument == "--lang" and position + 1 < len(arguments):
            return _language(arguments[position + 1])
    return _language(os.environ.get("ASSESS_LANG", ""))


def _language(text: str) -> Language:
    return Language.ENGLISH if text.strip().lower().startswith("en") else Language.CHINESE
