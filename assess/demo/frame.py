"""The synthetic frame: areas, populations, and how good things truly are in each subdistrict."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtr, ndtri

DISTRICT = "140213"
POPULATION = 1_101_942  # census of 2020
NAMES = (
    *("永泰", "古城", "新旺", "迎宾", "振华", "清远", "武定", "御河", "开源"),
    *("大庆路", "马军营", "卧虎湾", "新华", "鹿苑", "白登山", "文瀛湖", "水泊寺", "小南头"),
)
OUTER = frozenset(
    {"马军营", "卧虎湾", "白登山", "文瀛湖", "水泊寺", "小南头"}
)  # which have villages: our choice
COMMUNITIES, VILLAGES = 155, 48
COMMON = 0.55  # correlation of an item's truth with the quality that all items of a subdistrict share


@dataclass(frozen=True)
class Frame:
    """Areas and the truth behind them.

    Parameters
    ----------
    areas
        The table `areas`.
    subdistricts
        Codes; index s of everything below.
    communities, community_names, subdistrict_of_community, population_of_community
        One entry for each community or village, in the order of the codes.
    quality_of_subdistrict
        A standard normal score: what observations, documents and answers have in common.
    """

    areas: pd.DataFrame
    subdistricts: tuple[str, ...]
    communities: npt.NDArray[np.str_]
    community_names: npt.NDArray[np.str_]
    subdistrict_of_community: npt.NDArray[np.intp]
    population_of_community: npt.NDArray[np.int64]
    quality_of_subdistrict: npt.NDArray[np.float64]

    @property
    def is_village(self) -> npt.NDArray[np.bool_]:
        """Which communities are villages."""
        rows = self.areas[self.areas["level"] == "community"]
        return np.asarray(rows["urban_rural"] == "rural", dtype=np.bool_)

    def truth(self, weakest: float, strongest: float, rng: np.random.Generator) -> npt.NDArray[np.float64]:
        """True share of one item by subdistrict: partly the common quality, partly the item's own."""
        own = rng.standard_normal(len(self.subdistricts))
        standing = ndtr(COMMON * self.quality_of_subdistrict + np.sqrt(1 - COMMON**2) * own)
        share: npt.NDArray[np.float64] = weakest + (strongest - weakest) * standing
        return share


def draw_frame(rng: np.random.Generator) -> Frame:
    """Areas with 155 communities and 48 villages spread over 18 subdistricts."""
    subdistricts = tuple(str(140213050 + position) for position in range(len(NAMES)))
    rows, population = _community_rows(rng, subdistricts)
    communities = pd.DataFrame(rows, columns=["code", "name", "parent", "urban_rural"])
    communities = communities.assign(level="community", population=population)
    inhabitants = communities.groupby("parent", sort=False)["population"].sum()
    upper = [(DISTRICT, "平城区", "", "", "district", POPULATION)]
    upper += [
        (code, f"{name}街道", DISTRICT, "", "subdistrict", int(inhabitants[code]))
        for code, name in zip(subdistricts, NAMES, strict=True)
    ]
    columns = ["code", "name", "parent", "urban_rural", "level", "population"]
    areas = pd.concat([pd.DataFrame(upper, columns=columns), communities[columns]], ignore_index=True)
    position = {code: index for index, code in enumerate(subdistricts)}
    ranks = rng.permutation(len(subdistricts))
    return Frame(
        areas=areas[["code", "name", "level", "parent", "urban_rural", "population"]],
        subdistricts=subdistricts,
        communities=communities["code"].to_numpy(dtype=np.str_),
        community_names=communities["name"].to_numpy(dtype=np.str_),
        subdistrict_of_community=np.array([position[row[2]] for row in rows], dtype=np.intp),
        population_of_community=population,
        quality_of_subdistrict=ndtri((ranks + 0.5) / len(subdistricts)),
    )


def _community_rows(
    rng: np.random.Generator, subdistricts: tuple[str, ...]
) -> tuple[list[tuple[str, str, str, str]], npt.NDArray[np.int64]]:
    """Code, name, parent and kind of each community; populations that add up to the district's."""
    villages = [VILLAGES // len(OUTER) if name in OUTER else 0 for name in NAMES]
    weights = np.array([0.7 if name in OUTER else 1.15 for name in NAMES])
    communities = _spread(COMMUNITIES, weights)
    rows = [
        (f"{code}{start + number:03d}", f"{name}街道第{number}{word}", code, kind)
        for code, name, urban, rural in zip(subdistricts, NAMES, communities, villages, strict=True)
        for start, count, word, kind in ((0, urban, "社区", "urban"), (200, rural, "村", "rural"))
        for number in range(1, count + 1)
    ]
    size = np.array([0.35 if row[3] == "rural" else 1.0 for row in rows]) * rng.gamma(6.0, size=len(rows))
    return rows, np.array(_spread(POPULATION, size), dtype=np.int64)


def _spread(total: int, weights: npt.NDArray[np.float64]) -> list[int]:
    """Whole numbers proportional to `weights` that add up to `total` (largest remainders)."""
    exact = total * weights / weights.sum()
    whole = np.floor(exact).astype(int)
    whole[np.argsort(whole - exact, kind="stable")[: total - whole.sum()]] += 1
    return [int(count) for count in whole]
