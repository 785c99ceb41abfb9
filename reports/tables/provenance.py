"""Every parameter with its source and basis; the assumed ones in a table of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from circuits.ecram_lif.assumptions import assumed_parameters
from circuits.ecram_lif.temporal_filter import RATIO, SCALES
from energy import compare, digital
from ipcircuit.devices.ecram.currie2026 import CURRIE_2026
from ipcircuit.devices.orthogonal_mtj.zheng2026 import ZHENG_2026
from ipcircuit.families import BUILT_IN, DEVICES
from network.experiments.filters.sizing import LEVEL
from reports.page.context import RunContext
from reports.signed_mtj.table_signed import window_rows
from reports.signed_mtj.table_signed_circuit import circuit_rows
from reports.tables.table import Table, with_unit
from reports.thermal_mtj.table_protocol import protocol_rows

ASSUMED = ("assumed",)


def _row(where: str, name: str, value: float, unit: str, basis: str, source: str, what: str = "") -> dict[str, Any]:
    return {
        "where": where,
        "parameter": name,
        "what": what or name,
        "value": float(value),
        "unit": unit or "1",
        "shown": with_unit(value, unit),
        "basis": basis,
        "source": source,
    }


def _device_rows(context: RunContext) -> Iterator[dict[str, Any]]:
    """Parameters of both junctions and of the reference MTJs, as the differential neuron uses them."""
    neuron = context.mtj_testbench("differential").neuron
    seen: dict[str, Any] = {}
    for half in neuron.halves:
        for p in half.device.parameters:
            if p.name in ("r_series", "initial_ap") or seen.get(p.name) == p:
                continue  # set by the testbench, or the same as in the first junction
            where = f"{half.label} junction" if p.name in seen else "both junctions"
            yield _row(where, p.name, p.value, p.unit, p.basis, p.source, p.description)
            seen[p.name] = p
        yield _row(
            f"{half.label} reference MTJ",
            "resistance",
            half.reference_ohm,
            "ohm",
            "derived",
            "geometric mean of R_P and R_AP: centres the window",
            "resistance of the fixed P state",
        )


def _ecram_rows() -> Iterator[dict[str, Any]]:
    """The ECRAM's parameters as its paper's set has them; `sign` and `volatile` are the circuit's and experiment's."""
    for p in CURRIE_2026:
        if p.name not in ("sign", "volatile"):
            yield _row("ECRAM", p.name, p.value, p.unit, p.basis, p.source, p.description)


def _lif_rows() -> Iterator[dict[str, Any]]:
    """Sizes and settings of the ECRAM neuron."""
    for p in assumed_parameters():
        yield _row("ECRAM neuron", p.name, p.value, p.unit, p.basis, p.source, p.description)


def _filter_rows() -> Iterator[dict[str, Any]]:
    """What the temporal filters assume beyond the device."""
    kind = "time constants of both channels of a filter over the default ones, "
    for name, value, what, why in (
        (
            "ratio",
            RATIO,
            "time constants of the depressing channel over the facilitating one's",
            "nothing is published; wide enough for a band, narrow enough to be one material's range",
        ),
        ("largest scale", max(SCALES), f"{kind}slowest filter", "nothing is published; spans the task's intervals"),
        ("smallest scale", min(SCALES), f"{kind}fastest filter", "nothing is published; spans the task's intervals"),
        (
            "sign",
            -1.0,
            "sign of the depressing channel's change against the facilitating one's",
            "a channel of the other type (p beside n) on the same chip",
        ),
        (
            "level",
            LEVEL,
            "share of the contrast at which the sized neuron changes its count",
            "below a half, for bursts end before the response settles",
        ),
    ):
        yield _row("temporal filter", name, value, "", "assumed", f"assumed: {why}", what)


def _signed_rows() -> Iterator[dict[str, Any]]:
    """The orthogonal junction's parameters; fields and initial angles are the testbench's."""
    for p in ZHENG_2026:
        if not p.name.startswith(("field_", "initial_")):
            yield _row("orthogonal junction", p.name, p.value, p.unit, p.basis, p.source, p.description)
    yield from (_row("signed neuron, window", *row) for row in window_rows())
    yield from (_row("signed neuron, circuit", *row) for row in circuit_rows())


def _variation_rows() -> Iterator[dict[str, Any]]:
    """How devices of one kind differ from each other, as `ipcircuit montecarlo` draws them."""
    for entry in DEVICES.entries():
        if entry.source != BUILT_IN:
            continue
        device = DEVICES.load(entry.name)
        for v in device.variations:
            what = f"relative standard deviation between devices of {', '.join(v.parameters)}"
            yield _row(f"variation of {device.name}", v.name, v.sigma, "", v.basis, v.source, what)


def _accounting_rows(context: RunContext, circuits: list[str]) -> Iterator[dict[str, Any]]:
    found = {p.name: p for circuit in circuits for p in context.characterization(circuit).parameters}
    published = (compare.PUBLISHED_OPERATION, compare.PUBLISHED_MEMORY_ENERGY)
    for where, group in (
        ("accounting", found.values()),
        ("digital baseline", digital.PARAMETERS),
        ("comparison", published),
    ):
        for p in group:
            yield _row(where, p.name, p.value, p.unit, p.basis, p.source, p.description)


def all_rows(context: RunContext, circuits: list[str]) -> list[dict[str, Any]]:
    """Device, protocol, circuit and accounting parameters."""
    protocol = [_row(*row) for row in protocol_rows(context)]
    return [
        *_device_rows(context),
        *_ecram_rows(),
        *_lif_rows(),
        *_filter_rows(),
        *_signed_rows(),
        *_variation_rows(),
        *protocol,
        *_accounting_rows(context, circuits),
    ]


def _table(name: str, title: str, caption: str, rows: list[dict[str, Any]]) -> Table:
    return Table(name, title, caption, rows, {"shown": "value"}, hidden=("value", "unit"))


def sourced(context: RunContext, circuits: list[str]) -> Table:
    """What was measured, published, derived or fitted."""
    rows = [row for row in all_rows(context, circuits) if row["basis"] not in ASSUMED]
    return _table(
        "parameters",
        "Parameters with a source",
        "Measured or published values, and values derived from or fitted to them (the source says which).",
        rows,
    )


def assumed(context: RunContext, circuits: list[str]) -> Table:
    """What rests on an assumption."""
    rows = [row for row in all_rows(context, circuits) if row["basis"] in ASSUMED]
    return _table(
        "parameters_assumed", "Assumed parameters", "No source states these; each says why it was chosen so.", rows
    )
