"""The same estimates by peers, from records already in memory: svy in an environment of its own, and R.

40 shares by 30 subdistricts with weights, strata and sampling units as read, no raking (svy and ``svyby``
take theirs from one design). Each peer times itself; starting and reading are not counted. A peer is timed
for a few items, for it takes the same time for each, and the table says for how many.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

SVY = "svy==0.35.0"

_SVY_SCRIPT = """
import sys, time, statistics
import polars as pl
import svy
path, items, repeats = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
names = [f"q{at}" for at in range(1, items + 1)]
data = pl.read_csv(path, columns=["area", "psu", "weight", *names])
data = data.with_columns((pl.col(name) <= 2).cast(pl.Float64) for name in names)
taken = []
for _ in range(repeats):
    begun = time.perf_counter()
    sample = svy.Sample(data=data, design=svy.Design(stratum="area", psu="psu", wgt="weight"))
    for name in names:
        found = sample.estimation.mean(y=name, by="area", drop_nulls=True)
    taken.append(time.perf_counter() - begun)
print(statistics.median(taken) / items)
"""

_R_SCRIPT = """
suppressMessages(library(survey))
args <- commandArgs(TRUE)
items <- as.integer(args[2]); repeats <- as.integer(args[3])
data <- read.csv(args[1])
for (k in 1:items) data[[paste0("y", k)]] <- as.numeric(data[[paste0("q", k)]] <= 2)
taken <- replicate(repeats, system.time({
  design <- svydesign(ids = ~psu, strata = ~area, weights = ~weight, data = data)
  for (k in 1:items) {
    svyby(as.formula(paste0("~y", k)), ~area, design, svymean, na.rm = TRUE)
  }
})[["elapsed"]])
cat(median(taken) / items, "\\n")
"""


def svy_seconds(path: Path, folder: Path, items: int, repeats: int) -> tuple[float | None, str]:
    """Seconds for each item of svy, installed into an environment below `folder`; or why there are none."""
    python = folder / "peers" / "bin" / "python"
    if not python.exists():
        made = _run([sys.executable, "-m", "venv", str(python.parent.parent)])
        made = made or _run([str(python), "-m", "pip", "install", "-q", SVY])
        if made:
            shutil.rmtree(python.parent.parent, ignore_errors=True)
            return None, "not installed"
    return _seconds([str(python), "-c", _SVY_SCRIPT, str(path), str(items), str(repeats)])


def r_seconds(path: Path, items: int, repeats: int) -> tuple[float | None, str]:
    """Seconds for each item of R's ``svyby`` (Debian's r-cran-survey, which root installs if absent)."""
    if not _has_survey() and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        _run(["apt-get", "install", "-y", "-q", "--no-install-recommends", "r-cran-survey"])
    if not _has_survey():
        return None, "not installed"
    return _seconds(["Rscript", "-e", _R_SCRIPT, str(path), str(items), str(repeats)])


def _has_survey() -> bool:
    return shutil.which("Rscript") is not None and not _run(["Rscript", "-e", "library(survey)"])


def _run(command: list[str]) -> bool:
    """Whether a command failed."""
    return subprocess.run(command, check=False, capture_output=True).returncode != 0


def _seconds(command: list[str]) -> tuple[float | None, str]:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        return None, f"failed: {done.stderr.strip().splitlines()[-1][:60] if done.stderr.strip() else '?'}"
    return float(done.stdout.split()[-1]), ""
