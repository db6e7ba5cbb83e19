"""One side of a comparison: a wave restricted to the domains and items that have a counterpart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from surveys.interval import IntervalMethod
from surveys.measured import Measured
from surveys.sample import FloatArray, IntArray
from surveys.variance import BoolArray


@dataclass(frozen=True)
class Side:
    """One of the two, restricted to the paired domains and items: arrays (pairs, items)."""

    measured: Measured
    domains: IntArray
    items: IntArray

    def of(self, values: FloatArray) -> FloatArray:
        """The paired domains and items of a table (domains, items)."""
        return np.asarray(values[np.ix_(self.domains, self.items)], dtype=np.float64)

    @property
    def value(self) -> FloatArray:
        """Estimates."""
        return self.of(self.measured.precision.value)

    @property
    def low(self) -> FloatArray:
        """Low limits of M3, or of Student."""
        return self.of(self.measured.limits.low)

    @property
    def high(self) -> FloatArray:
        """High limits."""
        return self.of(self.measured.limits.high)

    @property
    def variance(self) -> FloatArray:
        """Design variance of its own wave."""
        return self.of(self.measured.precision.variance)

    @property
    def has_replicates(self) -> bool:
        """Whether its variances come from replicate weights of its own."""
        return self.measured.sample.replicates is not None

    @property
    def is_student(self) -> BoolArray:
        """Whether the limits are those of a mean with a usable error."""
        return self.of(self.measured.limits.method == IntervalMethod.STUDENT) > 0

    @property
    def conditional(self) -> BoolArray:
        """Domains that are one PSU, shape (pairs,)."""
        return self.measured.precision.conditional[self.domains]

    @property
    def sampling_variance(self) -> FloatArray:
        """Spread of the answers over the effective size: what pooling weighs areas by."""
        n = self.of(self.measured.limits.effective_n)
        return self.of(self.measured.precision.spread) / np.where(n > 0, n, np.inf)

    def range(self) -> tuple[FloatArray, FloatArray]:
        """Lowest and highest value of each item."""
        chosen = [self.measured.items[item] for item in self.items]
        return np.array([i.lowest for i in chosen]), np.array([i.highest for i in chosen])
