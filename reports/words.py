"""All words of the reports, in both languages: text/zh.toml and text/en.toml, by dotted keys."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from surveys.problem import Language


@dataclass(frozen=True)
class Words:
    """The words of one language.

    Called with a key and its placeholders: ``words("rates.mark", mark="90%")``. An unknown key or a missing
    placeholder raises KeyError: a report never prints a hole.
    """

    language: Language
    text_of_key: Mapping[str, str]

    def __call__(self, key: str, /, **fields: str) -> str:
        """The text of `key` with its placeholders filled."""
        return self.text_of_key[key].format_map(fields)

    def has(self, key: str) -> bool:
        """Whether there are words for `key` (codes that other rooms may add to)."""
        return key in self.text_of_key

    def listed(self, items: list[str]) -> str:
        """Items joined as this language joins a list."""
        return self("list.comma").join(items)


@cache
def words_of(language: Language) -> Words:
    """The words of `language`, read once."""
    source = files("reports").joinpath("text", f"{language.value}.toml").read_text(encoding="utf-8")
    sections = tomllib.loads(source)
    return Words(
        language,
        {f"{section}.{key}": text for section, entries in sections.items() for key, text in entries.items()},
    )
