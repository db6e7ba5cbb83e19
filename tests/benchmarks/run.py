"""Times from a CSV to every rate, beside peers that only read the same file: ``make bench``.

Absolute seconds depend on the machine; the ratios to pandas' reader, taken in the same run, are what to
compare. Nothing here fails for being slow.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import polars as pl
from synthetic import ITEMS, MISSING, PSUS, STRATA, write_wave

from surveys.estimate import estimate
from surveys.reading import read_wave
from surveys.responses import read_samples

REFERENCE = "pandas.read_csv alone"
Row = dict[str, object]


def main() -> None:
    """Run the benchmarks, print the table, write the JSON file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100 k rows only")
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[100_000, 1_000_000], help="sizes of the survey"
    )
    parser.add_argument("--repeats", type=int, default=3, help="runs of each step; the median is reported")
    parser.add_argument(
        "--out", type=Path, default=Path("out/bench.json"), help="where the numbers are written"
    )
    options = parser.parse_args()
    sizes = [100_000] if options.quick else options.rows
    rows = [row for size in sizes for row in benchmark(size, options.repeats)]
    print_table(rows)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    content = {"survey": _survey(), "machine": _machine(), "steps": rows}
    options.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"\nwritten to {options.out}")


def benchmark(size: int, repeats: int) -> list[Row]:
    """Every step for a survey of `size` interviews."""
    with tempfile.TemporaryDirectory() as name:
        path = write_wave(Path(name), size)
        wave, _, problems = read_wave(Path(name))
        if wave is None:
            raise SystemExit("\n".join(problem.line() for problem in problems))
        samples, _, _ = read_samples(wave)
        sample = samples[0]
        steps: dict[str, Callable[[], object]] = {
            REFERENCE: lambda: pd.read_csv(path),
            "polars.read_csv alone": lambda: pl.read_csv(path),
            "assess: CSV to sample": lambda: read_samples(wave),
            "assess: sample in memory to rates": lambda: estimate(sample, wave),
            "assess: CSV to rates": lambda: estimate(read_samples(wave)[0][0], wave),
        }
        seconds = {step: _median_seconds(action, repeats) for step, action in steps.items()}
        bytes_per_row = path.stat().st_size / size
    return [
        {
            "rows": size,
            "step": step,
            "seconds": taken,
            "ratio_to_pandas_read": taken / seconds[REFERENCE],
            "rows_per_second": size / taken,
            "bytes_per_row": bytes_per_row,
        }
        for step, taken in seconds.items()
    ]


def print_table(rows: list[Row]) -> None:
    """The results as text."""
    print(f"{'rows':>9}  {'step':<36}{'seconds':>9}{'ratio':>8}{'rows/s':>14}")
    for row in rows:
        print(
            f"{row['rows']:>9,}  {row['step']:<36}{row['seconds']:>9.3f}"
            f"{row['ratio_to_pandas_read']:>8.2f}{row['rows_per_second']:>14,.0f}"
        )


def _median_seconds(action: Callable[[], object], repeats: int) -> float:
    taken = []
    for _ in range(repeats):
        begun = time.perf_counter()
        action()
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def _survey() -> Row:
    return {"items": ITEMS, "domains": STRATA, "strata": STRATA, "psus": PSUS, "missing_share": MISSING}


def _machine() -> Row:
    packages = ("assess", "numpy", "pandas", "polars", "pyarrow")
    return {
        "python": platform.python_version(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        **{name: version(name) for name in packages},
    }


if __name__ == "__main__":
    main()
