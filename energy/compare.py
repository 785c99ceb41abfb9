"""Memory energy per sample: the device in each accounting scope beside GPU and digital baselines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from pydantic import Field

from energy.area import paper_area
from energy.constants import DENSITY, PUBLISHED_MEMORY_ENERGY, PUBLISHED_OPERATION
from energy.cost import SCOPES, NeuronCost, ScopeCost
from energy.digital import DigitalEstimate
from energy.gpu.baselines import GpuBaseline, load_gpu_baselines
from energy.intervals import Interval, scaled_intervals
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter
from ipcircuit.records import PositiveCount, record

IDLE_LEAKAGE = "idle_leakage"  # breakdown component that grows as events get rarer


@record
class EventWorkload:
    """Event-camera samples as the memory layer sees them; the defaults are DVS Gesture in Liu et al.

    Attributes:
        width, height, channels: input resolution and polarities.
        density: mean share of inputs that are active in a frame.
        frames: frames per sample.
        neurons: parallel neurons per input (N): Monte-Carlo samples in hardware.

    Raises:
        InputError: naming the field.
    """

    width: PositiveCount = 128
    height: PositiveCount = 128
    channels: PositiveCount = 2
    density: Annotated[float, Field(gt=0, le=1)] = DENSITY.value
    frames: PositiveCount = 50
    neurons: PositiveCount = 1

    @property
    def operations(self) -> float:
        """Neuron operations per sample."""
        return self.channels * self.width * self.height * self.density * self.frames * self.neurons

    @property
    def inputs(self) -> int:
        """Inputs of a frame."""
        return self.channels * self.width * self.height


@dataclass(frozen=True)
class ComparisonRow:
    """Row of `compare --json`; `ratio_to_device` is this system's energy over the device's in the same scope.

    Attributes:
        intervals: by kind (`energy.intervals.Kind`) the ends of the energy of the device and of the ratio of another
            system to it, which the device's spread makes: ``energy_low_J``, ``energy_high_J``, ``ratio_low``,
            ``ratio_high``; None: no such end. None: the device's cost has no spread.
    """

    system: str
    basis: str
    scope: str
    energy_per_sample_J: float | None
    ratio_to_device: float | None
    conditions: Mapping[str, float | str]
    intervals: Mapping[str, Mapping[str, float | None]] | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary with the contract's keys."""
        return asdict(self)


def operation_energy(
    cost: NeuronCost, scope: str, density: float, event_transport: Parameter | None = None
) -> float | None:
    """Energy of one operation in a scope at a density, J; None where it was not obtained.

    The `idle_leakage` part of the breakdown belongs to the density the cost was computed for
    (``conditions["density"]``) and is rescaled with (1 - d)/d; without that entry it stays.
    `event_transport` (J per operation) is added in the `system` scope only.

    Raises:
        InputError: unknown scope, or a negative transport energy.
    """
    if scope not in SCOPES:
        raise InputError("unknown scope", where="scope", found=scope, allowed=", ".join(SCOPES))
    energy = cost.scopes[scope].energy_per_operation_J
    if energy is None:
        return None
    leakage = cost.scopes[scope].energy_breakdown_J.get(IDLE_LEAKAGE, 0.0)
    reference = cost.conditions.get("density")
    if leakage and isinstance(reference, int | float) and 0 < reference < 1 and density != reference:
        energy += leakage * (((1 - density) / density) / ((1 - reference) / reference) - 1)
    if event_transport is not None and scope == "system":
        if event_transport.unit != "J" or event_transport.value < 0:
            raise InputError("must be a non-negative energy in J", where="event_transport", found=event_transport)
        energy += event_transport.value
    return energy


def compare(
    cost: NeuronCost,
    workload: EventWorkload,
    baselines: Sequence[GpuBaseline],
    *,
    digital: Iterable[DigitalEstimate] = (),
    scopes: Sequence[str] = SCOPES,
    event_transport: Parameter | None = None,
) -> list[ComparisonRow]:
    """Device, GPU and digital energy per sample, one row per system and scope.

    Baselines are energies of the published task at its own frame size and count; they do not follow `workload`. A
    digital estimate appears twice: scaled to 28 nm (assumed factor) and as its 45 nm table gives it.

    Args:
        cost: the neuron.
        workload: events per sample.
        baselines: from `energy.gpu.baselines.load_gpu_baselines`, or measured.
        digital: from `energy.digital.digital_energy`.
        scopes: accounting scopes to show.
        event_transport: energy to bring one event to a neuron; None: not counted, which the row says.

    Raises:
        InputError: unknown scope.
    """
    others = _baseline_entries(baselines, digital)
    rows: list[ComparisonRow] = []
    for scope in scopes:
        operation = operation_energy(cost, scope, workload.density, event_transport)
        device = None if operation is None else operation * workload.operations
        conditions: dict[str, float | str] = {
            **cost.conditions_and_details,
            **asdict(workload),
            "operations": workload.operations,
        }
        if operation is not None:
            conditions["energy_per_operation_J"] = operation
        if scope == "system":
            conditions["event_transport_J"] = "not counted" if event_transport is None else event_transport.value
        name = f"{cost.circuit} (N = {workload.neurons})"
        spread = scaled_intervals(cost, scope, workload.operations, device)
        own = {str(kind): _ends(interval, None) for kind, interval in spread.items()} or None
        rows.append(ComparisonRow(name, cost.basis, scope, device, 1.0 if device else None, conditions, own))
        for system, basis, energy, its_conditions in others:
            ratio = energy / device if device else None
            its = {str(kind): _ends(None, interval.inverse(energy)) for kind, interval in spread.items()} or None
            rows.append(ComparisonRow(system, basis, scope, energy, ratio, its_conditions, its))
    return rows


def _ends(energy: Interval | None, ratio: Interval | None) -> dict[str, float | None]:
    return {
        "energy_low_J": energy and energy.low,
        "energy_high_J": energy and energy.high,
        "ratio_low": ratio and ratio.low,
        "ratio_high": ratio and ratio.high,
    }


def _baseline_entries(
    baselines: Iterable[GpuBaseline], digital: Iterable[DigitalEstimate]
) -> list[tuple[str, str, float, dict[str, float | str]]]:
    """System, basis, energy per sample and conditions of every baseline."""
    entries: list[tuple[str, str, float, dict[str, float | str]]] = []
    for b in baselines:
        conditions: dict[str, float | str] = {"gpu": b.gpu, "task": b.task, "source": b.source}
        entries.append((b.system, b.basis, b.energy_per_sample_J, conditions | ({"note": b.note} if b.note else {})))
    for e in digital:
        name, scale = f"{e.cell.kind} digital {e.precision}", e.parameters[-1].value
        size: dict[str, float | str] = {"inputs": e.cell.inputs, "hidden": e.cell.hidden, "frames": e.cell.frames}
        size["table"] = e.parameters[0].source
        entries += [
            (f"{name}, 28 nm", "assumed", e.energy_per_sample_28nm_J, {**size, "node_scale": scale}),
            (f"{name}, 45 nm as tabled", "published", e.energy_per_sample_45nm_J, size),
        ]
    return entries


def published_cost() -> NeuronCost:
    """The differential neuron as Liu et al. state it: 0.6 nJ, 24 transistors at 80 F², in the `paper` scope only."""
    area = paper_area(24).total_um2
    energy = PUBLISHED_OPERATION.value
    paper = ScopeCost(energy, None, area, {"differential_neuron": energy}, {"transistors": area})
    return NeuronCost(
        "differential",
        "published",
        None,
        {"source": PUBLISHED_OPERATION.source, "amplitude_V": 0.80},
        24,
        {"mtj": 4},
        None,
        None,
        {"paper": paper, "circuit": ScopeCost(), "system": ScopeCost()},
    )


@dataclass(frozen=True)
class PublishedComparison:
    """Arithmetic of Liu et al.: memory energy by N, and ratios by baseline model at N = 1, exact and as rounded."""

    memory_energy_J: Mapping[int, float]
    ratios: Mapping[str, float]
    ratios_as_rounded: Mapping[str, float]


def published_comparison(neurons: Sequence[int] = (1, 4, 8, 16)) -> PublishedComparison:
    """The 87 µJ, 348-1392 µJ and the ratios of Liu et al., from the inputs that they state."""
    energies = {n: EventWorkload(neurons=n).operations * PUBLISHED_OPERATION.value for n in neurons}
    single = EventWorkload().operations * PUBLISHED_OPERATION.value
    baselines = load_gpu_baselines()
    return PublishedComparison(
        energies,
        {b.model: b.energy_per_sample_J / single for b in baselines},
        {b.model: b.energy_per_sample_J / PUBLISHED_MEMORY_ENERGY.value for b in baselines},
    )


def published_ratio_range(neurons: Sequence[int] = (1, 16)) -> tuple[float, float]:
    """Lowest and highest ratio of the recurrent baselines (RNN, LSTM) to the device over N, for the rounded 87 µJ."""
    ratios = published_comparison(neurons).ratios_as_rounded
    recurrent = [ratios[model] / n for model in ("RNN", "LSTM") for n in neurons]
    return min(recurrent), max(recurrent)
