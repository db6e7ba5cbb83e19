"""The survey of docs/methods.md, "Measured": 40 five-point items, 30 strata and domains, 600 PSUs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

ITEMS, STRATA, PSUS, MISSING = 40, 30, 600, 0.08
SEED = 2022


def write_wave(folder: Path, rows: int) -> Path:
    """Write a wave folder with one questionnaire of `rows` interviews; returns the CSV of the answers."""
    (folder / "responses").mkdir(parents=True, exist_ok=True)
    areas = ["code,name,level,parent", "1405,District,district,"]
    areas += [f"1405{stratum:02d},Subdistrict {stratum},subdistrict,1405" for stratum in range(1, STRATA + 1)]
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
    _write(folder / "areas.csv", areas)
    _write(folder / "questions.csv", ["question,column,kind,scale", *questions])
    _write(folder / "answers.csv", ["scale,code,label,role,score", *answers])
    _write(folder / "measures.csv", ["measure,name,kind,questions,target", *measures])
    (folder / "wave.toml").write_text(_SETTINGS, encoding="utf-8")
    path = folder / "responses" / "people.csv"
    draw(rows).write_csv(path)
    return path


def draw(rows: int) -> pl.DataFrame:
    """Interviews: area, PSU, weight, sex, age and the items, one row each."""
    rng = np.random.default_rng(SEED)
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
title = { zh = "基准测试", en = "Benchmark" }
synthetic = true

[responses.people]
files = ["responses/people.csv"]
area = "area"
stratum = "subdistrict"
psu = "psu"
weight = "weight"
"""
