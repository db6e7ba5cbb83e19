"""Random waves, cut into files and parts at random, say in parts what they say whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from surveys.estimate import Estimation, estimate
from surveys.gate import GateSettings
from surveys.problem import InputError, Problem
from surveys.quality import Row
from surveys.reading import read_wave
from surveys.responses import parts as parts_of_files
from surveys.responses.parts import open_sources
from surveys.responses.sample import read_sample
from surveys.responses.streaming import can_stream, read_tallied
from surveys.sample import Sample
from surveys.tallied import TalliedSample, weights_of
from surveys.wave import Wave

OPEN = GateSettings(least_n=0, least_effective_n=0, widest=2, relative_width=np.inf, least_count=0)
AREAS = """code,name,level,parent,urban_rural,population,psu_count
140213,平城区,district,,,100000,
140213051,甲街道,subdistrict,140213,urban,50000,40
140213052,乙街道,subdistrict,140213,rural,50000,30
"""
QUESTIONS = """questionnaire,question,column,text,kind,scale,asked_if_question,asked_if_codes
residents,q1,q1,知道吗？,single,know,,
residents,q2,q2,满意吗？,single,like,q1,1
residents,q3,q3,整洁吗？,single,like,,
residents,q4,q4,方便吗？,single,like,,
residents,did,did,参加过哪些？,multiple,did,,
residents,seen,seen,见过哪些？,multiple,did,,
residents,hours,hours,每周几小时？,number,,,
residents,days,days,每月几天？,number,days,,
residents,meters,meters,住房面积,number,,,
residents,often,often,去几次？,single,know,days,3
residents,sex,sex,性别,single,sex,,
residents,age,age,年龄,number,,,
"""
ANSWERS = """scale,code,label,score,role
know,1,知道,,positive
know,2,不知道,,negative
like,1,满意,100,positive
like,2,比较满意,80,positive
like,3,一般,60,neutral
like,4,不满意,0,negative
like,9,说不清,,dont_know
did,1,植树,,positive
did,2,清扫,,positive
did,3,都没有,,negative
days,99,拒答,,refused
sex,1,男,,neutral
sex,2,女,,neutral
"""
MEASURES = """measure,name,kind,questions,base,rule,at_least
aware,知晓率,awareness,q1,answered,,
likes,满意度,satisfaction_score,q2,answered,,
score,综合,satisfaction_score,"q2,q3,q4",answered,,
both,平均,share,"q1,q2,q3,q4",asked,,
all,全部,share,"q1,q3",everyone,at_least,2
took,参与率,participation,did,answered,at_least,2
saw,参与见过,participation,"did,seen",answered,at_least,3
hours,小时,mean,hours,answered,score,
busy,忙碌,mean,"hours,days",answered,score,
"""
CONTROLS = """questionnaire,margin,category,area,total
residents,sex,1,,52000
residents,sex,2,,48000
residents,age,18-44,,40000
residents,age,45+,,60000
residents,home,楼房,,60000
residents,home,平房,,40000
"""


def interviews(rng: np.random.Generator, rows: int) -> pd.DataFrame:
    """Answers of which some are rare, so that many parts lack them."""
    community = rng.integers(1, 9, rows)
    know = rng.choice(["1", "2", "知道", "", "x"], rows, p=[0.6, 0.2, 0.14, 0.05, 0.01])
    like = np.array(["1", "2", "3", "4", "9", "7", ""])
    rare = [0.45, 0.3, 0.17, 0.03, 0.02, 0.01, 0.02]
    sets = ["1", "1,2", "2;1", "3", "(空)", "", "1,3", "8"]
    return pd.DataFrame(
        {
            "no": np.arange(rows).astype(str),
            "community": [f"14021305{1 + at % 2}{at:03d}" for at in community],
            "weight": rng.choice(["1.5", "2", "0.75"], rows),
            "q1": know,
            "q2": np.where(np.isin(know, ["1", "知道"]), rng.choice(like, rows, p=rare), ""),
            "q3": rng.choice(like, rows, p=rare),
            "q4": rng.choice(like, rows, p=rare),
            "did": rng.choice(sets, rows),
            "seen": rng.choice(sets, rows),
            "hours": rng.choice(["0", "1.5", "1.50", "12", "1,000", "", "许多", "7"], rows),
            "days": rng.choice(["0", "3", "3.0", "30", "99", ""], rows),
            "meters": rng.integers(20, 200, rows).astype(str),
            "often": rng.choice(["1", "2", ""], rows, p=[0.05, 0.05, 0.9]),
            "sex": rng.choice(["1", "2"], rows, p=[0.4, 0.6]),
            "age": rng.choice(["20", "33", "45", "70"], rows),
            "home": rng.choice(["楼房", "平房", " 平房"], rows),
        }
    )


def damaged(data: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """With what goes wrong in single records, repeats among them."""
    rows = len(data)
    for column, texts in (
        ("community", ["", "不存在", "13800138000"]),
        ("sex", [""]),
        ("home", [""]),
        ("meters", ["大", ""]),
        ("no", [""]),
    ):
        if rng.random() < 0.5:
            data.loc[rng.random(rows) < 0.02, column] = rng.choice(texts)
    if rng.random() < 0.25:
        data.loc[rng.random(rows) < 0.01, "weight"] = rng.choice(["", "0", "-1", "abc"])
    elif rng.random() < 0.4:
        data.loc[rng.integers(0, rows, 3), "weight"] = rng.choice(["70", "1e6", "1e12"])
    elif rng.random() < 0.3:
        data["weight"] = rng.lognormal(0, 1, rows).round(10).astype(str)
    if rng.random() < 0.5:
        again = data.sample(5, random_state=1)
        data = pd.concat([data, again, again.head(3).assign(q3="3")])
        data = data.sample(frac=1, random_state=2)
    return data


def write_wave(folder: Path, seed: int) -> Path:
    rng = np.random.default_rng(seed)
    data = interviews(rng, int(rng.integers(150, 800)))
    first = data[(data["q1"] == "1") & (data["q3"] == "1")].head(25)
    if rng.random() < 0.4:  # files that begin with people of one opinion
        data = pd.concat([first, data.drop(first.index)])
    data = damaged(data, rng) if rng.random() < 0.7 else data
    files = int(rng.integers(1, 5))
    cuts = np.sort(rng.choice([0, 20, *rng.integers(0, len(data) + 1, 4)], files - 1))
    (folder / "responses").mkdir(parents=True)
    kind = rng.choice(["csv", "csv", "gb18030", "parquet"])
    for at, rows in enumerate(np.split(np.arange(len(data)), cuts)):
        path, part = folder / "responses" / f"{at}", data.iloc[rows].reset_index(drop=True)
        if kind == "parquet":
            part.to_parquet(path.with_suffix(".parquet"), row_group_size=int(rng.integers(20, 200)))
        else:
            encoding = "utf-8-sig" if kind == "csv" else "gb18030"
            part.to_csv(path.with_suffix(".csv"), index=False, encoding=encoding)
    is_population = rng.random() < 0.3
    margins = [name for name in ("sex", "age", "home", "subdistrict") if rng.random() < 0.4]
    lines = ["[wave]", 'id = "2022Q3"', 'title = "合成"', 'client = "平城区"', 'assessor = "测试"']
    lines += ["[responses.residents]", f'files = ["responses/*.{"parquet" if kind == "parquet" else "csv"}"]']
    lines += ['id = "no"'] if rng.random() < 0.7 else []
    lines += ['area = "community"', 'stratum = "subdistrict"', 'psu = "community"']
    lines += ['weight = "weight"'] if not is_population and rng.random() < 0.8 else []
    lines += ["[weighting.residents]"] if is_population or margins else []
    lines += ['base = "population"'] if is_population else []
    lines += [f"rake = {margins}".replace("'", '"')] if margins else []
    lines += ["[limits]", "set_aside = 0.3"]
    communities = [
        f"14021305{1 + at % 2}{at:03d},{at}社区,community,14021305{1 + at % 2},,{2000 + at},"
        for at in range(1, 9)
    ]
    texts = {
        "wave.toml": "\n".join(lines),
        "areas.csv": AREAS + "\n".join(communities) + "\n",
        "questions.csv": QUESTIONS,
        "answers.csv": ANSWERS,
        "measures.csv": MEASURES,
        "controls.csv": CONTROLS,
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


Read = tuple[Sample | None, list[Row], tuple[Problem, ...]]


def both_ways(wave: Wave, seed: int) -> tuple[Read, Read]:
    rng = np.random.default_rng(seed + 1_000_000)
    responses = wave.responses[0]
    assert can_stream(responses)
    blocks, block_bytes = int(rng.integers(1, 3)), int(rng.choice([300, 2000, 6000]))
    sources = open_sources(wave, responses, blocks, block_bytes)
    assert sources is not None
    threads = int(rng.integers(1, 3))
    return read_sample(wave, responses), read_tallied(wave, responses, sources, threads=threads)


def wave_of(folder: Path) -> Wave:
    wave, _, problems = read_wave(folder)
    assert wave is not None, [problem.line() for problem in problems]
    return wave


def estimated(sample: Sample, wave: Wave) -> Estimation | str:
    try:
        return estimate(sample, wave, OPEN)
    except InputError as error:
        return str(error)


def told(problems: tuple[Problem, ...]) -> list[str]:
    """All problems, without the list of rows, in which a run of rows is cut where parts meet."""
    return sorted(
        str((*(p.code, p.severity, p.file, p.row, p.column, p.value, p.count), sorted(detail.items())))
        for p in problems
        for detail in [{key: text for key, text in p.detail.items() if key != "rows"}]
    )


@pytest.mark.parametrize("seed", range(40))
def test_random_waves_say_in_parts_what_they_say_whole(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rates, their n, every problem with its count, and quality, whatever a part lacks of the others."""
    monkeypatch.setattr(parts_of_files, "PART_ROWS", 40)
    wave = wave_of(write_wave(tmp_path / "w", seed))
    whole, parts = both_ways(wave, seed)
    assert told(parts[2]) == told(whole[2])
    assert [row[:6] for row in parts[1]] == [row[:6] for row in whole[1]]
    if whole[0] is None or parts[0] is None:
        assert whole[0] is None and parts[0] is None
        return
    assert isinstance(parts[0], TalliedSample)
    expected, found = estimated(whole[0], wave), estimated(parts[0], wave)
    if isinstance(expected, str) or isinstance(found, str):
        assert found == expected
        return
    pd.testing.assert_frame_equal(found.rates, expected.rates, rtol=1e-9, atol=1e-11)
    assert weights_of(parts[0]).effective_n == pytest.approx(weights_of(whole[0]).effective_n)
