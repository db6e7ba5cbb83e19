"""Whether a leaf is the same thing in two waves (M7): what forbids to compare it, or to carry it over."""

from __future__ import annotations

from indicators.framework import Framework, Indicator, Method
from surveys.compare.comparability import reasons_against
from surveys.compare.vocabulary import NotComparable
from surveys.wave import Wave

OTHER_SITES = "demonstration"
"""Reason of an observed leaf of which one wave leaves out the demonstration sites and the other does not."""


def other_assessor(old: Wave, new: Wave) -> bool:
    """Whether another kind of assessment (self-check, third party) makes two waves' scores incomparable."""
    return old.kind is not new.kind and NotComparable.MODE.value not in new.equivalent


def reasons_by_leaf(framework: Framework, old: Wave, new: Wave) -> dict[str, tuple[str, ...]]:
    """Why leaves of the new wave's framework are not the same thing in the old wave.

    Leaves that can be compared are not in it. How a leaf is scored is not asked here
    (`indicators.findings.content`), nor whether there is a value.

    Notes
    -----
    M7. Questionnaire leaves by wording, answers, base, rule, way of asking and weighting of their measure;
    the others by who assessed and, where they are observed, by which sites count.
    """
    found = {leaf.code: _reasons(leaf, old, new) for leaf in framework.leaves}
    return {code: reasons for code, reasons in found.items() if reasons}


def _reasons(leaf: Indicator, old: Wave, new: Wave) -> tuple[str, ...]:
    if leaf.method is Method.QUESTIONNAIRE:
        return _of_measure(leaf.source, old, new)
    mode = (NotComparable.MODE.value,) if other_assessor(old, new) else ()
    observed = leaf.method is Method.OBSERVATION
    other_rule = old.scoring.leave_out_demonstration is not new.scoring.leave_out_demonstration
    return (*mode, OTHER_SITES) if observed and other_rule else mode


def _of_measure(name: str, old: Wave, new: Wave) -> tuple[str, ...]:
    before, now = (next((m for m in wave.measures if m.name == name), None) for wave in (old, new))
    if before is None or now is None:
        # Nothing was asked, so nothing was asked otherwise; who assessed is all there is to differ.
        other = name not in new.equivalent and other_assessor(old, new)
        return (NotComparable.MODE.value,) if other else ()
    reasons = reasons_against(old, before, new, now, new.equivalent)
    # A questionnaire that was not asked this time has no weights that could differ.
    asked = any(block.questionnaire == now.questionnaire for block in new.responses)
    return tuple(why.value for why in reasons if asked or why is not NotComparable.WEIGHTING)
