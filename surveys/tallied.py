"""A sample whose records were added up part by part and dropped: what a file larger than memory leaves."""

from __future__ import annotations

from dataclasses import dataclass

from surveys.item import Item, items_of
from surveys.questionnaire import QuestionKind
from surveys.sample import CodedQuestion, Sample
from surveys.tally import Tally, tally
from surveys.wave import Wave
from surveys.weights.summary import WeightSummary, weight_summary, weight_summary_of_sums


@dataclass(frozen=True, kw_only=True)
class TalliedSample(Sample):
    """Labels and design of a sample with the tally of its records; all ``…_of_record`` arrays are empty.

    Parameters
    ----------
    totals
        Tally of the columns of `items`, with the final weights.
    items
        Items of the questionnaire's measures.
    records
        Number of usable records.
    """

    totals: Tally
    items: tuple[Item, ...]
    records: int

    @property
    def size(self) -> int:
        """Number of usable records."""
        return self.records


def weights_of(sample: Sample) -> WeightSummary:
    """What the final weights of a sample cost."""
    if not isinstance(sample, TalliedSample):
        return weight_summary(sample.weight_of_record)
    totals = sample.totals
    sums = (totals.count_by_cell.sum(), totals.weight_by_cell.sum(), totals.squared_weight_by_cell.sum())
    return weight_summary_of_sums(*map(float, sums))


def tallied(sample: Sample, wave: Wave) -> tuple[tuple[Item, ...], tuple[CodedQuestion, ...], Tally]:
    """Items of the measures, the columns that they read (none where records are gone), and their tally."""
    if isinstance(sample, TalliedSample):
        return sample.items, (), sample.totals
    questions = wave.questions_of(sample.questionnaire)
    multiple = {question.name for question in questions if question.kind is QuestionKind.MULTIPLE}
    items, columns = items_of(sample, wave.measures_of(sample.questionnaire), multiple)
    return items, columns, tally(sample, columns)
