"""Whether two waves are a pair: what forbids a comparison and what its reader should know."""

from __future__ import annotations

from collections.abc import Collection

from surveys.compare.comparability import DECLARABLE, unknown_declarations
from surveys.problem import Problem, Severity
from surveys.toml_section import FILE
from surveys.wave import Wave


def check_pair(
    old: Wave, new: Wave, equivalent: Collection[str] = (), by_caller: Collection[str] = ()
) -> tuple[Problem, ...]:
    """Problems of comparing two waves, before their answers are read.

    Parameters
    ----------
    equivalent
        What the new wave's ``wave.toml`` declares harmless (`surveys.compare.comparability.reasons_against`).
    by_caller
        What the caller declares beside it: the option ``--equivalent``, or the argument `equivalent`.
    """
    if old.id == new.id:
        # A corrected reissue is the same wave: the difference of the two would be of a few records (M17).
        return (Problem("same_wave", Severity.ERROR, FILE, None, "wave.id", new.id),)
    return (
        *_order(old, new),
        *_frameworks(old, new),
        *_questionnaires(old, new),
        *_declared(old, new, equivalent, FILE, "compare.equivalent"),
        *_declared(old, new, by_caller, "", "--equivalent"),
    )


def _order(old: Wave, new: Wave) -> list[Problem]:
    if old.field is None or new.field is None or old.field[0] <= new.field[0]:
        return []
    detail = {"old": old.id, "new": new.id}
    return [
        Problem("previous_is_later", Severity.WARNING, FILE, None, "wave.field", str(old.field[0]), detail)
    ]


def _frameworks(old: Wave, new: Wave) -> list[Problem]:
    if not old.framework or not new.framework or old.framework == new.framework:
        return []
    detail = {"other": new.framework}
    return [Problem("other_framework", Severity.WARNING, FILE, None, "wave.framework", old.framework, detail)]


def _questionnaires(old: Wave, new: Wave) -> list[Problem]:
    before = {measure.questionnaire for measure in old.measures}
    now = dict.fromkeys(measure.questionnaire for measure in new.measures)
    detail = {"names": ", ".join(sorted(before)) or "—"}
    if now and not before & now.keys():
        value = ", ".join(now)
        return [Problem("nothing_in_common", Severity.ERROR, FILE, None, "responses", value, detail)]
    missing = [
        Problem("questionnaire_not_before", Severity.WARNING, FILE, None, f"responses.{name}", name, detail)
        for name in now
        if name not in before
    ]
    kept = {measure.name for measure in new.measures}
    dropped = [measure.name for measure in old.measures if measure.name not in kept]
    if dropped:
        value = ", ".join(dropped)
        missing.append(Problem("measures_dropped", Severity.WARNING, "measures", None, "measure", value))
    return missing


def _declared(old: Wave, new: Wave, equivalent: Collection[str], file: str, column: str) -> list[Problem]:
    measures = {measure.name for measure in (*old.measures, *new.measures)}
    detail = {"reasons": ", ".join(DECLARABLE)}
    return [
        Problem("unknown_equivalent", Severity.ERROR, file, None, column, entry, detail)
        for entry in unknown_declarations(equivalent, measures)
    ]
