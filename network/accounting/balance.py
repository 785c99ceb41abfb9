"""Parts of a network's energy, and the memory's share of their sum: memory, other neurons, synapses, frame buffer."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from energy.buffer import ACCESSES, INTERVAL, LEAKAGE, BufferEstimate, FrameBuffer
from energy.cost import SCOPES
from energy.digital import PRECISIONS
from ipcircuit.units import si
from network.accounting.counting.events import LayerEvents

DIGITAL = "digital estimate"
BUFFER = "frame buffer"
Row = dict[str, Any]


def digital_row(layer: str, part: str, precision: str, unit: str, count: float, at_28nm: float, at_45nm: float) -> Row:
    """Row of a digital estimate: events of one trial and their energy, J, at 28 nm (assumed factor) and unscaled."""
    return {
        "layer": layer,
        "part": part,
        "circuit": None,
        "basis": DIGITAL,
        "scope": None,
        "precision": precision,
        "unit": unit,
        "events_per_trial": count,
        "energy_per_trial_J": at_28nm,
        "energy_45nm_J": at_45nm,
        "spread": None,
    }


def frame_buffer(events: Mapping[str, LayerEvents], storage: str, times: float = 1) -> FrameBuffer:
    """The buffer in front of a network, from the layer that runs first: it gets the frames, `times` as many as counted.

    Raises:
        InputError: another storage, or addresses where the first layer is no layer of neurons, whose density is known.
    """
    first = next(iter(events.values()))
    density = first.density if first.billing is not None else None
    kind: Any = storage
    return FrameBuffer(first.units, round(times * first.steps), kind, density)


def buffer_rows(buffer: BufferEstimate | None) -> list[Row]:
    """Accesses and standby as rows of layers, equal in every precision: a bit is a bit."""
    if buffer is None:
        return []
    parts = [
        (
            f"{BUFFER}: {buffer.buffer.storage}, in and out",
            "word",
            buffer.accesses,
            buffer.access_28nm_J,
            buffer.access_45nm_J,
        ),
        (f"{BUFFER}: standby", "bit", buffer.buffer.bits, buffer.standby_J, buffer.standby_J),
    ]
    return [
        digital_row(layer, "buffer", precision, unit, count, at_28nm, at_45nm)
        for precision in PRECISIONS
        for layer, unit, count, at_28nm, at_45nm in parts
    ]


def balance_rows(
    neurons: Sequence[Row],
    digital: Mapping[str, Sequence[Row]],
    buffer: Sequence[Row] = (),
    incomplete: Collection[str] = (),
) -> list[Row]:
    """All parts of a trial's energy, J (digital ones at 28 nm), a row per scope and precision.

    Args:
        neurons: rows of `network.accounting.prices.neuron_energy`; none for a network without simulated neurons, which
            has one row per precision.
        digital: rows of synapses, and of recurrent layers, by precision.
        buffer: rows of `buffer_rows`.
        incomplete: parts, some of whose layers have no cost record.

    Returns:
        Rows with `scope`, `precision`, `memory_J`, `neurons_J` (without memory), `synapses_J`, `buffer_J`, `total_J`
        and `memory_share`. A part that a network does not have is 0, one that was not obtained None, and then so are
        the sum and the share; a buffer that was not counted is None and is no part of the sum.
    """
    rows = []
    for scope in SCOPES if neurons else (None,):
        for precision, estimates in digital.items():
            every = [r for r in neurons if r["scope"] == scope] + list(estimates)
            every += [r for r in buffer if r["precision"] == precision]
            parts = {
                part: None if part in incomplete else _part(every, part)
                for part in ("memory", "neurons", "synapses", "buffer")
            }
            total = None if None in parts.values() else math.fsum(v for v in parts.values() if v is not None)
            memory = parts["memory"]
            share = None if memory is None or not total else memory / total
            energies = {f"{part}_J": value for part, value in parts.items()}
            if not buffer:
                energies["buffer_J"] = None
            rows.append({"scope": scope, "precision": precision, **energies, "total_J": total, "memory_share": share})
    return rows


def _part(rows: Sequence[Row], part: str) -> float | None:
    """Sum of one part; None if one of its layers was not obtained."""
    values = [row["energy_per_trial_J"] for row in rows if row["part"] == part]
    return None if None in values else math.fsum(values)


def buffer_notes(buffer: BufferEstimate | None) -> list[str]:
    """Assumptions behind the buffer's energy."""
    if buffer is None:
        return []
    one = buffer.buffer
    return [
        f"frame buffer: {one.frames} frames of {one.inputs:,} bits as {one.storage}, {one.words:,.0f} words of 64 bits "
        f"a frame, {ACCESSES.value:g} accesses of each; standby of {si(LEAKAGE.value, 'W')} per bit while frames come "
        f"every {si(INTERVAL.value, 's')} (assumed). A memory that fades within microseconds needs it: its frames are "
        "recorded, and replayed in one burst."
    ]
