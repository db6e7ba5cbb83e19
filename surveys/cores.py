"""How many threads work at once. Work is divided alike for any number, so results are equal to the bit."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_MOST = 8
_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


def cores() -> int:
    """Cores that this process may use, at most eight."""
    return min(
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, _MOST
    )


def in_threads(
    work: Callable[[_Given], _Made], parts: Iterable[_Given], threads: int | None = None
) -> list[_Made]:
    """`work` of each part, in the order of the parts; numpy leaves other threads running meanwhile."""
    count = cores() if threads is None else threads
    if count < 2:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, parts))
