"""Truth by simulation: populations with known rates through the real engine (docs/simulation.md).

``python -m tests.benchmarks.simulation`` from the root of the checkout; every case has a seed of its own, so
a run gives the same numbers on any number of cores.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from itertools import chain
from pathlib import Path

from tests.benchmarks.simulation_cases import (
    Case,
    area_cases,
    change_cases,
    grid_cases,
    mean_cases,
    other_cases,
    rank_cases,
)
from tests.benchmarks.simulation_change import simulate_change
from tests.benchmarks.simulation_coverage import every_nth, outcome_of, simulate
from tests.benchmarks.simulation_population import Setting
from tests.benchmarks.simulation_ranks import simulate_ranks
from tests.benchmarks.simulation_scores import simulate_totals, total_cases
from tests.benchmarks.simulation_small_areas import simulate_areas
from tests.benchmarks.simulation_tables import CaseResult, between_markers, document

GRID, OTHER, CHANGES, AREAS, TOTALS, RANKS = 400, 300, 150, 150, 60, 2000
"""Replicates of a setting; each gives an interval for every domain."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run all settings, print the tables and write them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fifth of the replicates")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder of simulation.json and .md")
    parser.add_argument("--docs", type=Path, help="also replace the tables of this document")
    options = parser.parse_args(arguments)
    part = 0.2 if options.quick else 1.0
    begun = time.perf_counter()
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as pool:
        cases = run_cases([*grid_cases()], round(GRID * part), pool)
        cases += run_cases([*other_cases(), *mean_cases()], round(OTHER * part), pool)
        waves, areas = [*change_cases()], [*area_cases()]
        found = pool.map(simulate_change, waves, [round(CHANGES * part)] * len(waves))
        changes = list(zip(waves, found, strict=True))
        fitted = pool.map(simulate_areas, areas, [round(AREAS * part)] * len(areas))
        models = list(zip(areas, fitted, strict=True))
        trees = [*total_cases()]
        scored = pool.map(simulate_totals, trees, [round(TOTALS * part)] * len(trees))
        totals = list(zip(trees, scored, strict=True))
        places = [*rank_cases()]
        held = pool.map(simulate_ranks, places, [round(RANKS * part)] * len(places))
        ranked = list(zip(places, held, strict=True))
    tables = document(cases, changes, models, ranked, totals)
    print(tables)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "simulation.md").write_text(tables + "\n", encoding="utf-8")
    rows = [asdict(case) | asdict(outcome) for case, outcome in cases]
    rows += [asdict(pair) | asdict(outcome) for pair, outcome in changes]
    rows += [asdict(district) | asdict(modelled) for district, modelled in models]
    rows += [asdict(place) | asdict(outcome) for place, outcome in ranked]
    rows += [asdict(tree) | asdict(outcome) for tree, outcome in totals]
    (options.out / "simulation.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    if options.docs is not None:
        text = options.docs.read_text(encoding="utf-8")
        options.docs.write_text(between_markers(text, tables), encoding="utf-8")
    print(f"\n{time.perf_counter() - begun:.0f} s; written to {options.out}/simulation.json and .md")


def run_cases(
    cases: Sequence[Case], replicates: int, pool: ProcessPoolExecutor | None = None
) -> list[CaseResult]:
    """Outcomes of cases; a setting that several cases look at is simulated once."""
    by_setting: dict[Setting, list[Case]] = {}
    for case in cases:
        by_setting.setdefault(case.setting, []).append(case)
    over = list(by_setting.values())
    counts = [replicates * max(case.times for case in same) for same in over]
    found = map(_run_setting, over, counts) if pool is None else pool.map(_run_setting, over, counts)
    outcome_by_case = dict(chain.from_iterable(found))
    return [(case, outcome_by_case[case]) for case in cases]


def _run_setting(cases: Sequence[Case], replicates: int) -> list[CaseResult]:
    intervals = simulate(cases[0].setting, replicates)
    return [(case, outcome_of(every_nth(intervals[case.part], case.first, case.step))) for case in cases]


if __name__ == "__main__":
    main()
