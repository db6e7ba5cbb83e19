"""What every chapter needs: the assessment, the words, and names in place of codes."""

from __future__ import annotations

import math
import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import pandas as pd

from indicators.assessment import Assessment
from indicators.columns import TOTAL_NODE
from indicators.framework import Framework, Indicator
from reports import numbers
from reports.page import Cell, Tone
from reports.words import Words
from surveys.area import AreaLevel
from surveys.flag import Flag
from surveys.problem import Language
from surveys.questionnaire import Measure, Unit
from surveys.smallarea.estimates import ModelNote
from surveys.verdict import Verdict

WITHHELD_FLAGS = (Flag.INSUFFICIENT_SAMPLE, Flag.SMALL_CELL)
MOST_HEADLINES = 5  # taken where a wave names no headline measure
TONE = {Verdict.PASS: Tone.PASS, Verdict.FAIL: Tone.FAIL, Verdict.UNDETERMINED: Tone.UNDETERMINED}


@dataclass(frozen=True)
class Context:
    """An assessment as a report in one language sees it."""

    assessment: Assessment
    words: Words

    @property
    def language(self) -> Language:
        """Language of the report."""
        return self.words.language

    @property
    def framework(self) -> Framework | None:
        """The edition, where there are scores to show."""
        return None if self.assessment.scores.empty else self.assessment.framework

    @cached_property
    def headlines(self) -> tuple[Measure, ...]:
        """Headline measures; where none is named, the first few that were estimated."""
        measured = set(self.assessment.rates["measure"])
        known = [measure for measure in self.assessment.wave.measures if measure.name in measured]
        named = tuple(measure for measure in known if measure.headline)
        return named or tuple(known[:MOST_HEADLINES])

    @cached_property
    def others(self) -> tuple[Measure, ...]:
        """Measures that are no headline."""
        headline = {measure.name for measure in self.headlines}
        measured = set(self.assessment.rates["measure"])
        return tuple(
            m for m in self.assessment.wave.measures if m.name in measured and m.name not in headline
        )

    def measure_name(self, measure: Measure) -> str:
        """What people read for a measure."""
        english = self.language is Language.ENGLISH and measure.label_en
        return measure.label_en if english else measure.label or measure.name

    def rates_of(self, measure: str, level: AreaLevel, group: str = "") -> list[Any]:
        """Rows of one measure at one level, in the order of the register."""
        selected = self._rates_by_cell.get((measure, level.value, group))
        return [] if selected is None else rows_of(selected)

    def rate(self, measure: str, area_code: str) -> Any | None:
        """The row of one measure in one area (no breakdown); None where there is none."""
        return self._rate_by_area.get((measure, area_code))

    @cached_property
    def _rates_by_cell(self) -> dict[Hashable, pd.DataFrame]:
        keys = ["measure", "area_level", "group"]
        return dict(iter(self.assessment.rates.groupby(keys, sort=False)))

    @cached_property
    def _rate_by_area(self) -> dict[tuple[str, str], Any]:
        rates = self.assessment.rates
        plain = rates[rates["group"] == ""]
        return {(row.measure, row.area_code): row for row in rows_of(plain)}

    def score(self, area_code: str, node: str = TOTAL_NODE) -> Any | None:
        """The row of one node in one area; None where there is none."""
        return self._score_by_node.get((area_code, node))

    @cached_property
    def _score_by_node(self) -> dict[tuple[str, str], Any]:
        return {(r.area_code, r.node): r for r in rows_of(self.assessment.scores)}

    def score_change(self, area_code: str, node: str = TOTAL_NODE) -> Any | None:
        """The change of one node's points in one area on the previous wave; None where there is no row."""
        return self._score_change_by_node.get((area_code, node))

    @cached_property
    def _score_change_by_node(self) -> dict[tuple[str, str], Any]:
        return {(r.area_code, r.node): r for r in rows_of(self.assessment.score_changes)}

    @cached_property
    def projects(self) -> tuple[Indicator, ...]:
        """Top nodes of the framework, in the order of the sheet."""
        return () if self.framework is None else self.framework.roots

    def findings(self, area_code: str) -> list[Any]:
        """Weak indicators of one area in their order (M11)."""
        found = self.assessment.findings
        here = found[found["area_code"] == area_code].sort_values("rank", kind="stable")
        return rows_of(here)

    def unit_names(self, codes: str | Iterable[str]) -> str:
        """Names of responsible units, joined; a unit the table does not hold stands as it was written."""
        listed = re.split(r"[;,|、，；]", codes) if isinstance(codes, str) else list(codes)
        units = self.assessment.units
        names = [
            units[code.strip()].name if code.strip() in units else code.strip()
            for code in listed
            if code.strip()
        ]
        return self.words.listed(names)

    def questionnaire_name(self, questionnaire: str) -> str:
        """Title of a questionnaire; a number where it has none."""
        for position, responses in enumerate(self.assessment.wave.responses, start=1):
            if responses.questionnaire == questionnaire:
                title = responses.title.get(self.language) or next(iter(responses.title.values()), "")
                return title or self.words("quality.questionnaire", number=numbers.count(position))
        return self.words("quality.questionnaire", number="")

    def verdict_of(self, row: Any) -> Verdict | None:
        """The verdict of a row; None where no target was set."""
        text = str(row.verdict)
        if text in {"", "nan"} or (math.isnan(row.target) and text != Verdict.NOT_MEASURED):
            return None
        return Verdict(text)

    def verdict_text(self, verdict: Verdict | None) -> str:
        """Shape and word."""
        return (
            self.words(f"verdict.{verdict.value}") if verdict is not None else self.words("verdict.no_target")
        )

    def verdict_shape(self, verdict: Verdict | None) -> str:
        """The shape alone; empty where no target was set."""
        return "" if verdict is None else self.verdict_text(verdict).split()[0]

    def short_verdict_cell(self, verdict: Verdict | None) -> Cell:
        """As `verdict_cell`, with a shorter word for narrow tables."""
        cell = self.verdict_cell(verdict)
        return cell if verdict is None else replace(cell, text=self.words(f"verdict_short.{verdict.value}"))

    def verdict_cell(self, verdict: Verdict | None) -> Cell:
        """A cell with shape, word and colour."""
        tone = TONE.get(verdict, Tone.QUIET) if verdict is not None else Tone.QUIET
        return Cell(self.verdict_text(verdict), tone=tone)

    def is_withheld(self, row: Any) -> bool:
        """Whether the gate (M4) or disclosure control (M17) holds the value back."""
        return math.isnan(row.value) and any(flag in str(row.flag).split(";") for flag in WITHHELD_FLAGS)

    def blank_text(self, row: Any) -> str:
        """Words in place of a value that is not there."""
        if self._is_protected(row):
            return self.words("value.protected")
        return self.words("value.withheld") if self.is_withheld(row) else self.words("value.not_measured")

    def _is_protected(self, row: Any) -> bool:
        """Whether an estimate is held back to protect respondents (M17), the direct one or the model's."""
        direct = Flag.SMALL_CELL in str(row.flag).split(";")
        return math.isnan(row.value) and (direct or ModelNote.PROTECTED in str(row.model_note).split(";"))

    def value_text(self, row: Any) -> str:
        """Value of a row of rates or findings, or the words in its place."""
        return self.blank_text(row) if math.isnan(row.value) else estimate_of(row).value

    def model_text(self, row: Any) -> str:
        """What a small-area model offers where the row itself has no value; empty where it offers nothing."""
        if not self._offers_model(row):
            return ""
        text = numbers.estimate_text(row.model_value, row.model_low, row.model_high, Unit(row.unit))
        return self.words("model.value", value=text.value, interval=text.interval)

    def model_basis(self, row: Any) -> str:
        """What `model_text` rests on: γ, the part of the area's own answers in it, and their n."""
        if not self._offers_model(row):
            return ""
        n = self.words("value.n", n=numbers.count(row.n))
        return self.words("model.basis", weight=numbers.weight(row.model_weight), n=n)

    def _offers_model(self, row: Any) -> bool:
        return math.isnan(row.value) and not math.isnan(row.model_value)

    def previous_n(self, row: Any) -> float:
        """How many answers the same rate rested on in the previous wave; NaN where it had none."""
        return self._previous_n.get((row.measure, row.area_level, row.area_code, row.group), math.nan)

    @cached_property
    def _previous_n(self) -> dict[Hashable, float]:
        changes = self.assessment.changes
        if changes.empty:
            return {}
        keys = changes[["measure", "area_level", "area_code", "group"]].itertuples(index=False, name=None)
        return {key: float(n) for key, n in zip(keys, changes["n_old"], strict=True) if n > 0}

    @property
    def has_models(self) -> bool:
        """Whether a model's estimate stands beside any rate."""
        return bool(self.assessment.rates["model_value"].notna().any())

    def flags_of(self, row: Any) -> list[str]:
        """What a reader must know beside the number; withholding is said in its cell."""
        return [flag for flag in str(row.flag).split(";") if flag and flag not in WITHHELD_FLAGS]


def rows_of(frame: pd.DataFrame) -> list[Any]:
    """Rows as named tuples, without the index."""
    return list(frame.itertuples(index=False))


def reason_text(context: Context, code: str) -> str:
    """Why something does not count, in words; for a code without words, what its problem says."""
    if context.words.has(f"reason.{code}"):
        return context.words(f"reason.{code}")
    said = (
        problem.message(context.language) for problem in context.assessment.problems if problem.code == code
    )
    return next(said, context.words("reason.other"))


def estimate_of(row: Any) -> numbers.Estimate:
    """Value, interval and mark of a row as text."""
    return numbers.estimate_text(row.value, row.low, row.high, Unit(row.unit), row.target)


def by_value(rows: list[Any]) -> list[Any]:
    """Highest first; what has no value last, in the order it came."""
    return sorted(rows, key=lambda row: -row.value if not math.isnan(row.value) else math.inf)
