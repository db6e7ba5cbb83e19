"""The line under the title: commission, dates and sample, as a bulletin begins."""

from __future__ import annotations

from reports import numbers
from reports.context import Context
from reports.edition_note import edition_fact
from reports.notes_chapters import record_counts
from surveys.area import Area, AreaLevel


def facts(context: Context, area: Area) -> tuple[str, ...]:
    """Commission, dates and sample of the district or of one subdistrict."""
    words = context.words
    wave = context.assessment.wave
    parts = [words("facts.client", client=wave.client)] if wave.client else []
    if wave.assessor:
        parts.append(words("facts.assessor", assessor=wave.assessor))
    if wave.field is not None:
        begin, end = (
            words("facts.date", year=str(d.year), month=words(f"month.{d.month}"), day=str(d.day))
            for d in wave.field
        )
        parts.append(words("facts.field", begin=begin, end=end))
    used = _records_used(context, area)
    if used:
        key = "facts.sample" if len(wave.responses) == 1 else "facts.samples"
        forms = numbers.count(len(wave.responses))
        parts.append(words(key, count=numbers.count(used), forms=forms))
    if edition := edition_fact(context):
        parts.append(edition)
    return tuple(parts)


def _records_used(context: Context, area: Area) -> int:
    """Usable records of all questionnaires.

    A subdistrict's are counted from its rates: those in the base of a measure and those that the measure
    leaves out are together all records of its questionnaire.
    """
    if area.level is AreaLevel.DISTRICT:
        return record_counts(context.assessment.quality)[1]
    rates = context.assessment.rates
    here = rates[(rates["area_code"] == area.code) & (rates["group"] == "")]
    return int((here["n"] + here["excluded"]).groupby(here["questionnaire"]).max().sum())
