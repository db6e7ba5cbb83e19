"""What an edition says of itself beside its rows: title, version, source, and marks of the whole tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from surveys.problem import Problem, Severity

NUMBERS: Mapping[str, tuple[float, float]] = {
    "target": (0.0, 100.0),
    "deduction_cap": (0.0, 100.0),
    "share": (0.0, 1.0),
    "gate": (0.0, 100.0),
}
"""Facts that are numbers, and where each may lie."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of an edition, as ``edition.toml`` or the sheet `edition` holds them.

    Parameters
    ----------
    title, title_en, version, source, source_en
        Printed, and not part of the content hash.
    target
        Mark of the total, in points.
    deduction_cap
        Most points that negative items may deduct altogether.
    share, gate
        Of a companion tree: its weight in the combined total, and the points under which a city cannot apply.
    units_of
        Built-in edition whose units answer for this one too; empty where it has its own, or none.
    """

    title: str = ""
    title_en: str = ""
    version: str = ""
    source: str = ""
    source_en: str = ""
    target: float | None = None
    deduction_cap: float | None = None
    share: float | None = None
    gate: float | None = None
    units_of: str = ""

    def named(self) -> dict[str, str | float]:
        """Facts that are there, by name, in their order."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value not in (None, "")}

    def marks(self) -> dict[str, float]:
        """Facts that scores rest on: part of the content hash."""
        return {name: float(value) for name, value in self.named().items() if name in NUMBERS}


def facts_of(values: Mapping[str, Any], file: str) -> tuple[Facts, tuple[Problem, ...]]:
    """Facts from what a file says, texts or numbers; numbers out of range and unknown names are Problems."""
    known = {field.name for field in fields(Facts)}
    problems: list[Problem] = []
    found: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            names = ", ".join(sorted(known))
            problems.append(
                Problem("unknown_key", Severity.WARNING, file, None, name, str(value), {"names": names})
            )
        elif name not in NUMBERS:
            found[name] = str(value).strip()
        elif str(value).strip():
            number = _number(value)
            low, high = NUMBERS[name]
            if number is None or not low <= number <= high:
                detail = {"low": f"{low:g}", "high": f"{high:g}"}
                where = (Severity.ERROR, file, None, name, str(value), detail)
                problems.append(Problem("number_out_of_range", *where))
            else:
                found[name] = number
    return Facts(**found), tuple(problems)


def _number(value: object) -> float | None:
    try:
        return float(str(value))
    except ValueError:
        return None
