"""The doctor names what is wrong and what to do, in both languages, and is silent where all is well."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assess.doctor import Finding, State, diagnose, finding_as_dict, finding_line, healthy
from assess.words import words
from reports import font, pdf
from surveys.problem import Language


def test_a_complete_installation_is_healthy() -> None:
    findings = diagnose()
    assert healthy(findings), [finding_line(finding, Language.ENGLISH) for finding in findings]
    named = {finding.subject for finding in findings}
    assert {"Python", "assess", "pandas", "weasyprint"} <= named
    assert {"python", "package", "shadow", "library", "font", "cache", "terminal"} <= {
        f.code for f in findings
    }


@pytest.mark.parametrize("language", list(Language))
def test_every_finding_has_words_for_each_of_its_states(language: Language) -> None:
    keys = words(language)["finding"]
    assert keys.keys() == words(Language.CHINESE)["finding"].keys()
    for key in keys:
        code, _, state = key.partition("_")
        finding = Finding(code, State(state or "ok"), "SUBJECT", "VALUE", {language: "ADVICE"})
        line = finding_line(finding, language)
        assert "{" not in line and any(part in line for part in ("SUBJECT", "VALUE", "ADVICE")), key


def test_a_missing_font_is_a_fault_that_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(font, "SOURCE_FILE", "absent.ttc")
    findings = diagnose()
    assert not healthy(findings)
    (fault,) = [finding for finding in findings if finding.state is State.FAULT]
    assert "manimgx-fonts-cjk" in finding_line(fault, Language.CHINESE)
    assert "manimgx-fonts-cjk" in finding_line(fault, Language.ENGLISH)


def test_a_missing_library_is_a_fault_and_a_slow_one_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_loads", lambda _: False)
    found = {finding.subject: finding for finding in diagnose() if finding.code == "library"}
    assert found["pango-1.0"].state is State.FAULT
    assert found["harfbuzz-subset"].state is State.WARNING
    assert "apt-get install" in finding_line(found["pango-1.0"], Language.CHINESE)


def test_a_file_that_would_hide_a_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "reports.py").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (warning,) = [f for f in diagnose() if f.code == "shadow" and f.state is State.WARNING]
    assert warning.value == str(tmp_path / "reports.py")
    assert "reports" in finding_line(warning, Language.ENGLISH)


def test_a_bare_folder_of_reports_is_harmless(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    monkeypatch.chdir(tmp_path)
    assert [f for f in diagnose() if f.code == "shadow" and f.state is not State.OK] == []


def test_an_unwritable_cache_is_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.delenv("ASSESS_CACHE", raising=False)
    monkeypatch.setattr(font, "user_cache_dir", lambda _: str(tmp_path / "file"))
    (cache,) = [finding for finding in diagnose() if finding.code == "cache"]
    assert cache.state is State.WARNING
    assert "ASSESS_CACHE" in finding_line(cache, Language.CHINESE)


def test_findings_are_json() -> None:
    rows = json.loads(json.dumps([finding_as_dict(finding) for finding in diagnose()]))
    assert all({"code", "state", "subject", "value", "message"} == row.keys() for row in rows)
    assert all(set(row["message"]) == {"zh", "en"} for row in rows)
