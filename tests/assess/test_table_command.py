"""`assess table`, `assess.table` and `assess.reliability`: from a wave folder to what people read."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

import assess
from assess.cli import app
from assess.share_table import print_distribution
from surveys.distributions.distribution import SHARES_COLUMNS, Distribution, distribution
from surveys.problem import InputError, Language
from surveys.records.reliability import ITEM_COLUMNS
from tests.strategies import make_sample, make_wave
from tests.wave_folder import minimal_wave, replace_in

runner = CliRunner()


@pytest.fixture
def wave(tmp_path: Path) -> Path:
    """The minimal wave with 600 answers drawn alike in all communities, so that most may be shown."""
    folder = minimal_wave(tmp_path)
    areas = pd.read_csv(folder / "areas.csv", dtype=str)
    communities = areas.loc[areas["level"] == "community", "code"].to_numpy()
    rng, size = np.random.default_rng(5), 600
    q1 = rng.choice(["1", "2"], size, p=[0.7, 0.3])
    answers = pd.DataFrame(
        {
            "_id": [f"r{at}" for at in range(size)],
            "community": communities[np.arange(size) % len(communities)],
            "weight": rng.uniform(0.8, 1.2, size).round(3),
            "q1": q1,
            "q2": rng.choice(["1", "2", "3", "9"], size, p=[0.6, 0.2, 0.1, 0.1]),
            "q3": rng.choice(["1", "2", "3", "8"], size, p=[0.4, 0.3, 0.2, 0.1]),
            "q4": np.where(q1 == "1", rng.choice(["1", "1,2", "3"], size), ""),
            "q5": rng.integers(0, 40, size).astype(str),
        }
    )
    for path, part in zip(
        sorted((folder / "responses").glob("*.csv")), (answers[:300], answers[300:]), strict=True
    ):
        part.to_csv(path, index=False)
    return folder


def test_a_table_of_a_wave_folder_is_tidy_and_adds_up(wave: Path) -> None:
    table = assess.table(wave, "q3")
    assert isinstance(table, Distribution)
    assert list(table.shares.columns) == list(SHARES_COLUMNS)
    assert table.shares["answer"].tolist() == ["1", "2", "3", "8"]
    assert table.shares["n"].tolist() == [600] * 4
    # Four communities carry little: 不了解 (10 %) is too uncertain to be shown, and says so.
    shown = table.shares["share"].notna()
    assert shown.tolist() == [True, True, True, False]
    assert table.shares["flag"][3] == "insufficient_sample"
    np.testing.assert_allclose(table.shares["share"][:3], [0.4, 0.3, 0.2], atol=0.06)
    assert table.test is None


@pytest.mark.parametrize("by", ["subdistrict", "community", "q1"])
def test_every_breakdown_of_the_folder_can_be_printed_in_both_languages(wave: Path, by: str) -> None:
    for language, whole in (("zh", "全区"), ("en", "District")):
        done = runner.invoke(app, ["table", str(wave), "q3", "--by", by, "--lang", language])
        assert done.exit_code == 0, done.output
        assert whole in done.stdout
        assert "nan" not in done.stdout.lower()
        assert (
            "Rao–Scott" in done.stdout
            or by == "community"
            or "检验" in done.stdout
            or "tested" in done.stdout
        )


@pytest.mark.parametrize("question", ["q1", "q4", "q5"])
@pytest.mark.parametrize("base", ["asked", "answered", "everyone"])
def test_single_multiple_and_number_questions_on_every_base(wave: Path, question: str, base: str) -> None:
    done = runner.invoke(app, ["table", str(wave), question, "--base", base, "--lang", "en"])
    assert done.exit_code == 0, done.output
    assert "Base:" in done.stdout
    assert "nan" not in done.stdout.lower()


def test_labels_are_in_the_language_asked_for(wave: Path) -> None:
    chinese = runner.invoke(app, ["table", str(wave), "q3", "--lang", "zh"]).stdout
    english = runner.invoke(app, ["table", str(wave), "q3", "--lang", "en"]).stdout
    assert "基本满意" in chinese and "您对身边的环境卫生满意吗" in chinese
    assert "fairly satisfied" in english and "基本满意" not in english


def test_csv_and_json_hold_the_table(wave: Path, tmp_path: Path) -> None:
    target = tmp_path / "table.csv"
    done = runner.invoke(
        app, ["table", str(wave), "q3", "--by", "q1", "--csv", str(target), "--json"], catch_exceptions=False
    )
    assert done.exit_code == 0, done.output
    (printed,) = json.loads(done.stdout)
    assert printed["by"] == "q1"
    assert printed["base"] == "asked"
    assert printed["test"]["left_out"] == list(assess.table(wave, "q3", by="q1").left_out)
    assert 0 <= printed["test"]["p_value"] <= 1
    written = pd.read_csv(target, encoding="utf-8-sig", dtype={"answer": str, "part": str})
    assert list(written.columns) == list(SHARES_COLUMNS)
    expected = assess.table(wave, "q3", by="q1").shares
    assert len(printed["shares"]) == len(written) == len(expected)
    assert written["share"].tolist() == pytest.approx(expected["share"].tolist(), nan_ok=True)


def test_parts_of_which_nothing_may_be_shown_take_one_line_with_the_reason(tmp_path: Path) -> None:
    done = runner.invoke(
        app, ["table", str(minimal_wave(tmp_path)), "q3", "--by", "community", "--lang", "zh"]
    )
    assert done.exit_code == 0, done.output
    lines = [line for line in done.stdout.splitlines() if "不公布" in line]
    assert len(lines) >= 2
    assert "样本不足" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["q77"], "q1, q2, q3, q4, q5"),
        (["q3", "--by", "planet"], "subdistrict, community, urban_rural, q1, q2, q5"),
        (["q3", "--by", "q4"], "subdistrict, community, urban_rural, q1, q2, q5"),
    ],
    ids=["question", "breakdown", "multiple choice as breakdown"],
)
def test_a_wrong_name_exits_with_3_and_lists_those_that_exist(
    wave: Path, arguments: list[str], names: str
) -> None:
    for language in Language:
        done = runner.invoke(app, ["table", str(wave), *arguments, "--lang", language.value])
        assert done.exit_code == 3
        assert names in done.stderr
        assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("arguments", "zh", "en"),
    [
        (["q3", "--base", "bogus"], "没有「bogus」这种基数", "there is no base “bogus”"),
        (["bogus:q3"], "没有问卷「bogus」", "there is no questionnaire “bogus”"),
        (["residents:q77"], "没有可以列表的题目", "there is no question “residents:q77”"),
    ],
    ids=["base", "questionnaire", "question of a questionnaire"],
)
def test_what_is_wrong_is_said_in_the_language_asked_for(
    wave: Path, arguments: list[str], zh: str, en: str
) -> None:
    for language, said in (("zh", zh), ("en", en)):
        done = runner.invoke(app, ["table", str(wave), *arguments, "--lang", language])
        assert done.exit_code == 3
        assert said in done.stderr
        assert "Value error" not in done.output
    names = {"q3": "answered, asked, everyone", "bogus:q3": "residents", "residents:q77": "q1, q2"}
    assert names[arguments[0]] in done.stderr


def test_a_notebook_is_told_of_a_wrong_base_as_of_any_other_name(wave: Path) -> None:
    with pytest.raises(InputError) as caught:
        assess.table(wave, "q3", base="bogus")
    assert caught.value.problems[0].code == "unknown_base"


def test_a_thin_part_leaves_the_test_and_is_named(wave: Path) -> None:
    """What is printed of the test does not depend on what the only person of that part answered."""
    printed = []
    for said in ("1", "2"):
        for place, path in enumerate(sorted((wave / "responses").glob("*.csv"))):
            answers = pd.read_csv(path, dtype=str, keep_default_na=False)
            unsure = (answers["q2"] == "9").to_numpy()
            if unsure.sum() > 1:
                answers.loc[unsure, "q2"] = np.where(
                    np.arange(unsure.sum()) > 0, "1", "9" if place == 0 else "1"
                )
            answers.loc[answers["q2"] == "9", "q1"] = said
            answers["q4"] = np.where(answers["q1"] == "1", answers["q4"].replace("", "1"), "")
            answers.to_csv(path, index=False)
        table = assess.table(wave, "q1", by="q2")
        lone = table.shares[table.shares["part"] == "9"].iloc[0]
        assert lone["n"] == 1 and "9" in table.left_out
        lines = runner.invoke(app, ["table", str(wave), "q1", "--by", "q2"]).stdout.splitlines()
        lines = [line for line in lines if "Rao" in line or "检验" in line]
        assert any("未计入" in line and lone["part_name"] in line for line in lines)
        printed.append(lines)
    assert printed[0] == printed[1]


def test_parts_that_are_codes_of_ours_are_named_in_the_language_asked_for(wave: Path) -> None:
    chinese = runner.invoke(app, ["table", str(wave), "q3", "--by", "urban_rural", "--lang", "zh"]).stdout
    english = runner.invoke(app, ["table", str(wave), "q3", "--by", "urban_rural", "--lang", "en"]).stdout
    assert "城区" in chinese and "urban" not in chinese
    assert "urban" in english and "城区" not in english
    by_answer = runner.invoke(app, ["table", str(wave), "q5", "--by", "q3", "--lang", "en"]).stdout
    assert "fairly satisfied" in by_answer and "基本满意" not in by_answer


def test_an_answer_of_nobody_has_limits_no_error_and_a_note_about_answers() -> None:
    sample = make_sample(1, 4, 8, 20)
    q1 = sample.question("q1")
    alike = replace(q1, answer_of_record=np.full_like(q1.answer_of_record, 3))
    sample = replace(sample, questions=(alike, *sample.questions[1:]))
    table = distribution(sample, make_wave(4, 8), "q1")
    notes = {
        Language.CHINESE: "无人或所有人选此答案",
        Language.ENGLISH: "nobody or everybody gave this answer",
    }
    for language, note in notes.items():
        console = Console(width=200, record=True, file=io.StringIO())
        print_distribution(table, console, language)
        printed = console.export_text()
        assert note in printed
        assert "0.0%" in printed and "100.0%" in printed
        assert "0.00%" not in printed
        assert "肯定" not in printed


def test_two_answers_are_both_shown_and_the_note_says_how_to_read_them(wave: Path) -> None:
    for path in (wave / "responses").glob("*.csv"):
        answers = pd.read_csv(path, dtype=str, keep_default_na=False)
        answers["q1"] = np.where(np.arange(len(answers)) % 17 == 0, "2", "1")
        answers["q4"] = np.where(answers["q1"] == "1", "1", "")
        answers.to_csv(path, index=False)
    shares = assess.table(wave, "q1").shares.set_index("answer")
    assert shares["share"].notna().all()
    assert shares["flag"].str.contains("unreliable_complement").all()
    printed = runner.invoke(app, ["table", str(wave), "q1", "--lang", "zh"]).stdout
    assert "只有两个答案时两者一并公布" in printed


def test_large_files_are_tabulated_with_a_word_on_memory(wave: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assess.tabulation.is_large", lambda *_: True)
    done = runner.invoke(app, ["table", str(wave), "q1"])
    assert done.exit_code == 0
    assert "读入内存" in done.stderr
    monkeypatch.undo()
    assert "读入内存" not in runner.invoke(app, ["table", str(wave), "q1"]).stderr


def test_a_wave_with_errors_is_refused_with_all_of_them(wave: Path) -> None:
    replace_in(wave / "answers.csv", "know,1,知道,yes,,positive", "know,1,知道,yes,,splendid")
    done = runner.invoke(app, ["table", str(wave), "q3"])
    assert done.exit_code == 3
    assert "splendid" in done.stderr


def test_a_question_of_two_questionnaires_is_asked_for_with_its_questionnaire(wave: Path) -> None:
    text = (wave / "wave.toml").read_text(encoding="utf-8")
    block = text[text.index("[responses.residents]") : text.index("[limits]")]
    second = block.replace("residents]", "merchants]").replace("居民问卷", "商户问卷")
    (wave / "wave.toml").write_text(text.replace("[limits]", f"{second}[limits]"), encoding="utf-8")
    questions = wave / "questions.csv"
    lines = questions.read_text(encoding="utf-8").splitlines()
    more = ["merchants" + line.removeprefix("residents") for line in lines[1:4]]
    questions.write_text("\n".join([*lines, *more]) + "\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        assess.table(wave, "q3")
    (problem,) = caught.value.problems
    assert problem.code == "question_in_several"
    assert "residents:q3, merchants:q3" in problem.remedy(Language.ENGLISH)
    assert assess.table(wave, "merchants:q3").question.questionnaire == "merchants"
    assert assess.table(wave, "q5").question.questionnaire == "residents"
    with pytest.raises(InputError) as mixed:
        assess.reliability(wave, ["residents:q3", "merchants:q3"])
    assert mixed.value.problems[0].code == "scale_in_several"


def test_reliability_of_a_wave_folder(wave: Path) -> None:
    result = assess.reliability(wave, ["q3", "q5"])
    assert result.n > 0
    assert result.alpha is not None and result.alpha <= 1
    assert result.items["question"].tolist() == ["q3", "q5"]
    with pytest.raises(InputError) as caught:
        assess.reliability(wave, ["q1", "q3"])
    assert caught.value.problems[0].code == "no_scored_question"
    with pytest.raises(InputError) as choices:
        assess.reliability(wave, ["q3", "q4"])
    assert [problem.code for problem in choices.value.problems] == ["choices_have_no_score"]
    assert choices.value.problems[0].detail["names"] == "q3, q5"
    with pytest.raises(InputError):
        assess.reliability(wave, [])


def test_the_documents_name_every_column() -> None:
    """docs/results.md describes the table that `--csv` writes, no more and no less."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "results.md").read_text(encoding="utf-8")
    section = text[text.index("## Tables of a question") :]
    firsts = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    named = [name for cell in firsts for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(named) == sorted(SHARES_COLUMNS)
    assert all(f"`{name}`" in section for name in ITEM_COLUMNS)


def test_without_a_question_all_of_them_are_tabulated(wave: Path, tmp_path: Path) -> None:
    target = tmp_path / "all[b].csv"  # no markup
    done = runner.invoke(app, ["table", str(wave), "--by", "q1", "--csv", str(target), "--lang", "en"])
    assert done.exit_code == 0, done.output
    assert str(target) in done.stdout
    written = pd.read_csv(target, encoding="utf-8-sig", dtype={"answer": str, "part": str})
    assert written["question"].drop_duplicates().tolist() == ["q2", "q3", "q4", "q5"]
    some = runner.invoke(app, ["table", str(wave), "q5", "q2", "--json"])
    assert [table["question"] for table in json.loads(some.stdout)] == ["q5", "q2"]


def test_all_wrong_questions_are_named_at_once(wave: Path) -> None:
    done = runner.invoke(app, ["table", str(wave), "q77", "q3", "q78"])
    assert done.exit_code == 3
    assert "q77" in done.stderr and "q78" in done.stderr
