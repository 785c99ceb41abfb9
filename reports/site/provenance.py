"""Every parameter with its source and basis; the assumed ones in a table of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from energy import constants
from energy.buffer import ACCESSES, INTERVAL, LEAKAGE
from energy.crossover import YAN2024
from energy.gpu.published import BOARD
from energy.inference import STATE_BITS, WEIGHT_BITS
from ipcircuit.families import DEVICES
from ipcircuit.parameters import Parameter
from ipcircuit.technology.catalog import technology
from ipcircuit.units import with_unit
from reports.prose import Prose
from reports.site.circuits import Costs
from reports.tables.table import Table

PROSE = Prose(__file__)

Owned = tuple[str, Parameter]
"""Owner of a parameter, and the parameter."""


def variations() -> Iterator[Owned]:
    """How devices of one kind differ from each other, as `ipcircuit montecarlo` draws them."""
    for name in DEVICES.names():
        device = DEVICES.load(name)
        for v in device.variations:
            description = f"relative standard deviation between devices of {', '.join(v.parameters)}"
            yield f"variation of {device.name}", Parameter(v.name, v.sigma, "", description, v.source, v.basis)


def accounting(costs: Costs) -> Iterator[Owned]:
    """Constants of the technology and of the energy and area accounting, each once."""
    used = {p.name: p for record in costs.values() for p in record.parameters}
    process = technology()
    groups = {
        f"technology {process.name}": [p for p in process.parameters if p.name not in used],
        "accounting": used.values(),
        "digital baseline": (*constants.OPERATIONS, *constants.COMMON),
        "comparison": (
            *(constants.PUBLISHED_OPERATION, constants.PUBLISHED_MEMORY_ENERGY),
            *(constants.PUBLISHED_JUNCTION, constants.PUBLISHED_REFERENCE),
        ),
        "frame buffer": (ACCESSES, LEAKAGE, INTERVAL),
        "published GPU increments": BOARD,
        "spiking beside quantised networks": (STATE_BITS, WEIGHT_BITS, *YAN2024),
    }
    for owner, parameters in groups.items():
        yield from ((owner, p) for p in parameters)


def sourced(owned: Iterable[Owned]) -> Table:
    """Measured, published, derived or fitted values."""
    return PROSE.table("parameters", [_row(owner, p) for owner, p in owned if p.basis != "assumed"])


def assumed(owned: Iterable[Owned]) -> Table:
    """Values that no source states."""
    return PROSE.table("parameters_assumed", [_row(owner, p) for owner, p in owned if p.basis == "assumed"])


def _row(owner: str, p: Parameter) -> dict[str, Any]:
    shown = {"unit": p.unit or "1", "shown": with_unit(p.value, p.unit)}
    named = {"where": owner, "parameter": p.name, "what": p.description or p.name, "value": float(p.value)}
    return {**named, **shown, "basis": p.basis, "source": p.source}
