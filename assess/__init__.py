"""assess: mock assessment (模拟测评) of a National Civilized City campaign, from survey CSVs to reports.

Ten lines in a notebook::

    import assess

    wave = assess.read_wave("demo")          # every problem of the folder at once, or the wave
    rates = assess.rates(wave)               # a tidy DataFrame, one row for each measure × area
    result = assess.run("demo")              # rates, scores, weak indicators
    result.scores.query("node == 'total'")
    result.findings.head()
"""

from __future__ import annotations

from assess._siblings import refuse_shadowed_packages

refuse_shadowed_packages()

from assess.pipeline import Inputs, check, rates, rates_of_csv, read_inputs, read_wave, run  # noqa: E402 - the guard first
from indicators.assessment import Assessment  # noqa: E402
from indicators.framework import Framework  # noqa: E402
from surveys.problem import InputError, Language, Problem, Severity  # noqa: E402
from surveys.verdict import Verdict  # noqa: E402
from surveys.wave import Wave  # noqa: E402

__all__ = [
    "Assessment",
    "Framework",
    "InputError",
    "Inputs",
    "Language",
    "Problem",
    "Severity",
    "Verdict",
    "Wave",
    "check",
    "rates",
    "rates_of_csv",
    "read_inputs",
    "read_wave",
    "run",
]
