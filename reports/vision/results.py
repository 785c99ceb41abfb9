"""Stored runs of event vision by set: those of ``--runs DIR``, or the ones that come with the package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from ipcircuit.statistics import mean_interval
from network.data.folder import SETS as PUBLISHED_SETS
from network.data.scenes import CLASSES, SceneSettings
from network.experiments.runs import Cell, Estimate
from network.experiments.vision.cells import FLIP, FRAME_WISE, IPNET, KEEP, LSTM, SYNTHETIC, VIDEO, Preset, cell
from network.experiments.vision.experiment import STORED, VisionResults, load_results
from network.tasks.gesture import Gesture
from network.training.store import RunStore, score_of
from reports.section import Run

GESTURE = "dvs_gesture"
PUBLISHED_SET = "DVS128 Gesture"
LABELS: Mapping[str, str] = {  # of networks by registry name
    IPNET: "IPNet18",
    "lif18": "LIF",
    "ablated18": "IPNet18, ablated",
    FRAME_WISE: "ResNet18",
    "resnet18_rnn": "ResNet18-RNN",
    LSTM: "ResNet18-LSTM",
    VIDEO: "R(2+1)D",
}
KEPT = {KEEP: "kept", FLIP: "flipped"}
SETS: Mapping[str, tuple[str, str]] = {  # by name: title, and what it is
    SYNTHETIC: ("synthetic", f"each seed its own {Gesture.train:,} scenes to train with and {Gesture.test:,} to test"),
    "nmnist": ("N-MNIST", "1,100 recordings, five folds (a seed is a fold)"),
    GESTURE: (PUBLISHED_SET, "trained with users 1-23, tested with 24-29"),
}


@dataclass(frozen=True)
class VisionSet:
    """Runs on one set of samples."""

    name: str
    results: VisionResults

    @property
    def title(self) -> str:
        """For a panel or a legend."""
        return SETS.get(self.name, (self.name, ""))[0]

    @property
    def preset(self) -> Preset:
        """Sizes of the runs."""
        return self.results.preset

    @property
    def neurons(self) -> int:
        """N of the layer with the memory, where nothing else is said; the model's default is that of the Methods."""
        return self.preset.memory.get("neurons", 8)

    @property
    def pixels(self) -> int:
        """Height and width of a frame; by default the sensor's shorter side."""
        own = SceneSettings.size if self.name == SYNTHETIC else min(PUBLISHED_SETS[self.name].sensor or (0,))
        return self.preset.task.get("pixels") or own

    @property
    def classes(self) -> int:
        """Gestures forwards; in both orders there are twice as many classes."""
        return len(CLASSES if self.name == SYNTHETIC else PUBLISHED_SETS[self.name].classes)

    @cached_property
    def origin(self) -> str:
        """Set, size, networks, N and runs for a caption."""
        model, task = self.preset.model, self.preset.task
        size = f"{task['steps']} frames of 2 × {self.pixels} × {self.pixels}"
        width = f"width {model['width']:g}, depth {model['depth']}" if model else "full size"
        static = self.preset.spiking.get("static_neurons", 1)
        what = SETS.get(self.name, (self.name, self.name))[1]
        return (
            f"{what}; {size}; polarity of reversed samples {KEPT[self.preset.polarity]}; networks of {width}, "
            f"N = {self.neurons} at the memory and {static} static neurons in "
            f"parallel; {self.results.origin}"
        )

    def cell(self, figure: str, model: str, task: Mapping[str, Any], options: Mapping[str, Any] | None = None) -> Cell:
        """A cell of a figure."""
        return cell(self.preset, figure, model, task, options)

    def every(self, period_s: float) -> Cell:
        """IPNet18 in both orders with a frame every so many seconds."""
        return self.cell("timebase", IPNET, self.preset.both_orders(), {"period_s": period_s})

    def accuracy(self, cell: Cell) -> Estimate | None:
        """Accuracy, 0 … 1."""
        return self.results.estimate(cell, "accuracy")

    def forwards(self, model: str) -> Cell:
        """A network on the gestures forwards."""
        return self.cell("4c", model, {})

    def both(self, model: str, *, other: bool = False) -> Cell:
        """A network on both orders of time; `other`: with the other convention of polarity than the set's."""
        return self.cell("polarity" if other else "4c", model, self.preset.both_orders(other=other))

    def polarity(self, *, other: bool = False) -> str:
        """Convention of the reversed samples' polarity, flip or keep."""
        return self.preset.polarity if not other else FLIP if self.preset.polarity == KEEP else KEEP

    def part(self, model: str, options: Mapping[str, Any] | None = None) -> Cell:
        """A network in both orders, trained with the first part of the frames."""
        return self.cell("S11", model, {**self.preset.both_orders(), "first": self.preset.first}, options)

    def at(self, position: str) -> Cell:
        """IPNet18 in both orders with its memory at a position."""
        options = {} if position == "input" else {"position": position}
        return self.cell("4f", IPNET, self.preset.both_orders(), options)

    def paired(self, first: Cell, second: Cell, name: str = "accuracy") -> Estimate | None:
        """Difference of a score between two cells, seed by seed; None without a seed that both have."""
        ones, others = (self._by_seed(cell, name) for cell in (first, second))
        seeds = sorted(ones.keys() & others.keys())
        differences = [ones[seed] - others[seed] for seed in seeds]
        return Estimate(*mean_interval(differences), len(seeds)) if seeds else None

    def ratio(self, first: Cell, second: Cell) -> Estimate | None:
        """Ratio of accuracies, seed by seed."""
        ones, others = (self._by_seed(cell, "accuracy") for cell in (first, second))
        ratios = [ones[seed] / others[seed] for seed in sorted(ones.keys() & others.keys()) if others[seed]]
        return Estimate(*mean_interval(ratios), len(ratios)) if ratios else None

    def _by_seed(self, cell: Cell, name: str) -> dict[int, float]:
        return {r["seed"]: score_of(r, name) for r in self.results.records if cell.holds(r)}


def vision_sets(run: Run) -> list[VisionSet]:
    """Every set that there are runs on, synthetic first."""
    return list(_sets(run.runs))


def set_named(run: Run, name: str) -> VisionSet | None:
    """The runs on one set; None: there are none."""
    return next((chosen for chosen in vision_sets(run) if chosen.name == name), None)


@cache
def _sets(folder: Path | None) -> Sequence[VisionSet]:
    if folder is not None and (names := _names(folder)):
        return [VisionSet(name, load_results(name, folder)) for name in names]
    here = files("network.experiments.vision")
    return [VisionSet(name, load_results(name)) for name in STORED if (here / f"stored_{name}.json").is_file()]


def _names(folder: Path) -> list[str]:
    """Sets of the runs in a folder, in the order of `SETS`."""
    found = {r["task_options"].get("set", "") for r in RunStore(folder).runs("gesture")} - {""}
    return sorted(found, key=lambda name: (list(SETS).index(name) if name in SETS else len(SETS), name))


def origins(sets: Sequence[VisionSet]) -> str:
    """Origin of a figure's numbers, set by set."""
    texts = ". ".join(f"{chosen.title[0].upper()}{chosen.title[1:]}: {chosen.origin}" for chosen in sets)
    return texts or "No stored runs"
