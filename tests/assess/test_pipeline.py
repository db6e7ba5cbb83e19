"""The whole line on the demo: what is written, what the exit code says, that nothing is lost."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import assess
from assess.cli import app
from assess.pipeline import Step
from indicators.assessment import Assessment
from surveys.problem import InputError

runner = CliRunner()


def test_run_writes_every_promised_file(demo_out: Path, demo_assessment: Assessment) -> None:
    subdistricts = [area.code for area in demo_assessment.wave.areas.subdistricts]
    promised = {"district.pdf", "rates.csv", "scores.csv", "weak.csv", "quality.csv", "manifest.json"}
    promised |= {
        f"{name}.csv" for name in ("ranking", "quadrant", "sensitivity", "observations", "deductions")
    }
    # The demo has an earlier round and a second tree.
    promised |= {f"{name}.csv" for name in ("change", "score_changes", "waterfall", "combined")}
    promised |= {f"companion_{name}.csv" for name in ("scores", "weak", "observations", "deductions")}
    promised |= {f"scorecards/{code}.pdf" for code in subdistricts}
    assert {
        path.relative_to(demo_out).as_posix() for path in demo_out.rglob("*") if path.is_file()
    } == promised


def test_the_tables_hold_the_numbers_of_the_assessment(demo_out: Path, demo_assessment: Assessment) -> None:
    """A CSV read back equals the frame to the last bit: no rounding before the page."""
    written = pd.read_csv(demo_out / "rates.csv", encoding="utf-8-sig", dtype={"area_code": str})
    for column in ("value", "standard_error", "low", "high", "effective_n"):
        pd.testing.assert_series_equal(written[column], demo_assessment.rates[column], check_exact=True)


def test_every_record_of_the_demo_is_accounted_for(demo_assessment: Assessment) -> None:
    records = demo_assessment.quality.query("item == 'records'")
    by_file = records.pivot_table(
        index="file", columns="category", values="count", aggfunc="sum", fill_value=0
    )
    assert (by_file["read"] == by_file["used"] + by_file["set_aside"]).all()
    assert by_file["set_aside"].sum() > 0


def test_the_facade_lists_its_names_for_completion() -> None:
    assert set(dir(assess)) == set(assess.__all__)


def test_a_folder_serves_as_a_wave(demo_wave: Path, demo_assessment: Assessment) -> None:
    pd.testing.assert_frame_equal(assess.rates(demo_wave), demo_assessment.rates)


def test_errors_leave_nothing_written(demo_wave: Path, tmp_path: Path) -> None:
    broken = tmp_path / "wave"
    shutil.copytree(demo_wave, broken)
    (broken / "measures.csv").write_text("measure\n", encoding="utf-8")
    with pytest.raises(InputError):
        assess.run(broken, broken / "out")
    assert not (broken / "out").exists()


def test_fail_on_verdict_exits_4_when_a_headline_rate_fails(
    demo_wave: Path, demo_assessment: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo's district rates include one that fails; without the option the run succeeds all the same."""
    district = demo_assessment.rates.query("headline and area_level == 'district' and group == ''")
    assert (district["verdict"] == "fail").any()
    monkeypatch.setattr("assess.pipeline.run", lambda *_args, **_options: demo_assessment)
    assert runner.invoke(app, ["run", str(demo_wave), "--quiet"]).exit_code == 0
    assert runner.invoke(app, ["run", str(demo_wave), "--quiet", "--fail-on-verdict"]).exit_code == 4


def test_json_of_a_run_is_the_headline_rates(
    demo_wave: Path, demo_assessment: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assess.pipeline.run", lambda *_args, **_options: demo_assessment)
    rows = json.loads(runner.invoke(app, ["run", str(demo_wave), "--json"]).stdout)
    assert [row["kind"] for row in rows] == [
        *("awareness", "participation", "support", "satisfaction_rate", "satisfaction_score"),
    ]


def test_progress_moves_on_to_its_total(demo_wave: Path, tmp_path: Path) -> None:
    """The last document is the last step, and no step goes back."""
    steps: list[Step] = []
    assess.run(demo_wave, tmp_path / "out", progress=steps.append)
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert steps[-1].done == steps[-1].total == 2 + 1 + 18
