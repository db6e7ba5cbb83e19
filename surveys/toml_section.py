"""One table of ``wave.toml`` while it is read: typed access that collects every defect with its line."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from surveys.problem import Language, Problem, Severity

FILE = "wave.toml"

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass
class Section:
    """One table of the file while it is read: typed access that collects problems and what was not read."""

    path: str
    values: Mapping[str, Any]
    text: str
    problems: list[Problem]
    used: set[str] = field(default_factory=set)

    def get(self, key: str, kind: type | tuple[type, ...], expected: str, *, required: bool = False) -> Any:
        """The value of `key`, or None with a Problem where it is absent (if required) or of another type."""
        self.used.add(key)
        value = self.values.get(key)
        if value is None or value == "":
            if required:
                self.report("missing_key", key, expected=expected)
            return None
        # TOML's true is a Python int too.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.report("wrong_type", key, as_toml(value), expected=expected)
            return None
        return value

    def string(self, key: str, expected: str = '"…"', *, required: bool = False) -> str:
        """A text; "" where absent."""
        return str(self.get(key, str, expected, required=required) or "").strip()

    def texts(self, key: str, expected: str, *, required: bool = False) -> tuple[str, ...]:
        """A list of texts, or one text; empty where absent."""
        value = self.get(key, (str, list), expected, required=required)
        listed = [value] if isinstance(value, str) else value or []
        if not all(isinstance(text, str) and text.strip() for text in listed):
            self.report("wrong_type", key, as_toml(value), expected=expected)
            return ()
        return tuple(dict.fromkeys(text.strip() for text in listed))

    def flag(self, key: str) -> bool:
        """True or false; false where absent."""
        return bool(self.get(key, bool, "true / false"))

    def choice(self, key: str, kind: type[Choice], default: Choice) -> Choice:
        """One member of a vocabulary."""
        value = self.string(key)
        if not value:
            return default
        if value not in set(kind):
            self.report("bad_toml_choice", key, value, choices=", ".join(kind))
            return default
        return kind(value)

    def titles(self, key: str, *, required: bool = False) -> dict[Language, str]:
        """A text for all languages, or one for each: ``{ zh = "…", en = "…" }``."""
        value = self.get(key, (str, dict), '{ zh = "…", en = "…" }', required=required)
        if value is None:
            return {}
        if isinstance(value, str):
            return dict.fromkeys(Language, value)
        known = {language.value for language in Language}
        if not value or not all(name in known and isinstance(text, str) for name, text in value.items()):
            self.report("wrong_type", key, as_toml(value), expected='{ zh = "…", en = "…" }')
            return {}
        fallback = next(iter(value.values()))
        return {language: value.get(language.value, fallback) for language in Language}

    def section(self, key: str) -> Section:
        """A table below this one; empty where absent."""
        value = self.get(key, dict, f"[{self._name(key)}]")
        return Section(self._name(key), value or {}, self.text, self.problems)

    def sections(self, key: str) -> dict[str, Section]:
        """The tables below ``[key.…]`` by name."""
        outer = self.section(key)
        return {name: outer.section(name) for name in outer.values}

    def unread(self) -> None:
        """Warn about every key that nothing asked for."""
        for key in self.values:
            if key not in self.used:
                known = ", ".join(sorted(self.used))
                self.report("unknown_key", key, severity=Severity.WARNING, names=known)

    def report(
        self, code: str, key: str, value: object = "", *, severity: Severity = Severity.ERROR, **detail: str
    ) -> None:
        """Add a Problem about `key`, at its line where it can be found."""
        above, _, name = self.path.rpartition(".")
        row = line_of(self.text, self.path, key) or (line_of(self.text, above, name) if name else None)
        self.problems.append(Problem(code, severity, FILE, row, self._name(key), str(value), detail))

    def _name(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


def as_toml(value: object) -> str:
    """A value as it stands in the file, so that a text that should be a number shows its quotes.

    Examples
    --------
    >>> as_toml("5"), as_toml([True, 2.5])
    ('"5"', '[true, 2.5]')
    """
    if isinstance(value, str | bool):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{', '.join(map(as_toml, value))}]"
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {as_toml(inner)}' for key, inner in value.items())} }}"
    return str(value)


def line_of(text: str, path: str, key: str) -> int | None:
    """Line of `key` in the table `path`, or of the header ``[path.key]``; None where it is not found."""
    inside = ""
    full = f"{path}.{key}" if path else key
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[([^\[\]]+)\]", line)
        if header:
            inside = ".".join(part.strip().strip("\"'") for part in header.group(1).split("."))
            if inside == full:
                return number
        elif inside == path and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[.=]", line):
            return number
    return None
