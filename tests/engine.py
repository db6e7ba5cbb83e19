"""The engine's own path for tests: sample → tally → precision, without gate and table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from surveys.area import AreaLevel
from surveys.covariance import area_covariances
from surveys.design import design_of
from surveys.domain import Domain, group_domains
from surveys.item import items_of
from surveys.limits import limits_of
from surveys.precision import precision_of
from surveys.questionnaire import Measure
from surveys.sample import Sample
from surveys.tally import tally
from tests.oracle import shared_path


def engine(sample: Sample, measures: Sequence[Measure], group: str = "") -> dict[str, Any]:
    """Value, SE, df, deff and n by domain × measure, and covariances by domain label."""
    items, columns = items_of(sample, measures)
    totals, design = tally(sample, columns), design_of(sample)
    everywhere = Domain(AreaLevel.DISTRICT, "all", "", "", None, np.ones(totals.cell_count, dtype=bool))
    domains = [everywhere, *(group_domains(sample, group, totals) if group else ())]
    precision = precision_of(totals, items, design, domains)
    limits = limits_of(precision, items, np.array([domain is everywhere for domain in domains]))
    return {
        "labels": [domain.group.partition("=")[2] for domain in domains],
        "value": precision.value,
        "se": precision.standard_error,
        "df": precision.degrees_of_freedom,
        "deff": limits.design_effect,
        "n": precision.n,
        "covariance": area_covariances(
            sample, columns, totals, items, design, domains, precision, range(len(domains))
        ),
    }


def read(case: str, name: str = "data.csv") -> pd.DataFrame:
    """Data of a case of oracles/survey."""
    return pd.read_csv(shared_path("oracles", "survey", case, name), keep_default_na=False, na_values=[""])
