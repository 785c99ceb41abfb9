"""Tables of event vision: accuracies, what single frames tell of the order, and the size of the networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ipcircuit.units import si
from network.experiments.runs import Cell, Estimate
from network.experiments.vision.cells import FIGURES, FRAME_WISE, NETWORKS
from reports.prose import Prose
from reports.section import Run
from reports.tables.table import Table
from reports.vision.energy import full_size, trained_size, vision_points
from reports.vision.results import KEPT, LABELS, VisionSet, origins, vision_sets

PROSE = Prose(__file__)

SIZED = (*NETWORKS, "ipnet34", "convnextv2")
STATED = {  # sizes that the source states (Methods: dynamic vision tasks; main text)
    "ipnet18": "SEW-ResNet18 with the IP layer for its input layer, N = 8",
    "ipnet34": "SEW-ResNet34, likewise",
    "resnet18": "PyTorch's",
    "resnet18_rnn": "'millions of additional parameters' (of LSTM and R(2+1)D)",
    "resnet18_lstm": "one layer of 1024 units; 'millions of additional parameters'",
    "r2plus1d18": "PyTorch's; 'millions of additional parameters'",
}


_FORMS: dict[str, Callable[[Any], str]] = {
    "period_s": lambda value: si(value, "s"),
    "first": lambda value: f"{100 * value:.0f} %",
    "polarity": KEPT.__getitem__,
}


def accuracies(run: Run) -> Table:
    """Every stored network: options, accuracy, order."""
    sets = vision_sets(run)
    rows = [
        {
            "set": chosen.title,
            "figure": figure,
            "network": LABELS[cell.model],
            "options": _options(chosen, cell),
            **_estimate("accuracy", chosen.results.estimate(cell, "accuracy")),
            **_estimate("order", _order(chosen, cell)),
            "seeds": len(chosen.results.scores(cell, "accuracy")),
        }
        for chosen in sets
        for figure in FIGURES
        for cell in chosen.results.cells(figure)
    ]
    return PROSE.table("vision_accuracies", rows, origins=origins(sets))


def _options(chosen: VisionSet, cell: Cell) -> str:
    """Options that differ from the set's preset."""
    preset = chosen.preset
    usual = {**preset.task, **preset.model, **preset.spiking, **preset.memory}
    own = {**cell.task_options, **cell.model_options}
    words = {"both_orders": "both orders", "period_s": "a frame every", "neurons": "N"}
    texts = []
    for name, value in own.items():
        if name in usual and usual[name] == value:
            continue
        shown = _FORMS.get(name, str)(value)
        texts.append(f"{words.get(name, name.replace('_', ' '))} {'' if value is True else shown}".strip())
    return ", ".join(texts) or "forwards"


def _order(chosen: VisionSet, cell: Cell) -> Estimate | None:
    return chosen.results.estimate(cell, "order") if cell.task_options.get("both_orders") else None


def _estimate(name: str, value: Estimate | None) -> dict[str, Any]:
    if value is None:
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"))
    return {name: value.mean, f"{name}_low": value.low, f"{name}_high": value.high}


def leak(run: Run) -> Table:
    """Order of time as told by single frames, and how far each memory is above that, by set and polarity."""
    sets = vision_sets(run)
    rows = []
    for chosen in sets:
        for other in (False, True):
            frames = chosen.both(FRAME_WISE, other=other)
            for model in NETWORKS:
                cell = chosen.both(model, other=other)
                order = _order(chosen, cell)
                if order is None:
                    continue
                above = None if model == FRAME_WISE else chosen.paired(cell, frames, "order")
                rows.append(
                    {
                        "set": chosen.title,
                        "polarity": KEPT[chosen.polarity(other=other)],
                        "network": LABELS[model],
                        **_estimate("order", order),
                        "above_points": None if above is None else 100 * above.mean,
                        "above_low_points": None if above is None or above.low is None else 100 * above.low,
                        "above_high_points": None if above is None or above.high is None else 100 * above.high,
                        "accuracy": (chosen.accuracy(cell) or order).mean,
                        "seeds": order.seeds,
                    }
                )
    return PROSE.table("vision_leak", rows, origins=origins(sets))


def sizes(run: Run) -> Table:
    """Parameters and operations of every network, as published and as trained here."""
    sets = vision_sets(run)
    base = full_size(FRAME_WISE)
    rows = []
    for model in SIZED:
        full = full_size(model)
        row: dict[str, Any] = {
            "network": LABELS.get(model, {"ipnet34": "IPNet34", "convnextv2": "ConvNeXt V2-T"}.get(model, model)),
            "parameters": full.parameters,
            "beyond": full.parameters - base.parameters,
            "operations": full.macs,
            "neurons": full.neurons or None,
        }
        for chosen in sets:
            trained = trained_size(chosen, model) if model in NETWORKS else None
            row |= {
                f"{chosen.title}: parameters": None if trained is None else trained.parameters,
                f"{chosen.title}: operations": None if trained is None else trained.macs,
            }
        rows.append({**row, "source": STATED.get(model, "")})
    return PROSE.table("vision_sizes", rows)


def energies(run: Run) -> Table:
    """The points of the figure."""
    sets = vision_sets(run)
    rows = [
        {
            "set": chosen.title,
            "network": LABELS[point.network],
            "basis": point.basis,
            "N": chosen.neurons if point.network in ("ipnet18", "ablated18") else None,
            **_estimate("accuracy", point.accuracy),
            "energy_per_sample_J": None if point.energy_J is None else point.energy_J.mean,
            "parameters beyond": point.parameters,
        }
        for chosen in sets
        for point in vision_points(run, chosen)
    ]
    return PROSE.table("vision_energies", rows, origins=origins(sets))
