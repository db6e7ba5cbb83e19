"""The examples in docstrings of the statistics are true."""

from __future__ import annotations

import doctest
from types import ModuleType

import pytest

from surveys import interval, verdict
from surveys.compare import mover, multiplicity
from surveys.records import contrast, linear, reliability


@pytest.mark.parametrize(
    "module",
    [contrast, interval, linear, mover, multiplicity, reliability, verdict],
    ids=lambda module: module.__name__,
)
def test_examples_are_true(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0 and result.failed == 0
