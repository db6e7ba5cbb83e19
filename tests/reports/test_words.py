"""Both catalogues hold the same words, every word is used, and no word hides in a template."""

from __future__ import annotations

import re
import string
from enum import StrEnum
from importlib.resources import files

import pytest

from indicators.framework import Method
from indicators.status import NodeStatus, NotCounted, WeaknessClass
from reports.notes_chapters import ANSWER_CATEGORIES
from reports.numbers import Likelihood
from reports.words import words_of
from surveys.compare.vocabulary import ChangeVerdict, NotComparable
from surveys.flag import Flag
from surveys.problem import Language
from surveys.questionnaire import Base
from surveys.verdict import Verdict
from surveys.wave import WaveKind, WeightBase

ZH = words_of(Language.CHINESE).text_of_key
EN = words_of(Language.ENGLISH).text_of_key
SOURCES = {
    path.name: path.read_text(encoding="utf-8")
    for folder in (files("reports"), files("reports").joinpath("templates"))
    for path in folder.iterdir()
    if path.name.endswith((".py", ".j2"))
}
VOCABULARIES: dict[str, type[StrEnum]] = {
    "verdict": Verdict,
    "verdict_short": Verdict,
    "base": Base,
    "likelihood": Likelihood,
    "weakness": WeaknessClass,
    "method": Method,
    "status": NodeStatus,
    "wave_kind": WaveKind,
    "reason": NotCounted,
    "change_verdict": ChangeVerdict,
    "change_count": ChangeVerdict,
    "change_reason": NotComparable,
    "change_short": NotComparable,
    "weight_base": WeightBase,
}

BY_CODE = {
    *VOCABULARIES,
    "change_moved",
    "margin",
    "answer_kind",
    "count",
    "error",
    "flag",
    "group",
    "method_notes",
    "method_term",
    "month",
    "verdict_short",
}
"""Sections whose keys are codes: they are asked for with the code, not named in full."""


CODE = "\n".join(SOURCES.values())
LITERAL = set(re.findall(r"""["']([a-z_]+\.[a-z_0-9]+)["']""", CODE))
BY_CODE |= set(re.findall(r"""f["']([a-z_]+)\.\{""", CODE)) - {key.split(".")[0] for key in LITERAL}
PREFIXES = tuple(re.findall(r"""f["']([a-z_]+\.[a-z_]+_)\{""", CODE))
"""Beginnings of keys that end with a code, such as ``matrix.shade_``."""
VERDICTS = {*Verdict, *ChangeVerdict}
CODED = {
    f"{section}.{verdict.value}"
    for section in re.findall(r"""f["']([a-z_]+)\.\{verdict\.value\}""", CODE)
    for verdict in VERDICTS
}
"""Keys of mixed sections that are asked for with a verdict."""


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_hold_the_same_keys() -> None:
    assert ZH.keys() == EN.keys()


@pytest.mark.parametrize("key", sorted(ZH))
def test_both_languages_fill_the_same_placeholders(key: str) -> None:
    assert placeholders(ZH[key]) == placeholders(EN[key])


@pytest.mark.parametrize("section", sorted(VOCABULARIES))
def test_every_code_has_words(section: str) -> None:
    missing = [code.value for code in VOCABULARIES[section] if f"{section}.{code.value}" not in ZH]
    assert not missing


def test_every_flag_that_is_not_withholding_has_words() -> None:
    withheld = {Flag.INSUFFICIENT_SAMPLE, Flag.SMALL_CELL}
    assert not [flag for flag in Flag if flag not in withheld and f"flag.{flag.value}" not in ZH]


def test_every_answer_category_has_words() -> None:
    assert not [category for category in ANSWER_CATEGORIES if f"answer_kind.{category}" not in ZH]


def test_every_word_is_used() -> None:
    named = LITERAL | CODED
    unused = [
        key
        for key in ZH
        if key.split(".")[0] not in BY_CODE and key not in named and not key.startswith(PREFIXES)
    ]
    assert not unused


def test_every_named_word_exists() -> None:
    named = set(re.findall(r'words\(\s*"([a-z_]+\.[a-z_0-9]+)"', CODE))
    assert named
    assert named <= ZH.keys()


@pytest.mark.parametrize("name", sorted(name for name in SOURCES if name.endswith(".j2")))
def test_templates_hold_no_words_of_their_own(name: str) -> None:
    text = re.sub(r"\{[{%#].*?[}%#]\}", "", SOURCES[name], flags=re.DOTALL)
    text = re.sub(r"<[^>]*>", "", text)
    assert not re.search(r"[A-Za-z一-鿿]", text), text


def test_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        words_of(Language.CHINESE)("no.such_key")
