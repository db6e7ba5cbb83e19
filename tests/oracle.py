"""Where the oracles and real data lie, and what to do where they are absent."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[1] / ".." / "shared"


def shared_path(*parts: str) -> Path:
    """A file or folder beside the project; skips (or fails, with ASSESS_REQUIRE_ORACLES=1) if absent."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        reason = f"not found: ../shared/{'/'.join(parts)} (oracles and real data lie beside the project)"
        if os.environ.get("ASSESS_REQUIRE_ORACLES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


def oracle(*parts: str) -> Any:
    """Parsed JSON of ``../shared/oracles/…``."""
    return json.loads(shared_path("oracles", *parts).read_text(encoding="utf-8"))
