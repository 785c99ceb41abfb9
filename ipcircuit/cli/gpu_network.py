"""What `gpu-energy --input` measures and shows: a whole network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ipcircuit.cli import console
from ipcircuit.errors import InputError
from ipcircuit.units import si

if TYPE_CHECKING:
    from energy.gpu.turns import Protocol
    from energy.gpu.whole import GpuNetworkEnergy


def measure(
    models: Sequence[str] | None, data: str, steps: int | None, protocol: Protocol, precision: str
) -> GpuNetworkEnergy:
    """Measure the one network of ``--model`` on the input of ``--input``.

    Raises:
        InputError: no network, several, or one or an input that cannot be loaded.
        MissingDependencyError: no GPU whose energy can be read.
    """
    if models is None or len(models) != 1:
        found, allowed = len(models or ()), "one network, such as --model file.py:MODEL"
        raise InputError("with --input", where="--model", found=found, allowed=allowed)
    from network.accounting.gpu import whole
    from network.foreign.inputs import load_inputs
    from network.foreign.loading import load_network

    network = load_network(models[0])
    samples = load_inputs(data, features=network.input_shape(), steps=steps)
    shape = " × ".join(map(str, samples.features))
    name = f"{samples.steps} steps of {shape}, {samples.name}"
    with console.progress_bar("measuring") as progress:
        return whole.measure_network(
            network, samples.inputs, protocol, inputs_name=name, precision=precision, progress=progress
        )


def show_network(energy: Mapping[str, Any]) -> None:
    """A row for each batch size; `energy` as `energy.gpu.whole.GpuNetworkEnergy` in JSON."""
    rows, protocol = energy["energies"]["rows"], energy["protocol"]
    label, cells = console.scaled([[r["energy_J"]["median"], r["beyond_idle_J"]["median"]] for r in rows], "J")
    columns = ["batch", f"per sample{label}", f"beyond idle{label}", "interval", "power", "samples/s"]
    table = [
        (
            f"{r['batch']}{' *' if r['optimum'] else ''}",
            *texts,
            console.interval(r["energy_J"]["low"], r["energy_J"]["high"], lambda value: si(value, "J", 3))
            or console.NOT_OBTAINED,
            si(r["power_W"], "W", 3),
            console.number(r["samples_per_s"]),
        )
        for r, texts in zip(rows, cells, strict=True)
    ]
    limit = "" if energy["power_limit_W"] is None else f", limit {si(energy['power_limit_W'], 'W')}"
    title = f"{energy['network']} on {energy['gpu']}{limit}, driver {energy['driver']}, torch {energy['torch']}"
    before, after = (si(energy["energies"][f"idle_{when}_W"], "W", 3) for when in ("before", "after"))
    fed = {
        "steps": "a call for each time step, launches and all",
        "whole": "all time steps in one call",
        "repeats": "one step, which the network repeats",
    }
    reasons = list(dict.fromkeys(reason for r in rows for reason in r["throttling"]))
    below = [
        "energy of the whole board, medians; interval: of the energy per sample, distribution-free; * highest "
        f"throughput. Idle power {before} before, {after} after; beyond idle: without it",
        f"{energy['inputs']}; {fed[energy['fed']]}; {energy['precision']}; {protocol['repeats']} windows of "
        f"{protocol['window_s']:g} s; {energy['date']}; throttled by: {', '.join(reasons) or 'nothing'}",
    ]
    console.print_table(title, columns, table, right=columns[1:], below="\n".join(below))
