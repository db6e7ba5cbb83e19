"""A synthetic wave of 240 interviews whose weights are to be made: areas, controls and an export."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from surveys.problem import Problem
from surveys.reading import read_wave
from surveys.responses import read_samples
from surveys.sample import Sample

SUBDISTRICTS = ("140213051", "140213052", "140213053")
POPULATION = {"140213051": 30_000, "140213052": 50_000, "140213053": 20_000}
SEX = {"1": 48_000, "2": 52_000}
AGE = {"1": 35_000, "2": 40_000, "3": 25_000}

WAVE = """[wave]
id = "2022Q3"
title = "加权测试（合成数据）"
client = "平城区"
assessor = "测试"

[responses.residents]
files = ["responses/residents.csv"]
id = "_id"
area = "community"
stratum = "subdistrict"
psu = "community"
"""
QUESTIONS = """questionnaire,question,column,text,kind,scale
residents,q1,q1,知道吗？,single,know
residents,sex,sex,性别,single,sex
residents,age_group,age_group,年龄段,single,age
residents,age,age,年龄,number,
"""
ANSWERS = """scale,code,label,label_en,score,role
know,1,知道,yes,,positive
know,2,不知道,no,,negative
sex,1,男,Male,,neutral
sex,2,女,Female,,neutral
sex,9,拒答,Refused,,refused
age,1,青年,Young,,neutral
age,2,中年,Middle,,neutral
age,3,老年,Old,,neutral
"""
MEASURES = """measure,name,kind,questions,base
awareness,知晓率,awareness,q1,answered
"""


def areas() -> str:
    """Three subdistricts of four communities each; the last is rural."""
    lines = ["code,name,level,parent,urban_rural,population", "140213,平城区,district,,,100000"]
    for at, code in enumerate(SUBDISTRICTS):
        kind = "rural" if at == 2 else "urban"
        lines.append(f"{code},第{at + 1}街道,subdistrict,140213,{kind},{POPULATION[code]}")
        lines += [f"{code}00{n},第{at + 1}街道{n}社区,community,{code},," for n in range(1, 5)]
    return "\n".join(lines) + "\n"


def export(seed: int = 7) -> pd.DataFrame:
    """240 interviews: too many women and old people; the old know less, communities differ."""
    rng = np.random.default_rng(seed)
    community = np.repeat([f"{code}00{n}" for code in SUBDISTRICTS for n in range(1, 5)], 20)
    group = rng.choice(3, 240, p=[0.25, 0.35, 0.4])
    knows = rng.random(240) < rng.choice([0.85, 0.9, 0.95], 12).repeat(20) - 0.25 * group
    return pd.DataFrame(
        {
            "_id": np.arange(1, 241).astype(str),
            "community": community,
            "q1": np.where(knows, "1", "2"),
            "sex": np.where(rng.random(240) < 0.38, "1", "2"),
            "age_group": (group + 1).astype(str),
            "age": (np.array([20, 40, 65])[group] + rng.integers(0, 10, 240)).astype(str),
            "weight": rng.uniform(100, 700, 240).round(1).astype(str),
            "chance": rng.uniform(0.001, 0.01, 240).round(5).astype(str),
            "type": rng.choice(["楼房", "平房"], 240),
        }
    )


def controls(**margins: dict[str, float]) -> str:
    """The table of control totals."""
    lines = ["questionnaire,margin,category,area,total"]
    lines += [f"residents,{name},{key},,{n}" for name, totals in margins.items() for key, n in totals.items()]
    return "\n".join(lines) + "\n"


def write_wave(
    folder: Path, weighting: str, *, table: str = "", data: pd.DataFrame | None = None, block: str = ""
) -> Path:
    """The wave folder.

    Parameters
    ----------
    weighting
        Lines below ``[weighting.residents]``; empty: no such section.
    table
        The table `controls`.
    block
        Further lines of ``[responses.residents]``.
    """
    (folder / "responses").mkdir(parents=True)
    section = f"\n[weighting.residents]\n{weighting}\n" if weighting else ""
    texts = {
        "wave.toml": WAVE + block + "\n" + section,
        "areas.csv": areas(),
        "questions.csv": QUESTIONS,
        "answers.csv": ANSWERS,
        "measures.csv": MEASURES,
    }
    for name, text in (texts | ({"controls.csv": table} if table else {})).items():
        (folder / name).write_text(text, encoding="utf-8")
    (export() if data is None else data).to_csv(folder / "responses" / "residents.csv", index=False)
    return folder


def read_weighted(folder: Path) -> tuple[Sample | None, tuple[Problem, ...]]:
    """The sample, or None, and every problem."""
    wave, _, problems = read_wave(folder)
    assert wave is not None
    samples, _, found = read_samples(wave)
    return (samples[0] if samples else None), (*problems, *found)
