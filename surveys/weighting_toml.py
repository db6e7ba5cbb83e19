"""``[weighting.…]`` of ``wave.toml`` → how the weights of a questionnaire are made."""

from __future__ import annotations

from surveys.toml_section import Section
from surveys.wave import WeightBase, WeightingPlan


def weighting_plan(section: Section, *, has_weight: bool, has_completed: bool) -> WeightingPlan:
    """What the section says, with a Problem for everything that does not go together.

    Parameters
    ----------
    has_weight, has_completed
        Whether ``[responses.…]`` names a column of weights, and one of completed interviews.
    """
    base = _base(section, has_weight=has_weight)
    probability = section.texts("probability", '"…"', required=base is WeightBase.PROBABILITY)
    if probability and base is not WeightBase.PROBABILITY:
        section.report("probability_without_base", "probability", ", ".join(probability))
    nonresponse = section.texts("nonresponse", '["subdistrict"]')
    if nonresponse and not has_completed:
        section.report("nonresponse_without_completed", "nonresponse", ", ".join(nonresponse))
    return WeightingPlan(
        base=base,
        probability=probability,
        nonresponse=nonresponse,
        rake=section.texts("rake", '["sex", "age_group"]'),
        trim=_trim(section),
    )


def _base(section: Section, *, has_weight: bool) -> WeightBase | None:
    base = section.string("base")
    if base and base not in set(WeightBase):
        section.report("bad_toml_choice", "base", base, choices=", ".join(WeightBase))
        return WeightBase.EQUAL  # the wave is refused: no warning as well that it has no weights
    if base and has_weight:
        section.report("weight_twice", "base", base)
    return WeightBase(base) if base else None


def _trim(section: Section) -> float | None:
    """Largest final weight as a multiple of the mean; at 1 or below all weights would have to be equal."""
    trim = section.get("trim", (int, float), "5")
    if trim is not None and not 1 < trim < float("inf"):
        section.report("trim_out_of_range", "trim", f"{trim:g}")
        return None
    return None if trim is None else float(trim)
