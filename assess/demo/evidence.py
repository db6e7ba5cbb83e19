"""Synthetic on-site checks and graded documents."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from assess.demo.frame import DISTRICT, NAMES, Frame
from assess.demo.sheet import Sheet, first_of

SEEN = 0.88  # share of the planned sites that were visited
WITHOUT_WORKS = ("古城", "迎宾", "清远")  # no building site there: those checks do not exist
GRADES = ("优", "良", "中", "差")
FloatArray = npt.NDArray[np.float64]


def draw_observations(frame: Frame, checks: Sheet, rng: np.random.Generator) -> pd.DataFrame:
    """About 300 sites, each checked against the standards of its type: the table `observations`."""
    sites = _sites(frame, checks, rng)
    truth = pd.DataFrame(
        {
            row["standard"]: frame.truth(float(row["weakest"]), float(row["strongest"]), rng)
            for row in first_of(checks, "standard")
        }
    )
    seen = sites.merge(pd.DataFrame(checks).drop(columns="sites"), on="site_type")
    share = truth.to_numpy()[
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
        **_results(seen, share, rng),
    )
    return table[["id", *columns, "found", "required", "passed", "remark"]]


def draw_documents(frame: Frame, documents: Sheet, rng: np.random.Generator) -> pd.DataFrame:
    """Grades of the documents: given for the district, drawn for each subdistrict."""
    rows: list[tuple[str, str, str]] = []
    for row in documents:
        if row["level"] == "district":
            rows.append((row["standard"], DISTRICT, row["grade"]))
            continue
        standing = 0.6 * frame.quality_of_subdistrict + 0.8 * rng.standard_normal(len(frame.subdistricts))
        grades = np.array(GRADES)[np.searchsorted([-0.6, 0.7, 2.0], -standing)]
        rows += [
            (row["standard"], code, str(grade))
            for code, grade in zip(frame.subdistricts, grades, strict=True)
        ]
    table = pd.DataFrame(rows, columns=["standard", "area", "grade"])
    return table.assign(reviewer="材料审核组", date="2022-08-25", remark="")


def _sites(frame: Frame, checks: Sheet, rng: np.random.Generator) -> pd.DataFrame:
    """The sites that were visited, with the community they stand in."""
    planned = [
        (subdistrict, row["site_type"], number)
        for subdistrict, name in enumerate(NAMES)
        for row in first_of(checks, "site_type")
        for number in range(1, int(row["sites"]) + 1)
        if not (row["site_type"] == "建筑工地" and name in WITHOUT_WORKS)
    ]
    sites = pd.DataFrame(planned, columns=["subdistrict", "site_type", "number"])
    sites = sites[rng.random(len(sites)) < SEEN].reset_index(drop=True)
    counts = np.bincount(frame.subdistrict_of_community)
    first = np.concatenate([[0], counts.cumsum()[:-1]])
    subdistrict = sites["subdistrict"].to_numpy()
    community = first[subdistrict] + rng.integers(counts[subdistrict])
    days = pd.Timestamp("2022-08-15") + pd.to_timedelta(rng.integers(14, size=len(sites)), unit="D")
    names = np.array(NAMES)[subdistrict]
    return sites.assign(
        site=names + "街道" + sites["site_type"] + sites["number"].astype("str") + "号点位",
        area=frame.communities[community],
        date=days.strftime("%Y-%m-%d"),
        mode=rng.choice(["明查", "暗访"], p=[0.35, 0.65], size=len(sites)),
        demonstration=rng.random(len(sites)) < 0.12,
        observer=rng.choice([f"E{number:02d}" for number in range(1, 13)], size=len(sites)),
        standing=rng.normal(0, 0.05, size=len(sites)),
    )


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
