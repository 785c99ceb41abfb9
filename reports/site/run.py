"""Conditions and versions behind the report, and where its time went."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import ipcircuit
from reports.prose import Prose
from reports.site.circuits import Costs
from reports.tables.table import Table

PROSE = Prose(__file__)

_PACKAGES = ("PySpice", "numpy", "scipy", "pandas", "torch", "sympy", "matplotlib")


def conditions(costs: Costs) -> Table:
    """Conditions under which each circuit was simulated."""
    columns = {circuit: record.cost.conditions_and_details for circuit, record in costs.items()}
    rows = [
        {"condition": name.replace("_", " "), **{c: _text(columns[c].get(name)) for c in columns}}
        for name in dict.fromkeys(name for values in columns.values() for name in values)
    ]
    return PROSE.table("conditions", rows)


def _text(value: float | str | None) -> str | None:
    return value if value is None or isinstance(value, str) else f"{value:.6g}"


def versions(costs: Costs) -> Table:
    """Programs, packages, machine and date."""
    simulators = dict.fromkeys(record.cost.simulator for record in costs.values())
    known = {
        "ipcircuit": ipcircuit.__version__,
        "simulator": ", ".join(map(str, simulators)),
        "Python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in _PACKAGES},
        "machine": f"{platform.system()} {platform.release()}, {platform.machine()}",
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }
    return PROSE.table("versions", [{"what": name, "version": version} for name, version in known.items()])


def timings(seconds: float, sections: Mapping[str, float]) -> Table:
    """Wall time before the pages were put together, and that of each section in its own process."""
    rows: list[dict[str, Any]] = [{"stage": f"section {name}", "process_s": time} for name, time in sections.items()]
    return PROSE.table("timings", [*rows, {"stage": "circuits and sections", "wall_time_s": seconds}])
