"""What a wave asks of small-area models, and whether the frame and the measures allow it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from surveys.area import AreaLevel, AreaRegister
from surveys.problem import Problem, Severity
from surveys.questionnaire import Measure, Unit
from surveys.sample import FloatArray
from surveys.smallarea.area_model import independent_columns
from surveys.wave import ALL_SHARES, SmallAreaSettings

MODELLED_LEVELS = (AreaLevel.SUBDISTRICT, AreaLevel.COMMUNITY)


def check_small_areas(
    settings: SmallAreaSettings,
    measures: Sequence[Measure],
    areas: AreaRegister,
    file: str = "wave.toml",
    areas_file: str = "areas.csv",
) -> tuple[Problem, ...]:
    """What is wrong with the settings: measures that are no shares, covariates that are no numbers.

    Parameters
    ----------
    file, areas_file
        Where the settings and the areas stand, as the user knows them.
    """
    if not settings.measures:
        return ()
    shares = {measure.name for measure in measures if measure.kind.unit is Unit.SHARE}
    problems = [
        Problem("small_area_measure", Severity.ERROR, file, column="small_areas.measures", value=name)
        for name in settings.measures
        if name not in shares and settings.measures != (ALL_SHARES,)
    ]
    for name in settings.covariates:
        problems += _check_covariate(name, areas, file, areas_file)
    if problems:
        return tuple(problems)
    for level in MODELLED_LEVELS:
        matrix = auxiliaries(areas, level, settings.covariates)
        if len(matrix) > matrix.shape[1]:
            dependent = np.flatnonzero(~independent_columns(matrix))
            problems += [
                Problem(
                    "covariate_collinear",
                    Severity.ERROR,
                    areas_file,
                    column=filled_covariates(areas, level, settings.covariates)[index - 1],
                    detail={"level": level.value},
                )
                for index in dependent
            ]
    return tuple(problems)


def filled_covariates(areas: AreaRegister, level: AreaLevel, names: Sequence[str]) -> tuple[str, ...]:
    """Covariates that have values at this level; one given for subdistricts only says nothing below them."""
    return tuple(
        name for name in names if any(area.covariates.get(name, "").strip() for area in areas.at(level))
    )


def auxiliaries(areas: AreaRegister, level: AreaLevel, names: Sequence[str]) -> FloatArray:
    """Ones, then the covariates of a level's areas in the order of the sheet; shape (areas, 1 + names)."""
    here = areas.at(level)
    columns = [
        [float(area.covariates[name]) for area in here] for name in filled_covariates(areas, level, names)
    ]
    return np.column_stack([np.ones(len(here)), *columns])


def _check_covariate(name: str, areas: AreaRegister, file: str, areas_file: str) -> list[Problem]:
    here = [area for level in MODELLED_LEVELS for area in areas.at(level)]
    if not any(name in area.covariates for area in here):
        known = sorted({other for area in here for other in area.covariates})
        detail = {"names": ", ".join(known) or "-"}
        return [
            Problem("unknown_covariate", Severity.ERROR, file, None, "small_areas.covariates", name, detail)
        ]
    filled = {level for level in MODELLED_LEVELS if name in filled_covariates(areas, level, [name])}
    problems: list[Problem] = []
    for area in here:
        text = area.covariates.get(name, "").strip()
        if area.level in filled and not _is_number(text):
            code = "covariate_not_number" if text else "covariate_blank"
            detail = {"area": area.name, "level": area.level.value}
            problems.append(Problem(code, Severity.ERROR, areas_file, area.row, name, text, detail))
    return problems


def _is_number(text: str) -> bool:
    try:
        return bool(np.isfinite(float(text)))
    except ValueError:
        return False
