"""Speed and memory from a file to every rate, beside peers in the same run: ``make bench``.

Absolute seconds depend on the machine and on who else uses it; ratios within one run, of medians whose runs
took turns, are what to compare. Nothing here fails for being slow.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the command line sets it: small matrices gain nothing

import argparse
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow.csv
from peers import r_seconds, svy_seconds
from scoring import Timing, timings
from synthetic import ITEMS, MISSING, PSUS, STRATA, write_definitions, write_parquet, write_wave

from surveys.estimate import estimate_rates
from surveys.reading import read_wave
from surveys.responses import read_samples
from surveys.wave import Wave

REFERENCE = "polars.read_csv alone"
TO_RATES = "assess: CSV to 1,200 raked rates"
IN_MEMORY = "assess: sample in memory to rates"


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Parameters
    ----------
    ratio
        Seconds over those of the step `beside`, in the same run.
    limit
        What the ratio, or the peak, should not exceed; "≥" before it: should reach.
    """

    rows: int
    step: str
    seconds: float | None = None
    ratio: float | None = None
    beside: str = ""
    limit: str = ""
    peak_mb: float | None = None
    note: str = ""


def main() -> None:
    """Run the benchmarks, print the table, write the JSON file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="100 k rows only, no peers to install")
    parser.add_argument("--rows", type=int, default=1_000_000, help="interviews of the survey")
    parser.add_argument("--large", type=int, default=10_000_000, help="interviews of the large file; 0: none")
    parser.add_argument("--repeats", type=int, default=5, help="runs of each step; medians are reported")
    parser.add_argument("--areas", type=int, default=3000, help="areas that are scored without draws")
    parser.add_argument("--out", type=Path, default=Path("out/bench.json"), help="where numbers are written")
    parser.add_argument("--no-peers", action="store_true", help="leave out svy and R")
    options = parser.parse_args()
    if options.quick:
        options.rows, options.large, options.no_peers, options.areas = 100_000, 0, True, 300
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        rows = of_one_survey(Path(name) / "one", options.rows, options.repeats)
        rows += of_peers(Path(name) / "one", options, rows) if not options.no_peers else []
        rows += of_large(Path(name) / "large", options.large) if options.large else []
    print_table(rows)
    scoring = timings(options.areas, options.repeats)
    print_timings(scoring)
    content = {
        "survey": _survey(),
        "machine": _machine(),
        "steps": [asdict(row) for row in rows],
        "scoring": [asdict(timing) for timing in scoring],
    }
    options.out.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"\nwritten to {options.out}")


def of_one_survey(folder: Path, size: int, repeats: int) -> list[Row]:
    """Readers alone, and our path from the file to the rates of subdistricts, and of communities too."""
    path = write_wave(folder, size)
    communities = folder.with_name("communities")
    (communities / "responses").mkdir(parents=True)
    (communities / "responses" / path.name).symlink_to(path)
    write_definitions(communities, communities=True)
    wave, finer = _wave(folder), _wave(communities)
    sample = read_samples(wave)[0][0]
    seconds = medians_in_turns(
        {
            REFERENCE: lambda: pl.read_csv(path),
            "pandas.read_csv alone": lambda: pd.read_csv(path),
            "pyarrow.csv.read_csv alone": lambda: pyarrow.csv.read_csv(path),
            "assess: CSV to sample": lambda: read_samples(wave),
            IN_MEMORY: lambda: estimate_rates(sample, wave),
            TO_RATES: lambda: estimate_rates(read_samples(wave)[0][0], wave),
            f"{TO_RATES} and {PSUS} communities": lambda: estimate_rates(read_samples(finer)[0][0], finer),
        },
        repeats,
    )
    child = run_child(folder)
    rows = [
        Row(size, step, taken, taken / seconds[REFERENCE], REFERENCE, "1.5" if step == TO_RATES else "")
        for step, taken in seconds.items()
    ]
    finer_seconds = seconds[f"{TO_RATES} and {PSUS} communities"]
    ratio = finer_seconds / seconds[TO_RATES]
    rows.append(Row(size, f"{PSUS} communities beside them", finer_seconds, ratio, TO_RATES, "1.2"))
    rows.append(Row(size, "peak memory, CSV to rates", limit="600 MB", peak_mb=float(str(child["peak_mb"]))))
    return rows


def of_peers(folder: Path, options: argparse.Namespace, rows: list[Row]) -> list[Row]:
    """The same estimates by svy and by R, from records in memory."""
    path = folder / "responses" / "people.csv"
    ours = next(row.seconds for row in rows if row.step == IN_MEMORY)
    found = []
    for name, limit, items, (per_item, why) in (
        ("svy 0.35: mean by domain", "≥ 30", 4, svy_seconds(path, options.out.parent, 4, 3)),
        ("R survey: svyby", "≥ 200", 1, r_seconds(path, 1, 1)),
    ):
        taken = None if per_item is None else per_item * ITEMS
        ratio = None if taken is None or not ours else taken / ours
        note = why or f"timed for {items} of {ITEMS} items"
        found.append(Row(options.rows, name, taken, ratio, IN_MEMORY, limit, note=note))
    return found


def of_large(folder: Path, size: int) -> list[Row]:
    """A file in parts, as CSV and as Parquet: seconds a million rows beside a quarter of it, and the peak."""
    found = []
    per_row: dict[str, float] = {}
    for rows in (size // 4, size):
        path = write_wave(folder / str(rows), rows)
        kinds = {"CSV": folder / str(rows)}
        if rows == size:
            kinds["Parquet"] = write_parquet(path, folder / "parquet")
        for kind, wave in kinds.items():
            child = run_child(wave)
            seconds, peak = float(str(child["seconds"])), float(str(child["peak_mb"]))
            per_row.setdefault(kind, seconds / rows)
            ratio = seconds / rows / per_row["CSV"]
            step, beside = f"assess: {kind} in parts to rates", f"CSV of {size // 4:,} rows, by row"
            found.append(Row(rows, step, seconds, ratio, beside, "700 MB", peak, str(child["how"])))
        path.unlink()
    return found


def run_child(folder: Path) -> Mapping[str, object]:
    """What `child.py` says of a wave folder."""
    child = Path(__file__).with_name("child.py")
    environment = {**os.environ, "PYTHONPATH": str(child.parents[2])}
    command = [sys.executable, str(child), str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def medians_in_turns(steps: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median seconds of each step. Steps take turns, so that other users of the machine disturb all alike."""
    taken: dict[str, list[float]] = {step: [] for step in steps}
    for _ in range(repeats):
        for step, action in steps.items():
            begun = time.perf_counter()
            action()
            taken[step].append(time.perf_counter() - begun)
    return {step: statistics.median(seconds) for step, seconds in taken.items()}


def print_table(rows: list[Row]) -> None:
    """The results as text."""
    print(f"{'rows':>10}  {'step':<52}{'seconds':>9}{'ratio':>8}  {'limit':<8}{'peak MB':>8}  note")
    for row in rows:
        seconds = "" if row.seconds is None else f"{row.seconds:.3f}"
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        peak = "" if row.peak_mb is None else f"{row.peak_mb:.0f}"
        line = f"{row.rows:>10,}  {row.step:<52}{seconds:>9}{ratio:>8}  {row.limit:<8}{peak:>8}  {row.note}"
        print(line.rstrip())


def print_timings(scoring: list[Timing]) -> None:
    """What scoring takes, as text."""
    print(f"\n{'areas':>10}{'draws':>7}  {'scoring 120 standards':<45}{'seconds':>9}{'limit':>7}{'loop':>9}")
    for row in scoring:
        numbers = f"{row.seconds:>9.3f}{row.limit:>7.1f}{row.loop:>9.3f}"
        print(f"{row.areas:>10,}{row.draws:>7,}  {row.step:<45}{numbers}")


def _wave(folder: Path) -> Wave:
    wave, _, problems = read_wave(folder)
    if wave is None:
        raise SystemExit("\n".join(problem.line() for problem in problems))
    return wave


def _survey() -> dict[str, object]:
    return {"items": ITEMS, "domains": STRATA, "strata": STRATA, "psus": PSUS, "missing_share": MISSING}


def _machine() -> dict[str, object]:
    packages = ("assess", "numpy", "scipy", "pandas", "polars", "pyarrow")
    return {
        "python": platform.python_version(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        **{name: version(name) for name in packages},
    }


if __name__ == "__main__":
    main()
