"""Control totals (控制总数): how many people of the population are in each category of a margin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from surveys.area import AreaRegister
from surveys.area_lookup import AreaLookup
from surveys.problem import Problem, Severity
from surveys.schema import fold
from surveys.table import problem_at, records_of
from surveys.wave import Control, Responses


def parts_of(text: str) -> tuple[str, ...]:
    """Parts of the name of a margin, or of a category: ``sex*age_group``; ``×`` and ``＊`` mean the same."""
    return tuple(part.strip() for part in text.replace("×", "*").replace("＊", "*").split("*"))


def margin_key(name: str) -> tuple[str, ...]:
    """How names of margins are compared."""
    return tuple(fold(part) for part in parts_of(name))


def build_controls(
    frame: pd.DataFrame | None, register: AreaRegister | None, questionnaires: Sequence[str]
) -> tuple[tuple[Control, ...], list[Problem]]:
    """The table's rows, areas as codes of the register, and every defect; nothing where there is no table.

    Parameters
    ----------
    register
        None where it could not be read; areas are not checked then.
    """
    if frame is None:
        return (), []
    lookup = None if register is None else AreaLookup(register)
    controls: list[Control] = []
    problems: list[Problem] = []
    for row in records_of(frame):
        at, area, total = int(row["_row"]), str(row["area"]), float(row["total"])
        questionnaire = str(row["questionnaire"])
        if questionnaire and questionnaire not in questionnaires:
            listed = ", ".join(questionnaires)
            problems.append(
                problem_at(frame, at, "unknown_questionnaire", "questionnaire", questionnaire, names=listed)
            )
        if total <= 0:
            problems.append(problem_at(frame, at, "control_not_positive", "total", f"{total:g}"))
        found = lookup.find(area) if area and lookup is not None else 0
        if found < 0:
            problems.append(problem_at(frame, at, "control_unknown_area", "area", area))
        elif area and register is not None:
            area = register.areas[found].code
        file = str(frame.attrs["file"])
        controls.append(Control(questionnaire, row["margin"], row["category"], area, total, file, at))
    return tuple(controls), problems


def controls_of(controls: Iterable[Control], questionnaire: str, margin: str) -> tuple[Control, ...]:
    """Rows of one margin of one questionnaire; a blank questionnaire means all."""
    key = margin_key(margin)
    return tuple(
        control
        for control in controls
        if control.questionnaire in {"", questionnaire} and margin_key(control.margin) == key
    )


def unused_controls(controls: Sequence[Control], responses: Sequence[Responses]) -> list[Problem]:
    """A warning for margins that no questionnaire rakes to."""
    used = {
        id(control)
        for block in responses
        for margin in block.weighting.rake
        for control in controls_of(controls, block.questionnaire, margin)
    }
    unused = [control for control in controls if id(control) not in used]
    if not unused:
        return []
    names = ", ".join(dict.fromkeys(control.margin for control in unused))
    detail = {"margins": names}
    return [Problem("controls_not_used", Severity.WARNING, unused[0].file, detail=detail, count=len(unused))]
