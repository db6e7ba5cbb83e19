"""Tables of docs/simulation.md, in Markdown, from the results of a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.benchmarks.simulation_cases import (
    CORRELATIONS,
    PSUS,
    SHARES,
    Case,
    Shortfall,
    model_shortfalls,
    number,
    rank_shortfall,
    shortfalls,
)
from tests.benchmarks.simulation_change import TwoWaves
from tests.benchmarks.simulation_coverage import Outcome, allowance
from tests.benchmarks.simulation_ranks import RankOutcome, Ranks
from tests.benchmarks.simulation_scores import LEAST_COVERAGE, Totals, TotalsOutcome
from tests.benchmarks.simulation_small_areas import Areas, ModelOutcome

CaseResult = tuple[Case, Outcome]
BEGIN, END = "<!-- tables of the last full run -->", "<!-- end of tables -->"


def document(
    cases: Sequence[CaseResult],
    changes: Sequence[tuple[TwoWaves, Outcome]],
    areas: Sequence[tuple[Areas, ModelOutcome]],
    ranked: Sequence[tuple[Ranks, RankOutcome]],
    totals: Sequence[tuple[Totals, TotalsOutcome]],
) -> str:
    """All tables."""
    grid = [result for result in cases if result[0].section == "grid"]
    parts = []
    for label, title in (("beta", "beta-distributed"), ("probit_normal", "probit-normal")):
        chosen = [(case, outcome) for case, outcome in grid if case.label == label]
        parts += [f"### Shares, {title} communities", _grid(chosen), _extremes(chosen)]
    headings = {"other": "### Shares, other populations and designs", "mean": "### 满意度"}
    for section, heading in headings.items():
        chosen = [(case, outcome) for case, outcome in cases if case.section == section]
        parts += [heading, _summary([(case.label, _place(case), outcome) for case, outcome in chosen])]
    rows = [(_pair(waves), f"{waves.old.psus} PSUs", outcome) for waves, outcome in changes]
    parts += ["### Change between two waves", _summary(rows, verdicts=("false rise", "false fall"))]
    parts += ["### Small areas", _areas(areas)]
    parts += ["### Ranges of places", ranks_table(ranked)]
    parts += ["### Totals of a tree", totals_table(totals)]
    return "\n\n".join(parts)


def between_markers(text: str, tables: str) -> str:
    """`text` with what stands between the markers replaced.

    Raises
    ------
    ValueError
        The markers are not there.
    """
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"no {BEGIN} … {END}")
    return f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}"


def _grid(results: Sequence[CaseResult]) -> str:
    by_setting = {(c.setting.share, c.setting.correlation, c.setting.psus): o for c, o in results}
    lines = [f"| PSUs | ICC | {' | '.join(f'p = {number(p)[:3]}' for p in SHARES)} |", "|---:" * 6 + "|"]
    for psus in PSUS:
        for correlation in CORRELATIONS:
            cells = [_cell(by_setting[(share, correlation, psus)]) for share in SHARES]
            lines.append(f"| {psus} | {number(correlation)[:3]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(outcome: Outcome) -> str:
    text = f"{number(outcome.coverage)} · {outcome.width_ratio:.2f} · {outcome.shown:.0%}"
    return f"**{text}**" if shortfalls(outcome) else text


def _extremes(results: Sequence[CaseResult]) -> str:
    outcomes = [outcome for _, outcome in results]
    printed = [o for o in outcomes if o.shown >= 0.05]
    return (
        f"{outcomes[0].intervals:,} intervals a cell. Coverage {number(min(o.coverage for o in outcomes))}–"
        f"{number(max(o.coverage for o in outcomes))}; of those that the gate prints, where it prints at "
        f"least 5 %, from {number(min(o.coverage_shown for o in printed))}; false 达标 at most "
        f"{number(max(o.false_pass for o in outcomes))}, false 未达标 at most "
        f"{number(max(o.false_fail for o in outcomes))}."
    )


def _summary(
    rows: Iterable[tuple[str, str, Outcome]], verdicts: tuple[str, str] = ("false 达标", "false 未达标")
) -> str:
    """A line for each label: the mean and the worst of its settings, and where it falls short."""
    by_label: dict[str, list[tuple[str, Outcome]]] = {}
    for label, place, outcome in rows:
        by_label.setdefault(label, []).append((place, outcome))
    lines = [
        f"| | settings | mean coverage | lowest | widest | {verdicts[0]} | {verdicts[1]} | falls short |",
        "|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    for label, found in by_label.items():
        outcomes = [outcome for _, outcome in found]
        mean = sum(o.coverage for o in outcomes) / len(outcomes)
        cells = (
            label,
            str(len(outcomes)),
            number(mean),
            number(min(o.coverage for o in outcomes)),
            f"{max(o.width_ratio for o in outcomes):.2f}",
            number(max(o.false_pass for o in outcomes)),
            number(max(o.false_fail for o in outcomes)),
            _shortfalls(found),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _shortfalls(found: Sequence[tuple[str, Outcome]]) -> str:
    """How many settings fall short of each mark, and which of them most."""
    places: dict[Shortfall, list[tuple[float, str]]] = {}
    for place, outcome in found:
        for kind, by in shortfalls(outcome).items():
            places.setdefault(kind, []).append((by, place))
    parts = [f"{kind}: {len(where)} (most at {max(where)[1]})" for kind, where in places.items()]
    return "; ".join(parts) or "–"


def _areas(results: Sequence[tuple[Areas, ModelOutcome]]) -> str:
    lines = [
        "| p | spread | PSUs | coverage | direct coverage | RMSE | direct RMSE | width | mean γ |",
        "|---:" * 9 + "|",
    ]
    for areas, o in results:
        setting = areas.setting
        cells = (
            number(float(setting.by_domain(setting.share)[0]))[:3],
            f"{areas.spread:.1f}",
            str(setting.psus),
            number(o.coverage),
            number(o.direct_coverage),
            f"{o.error:.4f}",
            f"{o.direct_error:.4f}",
            f"{o.width_ratio:.2f}",
            f"{o.weight:.2f}",
        )
        line = " | ".join(cells)
        lines.append(f"| **{line}** |" if model_shortfalls(o) else f"| {line} |")
    return "\n".join(lines)


def totals_table(results: Sequence[tuple[Totals, TotalsOutcome]]) -> str:
    """One line for each tree and design; bold where the printed interval falls short."""
    lines = [
        "| tree | PSUs | ICC | coverage | ± points | bias | t × linearised | replicates' percentiles |",
        "|---|" + "---:|" * 7,
    ]
    for tree, o in results:
        coverage = number(o.coverage)
        if o.coverage < LEAST_COVERAGE - allowance(o.intervals, 0.95):
            coverage = f"**{coverage}**"
        cells = (
            tree.label,
            str(tree.psus),
            number(tree.correlation)[:3],
            coverage,
            f"{o.half_width:.1f}",
            f"{o.bias:+.1f}".replace("-", "−"),
            number(o.delta_coverage),
            number(o.percentile_coverage),
        )
        lines.append(f"| {' | '.join(cells)} |")
    counts = [outcome.intervals for _, outcome in results]
    coverage_of = [outcome.coverage for _, outcome in results]
    said = f"{min(counts):,} to {max(counts):,} intervals a line. "
    said += f"Coverage {number(min(coverage_of))}–{number(max(coverage_of))}."
    return "\n".join([*lines, "", said])


def ranks_table(results: Sequence[tuple[Ranks, RankOutcome]]) -> str:
    """Joint coverage and mean number of places of ranges, a line for each setting."""
    lines = [
        "| 18 subdistricts | PSUs | coverage | simple check | own variances | width | of simple check |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for ranks, o in results:
        cells = (
            ranks.label,
            str(ranks.setting.psus),
            number(o.coverage),
            number(o.simple_coverage),
            number(o.own_coverage),
            f"{o.width:.1f}",
            f"{o.simple_width:.1f}",
        )
        line = " | ".join(cells)
        lines.append(f"| **{line}** |" if rank_shortfall(o) else f"| {line} |")
    return "\n".join(lines)


def _place(case: Case) -> str:
    setting = case.setting
    psus = setting.psus if isinstance(setting.psus, int) else max(setting.psus)
    what = (
        f"ICC {setting.correlation}"
        if setting.answers
        else f"p {setting.by_domain(setting.share)[case.first]}"
    )
    return f"{what.replace('0.', '.')}, {psus} PSUs"


def _pair(waves: TwoWaves) -> str:
    rates = " → ".join(number(float(s.by_domain(s.share)[0]))[:3] for s in (waves.old, waves.new))
    return f"{rates}, {waves.shared:.0%} of the communities in both"
