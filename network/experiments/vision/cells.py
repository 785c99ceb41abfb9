"""Networks that the figures on event vision need, at the sizes of a preset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from functools import cache
from importlib.resources import files
from typing import Any

from ipcircuit.families import MODELS
from ipcircuit.records import Positive, PositiveCount, parse, read_toml, record
from network.data.reversal import Polarity
from network.experiments.runs import Cell, chosen_cells
from network.training.settings import Settings

IPNET, FRAME_WISE, LSTM, VIDEO = "ipnet18", "resnet18", "resnet18_lstm", "r2plus1d18"
NETWORKS = (IPNET, "lif18", "ablated18", FRAME_WISE, "resnet18_rnn", LSTM, VIDEO)
FLIP, KEEP = "flip", "keep"
SYNTHETIC, RECORDED = "synthetic", "recorded"
FIGURES = {
    "4c": "accuracy forwards and in both orders, of every network",
    "polarity": "in both orders with the other convention of polarity",
    "4e": "trained with the first part of every sample, tested on the whole",
    "4f": "in both orders by the position of the layer with the memory",
    "S11": "trained with the first part, by N",
    "timebase": "in both orders by the time between two frames",
}
Options = Mapping[str, Any]


@record
class Preset:
    """See ``presets.toml``."""

    steps: PositiveCount
    dense_steps: PositiveCount
    first: Positive
    neurons: tuple[int, ...]
    positions: tuple[str, ...]
    periods_s: tuple[float, ...]
    task: Mapping[str, Any] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=dict)
    spiking: Mapping[str, Any] = field(default_factory=dict)
    memory: Mapping[str, Any] = field(default_factory=dict)
    batch: PositiveCount = 32
    folds: bool = False
    polarity: Polarity = FLIP
    forwards: tuple[str, ...] = NETWORKS

    def both_orders(self, *, other: bool = False) -> dict[str, Any]:
        """Options of the task in both orders, with the preset's convention of polarity or the other one."""
        keep = (self.polarity == KEEP) != other
        return {"both_orders": True, **({"polarity": KEEP} if keep else {})}

    def with_options(self, task: Options, model: Options) -> Preset:
        """The same with options of the user's instead."""
        return replace(self, task={**self.task, **task}, model={**self.model, **model})

    def settings(self, cell: Cell, *, quick: bool = False) -> Settings:
        """Training of a cell: a fifth of the steps in a quick run."""
        model = MODELS.load(cell.model)
        steps = self.dense_steps if model.digital else self.steps
        steps = max(2, steps // 5) if quick else steps
        share = 0.0 if model.digital else 0.6
        every = max(1, steps // 4)
        # forwards every network soon has all there is to have; in both orders none is stopped early
        target = None if cell.task_options.get("both_orders") else 0.995
        full = model.settings(cell.task, quick=False, steps=steps)
        return replace(full, batch=self.batch, evaluate_every=every, expected_share=share, target_score=target)


@cache
def presets() -> dict[str, Preset]:
    """The presets by name."""
    return parse(dict[str, Preset], read_toml(files("network.experiments.vision") / "presets.toml"), "presets.toml")


def preset_of(name: str) -> Preset:
    """The preset of a set of samples, or that of all others with its name."""
    known = presets()
    return known[name] if name in known else known[RECORDED].with_options({"set": name}, {})


def cells(preset: Preset, figures: Sequence[str] | None = None) -> list[Cell]:
    """Cells of the figures, by default of all. Raises InputError: unknown figure."""
    return chosen_cells([cell for figure in FIGURES for cell in _OF[figure](preset)], figures)


def cell(preset: Preset, figure: str, model: str, task: Options, options: Options | None = None) -> Cell:
    """A network on the preset's task with further options."""
    own = MODELS.load(model)
    chosen: dict[str, Any] = dict(preset.model)
    if not own.digital:
        chosen |= preset.spiking
    if "neurons" in own.options and not own.digital:
        chosen |= preset.memory
    return Cell(figure, "gesture", model, {**preset.task, **task}, {**chosen, **(options or {})}, preset.folds)


def _accuracy(preset: Preset) -> list[Cell]:
    forwards = [cell(preset, "4c", model, {}) for model in preset.forwards]
    return [*forwards, *(cell(preset, "4c", model, preset.both_orders()) for model in NETWORKS)]


def _polarity(preset: Preset) -> list[Cell]:
    return [cell(preset, "polarity", model, preset.both_orders(other=True)) for model in (IPNET, FRAME_WISE, LSTM)]


def _part(preset: Preset) -> list[Cell]:
    part = {**preset.both_orders(), "first": preset.first}
    chosen = [cell(preset, "4e", model, part) for model in (IPNET, FRAME_WISE, "resnet18_rnn", LSTM, VIDEO)]
    return [*chosen, cell(preset, "4e", VIDEO, {**part, "window": True})]


def _positions(preset: Preset) -> list[Cell]:
    return [cell(preset, "4f", IPNET, preset.both_orders(), {"position": place}) for place in preset.positions]


def _ensembles(preset: Preset) -> list[Cell]:
    part = {**preset.both_orders(), "first": preset.first}
    return [cell(preset, "S11", IPNET, part, {"neurons": n}) for n in preset.neurons]


def _periods(preset: Preset) -> list[Cell]:
    return [cell(preset, "timebase", IPNET, preset.both_orders(), {"period_s": period}) for period in preset.periods_s]


_OF = {
    "4c": _accuracy,
    "polarity": _polarity,
    "4e": _part,
    "4f": _positions,
    "S11": _ensembles,
    "timebase": _periods,
}
