"""R's own random numbers, one-dimensional search and quadrature, to repeat what R did with our functions.

R's ``optimize`` is Brent's ``fmin``, scipy's bounded search the same; R's ``integrate`` and scipy's ``quad``
both are QUADPACK. So where R stops early, the same early stop can be made here.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import RandomState
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.special import ndtri

R_TOLERANCE = float(np.finfo(float).eps ** 0.25)
"""Default of R's ``optimize`` (absolute) and ``integrate`` (both)."""
_LINES = 134217728  # 2²⁷: R's inversion joins two uniform numbers
_TO_UNIT = 2.3283064365386963e-10
_SEED_STEPS = 50
_MULTIPLIER = 69069


class RNormal:
    """``set.seed(seed)`` and ``rnorm``: Mersenne Twister with inversion, the default since R 1.7."""

    def __init__(self, seed: int) -> None:
        state = seed & 0xFFFFFFFF
        for _ in range(_SEED_STEPS):
            state = (_MULTIPLIER * state + 1) & 0xFFFFFFFF
        key = []
        for _ in range(625):
            state = (_MULTIPLIER * state + 1) & 0xFFFFFFFF
            key.append(state)
        self._twister = RandomState()
        self._twister.set_state(("MT19937", np.array(key[1:], dtype=np.uint32), 624))

    def draw(self, n: int) -> np.ndarray:
        """``rnorm(n)``."""
        high, low = self._twister.randint(0, 2**32, size=(n, 2), dtype=np.uint64).T * _TO_UNIT
        return ndtri((np.floor(_LINES * high) + low) / _LINES)


def r_maximise(function: Callable[[float], float], end: float) -> float:
    """``optimize(function, c(0, end), maximum = TRUE)$maximum``, as exactly as R finds it."""
    found = minimize_scalar(
        lambda x: -function(x), bounds=(0, end), method="bounded", options={"xatol": R_TOLERANCE}
    )
    return float(found.x)


def r_integrate(function: Callable[[float], float], low: float, high: float) -> float:
    """``integrate(function, low, high)$value``."""
    return float(quad(function, low, high, epsabs=R_TOLERANCE, epsrel=R_TOLERANCE, limit=100)[0])
