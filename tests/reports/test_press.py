"""Printing processes: their errors come back as ours, and a process that dies is an error, not a hang."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports import press
from reports.error import ReportError
from reports.font import Fonts, prepare_fonts


def many(folder: Path, body: str) -> dict[Path, str]:
    page = "<!doctype html><html lang='zh'><title>x</title><body>{}</body></html>"
    return {folder / f"{number}.pdf": page.format(body) for number in range(press.FEWEST_FOR_PROCESSES)}


def silent(_: str) -> None:
    pass


def test_documents_are_dealt_out_evenly() -> None:
    html = {Path(f"{number}.pdf"): "x" * length for number, length in enumerate([90, 50, 30, 10])}
    shares = press._shares(html)
    assert sorted(path for share in shares for path in share) == sorted(html)
    assert {sum(len(html[path]) for path in share) for share in shares} == {90}


def test_processes_print_every_document(tmp_path: Path) -> None:
    told: list[str] = []
    paths = press.print_all(many(tmp_path, "城区"), prepare_fonts(["城区x"]), "", told.append)
    assert all(path.read_bytes().startswith(b"%PDF") for path in paths)
    assert sorted(told) == sorted(path.name for path in paths)


def test_error_in_a_process_comes_back_as_a_report_error(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="outside") as caught:
        press.print_all(many(tmp_path, "<img src=file:///etc/passwd>"), prepare_fonts(["x"]), "", silent)
    assert caught.value.code == "fetch_refused"


def test_process_that_dies_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(press.sys, "executable", "/bin/false")
    with pytest.raises(ReportError, match="printing process failed"):
        press.print_all(many(tmp_path, "x"), Fonts(tmp_path, tmp_path / "fonts.conf"), "", silent)


def test_without_processes_documents_are_printed_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(press.sys, "executable", str(tmp_path / "no such file"))
    paths = press.print_all(many(tmp_path, "城区"), prepare_fonts(["城区x"]), "", silent)
    assert all(path.read_bytes().startswith(b"%PDF") for path in paths)
