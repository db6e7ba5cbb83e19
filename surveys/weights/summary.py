"""What weights cost: Kish's design effect, the effective number of interviews and the largest weight."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from surveys.sample import FloatArray


@dataclass(frozen=True)
class WeightSummary:
    """Weights of one questionnaire in a few numbers.

    Parameters
    ----------
    n
        Interviews.
    total
        Σw.
    kish_effect
        nΣw²/(Σw)²: how much unequal weights alone inflate a variance, 1 for equal ones.
    effective_n
        n over Kish's effect.
    largest_ratio, smallest_ratio
        Largest and smallest weight over the mean; NaN where the records are gone.
    """

    n: int
    total: float
    kish_effect: float
    effective_n: float
    largest_ratio: float
    smallest_ratio: float


def weight_summary(weight_of_record: FloatArray) -> WeightSummary:
    """Summary of positive weights (Kish 1965, Survey Sampling, ch. 11.7; M5).

    Examples
    --------
    >>> import numpy as np
    >>> found = weight_summary(np.array([1.0, 1.0, 2.0, 4.0]))
    >>> round(found.kish_effect, 3), round(found.effective_n, 3), found.largest_ratio
    (1.375, 2.909, 2.0)
    """
    n = len(weight_of_record)
    # Over the largest first: squares of weights of 1e200 would overflow.
    largest = float(weight_of_record.max())
    relative = weight_of_record / largest
    mean = float(relative.mean())
    effect = float(np.mean(relative**2)) / mean**2
    return WeightSummary(
        n=n,
        total=float(relative.sum()) * largest,
        kish_effect=effect,
        effective_n=n / effect,
        largest_ratio=1.0 / mean,
        smallest_ratio=float(relative.min()) / mean,
    )


def weight_summary_of_sums(n: float, total: float, squared: float) -> WeightSummary:
    """Summary from n, Σw and Σw², all that a tally keeps of single weights."""
    effect = n * squared / total**2
    return WeightSummary(int(n), total, effect, n / effect, math.nan, math.nan)
