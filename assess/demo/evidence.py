"""Synthetic on-site checks and graded documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr, ndtri

from assess.demo.frame import DISTRICT, NAMES, OUTER, Frame
from assess.demo.sheet import Sheet, first_of

SEEN = 0.88  # share of the second sites of a type that were visited; of each type one was, but for:
MISSED = ("新旺", "农贸市场")  # in the latest round: its standards are not collected there
WITHOUT_WORKS = ("古城", "迎宾", "清远")  # no building site there, and the checks say so: not applicable
WITH_STATION = "振华"  # where the demo puts its railway station
VILLAGE, WORKS = "村", "建筑工地"
PROGRESS, PROGRESS_SPREAD = 0.10, 0.12  # of a standard from round to round, on the latent scale
DOCUMENT_PROGRESS = 0.15  # the same of a subdistrict's documents
GRADES = ("优", "良", "中", "差")
FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Visit:
    """One round of visits and reviews.

    Parameters
    ----------
    first_day
        Of the field work, which takes a fortnight.
    back
        How many rounds before the latest one: things were worse then.
    lasting
        Draws what stays from round to round: the truth. It must be seeded alike for all rounds.
    fresh
        Draws everything else.
    """

    first_day: str
    back: int
    lasting: np.random.Generator
    fresh: np.random.Generator

    def has(self, row: Mapping[str, str]) -> bool:
        """Whether a standard was looked at in this round; some were in an earlier one only."""
        return not row["rounds"] or str(self.back) in row["rounds"].split(";")


def draw_observations(frame: Frame, checks: Sheet, visit: Visit) -> pd.DataFrame:
    """About 390 sites, each checked against the standards of its type: the table `observations`."""
    truth = pd.DataFrame(
        {
            row["standard"]: frame.truth(float(row["weakest"]), float(row["strongest"]), visit.lasting)
            for row in first_of(checks, "standard")
        }
    )
    gain = visit.lasting.normal(PROGRESS, PROGRESS_SPREAD, size=truth.shape)
    share_by_subdistrict_standard = ndtr(ndtri(truth.to_numpy()) - visit.back * gain)
    seen_then = [row for row in checks if visit.has(row)]
    sites = _sites(frame, seen_then, visit)
    seen = sites.merge(pd.DataFrame(seen_then).drop(columns=["sites", "rounds"]), on="site_type")
    share = share_by_subdistrict_standard[
        seen["subdistrict"].to_numpy(), truth.columns.get_indexer(pd.Index(seen["standard"]))
    ]
    # A demonstration site loses half of what others lose; a site's own standing moves all its checks.
    share = np.clip(
        np.where(seen["demonstration"], 1 - (1 - share) / 2, share) + seen["standing"], 0.02, 0.995
    )
    columns = ["standard", "site", "site_type", "area", "date", "mode", "demonstration", "observer"]
    table = seen[columns].assign(
        id=[f"OBS{number:04d}" for number in range(1, len(seen) + 1)],
        demonstration=np.where(seen["demonstration"], "是", "否"),
        **_results(seen, share, visit.fresh),
    )
    absent = (
        (table["site_type"] == WORKS) & np.isin(np.array(NAMES)[seen["subdistrict"]], WITHOUT_WORKS)
    ).to_numpy()
    table.loc[absent, ["found", "required", "remark"]] = ["", "0", "辖区内没有在建工地"]
    return table[["id", *columns, "found", "required", "passed", "remark"]]


def draw_documents(frame: Frame, documents: Sheet, visit: Visit) -> pd.DataFrame:
    """Grades of documents: given for the district, drawn for subdistricts; lower in earlier rounds."""
    rows: list[tuple[str, str, str]] = []
    for row in documents:
        standing = 0.6 * frame.quality_of_subdistrict
        standing += 0.8 * visit.lasting.standard_normal(len(frame.subdistricts))
        # In a round before, about every third document of the district was one grade worse.
        worse = visit.back * int(visit.lasting.random() < 0.35)
        if not visit.has(row):
            continue
        if row["level"] == "district":
            grade = GRADES[min(GRADES.index(row["grade"]) + worse, len(GRADES) - 1)]
            rows.append((row["standard"], DISTRICT, grade))
            continue
        standing -= visit.back * DOCUMENT_PROGRESS
        grades = np.array(GRADES)[np.searchsorted([-0.6, 0.7, 2.0], -standing)]
        rows += [
            (row["standard"], code, str(grade))
            for code, grade in zip(frame.subdistricts, grades, strict=True)
        ]
    table = pd.DataFrame(rows, columns=["standard", "area", "grade"])
    day = pd.Timestamp(visit.first_day) + pd.Timedelta(days=10)
    return table.assign(reviewer="材料审核组", date=day.strftime("%Y-%m-%d"), remark="")


def _sites(frame: Frame, checks: Sheet, visit: Visit) -> pd.DataFrame:
    """The sites that were visited, with the community or village they stand in."""
    rng = visit.fresh
    planned = [
        (subdistrict, row["site_type"], number)
        for subdistrict, name in enumerate(NAMES)
        for row in first_of(checks, "site_type")
        for number in range(1, int(row["sites"]) + 1)
        if _exists(row["site_type"], name) and (visit.back or (name, row["site_type"]) != MISSED)
    ]
    sites = pd.DataFrame(planned, columns=["subdistrict", "site_type", "number"])
    sites = sites[(rng.random(len(sites)) < SEEN) | (sites["number"] == 1)].reset_index(drop=True)
    subdistrict = sites["subdistrict"].to_numpy()
    days = pd.Timestamp(visit.first_day) + pd.to_timedelta(rng.integers(14, size=len(sites)), unit="D")
    names = np.array(NAMES)[subdistrict]
    return sites.assign(
        site=names + "街道" + sites["site_type"] + sites["number"].astype("str") + "号点位",
        area=frame.communities[_places(frame, subdistrict, sites["site_type"] == VILLAGE, rng)],
        date=days.strftime("%Y-%m-%d"),
        mode=rng.choice(["明查", "暗访"], p=[0.35, 0.65], size=len(sites)),
        demonstration=rng.random(len(sites)) < 0.12,
        observer=rng.choice([f"E{number:02d}" for number in range(1, 13)], size=len(sites)),
        standing=rng.normal(0, 0.05, size=len(sites)),
    )


def _exists(site_type: str, subdistrict: str) -> bool:
    match site_type:
        case "火车站":
            return subdistrict == WITH_STATION
        case _:
            return site_type != VILLAGE or subdistrict in OUTER


def _places(
    frame: Frame, subdistrict: npt.NDArray[np.int64], in_village: pd.Series, rng: np.random.Generator
) -> npt.NDArray[np.intp]:
    """A community of its subdistrict for each site, a village for those that are one."""
    rural = frame.is_village
    order = np.lexsort([rural, frame.subdistrict_of_community])
    size = len(frame.subdistricts)
    count = np.bincount(frame.subdistrict_of_community, minlength=size)
    villages = np.bincount(frame.subdistrict_of_community, weights=rural, minlength=size).astype(np.int64)
    first = np.concatenate([[0], count.cumsum()[:-1]])
    village = in_village.to_numpy()
    start = first[subdistrict] + np.where(village, (count - villages)[subdistrict], 0)
    choices = np.where(village, villages[subdistrict], count[subdistrict])
    return order[start + rng.integers(choices)]


def _results(
    seen: pd.DataFrame, share: FloatArray, rng: np.random.Generator
) -> dict[str, npt.NDArray[np.str_]]:
    """Cells `found`, `required`, `passed` as each form of scoring has them; a remark on what was bad."""
    form = seen["form"].to_numpy(dtype=np.str_)
    required = pd.to_numeric(seen["required"], errors="coerce").fillna(0).to_numpy(dtype=np.int64)
    counted = np.isin(form, ["quota", "ratio", "threshold"])
    good = rng.binomial(np.where(counted, required, 0), share)
    passed = rng.random(len(seen)) < share
    faults = np.where(passed, 0, 1 + rng.poisson(0.6, len(seen)))
    on_the_way = rng.poisson((1 - share) * 15)  # over three stretches of 300 m
    kinds = [counted, form == "zero_tolerance", form == "walk", form == "pass_share"]
    found = np.select(
        kinds[:3], [good.astype(np.str_), faults.astype(np.str_), on_the_way.astype(np.str_)], ""
    )
    poor = np.select(kinds, [good < 0.7 * required, ~passed, on_the_way > 6, ~passed], False)
    return {
        "found": found,
        "required": seen["required"].to_numpy(dtype=np.str_),
        "passed": np.where(kinds[3], np.where(passed, "是", "否"), ""),
        "remark": np.where(poor, "现场已拍照，建议限期整改", ""),
    }
