"""The tidy table of rates: one row for each measure × area (× group)."""

from __future__ import annotations

RATES_COLUMNS: dict[str, str] = {
    "wave": "str",
    "questionnaire": "str",
    "measure": "str",
    "measure_name": "str",
    "kind": "str",  # MeasureKind
    "headline": "bool",
    "area_level": "str",  # AreaLevel
    "area_code": "str",
    "area_name": "str",
    "group": "str",  # "" or "urban_rural=urban"
    "value": "float64",  # NaN where withheld or not measured
    "unit": "str",  # Unit
    "standard_error": "float64",  # NaN where not estimable; never 0 for a domain that is one PSU
    "low": "float64",
    "high": "float64",
    "degrees_of_freedom": "float64",
    "base": "str",  # Base
    "n": "int64",  # respondents in the base
    "effective_n": "float64",
    "design_effect": "float64",
    "excluded": "int64",  # sampled records of the domain that are not in the base
    "target": "float64",
    "verdict": "str",  # Verdict
    "probability_below": "float64",  # P(true value below the target)
    "n_to_settle": "float64",  # interviews that would settle an undetermined verdict; NaN elsewhere
    "flag": "str",  # Flag values joined by ";"
    "method": "str",  # how value, error and interval were made
}
"""Column names and types, in the order of ``rates.csv``; docs/formats.md says the same in words."""
