"""The command line: parse, call, print. No arithmetic; heavy imports stay inside the commands."""

from __future__ import annotations

import os

# Before numpy loads its library: the engine divides its own work, and threads for small matrices only wait.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from assess.cli import (
    check,
    compare,
    cycle,
    demo,
    doctor,
    framework,
    rates,
    run,
    table,
    template,
    waterfall,
    weak,
    whatif,
)
from assess.cli.app import app

COMMANDS = (
    demo,
    template,
    framework,
    check,
    rates,
    table,
    run,
    weak,
    whatif,
    waterfall,
    compare,
    cycle,
    doctor,
)
"""Modules that register a command when imported, in the order of the help."""

_place = {module.__name__.rpartition(".")[2]: place for place, module in enumerate(COMMANDS)}
app.registered_commands.sort(key=lambda command: _place[getattr(command.callback, "__name__", "")])


def main() -> None:
    """Entry point of the console script and of `python -m assess`."""
    app()


__all__ = ["COMMANDS", "app", "main"]
