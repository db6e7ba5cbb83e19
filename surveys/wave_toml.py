"""``wave.toml`` → the facts of a wave, with every defect collected and its line named."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from surveys.cells import CellError, parse_share
from surveys.problem import Language, Problem, Severity
from surveys.text_file import read_text
from surveys.wave import LonelyPSU, ReportStyle, Responses, WaveKind

FILE = "wave.toml"
WEIGHTING_BASES = ("population", "equal")
"""Supported values of ``[weighting.X] base``."""

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True)
class WaveFacts:
    """What ``wave.toml`` says; tables are read separately."""

    id: str
    kind: WaveKind
    title: Mapping[Language, str]
    client: str
    assessor: str
    field: tuple[date, date] | None
    version: int
    supersedes: str
    framework: str
    synthetic: bool
    responses: tuple[Responses, ...]
    set_aside_limit: float
    report: ReportStyle


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
            self.report("wrong_type", key, value, expected=expected)
            return None
        return value

    def string(self, key: str, *, required: bool = False) -> str:
        """A text; "" where absent."""
        return str(self.get(key, str, '"…"', required=required) or "").strip()

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
            self.report("wrong_type", key, value, expected='{ zh = "…", en = "…" }')
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


def read_wave_toml(path: Path) -> tuple[WaveFacts | None, tuple[Problem, ...]]:
    """The facts of a wave; None where the file cannot be read or ``[wave]`` has no id."""
    if not path.is_file():
        return None, (Problem("no_wave_toml", Severity.ERROR, file=FILE),)
    text, problems = read_text(path, FILE)
    if text is None:
        return None, problems
    try:
        values = tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"at line (\d+)", str(error))
        row = int(line.group(1)) if line else text.count("\n") + 1
        detail = {"reason": str(error)}
        return None, (Problem("bad_toml", Severity.ERROR, FILE, row, detail=detail),)
    found: list[Problem] = []
    root = Section("", values, text, found)
    facts = _facts(root)
    root.unread()
    return facts, tuple(found)


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


def _facts(root: Section) -> WaveFacts | None:
    wave = root.section("wave")
    limits, report = root.section("limits"), root.section("report")
    facts = WaveFacts(
        id=wave.string("id", required=True),
        kind=wave.choice("kind", WaveKind, WaveKind.THIRD_PARTY),
        title=wave.titles("title", required=True),
        client=wave.string("client"),
        assessor=wave.string("assessor"),
        field=_field_dates(wave),
        version=_version(wave),
        supersedes=wave.string("supersedes"),
        framework=wave.string("framework"),
        synthetic=wave.flag("synthetic"),
        responses=_responses(root),
        set_aside_limit=_set_aside_limit(limits),
        report=ReportStyle(
            language=report.choice("language", Language, Language.CHINESE),
            organisation=report.string("organisation"),
            notice=report.string("notice"),
        ),
    )
    for key in ("previous", "ledger"):
        if wave.string(key):
            wave.report("not_used_yet", key, wave.values[key], severity=Severity.WARNING)
    for section in (wave, limits, report):
        section.unread()
    return facts if facts.id else None


def _field_dates(wave: Section) -> tuple[date, date] | None:
    expected = "[2022-08-15, 2022-08-28]"
    dates = wave.get("field", list, expected)
    if dates is None:
        return None
    if len(dates) != 2 or not all(isinstance(day, date) for day in dates):
        wave.report("wrong_type", "field", dates, expected=expected)
        return None
    first, last = (day.date() if isinstance(day, datetime) else day for day in dates)
    if first > last:
        wave.report("field_ends_first", "field", f"{first} – {last}")
        return None
    return first, last


def _version(wave: Section) -> int:
    version = wave.get("version", int, "1")
    if version is not None and version < 1:
        wave.report("wrong_type", "version", version, expected="1")
    return max(int(version or 1), 1)


def _set_aside_limit(limits: Section) -> float:
    value = limits.get("set_aside", (int, float, str), "0.05")
    if value is None:
        return 0.05
    try:
        return parse_share(str(value))
    except CellError as error:
        row = line_of(limits.text, "limits", "set_aside")
        found = (error.code, Severity.ERROR, FILE, row, "limits.set_aside", str(value), error.detail)
        limits.problems.append(Problem(*found))
        return 0.05


def _responses(root: Section) -> tuple[Responses, ...]:
    blocks = root.sections("responses")
    if not blocks:
        root.report("no_responses", "responses")
    weighting = root.sections("weighting")
    for name, section in weighting.items():
        if name not in blocks:
            section.report("unknown_questionnaire", "base", name, names=", ".join(blocks))
    responses = tuple(_block(name, block, weighting.get(name)) for name, block in blocks.items())
    for section in (*blocks.values(), *weighting.values()):
        section.unread()
    return responses


def _block(name: str, block: Section, weighting: Section | None) -> Responses:
    files = block.get("files", (str, list), '["responses/*.csv"]', required=True) or []
    patterns = [files] if isinstance(files, str) else files
    if not all(isinstance(pattern, str) and pattern for pattern in patterns):
        block.report("wrong_type", "files", files, expected='["responses/*.csv"]')
        patterns = []
    column = {
        key: block.string(key)
        for key in ("id", "area", "stratum", "psu", "weight", "interviewer", "start", "end")
    }
    return Responses(
        questionnaire=name,
        files=tuple(patterns),
        title=block.titles("title"),
        weighting_base=_weighting_base(weighting, has_weight=bool(column["weight"])),
        lonely_psu=block.choice("lonely_psu", LonelyPSU, LonelyPSU.ADJUST),
        **column,
    )


def _weighting_base(weighting: Section | None, *, has_weight: bool) -> str:
    """Base of the weights; what is declared but not supported is an error, never silence."""
    if weighting is None:
        return ""
    for key in ("rake", "trim"):
        weighting.used.add(key)
        if key in weighting.values:
            weighting.report("unsupported_weighting", key, weighting.values[key])
    base = weighting.string("base")
    if base == "probability":
        weighting.report("unsupported_weighting", "base", base)
        return ""
    if base and base not in WEIGHTING_BASES:
        weighting.report("bad_toml_choice", "base", base, choices=", ".join(WEIGHTING_BASES))
        return ""
    if base and has_weight:
        weighting.report("weight_twice", "base", base)
    return base
