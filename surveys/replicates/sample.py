"""A sample with replicate weights of its own: its rates with the errors that these give (M2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from surveys.domain import Domain
from surveys.item import Item
from surveys.precision import Precision
from surveys.replicates.estimation import Replicates
from surveys.replicates.rates import (
    degrees_by_domain,
    replicate_covariances,
    replicate_errors,
    values_from_records,
    with_replicate_errors,
    with_supplied_errors,
)
from surveys.sample import CodedQuestion, FloatArray, Sample
from surveys.tally import cells_of_records


@dataclass(frozen=True)
class Replicated:
    """Rates of a sample under each of its replicates.

    Parameters
    ----------
    precision
        Values and counts as without replicates; variances and degrees of freedom from these.
    value_by_replicate
        Shape (replicates, domains, items).
    undefined_replicates
        Replicates in which nobody of a domain is left, shape (domains, items).
    """

    precision: Precision
    replicates: Replicates
    value_by_replicate: FloatArray
    undefined_replicates: FloatArray

    def covariances(
        self, items: Sequence[Item], domains: Sequence[Domain], areas: Sequence[int]
    ) -> dict[str, pd.DataFrame]:
        """Covariance of all measures in each area; see `surveys.covariance.area_covariances`."""
        return replicate_covariances(
            self.value_by_replicate, self.replicates, self.precision, items, domains, areas
        )


def replicated_rates(
    sample: Sample,
    columns: Sequence[CodedQuestion],
    items: Sequence[Item],
    domains: Sequence[Domain],
    precision: Precision,
) -> Replicated | None:
    """Rates with errors from the sample's replicate weights; None where it has none.

    Where the sample names its sampling units too, limits still pool the intraclass correlation over these,
    and a community that is one unit keeps its own error. Otherwise limits pool the design effect.

    Parameters
    ----------
    precision
        Of the same items and domains by linearisation.
    """
    if sample.replicates is None:
        return None
    supplied = sample.replicates
    replicates = Replicates(
        supplied.weight_by_record / sample.weight_of_record[:, None],
        supplied.scale_by_replicate,
        supplied.centre,
    )
    values = values_from_records(sample, columns, items, domains, replicates)
    records = np.arange(sample.size)
    degrees = degrees_by_domain(replicates, domains, cells_of_records(sample), records)
    errors = replicate_errors(values, replicates, precision, degrees)
    put = with_supplied_errors if sample.psu_of_record is None else with_replicate_errors
    return Replicated(put(precision, errors), replicates, values, errors.undefined_replicates)
