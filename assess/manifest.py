"""Where a result came from: hashes of what was read and written, versions, settings, warnings."""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from assess.inputs import Inputs
from indicators.assessment import Assessment
from surveys.gate import DEFAULT_GATE
from surveys.problem import Language
from surveys.raw_table import WORKBOOKS
from surveys.responses.loading import file_label, paths_matching
from surveys.wave import Wave

MANIFEST = "manifest.json"
_LIBRARIES = ("assess", "numpy", "pandas", "scipy", "weasyprint", "jinja2")


def provenance_of(inputs: Inputs) -> dict[str, str]:
    """Hash of each input file (``sha256 areas.csv``), of each edition, and versions, as flat text.

    Files of the previous wave are named with its folder as ``wave.toml`` writes it.
    """
    wave, previous = inputs.wave, inputs.previous
    files = _input_files(wave)
    if previous is not None:
        files |= {f"{wave.previous}/{name}": path for name, path in _input_files(previous.wave).items()}
    found = {f"sha256 {name}": sha256_of(path) for name, path in files.items()}
    trees = (inputs.framework, None if inputs.companion is None else inputs.companion.framework)
    found |= {f"framework {tree.name}": tree.content_hash for tree in trees if tree is not None}
    return (
        found
        | {f"version {name}": version(name) for name in _LIBRARIES}
        | {"version python": platform.python_version()}
    )


def write_manifest(assessment: Assessment, folder: Path) -> Path:
    """Write ``manifest.json`` for everything that stands in `folder`.

    It holds no time of writing: the same inputs give the same bytes.
    """
    wave = assessment.wave
    outputs = sorted(path for path in folder.rglob("*") if path.is_file())
    content = {
        "wave": wave.id,
        "version": wave.version,
        "supersedes": wave.supersedes,
        "synthetic": wave.synthetic,
        "settings": _settings(wave),
        "provenance": dict(assessment.provenance),
        "outputs": {path.relative_to(folder).as_posix(): sha256_of(path) for path in outputs},
        "problems": [
            {
                "code": problem.code,
                "severity": problem.severity.value,
                "place": problem.place,
                "count": problem.count,
                "zh": problem.line(Language.CHINESE),
                "en": problem.line(Language.ENGLISH),
            }
            for problem in assessment.problems
        ],
    }
    target = folder / MANIFEST
    target.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return target


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _settings(wave: Wave) -> dict[str, object]:
    """What shaped the numbers besides the files' content."""
    return {
        "set_aside_limit": wave.set_aside_limit,
        "framework": wave.framework,
        "gate": asdict(DEFAULT_GATE),
        "scoring": asdict(wave.scoring),
        "previous": wave.previous,
        "equivalent": wave.equivalent,
        "small_areas": asdict(wave.small_areas),
        "designs": {
            block.questionnaire: {
                "stratum": block.stratum,
                "psu": block.psu,
                "weight": block.weight or block.weighting.base or "equal",
                "weighting": asdict(block.weighting),
                "lonely_psu": block.lonely_psu.value,
            }
            for block in wave.responses
        },
    }


def _input_files(wave: Wave) -> dict[str, Path]:
    """Every table and export of the wave, by the name a reader would know."""
    tables = [*wave.folder.glob("*.csv"), *(wave.folder / name for name in (*WORKBOOKS, "wave.toml"))]
    answers = [
        path for block in wave.responses for name in block.files for path in paths_matching(wave.folder, name)
    ]
    found = {file_label(path, wave.folder): path for path in (*tables, *answers) if path.is_file()}
    return dict(sorted(found.items()))
