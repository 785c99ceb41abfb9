"""The tables of `ipcircuit eval`: scores, events, and what a trial costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ipcircuit.cli.console import NOT_OBTAINED, condition_text, interval, number, print_table
from ipcircuit.cli.eval_fit import show_fit
from ipcircuit.cli.gpu_energy import show_increments
from ipcircuit.units import si


def show_evaluation(result: Mapping[str, Any]) -> None:
    """All tables of a result."""
    scores = [
        (k, number(v) if isinstance(v, int | float) else " ".join(map(number, v))) for k, v in result["scores"].items()
    ]
    identity = result["identity"]
    title = f"{identity['model']} on {identity['task']}, {result['trials']} trials"
    print_table(title, ["score", "value"], scores)
    layers = [
        (e["layer"], e["kind"], str(e["neurons"]), number(e["operations_per_trial"]), number(e["spikes_per_trial"]))
        for e in result["layers"]
    ]
    columns = ["layer", "kind", "N", "operations per trial", "spikes per trial"]
    print_table("events", columns, layers, right=columns[2:])
    if "energy" in result:
        _show_energy(result["energy"])
    if "fit" in result:
        show_fit(result["fit"])
    if "gpu" in result:
        show_increments(f"LSTM of equal size on {result['gpu']['gpu']}", result["gpu"])


def _show_energy(energy: Mapping[str, Any]) -> None:
    simulated = [r for r in energy["layers"] if r["circuit"] is not None]
    _show_layers("neurons", "scope", simulated)
    _show_layers("digital estimate, 28 nm (45 nm)", "precision", [r for r in energy["layers"] if r["circuit"] is None])
    spreads = {f"spread of {r['circuit']}: {condition_text(r['spread'])}" for r in simulated if r["spread"]}
    notes = "\n".join([*energy["notes"], *sorted(spreads)])
    beside = [one for r in energy["memory"] for one in r.get("lstm", {}).values()]
    alone = bool(beside) and all(one["energy_per_trial_J"] is None for one in beside)  # a task without an LSTM
    _show_balance(energy["balance"], notes if alone else "")
    if alone:
        return
    if beside:
        _show_beside(energy, notes)
    else:
        _show_lstm(energy, notes)


def _show_layers(title: str, across: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """A line for each layer, with its energy in every scope or precision."""
    cells: dict[str, list[str]] = {}
    for r in rows:
        events = f"{r['events_per_trial']:,.0f} {r['unit']}s"
        cells.setdefault(r["layer"], [r["layer"], _system(r), events]).append(_energy(r))
    if cells:
        columns = ["layer", "counted as", "events per trial", *dict.fromkeys(r[across] for r in rows)]
        print_table(f"energy per trial: {title}", columns, cells.values(), right=columns[3:])


def _show_balance(rows: Sequence[Mapping[str, Any]], below: str) -> None:
    """All parts of the network, and what share of them its memory is."""
    parts = ("memory", "neurons", "synapses", "buffer", "total")
    columns = ["scope", "synapses in", *parts, "memory's share"]
    cells = [
        (
            r["scope"] or "digital",
            r["precision"],
            *(
                "not counted" if part == "buffer" and r["buffer_J"] is None else si(r[f"{part}_J"], "J")
                for part in parts
            ),
            NOT_OBTAINED if r["memory_share"] is None else f"{100 * r['memory_share']:.3g} %",
        )
        for r in rows
    ]
    title = "parts of the network's energy per trial, digital ones at 28 nm"
    print_table(title, columns, cells, right=columns[2:], below=below)


def _show_lstm(energy: Mapping[str, Any], notes: str) -> None:
    columns = ["precision", "memory, 28 nm (45 nm)", "with synapses"]
    pairs = zip(energy["memory"], energy["total"], strict=True)
    rows = [(memory["precision"], _energy(memory), _energy(total)) for memory, total in pairs]
    title = f"energy per trial of the digital network, {energy['memory'][0]['basis']}"
    print_table(title, columns, rows, right=columns[1:], below=notes)


def _system(row: Mapping[str, Any]) -> str:
    return row["part"] if row["circuit"] is None else f"{row['circuit']}, {row['basis']}"


def _energy(row: Mapping[str, Any]) -> str:
    """An energy; of a digital one the unscaled in brackets."""
    text, unscaled = si(row["energy_per_trial_J"], "J"), row.get("energy_45nm_J")
    return text if unscaled is None else f"{text} ({si(unscaled, 'J')})"


def _intervals(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Label and ends of each interval of a row of neurons."""
    from energy.intervals import LABELS

    known = row.get("intervals") or {}
    return [
        (label, interval(known[kind]["low_J"], known[kind]["high_J"], lambda value: si(value, "J")))
        for kind, label in LABELS.items()
        if kind in known
    ]


def _show_beside(energy: Mapping[str, Any], notes: str) -> None:
    """Memory and total of a network of simulated neurons, with the LSTM of equal size in the same line."""
    precisions = list(energy["memory"][0]["lstm"])
    columns = ["scope", "this network", *(f"LSTM {p}, 28 nm (45 nm)" for p in precisions)]
    rows = []
    for r in energy["memory"]:
        rows.append((r["scope"], _energy(r), *(_energy(r["lstm"][p]) for p in precisions)))
        rows += [(f"  {label}", ends, *("" for _ in precisions)) for label, ends in _intervals(r)]
    below = f"memory: {', '.join(energy['memory'][0]['layers']) or NOT_OBTAINED}, beside the LSTM layer of equal size"
    print_table("memory energy per trial", columns, rows, right=columns[1:], below=below)
    columns = ["scope", "neurons", *(f"{part} {p}" for p in precisions for part in ("with synapses", "LSTM network"))]
    rows = [
        (
            r["scope"],
            si(r["neurons_J"], "J"),
            *(_energy(r[which][p]) for p in precisions for which in ("with_synapses", "lstm")),
        )
        for r in energy["total"]
    ]
    print_table("total energy per trial", columns, rows, right=columns[1:], below=notes)
