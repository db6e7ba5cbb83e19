"""One wave's answers to a questionnaire, estimated once for all that asks: rates, scores, ranks, changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.design import Design, design_of
from surveys.domain import Domain, domains_of, partition_of
from surveys.gate import DEFAULT_GATE, GateSettings
from surveys.item import Item
from surveys.limits import Limits, limits_of
from surveys.precision import Precision, precision_of
from surveys.rates import rates_table
from surveys.replicates.sample import Replicated, replicated_rates
from surveys.sample import CodedQuestion, Sample
from surveys.tallied import TalliedSample, tallied
from surveys.tally import Tally
from surveys.variance import BoolArray
from surveys.wave import Wave


@dataclass(frozen=True)
class Measured:
    """Estimates of one wave with all that their covariances and joint errors are made of.

    Parameters
    ----------
    columns
        Coded columns of the items; none where the records are gone.
    replicated
        The rates under each of the sample's own replicate weights; None where it has none.
    partition
        Domains over which correlations are pooled, shape (domains,).
    rates
        What may be shown, without the estimates of models: a row for each domain × item
        (`surveys.rates.RATES_COLUMNS`).
    """

    sample: Sample
    items: tuple[Item, ...]
    columns: tuple[CodedQuestion, ...]
    totals: Tally
    design: Design
    domains: tuple[Domain, ...]
    precision: Precision
    replicated: Replicated | None
    limits: Limits
    partition: BoolArray
    rates: pd.DataFrame

    @property
    def questionnaire(self) -> str:
        """Name of the questionnaire."""
        return self.sample.questionnaire

    @property
    def names(self) -> list[str]:
        """Names of the measures, in the order of the items."""
        return [item.measure.name for item in self.items]

    @property
    def is_clustered(self) -> bool:
        """Whether the sampling units are PSUs, which two waves may share, and not the respondents."""
        return self.sample.psu_of_record is not None

    @property
    def records(self) -> Sample | None:
        """The sample where its records are there; None where only their tally is left."""
        return None if isinstance(self.sample, TalliedSample) else self.sample

    @property
    def shown(self) -> BoolArray:
        """Estimates that the wave may show, shape (domains, items)."""
        shown = self.rates["value"].notna().to_numpy()
        return np.asarray(shown.reshape(len(self.domains), len(self.items)), dtype=np.bool_)


def measure(sample: Sample, wave: Wave, settings: GateSettings = DEFAULT_GATE) -> Measured:
    """Estimate all measures of a questionnaire in the district, its areas and its breakdowns.

    Raises
    ------
    InputError
        A stratum has one sampled unit and the design says LonelyPSU.FAIL.
    """
    items, columns, totals = tallied(sample, wave)
    domains = domains_of(sample, wave.areas, totals)
    return measured(sample, totals, items, domains, partition_of(domains), wave.id, settings, columns)


def measure_all(
    samples: Iterable[Sample], wave: Wave, settings: GateSettings = DEFAULT_GATE
) -> tuple[Measured, ...]:
    """`measure` of every sample whose questionnaire has measures."""
    return tuple(
        measure(sample, wave, settings) for sample in samples if wave.measures_of(sample.questionnaire)
    )


def measured(
    sample: Sample,
    totals: Tally,
    items: Sequence[Item],
    domains: Sequence[Domain],
    partition: BoolArray,
    wave_id: str = "",
    settings: GateSettings = DEFAULT_GATE,
    columns: Sequence[CodedQuestion] = (),
) -> Measured:
    """Estimates of a sample whose tally, items and domains are at hand.

    Parameters
    ----------
    columns
        Coded columns of the items; read where the sample has replicate weights of its own.
    """
    design = design_of(sample)
    precision = precision_of(totals, items, design, domains)
    replicated = replicated_rates(sample, columns, items, domains, precision)
    precision = replicated.precision if replicated else precision
    limits = limits_of(precision, items, partition)
    return Measured(
        sample=sample,
        items=tuple(items),
        columns=tuple(columns),
        totals=totals,
        design=design,
        domains=tuple(domains),
        precision=precision,
        replicated=replicated,
        limits=limits,
        partition=partition,
        rates=rates_table(wave_id, sample.questionnaire, domains, items, precision, limits, settings),
    )
