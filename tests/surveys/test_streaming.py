"""A file read in parts says what it says when it is read whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from surveys.estimate import Estimation, estimate
from surveys.gate import GateSettings
from surveys.problem import Language, Problem, Severity
from surveys.quality import Row
from surveys.reading import read_wave
from surveys.responses import large, read_records, read_samples
from surveys.responses import parts as parts_of_files
from surveys.responses.dictionaries import dictionaries_of
from surveys.responses.large import read_questionnaire
from surveys.responses.merging import merged_problems
from surveys.responses.parts import open_sources, walk
from surveys.responses.sample import read_sample
from surveys.responses.streaming import can_stream, read_tallied
from surveys.sample import Sample
from surveys.tallied import TalliedSample
from surveys.wave import Wave
from tests.wave_folder import replace_in

OPEN = GateSettings(least_n=0, least_effective_n=0, widest=2, relative_width=np.inf, least_count=0)
WAVE = """[wave]
id = "2022Q3"
title = "分段读取（合成数据）"
client = "平城区"
assessor = "测试"

[responses.residents]
files = ["responses/*.csv"]
{id}area = "community"
stratum = "subdistrict"
psu = "community"
{weight}{weighting}
[limits]
set_aside = 0.2
"""
AREAS = """code,name,level,parent,urban_rural,population,psu_count
140213,平城区,district,,,100000,
140213051,甲街道,subdistrict,140213,urban,50000,40
140213052,乙街道,subdistrict,140213,rural,50000,30
"""
QUESTIONS = """questionnaire,question,column,text,kind,scale,asked_if_question,asked_if_codes
residents,q1,q1,知道吗？,single,know,,
residents,q2,q2,满意吗？,single,like,q1,1
residents,q3,q3,参加过哪些？,multiple,did,,
residents,hours,hours,每周几小时？,number,,,
residents,sex,sex,性别,single,sex,,
"""
ANSWERS = """scale,code,label,score,role
know,1,知道,,positive
know,2,不知道,,negative
like,1,满意,100,positive
like,2,一般,60,neutral
like,3,不满意,0,negative
did,1,植树,,positive
did,2,清扫,,positive
did,3,都没有,,negative
sex,1,男,,neutral
sex,2,女,,neutral
"""
MEASURES = """measure,name,kind,questions,base,rule,at_least
aware,知晓率,awareness,q1,answered,,
likes,满意度,satisfaction_score,q2,answered,,
both,平均,share,"q1,q2",answered,,
took,参与率,participation,q3,answered,at_least,2
hours,小时,mean,hours,answered,score,
"""
CONTROLS = """questionnaire,margin,category,area,total
residents,sex,1,,52000
residents,sex,2,,48000
"""


def write_wave(
    folder: Path, rows: int = 700, *, defects: bool, ids: bool, rake: bool, population: bool = False
) -> Path:
    """Two files of interviews, with everything that can be wrong with single records."""
    rng = np.random.default_rng(11)
    community = rng.integers(1, 9, rows)
    know = rng.choice(["1", "2", "知道", ""], rows, p=[0.6, 0.2, 0.15, 0.05])
    data = pd.DataFrame(
        {
            "no": np.arange(rows).astype(str),
            "community": [f"14021305{1 + at % 2}{at:03d}" for at in community],
            "weight": rng.choice(["1.5", "2", "0.75"], rows),
            "q1": know,
            "q2": np.where(np.isin(know, ["1", "知道"]), rng.choice(["1", "2", "3", ""], rows), ""),
            "q3": rng.choice(["1", "1,2", "2;1", "3", "(空)"], rows),
            "hours": rng.choice(["0", "1.5", "12", "3", ""], rows),
            "sex": rng.choice(["1", "2"], rows, p=[0.4, 0.6]),
        }
    )
    if defects:
        data.loc[[5, 6, 7, 400], "q1"] = "8"
        data.loc[[9, 500], "community"] = ""
        data.loc[[10, 11, 600], "community"] = "不存在"
        data.loc[np.flatnonzero(data["q1"] == "2")[:5], "q2"] = "1"
        data.loc[[20, 620], "hours"] = "许多"
        data = pd.concat([data, data.iloc[[30, 31]], data.iloc[[32]].assign(q3="3")])
    (folder / "responses").mkdir(parents=True)
    for name, part in (("a", data.iloc[:450]), ("b", data.iloc[450:])):
        part.to_csv(folder / "responses" / f"{name}.csv", index=False, encoding="utf-8-sig")
    lines = [
        f"14021305{1 + at % 2}{at:03d},{at}社区,community,14021305{1 + at % 2},,{2000 + at},"
        for at in range(1, 9)
    ]
    base = 'base = "population"\n' if population else ""
    margins = 'rake = ["sex", "subdistrict"]\n' if rake else ""
    weighting = f"\n[weighting.residents]\n{base}{margins}" if base or margins else ""
    texts = {
        "wave.toml": WAVE.format(
            id='id = "no"\n' if ids else "",
            weight="" if population else 'weight = "weight"\n',
            weighting=weighting,
        ),
        "areas.csv": AREAS + "\n".join(lines) + "\n",
        "questions.csv": QUESTIONS,
        "answers.csv": ANSWERS,
        "measures.csv": MEASURES,
        "controls.csv": CONTROLS,
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


Read = tuple[Sample | None, list[Row], tuple[Problem, ...]]


def wave_of(folder: Path) -> Wave:
    wave, _, problems = read_wave(folder)
    assert wave is not None, [problem.line() for problem in problems]
    return wave


def in_parts(wave: Wave, threads: int = 2, block_bytes: int = 2000) -> Read:
    sources = open_sources(wave, wave.responses[0], 2, block_bytes)
    assert sources is not None
    assert sum(len(source.parts) for source in sources) > 4
    return read_tallied(wave, wave.responses[0], sources, threads=threads)


def estimation(sample: Sample | None, wave: Wave) -> Estimation:
    assert sample is not None
    return estimate(sample, wave, OPEN)


def without_rows(problems: tuple[Problem, ...]) -> set[tuple[object, ...]]:
    """Problems without the list of rows: where a run of rows is cut between parts it is listed as two."""
    return {
        (
            *(p.code, p.file, p.row, p.column, p.value, p.count),
            *(each for each in p.detail.items() if each[0] != "rows"),
        )
        for p in problems
    }


@pytest.mark.parametrize("defects", [False, True])
@pytest.mark.parametrize("ids", [False, True])
@pytest.mark.parametrize("rake", [False, True])
@pytest.mark.parametrize("population", [False, True])
def test_parts_say_what_the_whole_says(
    tmp_path: Path, *, defects: bool, ids: bool, rake: bool, population: bool
) -> None:
    """Rates, errors, covariances, problems and quality, with conditions, choices, numbers and raking."""
    folder = write_wave(tmp_path / "w", defects=defects, ids=ids, rake=rake, population=population)
    wave = wave_of(folder)
    whole, parts = read_sample(wave, wave.responses[0]), in_parts(wave)
    assert isinstance(parts[0], TalliedSample)
    assert parts[0].size == (0 if whole[0] is None else whole[0].size)
    expected, found = estimation(whole[0], wave), estimation(parts[0], wave)
    pd.testing.assert_frame_equal(found.rates, expected.rates, rtol=1e-10, atol=1e-12)
    for code, matrix in expected.covariance_by_area.items():
        # With the second stage, products of items need the records; see `area_covariances`.
        diagonal = np.diag(found.covariance_by_area[code])
        np.testing.assert_allclose(diagonal, np.diag(matrix), rtol=1e-9, atol=1e-14)
    assert without_rows(parts[2]) == without_rows(whole[2])
    assert [row[:6] for row in parts[1]] == [row[:6] for row in whole[1]]


@pytest.mark.parametrize("highest", ["3+", "10+"])
def test_groups_of_a_number_and_gaps_between_them_are_the_same_in_parts(tmp_path: Path, highest: str) -> None:
    """Hours are 0, 1.5, 3 and 12: between 0-2 and 10+ a total is missing, and both say for how many."""
    folder = write_wave(tmp_path / "w", defects=True, ids=True, rake=True)
    table = CONTROLS + f"residents,hours,0-2,,60000\nresidents,hours,{highest},,40000\n"
    (folder / "controls.csv").write_text(table, encoding="utf-8")
    replace_in(folder / "wave.toml", '"sex", "subdistrict"', '"hours", "sex"')
    wave = wave_of(folder)
    whole, parts = read_sample(wave, wave.responses[0]), in_parts(wave)
    assert without_rows(parts[2]) == without_rows(whole[2])
    missing = [p.detail["categories"] for p in parts[2] if p.code == "category_without_control"]
    assert [text[:6] for text in missing] == ([] if highest == "3+" else ["3 (n ="])
    assert (parts[0] is None) is (whole[0] is None) is bool(missing)
    if not missing:
        expected, found = estimation(whole[0], wave), estimation(parts[0], wave)
        pd.testing.assert_frame_equal(found.rates, expected.rates, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("threads", [1, 3])
def test_tallies_of_parts_are_equal_to_the_bit_for_any_threads(tmp_path: Path, threads: int) -> None:
    wave = wave_of(write_wave(tmp_path / "w", defects=True, ids=True, rake=True))
    one, many = in_parts(wave, 2)[0], in_parts(wave, threads)[0]
    assert isinstance(one, TalliedSample)
    assert isinstance(many, TalliedSample)
    for field in ("count_by_cell_answer", "weight_by_cell_answer", "squared_weight_by_cell_answer"):
        assert getattr(one.totals, field).tobytes() == getattr(many.totals, field).tobytes()
    assert many.weighting is not None
    assert one.weighting is not None
    assert many.weighting.factor_by_cell is not None
    assert one.weighting.factor_by_cell is not None
    assert (many.weighting.factor_by_cell == one.weighting.factor_by_cell).all()


def test_large_files_are_read_in_parts_and_say_how_far_they_are(tmp_path: Path) -> None:
    wave = wave_of(write_wave(tmp_path / "w", defects=False, ids=False, rake=False))
    told: list[tuple[int, int]] = []
    sample, _, _ = read_questionnaire(
        wave, wave.responses[0], lambda done, total: told.append((done, total)), least=1000
    )
    assert isinstance(sample, TalliedSample)
    assert told[-1][0] == told[-1][1] > 0
    assert not isinstance(read_questionnaire(wave, wave.responses[0])[0], TalliedSample)


def test_stray_quotes_send_a_large_file_to_the_reader_of_whole_files(tmp_path: Path) -> None:
    folder = write_wave(tmp_path / "w", defects=False, ids=False, rake=False)
    path = folder / "responses" / "a.csv"
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    lines[100] = lines[100].replace("140213", '14"0213', 1)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    wave = wave_of(folder)
    sample, _, problems = read_questionnaire(wave, wave.responses[0], least=1000)
    assert sample is not None
    assert not isinstance(sample, TalliedSample)
    told = problems[-1]
    assert (told.code, told.severity) == ("whole_for_quotes", Severity.WARNING)
    assert told.file == "responses/a.csv, responses/b.csv"


def edited(path: Path, **columns: object) -> None:
    """The file with some of its columns replaced."""
    data = pd.read_csv(path, dtype="str", keep_default_na=False)
    data.assign(**columns).to_csv(path, index=False, encoding="utf-8-sig")


def test_a_measured_number_of_too_many_values_sends_its_files_to_be_read_whole(tmp_path: Path) -> None:
    """A tally would hold a number for each of them in every cell."""
    wave = wave_of(write_wave(tmp_path / "w", 1500, defects=False, ids=False, rake=False))
    path = wave.folder / "responses" / "b.csv"
    edited(path, hours=[f"{at / 10}" for at in range(1050)])
    sample, _, problems = read_questionnaire(wave, wave.responses[0], least=1000)
    assert sample is not None
    assert not isinstance(sample, TalliedSample)
    (told,) = problems
    assert (told.code, told.severity, told.value) == ("whole_for_values", Severity.WARNING, "hours")


def test_a_number_that_nothing_measures_may_have_any_number_of_values(tmp_path: Path) -> None:
    folder = write_wave(tmp_path / "w", 1500, defects=True, ids=False, rake=True)
    measures = (folder / "measures.csv").read_text(encoding="utf-8").splitlines()
    (folder / "measures.csv").write_text("\n".join(measures[:-1]) + "\n", encoding="utf-8")
    wave = wave_of(folder)
    path = folder / "responses" / "b.csv"
    count = len(pd.read_csv(path))
    edited(path, hours=[f"{at / 10}" if at % 9 else "许多" for at in range(count)])
    whole, parts = read_sample(wave, wave.responses[0]), in_parts(wave)
    assert isinstance(parts[0], TalliedSample)
    assert without_rows(parts[2]) == without_rows(whole[2])
    assert [row[:6] for row in parts[1]] == [row[:6] for row in whole[1]]
    expected = estimation(whole[0], wave).rates
    pd.testing.assert_frame_equal(estimation(parts[0], wave).rates, expected, rtol=1e-10, atol=1e-12)


def test_texts_of_weights_and_ids_are_not_kept_from_part_to_part(tmp_path: Path) -> None:
    """They may be as many as there are records, so time would be quadratic and memory without a limit."""
    wave = wave_of(write_wave(tmp_path / "w", defects=False, ids=True, rake=True))
    sources = open_sources(wave, wave.responses[0], 2, 2000)
    assert sources is not None
    kept = dictionaries_of(wave, wave.responses[0])
    for part, _ in walk(sources):
        kept.add(part)
        assert {"id", "weight"} <= set(part.columns)
    assert set(kept.texts_of) == {"area", "question:q3", "question:hours"}


def test_a_weight_far_above_the_others_is_named_with_its_rows(tmp_path: Path) -> None:
    """Where a file is in parts too, though none of them knows the median; raking moves all weights."""
    wave = wave_of(write_wave(tmp_path / "w", defects=False, ids=False, rake=True))
    for name, rows in (("a", [3, 200]), ("b", [7])):
        path = wave.folder / "responses" / f"{name}.csv"
        weight = pd.read_csv(path, dtype="str")["weight"]
        weight[rows] = "150"
        edited(path, weight=weight)
    for _, _, problems in (read_sample(wave, wave.responses[0]), in_parts(wave)):
        (told,) = (problem for problem in problems if problem.code == "weights_very_unequal")
        assert (told.file, told.row, told.column, told.count) == ("responses/a.csv", 5, "weight", 3)
        assert told.detail["rows"] == "5, 202"


def test_a_file_without_records_is_an_error_in_parts_too(tmp_path: Path) -> None:
    wave = wave_of(write_wave(tmp_path / "w", defects=False, ids=False, rake=False))
    path = wave.folder / "responses" / "a.csv"
    header = path.read_text(encoding="utf-8-sig").splitlines()[0]
    (wave.folder / "responses" / "c.csv").write_text(header + "\n", encoding="utf-8")
    for _, quality, problems in (read_sample(wave, wave.responses[0]), in_parts(wave)):
        assert [(p.code, p.severity, p.file) for p in problems] == [
            ("no_rows", Severity.ERROR, "responses/c.csv")
        ]
        assert {row[1] for row in quality} == {"responses/a.csv", "responses/b.csv"}


def test_equal_weights_are_told_once_and_blanks_in_margins_though_weights_are_bad(tmp_path: Path) -> None:
    folder = write_wave(tmp_path / "equal", defects=False, ids=False, rake=False)
    settings = folder / "wave.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace('weight = "weight"', ""), encoding="utf-8"
    )
    wave = wave_of(folder)
    for _, _, problems in (read_sample(wave, wave.responses[0]), in_parts(wave)):
        assert [(p.code, p.count) for p in problems] == [("equal_weights", 1)]
    wave = wave_of(write_wave(tmp_path / "bad", defects=False, ids=False, rake=True))
    path = wave.folder / "responses" / "a.csv"
    data = pd.read_csv(path, dtype="str")
    edited(
        path, weight=data["weight"].where(data.index != 5, "abc"), sex=data["sex"].where(data.index != 9, "")
    )
    for sample, _, problems in (read_sample(wave, wave.responses[0]), in_parts(wave)):
        assert sample is None
        assert sorted(p.code for p in problems) == ["bad_weight", "rake_blank"]


def test_what_needs_the_records_is_not_read_in_parts(tmp_path: Path) -> None:
    """Respondents as units, trimmed weights, contacts without interview."""
    wave = wave_of(write_wave(tmp_path / "w", defects=False, ids=False, rake=True))
    responses = wave.responses[0]
    assert can_stream(responses)
    assert not can_stream(replace(responses, psu=""))
    assert not can_stream(replace(responses, completed="done"))
    assert not can_stream(replace(responses, weighting=replace(responses.weighting, trim=5.0)))


def test_problems_of_many_parts_list_no_more_rows_and_values_than_those_of_one() -> None:
    def problem(value: str, row: int) -> Problem:
        detail = {"rows": f"{row}, {row + 2}"}
        return Problem("unknown_area", Severity.SET_ASIDE, "a.csv", row, "area", value, detail, 2)

    merged = merged_problems(
        [[problem("x", 10 * at + 2), problem(f"v{at}", 10 * at + 3)] for at in range(40)]
    )
    assert len(merged) <= 22
    first = merged[0]
    assert (first.value, first.row, first.count) == ("x", 2, 80)
    assert first.detail["rows"].count(",") == 9
    assert first.detail["rows"].endswith(" …")
    assert sum(problem.count for problem in merged) == 160


def test_parquet_says_what_the_csv_says_whole_and_in_parts(tmp_path: Path) -> None:
    """Codes as text, as numbers and as categories; missing cells; row groups of 50 rows."""
    wave = wave_of(write_wave(tmp_path / "csv", defects=False, ids=True, rake=True))
    folder = write_wave(tmp_path / "parquet", defects=False, ids=True, rake=True)
    for path in sorted((folder / "responses").glob("*.csv")):
        data = pd.read_csv(path, dtype={"q1": "category", "q3": "category", "community": "str"})
        assert data["q1"].isna().any() and data["q2"].isna().any()
        data.to_parquet(path.with_suffix(".parquet"), row_group_size=50)
        path.unlink()
    settings = folder / "wave.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("*.csv", "*.parquet"), encoding="utf-8")
    other = wave_of(folder)
    expected = estimation(read_sample(wave, wave.responses[0])[0], wave).rates
    whole, parts = (
        read_sample(other, other.responses[0])[0],
        read_questionnaire(other, other.responses[0], least=1),
    )
    assert isinstance(parts[0], TalliedSample)
    for sample in (whole, parts[0]):
        pd.testing.assert_frame_equal(estimation(sample, other).rates, expected, rtol=1e-10, atol=1e-12)


def test_a_file_that_is_no_parquet_is_a_problem(tmp_path: Path) -> None:
    folder = write_wave(tmp_path / "w", defects=False, ids=False, rake=False)
    (folder / "responses" / "c.parquet").write_bytes(b"nothing of the kind")
    settings = folder / "wave.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("*.csv", "*.parquet"), encoding="utf-8")
    wave = wave_of(folder)
    sample, _, problems = read_questionnaire(wave, wave.responses[0], least=1)
    assert sample is None
    assert [problem.code for problem in problems] == ["unreadable_file"]


def parquet_wave(folder: Path, **columns: pa.Array) -> tuple[Wave, pd.DataFrame]:
    """One file of 200 interviews, some of its columns replaced, and what is in it."""
    write_wave(folder, 200, defects=False, ids=True, rake=False)
    path = folder / "responses" / "a.csv"
    data = pd.read_csv(path, dtype="str", keep_default_na=False)
    path.unlink()
    (folder / "responses" / "b.csv").unlink()
    table = pa.Table.from_pandas(data)
    for name, column in columns.items():
        at = table.column_names.index(name)
        table = table.set_column(at, name, column)
    pq.write_table(table, path.with_suffix(".parquet"), row_group_size=30)
    settings = folder / "wave.toml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("*.csv", "*.parquet"), encoding="utf-8")
    return wave_of(folder), data


def test_parquet_lists_are_choices_bytes_are_texts_and_nan_is_blank(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, data = parquet_wave(tmp_path / "plain")
    sets = [text.split(",") if text else None for text in data["q3"].str.replace(";", ",")]
    numbers = [float(text) if text else float("nan") for text in data["q2"]]
    typed, _ = parquet_wave(
        tmp_path / "typed",
        q1=pa.array([text.encode() for text in data["q1"]]),
        q2=pa.array(numbers),
        q3=pa.array([[*each, None] if each and at % 7 == 0 else each for at, each in enumerate(sets)]),
        hours=pa.array([float(text or "nan") for text in data["hours"]]),
    )
    expected, quality, problems = read_sample(plain, plain.responses[0])
    assert problems == ()
    monkeypatch.setattr(parts_of_files, "PART_ROWS", 30)
    for read in (read_sample(typed, typed.responses[0]), in_parts(typed)):
        assert read[2] == ()
        assert read[1] == quality
        rates = estimation(read[0], typed).rates
        pd.testing.assert_frame_equal(rates, estimation(expected, plain).rates, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", [pa.struct([("a", pa.int8())]), pa.list_(pa.list_(pa.int8()))])
def test_parquet_columns_that_hold_no_texts_are_a_problem_that_names_them(
    tmp_path: Path, kind: pa.DataType
) -> None:
    wave, _ = parquet_wave(tmp_path / "w", q1=pa.nulls(200, kind))
    sample, _, problems = read_questionnaire(wave, wave.responses[0], least=1)
    assert sample is None
    (told,) = problems
    assert (told.code, told.severity, told.column) == ("parquet_column", Severity.ERROR, "q1")
    assert str(kind).partition("<")[0] + "<" in told.line(Language.ENGLISH)


def test_parquet_bytes_that_are_no_text_are_a_problem(tmp_path: Path) -> None:
    wave, _ = parquet_wave(tmp_path / "w", q1=pa.array([b"\xff\xfe"] * 200))
    sample, _, problems = read_questionnaire(wave, wave.responses[0], least=1)
    assert sample is None
    assert [problem.code for problem in problems] == ["unreadable_file"]


def test_a_wave_that_is_compared_keeps_its_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changes and tables of questions need them, however large the file is."""
    monkeypatch.setattr(large.read_questionnaire, "__defaults__", (None, 1))
    wave = wave_of(write_wave(tmp_path / "w", defects=False, ids=False, rake=False))
    assert isinstance(read_samples(wave)[0][0], TalliedSample)
    assert not isinstance(read_samples(replace(wave, previous="../old"))[0][0], TalliedSample)
    assert not isinstance(read_records(wave)[0][0], TalliedSample)
