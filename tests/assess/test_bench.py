"""`make bench` works; how fast it is is reported, never asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).resolve().parents[1] / "benchmarks" / "run.py"


def test_benchmarks_print_a_table_and_write_ratios_to_peers_of_the_same_run(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    options = [
        "--rows",
        "3000",
        "--large",
        "0",
        "--repeats",
        "1",
        "--no-peers",
        "--areas",
        "40",
        "--out",
        str(out),
    ]
    done = subprocess.run([sys.executable, str(RUN), *options], check=True, capture_output=True, text=True)
    content = json.loads(out.read_text(encoding="utf-8"))
    steps = {row["step"]: row for row in content["steps"]}
    assert steps["polars.read_csv alone"]["ratio"] == 1
    assert steps["assess: CSV to 1,200 raked rates"]["limit"] == "1.5"
    assert steps["600 communities beside them"]["beside"] == "assess: CSV to 1,200 raked rates"
    assert steps["peak memory, CSV to rates"]["peak_mb"] > 10
    assert all(row["rows"] == 3000 for row in steps.values())
    assert all(row["seconds"] > 0 for step, row in steps.items() if "memory" not in step.split()[1])
    assert all(step in done.stdout for step in steps)
    assert content["survey"] == {"items": 40, "domains": 30, "strata": 30, "psus": 600, "missing_share": 0.08}
    scoring = [(row["areas"], row["draws"]) for row in content["scoring"]]
    assert scoring == [(18, 1000), (18, 1000), (40, 0), (40, 0)]
    assert all(row["seconds"] > 0 and row["loop"] > 0 for row in content["scoring"])
