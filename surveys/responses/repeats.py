"""Records that repeat an earlier one, and ids that return with other answers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from surveys.cells import code_label, plain_number
from surveys.responses.loading import Loaded
from surveys.responses.text_column import TextColumn
from surveys.sample import IntArray
from surveys.schema import fold

_CODE_COLUMNS = ("id", "area", "stratum", "psu")


def find_repeats(loaded: Loaded, records: IntArray) -> tuple[IntArray, IntArray]:
    """Those of `records` that repeat an earlier one in every column read, and those that share only its id.

    Cells are compared as they are read: ``3000.0`` is ``3000``. Without an id nothing is called a duplicate:
    two residents may well give the same answers.
    """
    nothing = np.empty(0, dtype=np.intp)
    ids = loaded.columns.get("id")
    if ids is None:
        return nothing, nothing
    key_of_record = _keys(ids, records, code_label)
    times = np.bincount(key_of_record, minlength=1)
    shared = records[(times[key_of_record] > 1) & ids.is_filled[records]]
    if not len(shared):
        return nothing, nothing
    contents = pd.DataFrame(
        {
            name: _keys(column, shared, code_label if name in _CODE_COLUMNS else _answer_key)
            for name, column in loaded.columns.items()
        }
    )
    exact = contents.duplicated(keep="first").to_numpy()
    differing = contents[~exact].duplicated(["id"], keep=False)
    return shared[exact], shared[differing.index[differing].to_numpy()]


def _keys(column: TextColumn, records: IntArray, key: Callable[[str], str]) -> IntArray:
    """For each record an index that is the same where cells say the same."""
    used, text_of_record = np.unique(column.text_of_record[records], return_inverse=True)
    texts = [column.distinct[at] for at in used]
    if all(not text or (text.isascii() and text.isalnum() and not text.startswith("0")) for text in texts):
        return text_of_record.astype(np.intp)  # nothing to fold: a million ids cost nothing
    index_of_key: dict[str, int] = {}
    indices = [index_of_key.setdefault(key(text), len(index_of_key)) for text in texts]
    return np.asarray(indices, dtype=np.intp)[text_of_record]


def _answer_key(text: str) -> str:
    return plain_number(text) or fold(text)
