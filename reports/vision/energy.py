"""Accuracy in both orders beside the energy of the memory per sample, and the size of the networks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from energy.compare import published_comparison
from energy.cost import SCOPES
from energy.digital import PRECISIONS, RecurrentCell, digital_energy
from energy.gpu.baselines import SampleShape, load_gpu_baselines
from ipcircuit.statistics import mean_interval
from network.accounting.counting.events import LayerEvents
from network.accounting.counting.sizes import NetworkSize, network_size, recurrent_sizes
from network.accounting.counting.stand_in import Frames
from network.experiments.runs import Estimate
from network.experiments.vision.cells import FRAME_WISE, IPNET, LSTM, NETWORKS, VIDEO
from network.training.store import part_of
from reports.counted import memory_energy
from reports.ledger.record import published
from reports.section import Run
from reports.vision.results import VisionSet

RECURRENT = {"resnet18_rnn": "RNN", LSTM: "LSTM"}  # kind of the recurrent layer by network
GPU_MODELS = {**RECURRENT, VIDEO: "R(2+1)D"}  # network to the published baseline
PUBLISHED_ACCURACY = {
    **{IPNET: "A15.ipnet18", "resnet18_rnn": "A15.rnn"},
    **{LSTM: "A15.lstm", VIDEO: "A15.r2plus1d"},
}
FULL = SampleShape()
FULL_FRAMES = Frames(FULL.channels, FULL.width, FULL.frames, FULL.outputs)


@dataclass(frozen=True)
class VisionPoint:
    """One network with a memory, in one scope or at one precision; or a published one.

    Attributes:
        network: registry name. basis: a scope, a precision, or ``published``.
        accuracy: in both orders, of samples 0 … 1; None: not run.
        energy_J: of the memory per sample; for digital ones at 28 nm.
        parameters: beyond the frame-wise network's.
    """

    network: str
    basis: str
    accuracy: Estimate | None
    energy_J: Estimate | None
    parameters: int


def vision_points(run: Run, chosen: VisionSet) -> list[VisionPoint]:
    """Networks that were run in both orders and have a memory of known energy."""
    return [point for model in NETWORKS for point in _points(run, chosen, model)]


def _points(run: Run, chosen: VisionSet, model: str) -> Iterator[VisionPoint]:
    cell = chosen.both(model)
    records = [r for r in chosen.results.records if cell.holds(r)]
    if not records or model in (FRAME_WISE, VIDEO):
        return
    beyond = trained_size(chosen, model).parameters - trained_size(chosen, FRAME_WISE).parameters
    accuracy = chosen.accuracy(cell)
    if model in RECURRENT:
        for precision in PRECISIONS:
            energy = digital_energy(_cell(chosen, model), precision).energy_per_sample_28nm_J
            yield VisionPoint(model, precision, accuracy, Estimate(energy, None, None, 1), beyond)
        return
    energies = [memory_energy(map(LayerEvents.from_json, part_of(r, "layers")), run.jobs) for r in records]
    for scope in SCOPES:
        values = [by_scope[scope] for by_scope in energies]
        known = [value for value in values if value is not None]
        energy = Estimate(*mean_interval(known), len(known)) if len(known) == len(values) else None
        yield VisionPoint(model, scope, accuracy, energy, beyond)


def _cell(chosen: VisionSet, model: str) -> RecurrentCell:
    """The recurrent layer of a network at its trained size, from the network itself."""
    inputs, hidden = recurrent_sizes(model, trained_frames(chosen), _options(chosen, model))
    return RecurrentCell(cast(Any, RECURRENT[model]), inputs, hidden, chosen.preset.task["steps"])


def trained_frames(chosen: VisionSet) -> Frames:
    """Frames of a set in both orders, as its networks were trained with."""
    return Frames(2, chosen.pixels, chosen.preset.task["steps"], 2 * chosen.classes)


def _options(chosen: VisionSet, model: str) -> Mapping[str, Any]:
    return chosen.both(model).model_options


def trained_size(chosen: VisionSet, model: str) -> NetworkSize:
    """Size of a network as it was trained on a set, in both orders."""
    return _size(model, trained_frames(chosen), tuple(sorted(_options(chosen, model).items())))


def full_size(model: str) -> NetworkSize:
    """Size at full width for a sample of the source's."""
    return _size(model, FULL_FRAMES, ())


@cache
def _size(model: str, frames: Frames, options: tuple[tuple[str, Any], ...]) -> NetworkSize:
    return network_size(model, frames, dict(options))


def published_points() -> list[VisionPoint]:
    """The source's own, at full size: IPNet18 with N = 1, and the increments on its GPU."""
    gpu = {b.model: b.energy_per_sample_J for b in load_gpu_baselines()}
    energies = {IPNET: published_comparison().memory_energy_J[1]}
    energies |= {model: gpu[name] for model, name in GPU_MODELS.items()}
    base = full_size(FRAME_WISE).parameters
    return [
        VisionPoint(
            model,
            "published",
            Estimate(published(PUBLISHED_ACCURACY[model]) / 100, None, None, 1),
            Estimate(energy, None, None, 1),
            full_size(model).parameters - base,
        )
        for model, energy in energies.items()
    ]
