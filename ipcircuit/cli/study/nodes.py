"""The command `study nodes`: one neuron in several CMOS technologies."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ipcircuit.cli import completion, console, options, values
from ipcircuit.cli.options import Cluster, Fresh, Jobs, Json, Output, Seed, Set, Sigma, Variation
from ipcircuit.units import si


def command(
    circuit: Annotated[
        str,
        typer.Argument(
            help="A name, or your own: path/to/file.py:NAME.",
            autocompletion=completion.circuits,
        ),
    ] = "comparator",
    technology: Annotated[
        list[str] | None,
        typer.Option(
            "--technology",
            metavar="NAME|FILE",
            help="CMOS process, once each; default: those built in.",
            autocompletion=completion.technologies,
        ),
    ] = None,
    copies: Annotated[
        int, values.whole("--copies", low=0, high=values.MOST_COPIES, help="Random copies of each, for the yield.")
    ] = 20,
    variation: Variation = None,
    sigma: Sigma = None,
    seed: Seed = 0,
    set_: Set = None,
    jobs: Jobs = None,
    cluster: Cluster = None,
    fresh: Fresh = False,
    output: Output = None,
    json: Json = False,
) -> None:
    """One neuron in several CMOS technologies: energy, area, margin and yield, at scaled and at equal supply.

    A technology in which the circuit does not work is a row that says why.
    """
    from energy.variation.nodes import node_runs
    from ipcircuit.technology import catalog
    from reports.nodes import write_nodes

    chosen = [catalog.technology(name) for name in technology or catalog.names()]
    testbench, overrides = options.testbench_of(circuit), options.overrides(set_)
    testbench = options.varied(testbench, variation, sigma)
    with console.progress_bar(f"{circuit} in {len(chosen)} technologies") as progress:
        nodes = node_runs(testbench, chosen, overrides, copies=copies, seed=seed, n_jobs=jobs, progress=progress)
    if output is not None:
        write_nodes(output, nodes)
    result = nodes.to_json()
    console.print_json(result) if json else show(result, output)


def show(result: Mapping[str, Any], output: Path | None) -> None:
    """Energy, then area, margin and yield; below them why a row has none."""
    names = ("energy_per_operation_J", "energy_per_spike_J", "device_energy_J", "cmos_energy_J", "inverter_cycle_J")
    nodes, copies = result["nodes"], result["copies"]
    rows = [(_head(node), *(_with_unit(node[name], "J") for name in names)) for node in nodes]
    columns = ["technology", "operation", "spike", "devices", "CMOS", "inverter"]
    below = "\n".join(
        [
            "circuit scope; devices: with their dividers; inverter: a minimum one, per cycle of a ring",
            *(f"{_head(node)}: {node['cause']}" for node in nodes if node["cause"]),
        ]
    )
    console.print_table(f"{result['circuit']}: energy", columns, rows, right=columns[1:], below=below)
    rows = [
        (
            _head(node),
            *("–" if node[k] is None else console.number(node[k]) for k in ("paper_area_um2", "circuit_area_um2")),
            console.interval(node["area_low_um2"], node["area_high_um2"]) or "–",
            _with_unit(node["margin_V"], "V"),
            _with_unit(node["latency_s"], "s"),
            _yield(node),
        )
        for node in nodes
    ]
    columns = ["technology", "paper", "circuit", "range", "margin", "latency", "yield (%)"]
    below = "\n".join(
        [
            "areas in µm²; margin: smallest distance of a decision",
            *([f"yield of {copies} copies with its 95 % interval, seed {result['seed']}"] if copies else []),
            *console.file_lines(output),
        ]
    )
    console.print_table(f"{result['circuit']}: area, margin, yield", columns, rows, right=columns[1:], below=below)


def _head(node: Mapping[str, Any]) -> str:
    """Technology and supply: a row's name, in one column that tables which are cut repeat."""
    return node["technology"] + ("" if node["v_dd_V"] is None else f" at {node['v_dd_V']:g}\u00a0V")


def _with_unit(value: float | None, unit: str) -> str:
    return "–" if value is None else si(value, unit)


def _yield(node: Mapping[str, Any]) -> str:
    if node["yield"] is None:
        return "–"
    low, high = (100 * node[key] for key in ("yield_low", "yield_high"))
    return f"{100 * node['yield']:.0f} ({low:.0f} to {high:.0f})"
