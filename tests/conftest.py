"""What tests of several rooms share: the demo wave, and its results, made once a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from indicators.assessment import Assessment


@pytest.fixture(scope="session")
def demo_wave(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the synthetic demo wave, not yet run."""
    from assess.demo import write_demo

    folder = tmp_path_factory.mktemp("demo") / "demo"
    write_demo(folder)
    return folder


@pytest.fixture(scope="session")
def demo_assessment(demo_wave: Path) -> Assessment:
    """The demo, computed; nothing written."""
    import assess

    return assess.run(demo_wave)


@pytest.fixture(scope="session")
def demo_out(demo_wave: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's result folder, with every PDF and table."""
    import assess

    out = tmp_path_factory.mktemp("demo-out") / "out"
    assess.run(demo_wave, out)
    return out
