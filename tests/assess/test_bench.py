"""`make bench` works; how fast it is is reported, never asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).resolve().parents[1] / "benchmarks" / "run.py"


def test_benchmarks_print_a_table_and_write_ratios_to_peers_of_the_same_run(tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    command = [sys.executable, str(RUN), "--rows", "3000", "--repeats", "1", "--out", str(out)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    content = json.loads(out.read_text(encoding="utf-8"))
    steps = {row["step"]: row for row in content["steps"]}
    assert steps["pandas.read_csv alone"]["ratio_to_pandas_read"] == 1
    assert {"polars.read_csv alone", "assess: CSV to rates"} < steps.keys()
    assert all(row["seconds"] > 0 and row["rows"] == 3000 for row in steps.values())
    assert 90 <= steps["assess: CSV to rates"]["bytes_per_row"] <= 100
    assert all(step in done.stdout for step in steps)
    assert content["survey"] == {"items": 40, "domains": 30, "strata": 30, "psus": 600, "missing_share": 0.08}
