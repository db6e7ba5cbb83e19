"""The needed columns of a file, or of a part of it, whatever its format."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from surveys.responses.text_column import TextColumn
from surveys.sample import IntArray


@dataclass(frozen=True)
class Records:
    """The needed columns of a file.

    Parameters
    ----------
    columns
        Columns by their position in the file.
    row_of_record
        Spreadsheet rows; a line break inside quotes does not begin a new row.
    surplus_of_record
        True where a record has something in a cell beyond the last header.
    """

    columns: dict[int, TextColumn]
    row_of_record: IntArray
    surplus_of_record: npt.NDArray[np.bool_]
