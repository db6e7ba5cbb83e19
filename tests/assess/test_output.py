"""A result folder is replaced as a whole or not at all, and never at the cost of the user's files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assess.output import replace_folder
from indicators.assessment import Assessment
from surveys.problem import InputError
from tests.factory_assessment import make_assessment


@pytest.fixture(scope="module")
def assessment() -> Assessment:
    return make_assessment()


def _write(out: Path, assessment: Assessment, text: str) -> None:
    with replace_folder(out, assessment) as folder:
        (folder / "rates.csv").write_text(text, encoding="utf-8")


def test_an_older_result_is_replaced_as_a_whole(tmp_path: Path, assessment: Assessment) -> None:
    out = tmp_path / "out"
    with replace_folder(out, assessment) as folder:
        (folder / "old.csv").write_text("old", encoding="utf-8")
    _write(out, assessment, "new")
    assert sorted(path.name for path in out.iterdir()) == ["manifest.json", "rates.csv"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_failure_leaves_the_older_result_and_no_litter(tmp_path: Path, assessment: Assessment) -> None:
    out = tmp_path / "out"
    _write(out, assessment, "old")
    with pytest.raises(RuntimeError, match="halfway"), replace_folder(out, assessment) as folder:
        (folder / "rates.csv").write_text("new", encoding="utf-8")
        raise RuntimeError("halfway")
    assert (out / "rates.csv").read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_with_files_of_the_user_is_refused(tmp_path: Path, assessment: Assessment) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.docx").write_text("years of work", encoding="utf-8")
    with pytest.raises(InputError, match=r"thesis\.docx"):
        _write(out, assessment, "new")
    assert (out / "thesis.docx").read_text(encoding="utf-8") == "years of work"


def test_a_result_edited_by_the_user_is_refused(tmp_path: Path, assessment: Assessment) -> None:
    out = tmp_path / "out"
    _write(out, assessment, "computed")
    (out / "rates.csv").write_text("annotated by hand", encoding="utf-8")
    with pytest.raises(InputError, match=r"rates\.csv") as caught:
        _write(out, assessment, "new")
    assert [problem.code for problem in caught.value.problems] == ["edited_output"]
    assert (out / "rates.csv").read_text(encoding="utf-8") == "annotated by hand"


def test_the_manifest_lists_outputs_versions_and_settings_and_no_time(
    tmp_path: Path, assessment: Assessment
) -> None:
    for name in ("first", "second"):
        _write(tmp_path / name, assessment, "same")
    first, second = ((tmp_path / name / "manifest.json").read_bytes() for name in ("first", "second"))
    assert first == second
    manifest = json.loads(first)
    assert list(manifest["outputs"]) == ["rates.csv"]
    assert manifest["synthetic"] is True
    assert {problem["severity"] for problem in manifest["problems"]} <= {"warning", "set_aside"}
