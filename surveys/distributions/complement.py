"""Two answers are each other's complement: both are shown, or neither (M4 for tables of a question)."""

from __future__ import annotations

import numpy as np
import pandas as pd

_OF_BOTH = ("standard_error", "effective_n", "design_effect", "flag", "method")


def both_or_neither(rates: pd.DataFrame) -> pd.DataFrame:
    """The table of a question with two answers, of which none is withheld beside the other.

    M4 judges limits in relation to the share, so it withholds 13 % and shows 87 % with a mark; who subtracts
    has both. The smaller share is then given from the larger: 1 − p with the limits mirrored, which are its
    own, and the same marks, `unreliable_complement` among them. Where M4 shows neither, neither is shown.

    Parameters
    ----------
    rates
        Rows of `surveys.rates`, two for each domain, whose values add up to 1.
    """
    shown = rates["value"].notna().to_numpy().reshape(-1, 2)
    of_pair = 2 * np.flatnonzero(shown.sum(axis=1) == 1)
    given = of_pair + shown[of_pair // 2].argmax(axis=1)
    blank = of_pair + shown[of_pair // 2].argmin(axis=1)
    result = rates.reset_index(drop=True)
    for name, mirrored in (("value", "value"), ("low", "high"), ("high", "low")):
        result.loc[blank, name] = 1 - rates[mirrored].to_numpy()[given]
    for name in _OF_BOTH:
        result.loc[blank, name] = rates[name].to_numpy()[given]
    return result
