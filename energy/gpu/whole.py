"""Energy of a whole network on a GPU, per sample: at batch 1, as a device works, and at its highest throughput."""

from __future__ import annotations

from collections.abc import Callable
from statistics import fmean, median
from typing import Any, Literal

from energy.gpu.nvml import COUNTER, Board
from energy.gpu.turns import Median, Progress, Protocol, Turns, Workload, board_ranges, out_of_memory, turns_by_batch
from ipcircuit.records import Count, Name, NonNegative, Positive, PositiveCount, record
from ipcircuit.statistics import median_interval

LEAVES_OUT = "host processor and its memory, cooling, and the supply's loss"


@record
class SampleEnergy:
    """A network at one batch size; energies in J per sample, of the whole board.

    Attributes:
        energy_J: idle power included.
        beyond_idle_J: without the idle power of the time that a sample takes; below zero where that is all.
        counter_uncertainty_J: of one window, from the counter's period, at most.
        coverage: of the intervals; None: too few windows.
        temperature_C, graphics_clock_MHz, memory_clock_MHz: least and greatest after the windows; None: not told.
        throttling: every reason seen.
        optimum: the batch size of highest throughput among those measured.
    """

    batch: PositiveCount
    energy_J: Median
    beyond_idle_J: Median
    counter_uncertainty_J: NonNegative
    coverage: float | None
    samples_per_s: Positive
    power_W: Positive
    temperature_C: tuple[float, float] | None
    graphics_clock_MHz: tuple[float, float] | None
    memory_clock_MHz: tuple[float, float] | None
    throttling: tuple[Name, ...]
    optimum: bool


@record
class SampleEnergies:
    """All batch sizes, ascending, and the board's power without work before and after."""

    rows: tuple[SampleEnergy, ...]
    idle_before_W: Positive
    idle_after_W: Positive


@record
class Structure:
    """Which network was measured: number of its parameters, digest of its modules and shapes, shape of an input."""

    parameters: Count
    digest: Name
    features: tuple[PositiveCount, ...]


@record
class GpuNetworkEnergy:
    """A measurement of `ipcircuit gpu-energy --input`, as its file holds it.

    Attributes:
        network: its name. source: where it came from. inputs: which. steps: time steps of a sample.
        fed: ``whole``, all time steps in one call; ``steps``, one call for each, whose launches are part of the energy;
            ``repeats``, one step, which the network repeats by itself.
        gpu, driver, torch, date: where and when.
        power_limit_W: of the board; None: not told.
        precision, tf32: of the arithmetic, as in `energy.gpu.baselines.GpuEnergy`.
        structure: of the network; None in files written before 2026-12.
    """

    network: Name
    source: Name
    inputs: Name
    steps: PositiveCount
    fed: Literal["whole", "steps", "repeats"]
    gpu: Name
    driver: Name
    torch: Name
    date: Name
    power_limit_W: Positive | None
    precision: Literal["fp32", "bf16"]
    tf32: tuple[Name, ...]
    protocol: Protocol
    energies: SampleEnergies
    structure: Structure | None = None

    @property
    def chosen(self) -> tuple[SampleEnergy, ...]:
        """The smallest batch size and that of the highest throughput."""
        rows = self.energies.rows
        return tuple(row for row in rows if row.optimum or row is rows[0])

    def baseline_rows(self, file: str) -> list[dict[str, Any]]:
        """Rows of a comparison, `chosen` only: ``system``, ``basis``, ``scope``, ``energy_per_sample_J``, ends of its
        interval (None: too few windows), ``leaves_out``, ``source`` and ``conditions``."""
        return [
            {
                "system": f"{self.network} on {self.gpu}, batch {row.batch}",
                "basis": "measured",
                "scope": None,
                "energy_per_sample_J": row.energy_J.median,
                "energy_low_J": row.energy_J.low,
                "energy_high_J": row.energy_J.high,
                "leaves_out": LEAVES_OUT,
                "source": f"{file}: NVML ({COUNTER}), median of {self.protocol.repeats}, {self.date}",
                "conditions": {
                    "batch": row.batch,
                    "samples_per_s": row.samples_per_s,
                    "power_W": row.power_W,
                    "beyond_idle_J": row.beyond_idle_J.median,
                    "highest_throughput": row.optimum,
                    "precision": self.precision,
                    "inputs": self.inputs,
                },
            }
            for row in self.chosen
        ]


def measure_samples(
    board: Board, make: Callable[[int], Workload], protocol: Protocol, progress: Progress | None = None
) -> SampleEnergies:
    """Energy per sample at each batch size.

    Args:
        board: open.
        make: of a batch size the workload, as in `energy.gpu.turns.turns_by_batch`.
        progress: called after each window; the total grows with the batch sizes.

    Raises:
        InputError: not even the first batch size fits.
        MissingDependencyError: the counter cannot be read. Never 0 J.
    """
    before = board.idle(protocol.idle_s).power_W
    turns = list(turns_by_batch(board, lambda _, batch: make(batch), [""], protocol, progress))
    if not turns:
        raise out_of_memory()
    after = board.idle(protocol.idle_s).power_W
    best = max(turns, key=lambda one: one.throughput(""))
    idle_W = fmean((before, after))
    rows = tuple(_row(one, idle_W, protocol, optimum=one is best) for one in turns)
    return SampleEnergies(rows, before, after)


def _row(turns: Turns, idle_W: float, protocol: Protocol, *, optimum: bool) -> SampleEnergy:
    windows, batch = turns.windows[""], turns.batch
    energies = [window.energy_per_run_J / batch for window in windows]
    beyond = [e - idle_W * w.time_per_run_s / batch for e, w in zip(energies, windows, strict=True)]
    energy, beyond_idle = (median_interval(values, protocol.confidence) for values in (energies, beyond))
    return SampleEnergy(
        batch,
        Median.of(energy),
        Median.of(beyond_idle),
        counter_uncertainty_J=median(w.relative_uncertainty * e for w, e in zip(windows, energies, strict=True)),
        coverage=energy.coverage,
        samples_per_s=turns.throughput(""),
        power_W=median(window.power_W for window in windows),
        **board_ranges(turns.states),
        throttling=turns.throttling,
        optimum=optimum,
    )
