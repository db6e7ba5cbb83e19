"""Problems of weights, at the setting of ``wave.toml`` that asked for them."""

from __future__ import annotations

from collections.abc import Mapping

from surveys.problem import Problem, Severity
from surveys.toml_section import FILE
from surveys.wave import Responses


def weighting_problem(
    code: str,
    severity: Severity,
    responses: Responses,
    key: str,
    *,
    value: str = "",
    count: int = 1,
    detail: Mapping[str, str] | None = None,
) -> Problem:
    """A Problem about ``[weighting.…] key`` of a questionnaire."""
    named = {"questionnaire": responses.questionnaire, **(detail or {})}
    column = f"weighting.{responses.questionnaire}.{key}"
    return Problem(code, severity, FILE, None, column, value, named, count)
