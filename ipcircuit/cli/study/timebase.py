"""The command `study timebase`: how long each neuron remembers, against the rates of sensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from ipcircuit.cli import completion, console, options, values
from ipcircuit.cli.options import Json, Set
from ipcircuit.units import si

MOST_NEURONS = 1_000_000
MOST_DEVIATIONS = 100.0


def command(
    circuit: Annotated[
        list[str] | None,
        typer.Argument(
            help="Names, or your own: path/to/file.py:NAME; default: all.", autocompletion=completion.circuits
        ),
    ] = None,
    neurons: Annotated[
        int,
        values.whole(
            "--neurons", low=1, high=MOST_NEURONS, help="Neurons with the same input, whose reads are averaged."
        ),
    ] = 32,
    deviations: Annotated[
        float,
        values.number(
            "--deviations",
            low=0.01,
            high=MOST_DEVIATIONS,
            help="Standard deviations of a read that a trace must exceed.",
        ),
    ] = 1.0,
    set_: Set = None,
    json: Json = False,
) -> None:
    """How long each neuron remembers one input, the slowest sensor that it can follow, and how each experiment runs."""
    from energy.time_base import SENSORS, memory_spans
    from ipcircuit.families import CIRCUITS, EXPERIMENTS

    overrides: dict[str, Any] = dict(options.overrides(set_))
    rows: list[dict[str, Any]] = []
    for name in circuit or CIRCUITS.names():
        testbench = options.testbench_of(name).configured(**overrides)
        spans = memory_spans(testbench, neurons, deviations)
        rows += [span.to_json() for span in spans] or [{"circuit": testbench.name, "state": None}]
    experiments = [{"experiment": e.name, "time_base": e.time_base or None} for e in EXPERIMENTS.entries()]
    sensors = [{"sensor": p.name, "interval_s": p.value, "basis": p.basis, "source": p.source} for p in SENSORS]
    data = {"spans": rows, "sensors": sensors, "experiments": experiments}
    console.print_json(data) if json else show(data)


def show(data: dict[str, Sequence[dict[str, Any]]]) -> None:
    """Spans of every circuit, and the time base of every experiment."""
    rows = []
    for span in data["spans"]:
        if span["state"] is None:
            rows.append((span["circuit"], "not stated", "", "", "", ""))
            continue
        seconds = span["span_s"]
        remembered = "always" if seconds is None else si(seconds, "s", 3) if seconds else "none"
        rate = "" if span["slowest_rate_Hz"] is None else si(span["slowest_rate_Hz"], "Hz", 3)
        unit = span["unit"]
        trace, noise = (si(span[n], unit, 3) if unit else f"{span[n]:.3g}" for n in ("trace", "noise"))
        rows.append((span["circuit"], span["state"], trace, noise, remembered, rate))
    first = next((span for span in data["spans"] if span["state"] is not None), None)
    of = "" if first is None else f"{first['neurons']} neurons with the same input, {first['deviations']:g} σ of a read"
    sensors = ", ".join(f"{s['sensor']} {si(s['interval_s'], 's', 3)}" for s in data["sensors"])
    below = f"trace of one input against the noise of one read: {of}\nsensors: {sensors}"
    columns = ["circuit", "state", "trace", "noise", "remembered", "frame rate"]
    console.print_table("memory against sensor rate", columns, rows, right=columns[2:], below=below)
    experiments = [(e["experiment"], e["time_base"] or "not stated") for e in data["experiments"]]
    console.print_table("time base of the experiments", ["experiment", "time base"], experiments)
