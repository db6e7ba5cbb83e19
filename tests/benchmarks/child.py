"""One pass in a process of its own, so that the peak of memory is its own: wave folder → JSON on stdout."""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from surveys.estimate import estimate_rates
from surveys.reading import read_wave
from surveys.responses import read_samples


def main() -> None:
    """Seconds from the file to every rate, the number of rates, and the peak of resident memory."""
    wave, _, problems = read_wave(Path(sys.argv[1]))
    if wave is None:
        raise SystemExit("\n".join(problem.line() for problem in problems))
    begun = time.perf_counter()
    samples, _, _ = read_samples(wave)
    rates = estimate_rates(samples[0], wave)
    seconds = time.perf_counter() - begun
    print(
        json.dumps(
            {"seconds": seconds, "peak_mb": peak_mb(), "rates": len(rates), "how": type(samples[0]).__name__}
        )
    )


def peak_mb() -> float:
    """Peak of resident memory of this program; ru_maxrss would remember the one that started it."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
