"""The survey of docs/methods.md, "Measured": 40 five-point items, 30 strata and domains, 600 PSUs.

96 bytes a row, 8 % of the answers missing, weights raked to sex × age (12 cells) and subdistrict (30).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

ITEMS, STRATA, PSUS, MISSING = 40, 30, 600, 0.08
SEED = 2022
CHUNK = 1_000_000


def write_wave(folder: Path, rows: int, *, communities: bool = False) -> Path:
    """Write a wave folder with one questionnaire of `rows` interviews; returns the CSV of the answers.

    Parameters
    ----------
    communities
        The 600 sampling units are areas of the register, so that each is a domain too.
    """
    (folder / "responses").mkdir(parents=True, exist_ok=True)
    path = folder / "responses" / "people.csv"
    with path.open("wb") as file:
        for at, start in enumerate(range(0, rows, CHUNK)):
            draw(min(CHUNK, rows - start), SEED + at).write_csv(file, include_header=start == 0)
    write_definitions(folder, communities=communities)
    return path


def write_parquet(path: Path, folder: Path) -> Path:
    """The wave of a CSV file of `write_wave` with its answers as Parquet; returns its folder."""
    (folder / "responses").mkdir(parents=True)
    pl.scan_csv(path).sink_parquet(folder / "responses" / "people.parquet")
    write_definitions(folder)
    settings = folder / "wave.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("people.csv", "people.parquet"), "utf-8")
    return folder


def write_definitions(folder: Path, *, communities: bool = False) -> None:
    """Every table of the wave but the answers."""
    areas = ["code,name,level,parent", "1405,District,district,"]
    areas += [f"1405{stratum:02d},Subdistrict {stratum},subdistrict,1405" for stratum in range(1, STRATA + 1)]
    if communities:
        areas += [f"{psu + 1},Community {psu},community,1405{1 + psu % STRATA:02d}" for psu in range(PSUS)]
    questions = [f"q{item},q{item},single,five" for item in range(1, ITEMS + 1)]
    answers = [
        f"five,{code},{label},{role},{score}"
        for code, label, role, score in (
            (1, "Very satisfied", "positive", 100),
            (2, "Satisfied", "positive", 80),
            (3, "Neutral", "neutral", 60),
            (4, "Dissatisfied", "negative", 30),
            (5, "Very dissatisfied", "negative", 0),
        )
    ]
    measures = [f"m{item},Item {item},satisfaction_rate,q{item},90%" for item in range(1, ITEMS + 1)]
    controls = [
        f"people,sex*age,{sex}*{age},,{70_000 + 5_000 * age}" for sex in (1, 2) for age in range(1, 7)
    ]
    total = sum(float(line.rsplit(",", 1)[1]) for line in controls)
    controls += [f"people,subdistrict,1405{at:02d},,{total / STRATA}" for at in range(1, STRATA + 1)]
    _write(folder / "areas.csv", areas)
    _write(folder / "questions.csv", ["question,column,kind,scale", *questions])
    _write(folder / "answers.csv", ["scale,code,label,role,score", *answers])
    _write(folder / "measures.csv", ["measure,name,kind,questions,target", *measures])
    _write(folder / "controls.csv", ["questionnaire,margin,category,area,total", *controls])
    settings = _SETTINGS.format(area="psu" if communities else "area")
    (folder / "wave.toml").write_text(settings, encoding="utf-8")


def draw(rows: int, seed: int = SEED) -> pl.DataFrame:
    """Interviews: area, PSU, weight, sex, age and the items, one row each."""
    rng = np.random.default_rng(seed)
    psu = rng.integers(PSUS, size=rows)
    content = 0.6 * rng.standard_normal(PSUS)[psu] + rng.standard_normal(rows)
    columns: dict[str, object] = {
        "area": 140501 + psu % STRATA,
        "psu": psu + 1,
        "weight": np.round(rng.uniform(0.5, 2.0, rows), 2),
        "sex": rng.integers(1, 3, size=rows),
        "age": rng.integers(1, 7, size=rows),
    }
    for item in range(1, ITEMS + 1):
        score = content + 1.2 * rng.standard_normal(rows)
        answer = np.searchsorted([-1.6, -0.6, 0.4, 1.4], -score).astype(np.int8) + 1
        columns[f"q{item}"] = pl.Series(answer).set(pl.Series(rng.random(rows) < MISSING), None)
    return pl.DataFrame(columns)


def _write(path: Path, lines: list[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


_SETTINGS = """[wave]
id = "benchmark"
kind = "self_check"
title = {{ zh = "基准测试", en = "Benchmark" }}
synthetic = true

[responses.people]
files = ["responses/people.csv"]
area = "{area}"
stratum = "subdistrict"
psu = "psu"
weight = "weight"

[weighting.people]
rake = ["sex*age", "subdistrict"]
"""
