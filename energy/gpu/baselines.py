"""GPU baselines: published increments with their provenance, and what `ipcircuit gpu-energy` measured."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Literal

from energy.gpu.increment import Increment, Increments
from energy.gpu.nvml import COUNTER
from energy.gpu.turns import Protocol
from energy.gpu.whole import GpuNetworkEnergy
from ipcircuit.errors import InputError
from ipcircuit.ranges import Range
from ipcircuit.records import Name, Positive, PositiveCount, parse, read_json, read_toml, record

PRECISIONS = ("fp32", "bf16")


@record
class GpuBaseline:
    """Energy per sample that a memory module adds to the memoryless backbone on a GPU, or of a whole network.

    Attributes:
        note: what to know of the number, in words; empty: nothing.
        likely: values that the energy might really have, J; None: nothing is said of them.
    """

    system: Name
    model: Name
    energy_per_sample_J: Positive
    basis: Literal["published", "measured"]
    gpu: Name
    task: Name
    counter: Name
    source: Name
    published_ratio: Positive | None = None
    note: str = ""
    likely: Range | None = None


@record
class _BaselineFile:
    baseline: tuple[GpuBaseline, ...] = ()


@record
class SampleShape:
    """Frames of one sample; the defaults are DVS Gesture in Liu et al."""

    frames: PositiveCount = 50
    channels: PositiveCount = 2
    height: PositiveCount = 128
    width: PositiveCount = 128
    outputs: PositiveCount = 22

    def __str__(self) -> str:
        return f"{self.frames} frames of {self.channels} × {self.height} × {self.width}"


@record
class GpuEnergy:
    """A measurement of `ipcircuit gpu-energy`, as its file holds it.

    Attributes:
        gpu, driver, torch, date: where and when.
        power_limit_W: of the board; None: not told.
        precision: of the networks; tf32: whether 32-bit convolutions and matrix products may be rounded to TF32.
        backbone: the memoryless network that is subtracted.
        models: networks with memory; one without a row did not fit the GPU.
        increments: energies of the whole board, J per sample.
    """

    gpu: Name
    driver: Name
    torch: Name
    date: Name
    power_limit_W: Positive | None
    shape: SampleShape
    precision: Literal["fp32", "bf16"]
    tf32: tuple[Name, ...]
    backbone: Name
    models: tuple[Name, ...]
    protocol: Protocol
    increments: Increments

    @property
    def chosen(self) -> tuple[Increment, ...]:
        """Rows of each network at the smallest batch size and at that of its highest throughput."""
        rows = self.increments.rows
        smallest = {row.model: min(r.batch for r in rows if r.model == row.model) for row in rows}
        return tuple(row for row in rows if row.optimum or row.batch == smallest[row.model])

    def baselines(self, source: str) -> tuple[GpuBaseline, ...]:
        """A baseline for each of the `chosen` rows.

        An increment that is not above zero is left out, for there the energy of the memory is not known; the network's
        other baseline says so in its note.
        """
        unknown = {row.model: row for row in self.chosen if not row.increment_J.median > 0}
        known = [row for row in self.chosen if row.increment_J.median > 0]
        return tuple(self._baseline(row, source, unknown.get(row.model)) for row in known)

    def _system(self, row: Increment) -> str:
        return f"{row.model} on {self.gpu}, batch {row.batch}"

    def _baseline(self, row: Increment, source: str, unknown: Increment | None) -> GpuBaseline:
        note = ""
        if unknown is not None:
            value = unknown.increment_J.in_joules()
            note = f"{self._system(unknown)}: no row, its increment is not above zero: {value}"
        return GpuBaseline(
            system=self._system(row),
            model=row.model,
            energy_per_sample_J=row.increment_J.median,
            basis="measured",
            gpu=self.gpu,
            task=f"{self.shape}, {self.precision}, batch {row.batch}",
            counter=f"NVML ({COUNTER})",
            source=f"{source}: median of {self.protocol.repeats}, {self.date}",
            note=note,
        )


def load_gpu_baselines(path: Path | str | None = None) -> tuple[GpuBaseline, ...]:
    """Baselines: the published ones by default, those of a TOML file instead, or with those of a file of
    `ipcircuit gpu-energy` (JSON) beside them.

    Raises:
        InputError: unreadable file, or a missing, unknown or invalid field, with file and field.
    """
    published = files("energy") / "data" / "gpu_baselines.toml"
    if path is not None and Path(path).suffix == ".json":
        return load_gpu_baselines() + _measured(path)
    source = published if path is None else path
    baselines = parse(_BaselineFile, read_toml(source), str(source)).baseline
    if not baselines:
        raise InputError("no [[baseline]] entries", where=str(source))
    return baselines


def measured_energies() -> tuple[GpuEnergy, ...]:
    """Measurements of `ipcircuit gpu-energy` that come with the project, one for each board."""
    folder = files("energy") / "data" / "gpu"
    found = sorted((f for f in folder.iterdir() if f.name.endswith(".json")), key=lambda file: file.name)
    return tuple(parse(GpuEnergy, read_json(str(file)), file.name) for file in found)


def measured_baselines() -> tuple[GpuBaseline, ...]:
    """Baselines of `measured_energies`; increments that are not above zero are left out."""
    return tuple(baseline for one in measured_energies() for baseline in one.baselines("measured by this project"))


def load_network_energy(path: Path | str) -> GpuNetworkEnergy:
    """Energy of a whole network, from a file of `ipcircuit gpu-energy --input`.

    Raises:
        InputError: unreadable, of increments, or a missing, unknown or invalid field, with file and field.
    """
    data = read_json(path)
    if isinstance(data, dict) and "increments" in data:
        allowed = "a file of ipcircuit gpu-energy --model NETWORK --input DATA"
        raise InputError("increments of memories, not a whole network", where=str(path), allowed=allowed)
    return parse(GpuNetworkEnergy, data, str(path))


def _measured(path: Path | str) -> tuple[GpuBaseline, ...]:
    """Baselines of a file of either kind. Raises InputError as `load_gpu_baselines`."""
    data, name = read_json(path), Path(path).name
    if isinstance(data, dict) and "energies" in data:
        return _whole(parse(GpuNetworkEnergy, data, str(path)), name)
    measured = parse(GpuEnergy, data, str(path)).baselines(name)
    if not measured:
        raise InputError("no increment above zero: no energy of a memory is known", where=str(path))
    return measured


def _whole(measured: GpuNetworkEnergy, file: str) -> tuple[GpuBaseline, ...]:
    return tuple(
        GpuBaseline(
            system=row["system"],
            model=measured.network,
            energy_per_sample_J=row["energy_per_sample_J"],
            basis="measured",
            gpu=measured.gpu,
            task=f"whole network, not an increment: {measured.inputs}, {measured.precision}",
            counter=f"NVML ({COUNTER})",
            source=row["source"],
        )
        for row in measured.baseline_rows(file)
    )
