"""The tables of the indicators room: the framework and the evidence beside the questionnaires."""

from __future__ import annotations

from indicators.edition.schema import FRAMEWORK, STEPS
from indicators.evidence.schema import DOCUMENTS, NEGATIVE_LIST, OBSERVATIONS
from indicators.unit_schema import UNITS
from surveys.schema import Table

INDICATOR_TABLES: dict[str, Table] = {
    table.name: table for table in (FRAMEWORK, STEPS, OBSERVATIONS, DOCUMENTS, NEGATIVE_LIST, UNITS)
}
"""Tables of the indicators room by canonical name, in the order of docs/formats.md."""
