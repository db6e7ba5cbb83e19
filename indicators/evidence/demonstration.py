"""Demonstration sites (示范点位): which they are, and what a score lacks that leaves them out (M12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from indicators.evidence.records import flag_of
from indicators.evidence.site_totals import subdistrict_of
from indicators.evidence.tables import Evidence
from surveys.area import AreaRegister
from surveys.column import fold
from surveys.problem import Problem, Severity
from surveys.table import problem_at
from surveys.wave import Wave

WAVE_FILE, LEAVE_OUT = "wave.toml", "leave_out_demonstration"


def demonstration_of(usable: pd.DataFrame, wave: Wave) -> tuple[pd.Series, tuple[Problem, ...]]:
    """Whether each check is of a demonstration site, told for the site as a whole.

    A site is one where any of its checks says so. Warnings: checks of one site that contradict each other,
    sites that say nothing where others do, and a wave that leaves out what nobody marked.

    Parameters
    ----------
    usable
        Rows of `observations`, with `area_code` (`indicators.evidence.records.with_area`).
    """
    told = pd.Series(flag_of(usable["demonstration"]), index=usable.index)
    keys = [subdistrict_of(usable["area_code"], wave.areas), usable["site"].map(fold)]
    by_site = told.groupby(keys)
    most, least = by_site.transform("max"), by_site.transform("min")  # NaN where the site says nothing
    first = ~pd.DataFrame({"area": keys[0], "site": keys[1]}).duplicated()
    problems = _warnings(usable[first & (most != least) & most.notna()], "demonstration_contradicted")
    if told.notna().any():
        problems += _warnings(usable[first & most.isna()], "demonstration_blank")
    if wave.scoring.leave_out_demonstration and told.isna().all():
        column = f"observations.{LEAVE_OUT}"
        problems.append(Problem("no_demonstration_site", Severity.WARNING, WAVE_FILE, None, column))
    return most == 1, tuple(problems)


def split_demonstration(checks: pd.DataFrame, wave: Wave) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(what scores are made of, what stays out of them) of `CHECKS_COLUMNS`."""
    out = checks["demonstration"].to_numpy(dtype=bool) & wave.scoring.leave_out_demonstration
    return checks[~out].reset_index(drop=True), checks[out].reset_index(drop=True)


def by_rule_of(wave: Wave, other: Wave) -> Wave:
    """A wave that counts demonstration sites as another does, so that the two can be compared."""
    rule = other.scoring.leave_out_demonstration
    return replace(wave, scoring=replace(wave.scoring, leave_out_demonstration=rule))


def check_previous(own_rule: bool, before: Sequence[Evidence], now: Wave) -> tuple[Problem, ...]:
    """What to know of a previous wave that is scored by this wave's rule (`by_rule_of`).

    Warnings: its scores are not those of its time; demonstration sites are left out now, but it marks none.

    Parameters
    ----------
    own_rule
        Whether the previous wave itself leaves demonstration sites out.
    before
        Its evidence, of each of its trees, by this wave's rule.
    """
    rule, column = now.scoring.leave_out_demonstration, f"observations.{LEAVE_OUT}"
    checks = pd.concat([table for evidence in before for table in (evidence.checks, evidence.left_out)])
    if checks["demonstration"].any():
        if rule is own_rule:
            return ()
        value = str(rule).lower()
        return (Problem("previous_other_sites", Severity.WARNING, WAVE_FILE, None, column, value),)
    if not rule or checks.empty:
        return ()
    return (Problem("previous_marks_no_site", Severity.WARNING, WAVE_FILE, None, column, now.previous),)


def seen_at_left_out_sites(left_out: pd.DataFrame, register: AreaRegister) -> frozenset[tuple[str, str]]:
    """(area code, leaf) of which a site that was left out tells something, for districts and subdistricts.

    A leaf that is one of these and has no other usable check was not collected, with the flag
    ``only_demonstration``.
    """
    usable = left_out[left_out["earned"].notna()]
    below = zip(subdistrict_of(usable["area_code"], register), usable["node"], strict=True)
    return frozenset((code, node) for code, node in below if code) | frozenset(
        (register.district.code, node) for node in usable["node"]
    )


def _warnings(sites: pd.DataFrame, code: str) -> list[Problem]:
    return [
        problem_at(sites, row, code, "demonstration", site, severity=Severity.WARNING)
        for row, site in zip(sites["_row"], sites["site"], strict=True)
    ]
