"""``wave.toml`` → the facts of a wave, with every defect collected and its line named."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from surveys.cells import CellError, parse_share
from surveys.problem import Language, Problem, Severity
from surveys.replicate_toml import replicate_plan
from surveys.scoring_toml import scoring_plan
from surveys.text_file import read_text
from surveys.toml_section import FILE, Section, as_toml, line_of
from surveys.wave import (
    LonelyPSU,
    ReportStyle,
    Responses,
    ScoringPlan,
    SmallAreaSettings,
    WaveKind,
    WeightBase,
    WeightingPlan,
)
from surveys.weighting_toml import weighting_plan


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
    previous: str
    equivalent: tuple[str, ...]
    small_areas: SmallAreaSettings
    scoring: ScoringPlan
    framework: str
    synthetic: bool
    responses: tuple[Responses, ...]
    set_aside_limit: float
    report: ReportStyle


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


def _facts(root: Section) -> WaveFacts | None:
    wave = root.section("wave")
    limits, report, compare = root.section("limits"), root.section("report"), root.section("compare")
    facts = WaveFacts(
        id=wave.string("id", required=True),
        kind=wave.choice("kind", WaveKind, WaveKind.THIRD_PARTY),
        title=wave.titles("title", required=True),
        client=wave.string("client"),
        assessor=wave.string("assessor"),
        field=_field_dates(wave),
        version=_version(wave),
        supersedes=wave.string("supersedes"),
        previous=wave.string("previous"),
        equivalent=compare.texts("equivalent", '["awareness"]'),
        small_areas=_small_areas(root),
        scoring=scoring_plan(root, wave),
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
    if wave.string("ledger"):
        wave.report("not_used_yet", "ledger", wave.values["ledger"], severity=Severity.WARNING)
    for section in (wave, limits, report, compare):
        section.unread()
    return facts if facts.id else None


def _small_areas(root: Section) -> SmallAreaSettings:
    section = root.section("small_areas")
    settings = SmallAreaSettings(
        measures=section.texts("measures", '["awareness"] / "all"', required=bool(section.values)),
        covariates=section.texts("covariates", '["income"]'),
        benchmark=section.get("benchmark", bool, "true / false") is not False,
    )
    section.unread()
    return settings


def _field_dates(wave: Section) -> tuple[date, date] | None:
    expected = "[2022-08-15, 2022-08-28]"
    dates = wave.get("field", list, expected)
    if dates is None:
        return None
    if len(dates) != 2 or not all(isinstance(day, date) for day in dates):
        wave.report("wrong_type", "field", as_toml(dates), expected=expected)
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
    strays = [name for name in weighting if name not in blocks]
    for name in strays:
        root.section("weighting").report("unknown_questionnaire", name, name, names=", ".join(blocks))
        weighting_plan(weighting[name], has_weight=False, has_completed=True)  # its other defects as well
    # Which weights a block without a section was meant to have is not known then: it is not warned of.
    other = WeightingPlan(base=WeightBase.EQUAL) if strays else WeightingPlan()
    responses = tuple(_block(name, block, weighting.get(name), other) for name, block in blocks.items())
    for section in (*blocks.values(), *weighting.values()):
        section.unread()
    return responses


def _block(name: str, block: Section, weighting: Section | None, other: WeightingPlan) -> Responses:
    """One questionnaire; `other`: how it is weighted without a section of its own."""
    column = {
        key: block.string(key)
        for key in ("id", "area", "stratum", "psu", "weight", "interviewer", "start", "end", "completed")
    }
    has = {"has_weight": bool(column["weight"]), "has_completed": bool(column["completed"])}
    return Responses(
        questionnaire=name,
        files=block.texts("files", '["responses/*.csv"]', required=True),
        title=block.titles("title"),
        weighting=other if weighting is None else weighting_plan(weighting, **has),
        replicates=replicate_plan(block, has_weight=has["has_weight"], is_weighted=weighting is not None),
        lonely_psu=block.choice("lonely_psu", LonelyPSU, LonelyPSU.ADJUST),
        mode=block.string("mode"),
        **column,
    )
