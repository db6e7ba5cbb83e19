"""assess: mock assessment (模拟测评) of a National Civilized City campaign, from survey CSVs to reports.

Ten lines in a notebook::

    import assess

    wave = assess.read_wave("demo")          # the wave, or every problem of the folder at once
    rates = assess.rates(wave)               # a tidy DataFrame, one row for each measure × area
    result = assess.run("demo")              # rates, scores, weak indicators
    result.scores.query("node == 'total'")
    result.findings.head()
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from assess._siblings import refuse_shadowed_packages

if TYPE_CHECKING:
    from assess.comparison import compare
    from assess.pipeline import Inputs, check, rates, rates_of_csv, read_inputs, read_wave, run
    from assess.scenario import waterfall, way_to_pass, what_if
    from assess.tabulation import reliability, table
    from assess.yearly import cycle_total
    from indicators.assessment import Assessment
    from indicators.framework import Framework
    from surveys.problem import InputError, Language, Problem, Severity
    from surveys.verdict import Verdict
    from surveys.wave import Wave

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
    "compare",
    "cycle_total",
    "rates",
    "rates_of_csv",
    "read_inputs",
    "read_wave",
    "reliability",
    "run",
    "table",
    "waterfall",
    "way_to_pass",
    "what_if",
]

_HOME_OF_NAME = {
    "Assessment": "indicators.assessment",
    "Framework": "indicators.framework",
    "InputError": "surveys.problem",
    "Language": "surveys.problem",
    "Problem": "surveys.problem",
    "Severity": "surveys.problem",
    "Verdict": "surveys.verdict",
    "Wave": "surveys.wave",
    "compare": "assess.comparison",
    "cycle_total": "assess.yearly",
    "reliability": "assess.tabulation",
    "table": "assess.tabulation",
    "waterfall": "assess.scenario",
    "way_to_pass": "assess.scenario",
    "what_if": "assess.scenario",
}

refuse_shadowed_packages()


def __dir__() -> list[str]:
    """The façade, for completion in a notebook."""
    return sorted(__all__)


def __getattr__(name: str) -> object:
    """Import on first use: `assess --help` and shell completion must not wait for pandas."""
    if name not in __all__:
        raise AttributeError(f"module 'assess' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF_NAME.get(name, "assess.pipeline")), name)
