"""What ``wave.toml`` says of scoring: facts of the edition, companion tree, sites, importance, draws."""

from __future__ import annotations

from surveys.toml_section import Section
from surveys.wave import DEFAULT_DRAWS, DEFAULT_SEED, EditionFacts, Importance, ScoringPlan

LEAST_DRAWS, MOST_DRAWS = 100, 100_000


def scoring_plan(root: Section, wave: Section) -> ScoringPlan:
    """``[framework]``, ``[observations]``, ``[importance]``, ``[scoring]``; ``companion`` of ``[wave]``."""
    observations, scoring = root.section("observations"), root.section("scoring")
    plan = ScoringPlan(
        companion=wave.string("companion"),
        edition=_edition(root.section("framework")),
        leave_out_demonstration=observations.flag("leave_out_demonstration"),
        importance=_importance(root.section("importance")),
        draws=_whole(scoring, "draws", DEFAULT_DRAWS, LEAST_DRAWS, MOST_DRAWS),
        seed=_whole(scoring, "seed", DEFAULT_SEED, 0, 2**32 - 1),
    )
    observations.unread()
    scoring.unread()
    return plan


def _edition(section: Section) -> EditionFacts:
    facts = EditionFacts(
        title=section.string("title"),
        version=section.string("version"),
        source=section.string("source"),
        target_points=_number(section, "target", 0.0, 100.0),
        deduction_cap=_number(section, "deduction_cap", 0.0, 100.0),
    )
    section.unread()
    return facts


def _importance(section: Section) -> Importance:
    outcome = section.string("outcome", '"satisfaction_score"', required=bool(section.values))
    importance = Importance(outcome, section.texts("measures", '["cleanliness_satisfaction"]'))
    section.unread()
    return importance


def _number(section: Section, key: str, low: float, high: float) -> float | None:
    value = section.get(key, (int, float), "85")
    if value is not None and not low <= value <= high:
        section.report("number_out_of_range", key, f"{value:g}", low=f"{low:g}", high=f"{high:g}")
        return None
    return None if value is None else float(value)


def _whole(section: Section, key: str, default: int, low: int, high: int) -> int:
    value = section.get(key, int, str(default))
    if value is not None and not low <= value <= high:
        section.report("number_out_of_range", key, str(value), low=str(low), high=str(high))
        return default
    return default if value is None else int(value)
