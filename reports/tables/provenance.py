"""Every parameter with its source and basis; the assumed ones in a table of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from energy import constants
from ipcircuit.families import DEVICES
from ipcircuit.parameters import Parameter
from ipcircuit.units import with_unit
from reports.tables.cost import Costs
from reports.tables.table import Table

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
    """Constants of the energy and area accounting, each once."""
    groups = {
        "accounting": {p.name: p for record in costs.values() for p in record.parameters}.values(),
        "digital baseline": constants.OPERATIONS,
        "comparison": (constants.PUBLISHED_OPERATION, constants.PUBLISHED_MEMORY_ENERGY),
    }
    for owner, parameters in groups.items():
        yield from ((owner, p) for p in parameters)


def _table(name: str, title: str, caption: str, owned: Iterable[Owned]) -> Table:
    rows: list[dict[str, Any]] = [
        {
            "where": owner,
            "parameter": p.name,
            "what": p.description or p.name,
            "value": float(p.value),
            "unit": p.unit or "1",
            "shown": with_unit(p.value, p.unit),
            "basis": p.basis,
            "source": p.source,
        }
        for owner, p in owned
    ]
    return Table(name, title, caption, rows, {"shown": "value"}, hidden=("value", "unit"))


def sourced(owned: Iterable[Owned]) -> Table:
    """Measured, published, derived or fitted values."""
    return _table(
        "parameters",
        "Parameters with a source",
        "Measured or published values, and values derived from or fitted to them (the source says which).",
        [(owner, p) for owner, p in owned if p.basis != "assumed"],
    )


def assumed(owned: Iterable[Owned]) -> Table:
    """Values that no source states."""
    return _table(
        "parameters_assumed",
        "Assumed parameters",
        "No source states these; each says why it was chosen so.",
        [(owner, p) for owner, p in owned if p.basis == "assumed"],
    )
