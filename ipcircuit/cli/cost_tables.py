"""The tables of `ipcircuit cost`; its energies never stand without whether the neurons may stand there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ipcircuit.cli import console
from ipcircuit.cli.console import NOT_OBTAINED, number, print_lines, print_table
from ipcircuit.units import si

Row = Mapping[str, Any]
_MOST_LAYERS = 40  # in a table; the files hold all
_MOST_NAMES = 6  # of layers in a cell
_ALIKE = 0.05  # relative: prices of layers that are shown as one, their mean
_QUESTION = "may these neurons stand there?"
_MEASURES = {"accuracy": "accuracy (%)", "agreement": "as ideal (%)"}


class _Notes:
    """Texts below a table, each with a number that stands in the rows it belongs to."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def number(self, text: str) -> str:
        if text not in self._texts:
            self._texts.append(text)
        return str(self._texts.index(text) + 1)

    @property
    def text(self) -> str:
        return "\n".join(f"{number}: {text}" for number, text in enumerate(self._texts, 1))


def show_cost(cost: Row, folder: Path | None = None) -> None:
    """All tables, and the summary in the last line."""
    if cost["energy"]:
        _show_energy(cost)
        _show_layers(cost)
        _show_suitability(cost)
    _show_prices(cost["prices"])
    _show_baselines(cost)
    _show_not_counted(cost)
    base = cost["time_base"]
    print_lines([*([f"{base['text']}."] if base else []), *cost["notes"], *console.file_lines(folder), cost["summary"]])


def _show_energy(cost: Row) -> None:
    """Energy of a sample by scope and part, with its intervals."""
    from energy.intervals import LABELS

    rows = cost["energy"]
    parts = list(dict.fromkeys(part for row in rows for part in row["parts_J"]))
    table = []
    for row in rows:
        cells = [_joule(row["parts_J"][part]) if part in row["parts_J"] else "not counted" for part in parts]
        table.append((row["scope"], *cells, _joule(row["energy_per_sample_J"])))
        for kind, label in LABELS.items():
            if ends := (row["intervals"] or {}).get(kind):
                text = console.interval(ends["low_J"], ends["high_J"], lambda value: si(value, "J"))
                table.append((f"  {label}", *("" for _ in parts), text))
    columns = ["scope", *parts, "total"]
    title = f"energy per sample: {cost['network']} on {cost['data']}, {cost['samples']} samples, {cost['steps']} steps"
    print_table(title, columns, table, right=columns[1:])


def _show_layers(cost: Row) -> None:
    shown = cost["layers"][:_MOST_LAYERS]
    scopes = list(shown[0]["energy_J"]) if shown else []
    table = [
        (
            row["layer"],
            row["circuit"],
            f"{row['neurons']:,}",
            number(row["spikes_per_sample"], 3),
            number(row["spikes_per_neuron_and_step"], 2),
            *(_joule(row["energy_J"][scope]) for scope in scopes),
        )
        for row in shown
    ]
    columns = ["layer", "circuit", "neurons", "spikes", "rate", *scopes]
    below = "spikes of a sample; rate: spikes per neuron and step" + _left_out(cost["layers"], shown)
    print_table("layers of neurons, energy per sample", columns, table, right=columns[2:], below=below)


def _show_suitability(cost: Row) -> None:
    """What becomes of the network with the circuit's neurons, and what of each layer has no counterpart."""
    judged = cost["suitability"]
    if judged is None:
        print_table(_QUESTION, ["not judged"], [(cost["not_judged"],)])
        return
    measures = [name for name in ("accuracy", "agreement") if any(row[name] for row in judged["outcomes"])]
    table = [
        (
            row["name"],
            row["condition"],
            *(_share(row[name]) for name in measures),
            NOT_OBTAINED if row["rate"] is None else number(row["rate"], 2),
            f"not obtained: {row['reason']}" if row["reason"] else "",
        )
        for row in judged["outcomes"]
    ]
    columns = ["neurons", "condition", *(_MEASURES[name] for name in measures), "rate", "note"]
    table, columns = (
        ([row[:-1] for row in table], columns[:-1]) if not any(row[-1] for row in table) else (table, columns)
    )
    below = f"{judged['samples']} samples. as ideal: the answer of the network with its own neurons; intervals of 95 %"
    print_table(_QUESTION, columns, table, right=[*_MEASURES.values(), "rate"], below=below)
    _show_mapping(judged)


def _show_mapping(judged: Row) -> None:
    """A row for each way in which a layer is mapped, with all layers of that way."""
    ways: dict[tuple[str, ...], list[str]] = {}
    texts: dict[str, list[str]] = {}
    for path, row in judged["layers"].items():
        wanted, own = row["decay"]
        numbers = si(row["step_s"], "s", 3), number(wanted, 3), number(own, 3)
        ways.setdefault((row["circuit"], *numbers), []).append(path)
        texts.setdefault(f"an input of one threshold is {row['drive']}", []).append(path)
        for gap in row["missing"]:
            texts.setdefault(f"no counterpart: {gap}", []).append(path)
    table = [(_listed(paths), *way) for way, paths in ways.items()]
    table += [(row["layer"], f"stays {row['class']}: {row['reason']}", "", "", "") for row in judged["kept"]]
    columns = ["layers", "circuit", "step", "decay wanted", "obtained"]
    below = "\n".join(f"{_listed(paths)}: {text}" for text, paths in texts.items())
    print_table("how the neurons are mapped", columns, table, right=columns[2:], below=below)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) < _MOST_NAMES else f"{names[0]} and {len(names) - 1} more"


def _show_prices(lines: Sequence[Row]) -> None:
    """The price list, all layers together: what one event costs in each scope."""
    from energy.cost import SCOPES

    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    notes = _Notes()
    for line in lines:
        key = (line["part"], line["event"], line["source"], line["basis"])
        row = rows.setdefault(key, {"counts": {}, "each": {}, "remarks": {}})
        row["counts"][line["layer"]] = line["count"]
        for scope in SCOPES if line["scope"] is None else (line["scope"],):
            row["each"].setdefault(scope, []).append(line["energy_each_J"])
        if line["remark"]:
            row["remarks"][line["remark"]] = None
    table = [
        (
            part,
            event,
            NOT_OBTAINED if None in row["counts"].values() else number(sum(row["counts"].values()), 3),
            *(_each(row["each"].get(scope)) for scope in SCOPES),
            ", ".join(notes.number(text) for text in (f"{source} ({basis})" if source else basis, *row["remarks"])),
        )
        for (part, event, source, basis), row in rows.items()
    ]
    columns = ["part", "event", "per sample", *SCOPES, "source"]
    title = "price list, energy of one event by scope"
    print_table(title, columns, table, right=columns[2:], below=notes.text)


def _each(values: Sequence[float | None] | None) -> str:
    """Energy of one event; a range where it differs from layer to layer by more than `_ALIKE`."""
    if values is None:
        return ""
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return NOT_OBTAINED
    low, high = min(known), max(known)
    if high - low <= _ALIKE * abs(high):
        return _joule(sum(known) / len(known))
    return f"{_joule(low)} to {_joule(high)}"


def _show_baselines(cost: Row) -> None:
    from network.cost.verdict import WIDEST

    own = {row["scope"]: row["energy_per_sample_J"] for row in cost["energy"]}
    scope = next((s for s in WIDEST if own.get(s)), None)
    table, notes = [], _Notes()
    for row in cost["baselines"]:
        energy = row["energy_per_sample_J"]
        ratio = energy / own[scope] if energy is not None and scope else None
        texts = [f"leaves out {row['leaves_out']}" if row["leaves_out"] else "", row["reason"]]
        marks = ", ".join(notes.number(text) for text in texts if text)
        table.append((row["system"], row["basis"], _joule(energy), number(ratio, 3), _share(row["score"]), marks))
    measured = next((row["score"]["measure"] for row in cost["baselines"] if row["score"]), "accuracy")
    columns = ["system", "basis", "per sample", "ratio", _MEASURES[measured], "note"]
    below = f"ratio: to this network in the scope {scope}\n" if scope else ""
    if not scope:
        columns, table = [*columns[:3], *columns[4:]], [(*row[:3], *row[4:]) for row in table]
    title = "what others would spend" if cost["energy"] else f"energy per sample: {cost['network']} on {cost['data']}"
    print_table(title, columns, table, right=columns[2:], below=below + notes.text)


def _show_not_counted(cost: Row) -> None:
    if cost["not_counted"]:
        table = [(row["path"] or "the network", row["module"], row["reason"]) for row in cost["not_counted"]]
        print_table("not counted", ["layer", "class", "reason"], table[:_MOST_LAYERS])


def _left_out(rows: Any, shown: Sequence[Any]) -> str:
    return "" if len(rows) == len(shown) else f"; {len(rows) - len(shown)} more layers in the files and with --json"


def _share(share: Row | None) -> str:
    """A share in per cent with its interval."""
    if share is None:
        return NOT_OBTAINED
    ends = console.interval(share["low"], share["high"], console.percent)
    return f"{console.percent(share['value'])} ({ends})"


def _joule(value: float | None) -> str:
    return si(value, "J", 3)
