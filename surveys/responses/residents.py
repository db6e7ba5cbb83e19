"""Residents of sampled communities: the finite population of the second stage (M2)."""

from __future__ import annotations

import numpy as np

from surveys.area import AreaLevel, AreaRegister
from surveys.problem import Problem, Severity
from surveys.responses.place import Design, NestedDesign
from surveys.sample import FloatArray


def residents_of_psus(
    design: Design,
    nested: NestedDesign,
    population_psus: FloatArray,
    register: AreaRegister,
    interviews_by_psu: FloatArray | None = None,
) -> tuple[FloatArray | None, tuple[Problem, ...]]:
    """Residents of each sampling unit that is a community, infinity where not known.

    Infinity is the cautious side: the whole spread within the unit is then an error of sampling.

    Parameters
    ----------
    population_psus
        N_h of each stratum; only where it is known does the second stage matter, and are there warnings.
    interviews_by_psu
        None: the records of `nested` are counted.

    Returns
    -------
    (residents, problems)
        None where respondents are the units.
    """
    if nested.psu_of_record is None:
        return None, ()
    residents = np.full(len(nested.psus), np.inf)
    if design.psu_level is not AreaLevel.COMMUNITY:
        return residents, ()
    sampled = (
        np.bincount(nested.psu_of_record, minlength=len(nested.psus)).astype(np.float64)
        if interviews_by_psu is None
        else interviews_by_psu
    )
    corrected = np.isfinite(population_psus)[nested.psu_strata]
    problems: list[Problem] = []
    for at in np.flatnonzero(nested.is_whole_psu):
        area = register.by_code[nested.psus[at]]
        if area.population is None:
            continue
        if area.population >= sampled[at]:
            residents[at] = area.population
        elif corrected[at]:
            detail = {"area": area.name, "sampled": f"{sampled[at]:.0f}"}
            where = ("areas", None, "population", f"{area.population:g}")
            problems.append(Problem("fewer_residents_than_interviews", Severity.WARNING, *where, detail))
    return residents, tuple(problems)
