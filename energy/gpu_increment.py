"""Energy that a memory adds to a memoryless network on a GPU: the one measuring procedure, for networks of any kind.

Network and backbone take turns, a window of seconds each, on the same inputs and in an order that rotates, so that a
drift of the board's temperature meets both alike. An increment is the difference of the two windows of one turn; the
result is the median over the turns with its distribution-free interval.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Annotated

from pydantic import Field

from energy.nvml import Board, BoardState, EnergyWindow, MIN_WINDOW_s
from ipcircuit.errors import InputError
from ipcircuit.records import Name, NonNegative, Positive, PositiveCount, record
from ipcircuit.statistics import median_interval

MOST_SAMPLES = 4096  # of a batch
Workload = Callable[[], object]
Progress = Callable[[int, int], None]  # (done, total)
Window = Annotated[float, Field(ge=MIN_WINDOW_s, le=3600)]


class GpuMemoryError(Exception):
    """A network and its inputs do not fit the GPU's memory."""


@record
class Protocol:
    """Duration and number of measurements.

    Attributes:
        window_s: of one reading; seconds, because the counter moves only about every 100 ms.
        repeats: turns of network and backbone.
        warmup_s: of each network at each batch size, before its first window.
        idle_s: of the board without work, before and after.
        batches: samples at a time; empty: 1, 2, 4 … until a network's throughput grows by no more than `least_growth`,
            or the memory ends.
        confidence: of the interval of the median.
    """

    window_s: Window = 3.0
    repeats: Annotated[int, Field(ge=1, le=1000)] = 20
    warmup_s: Annotated[float, Field(ge=0, le=3600)] = 3.0
    idle_s: Window = 5.0
    batches: tuple[Annotated[int, Field(ge=1, le=MOST_SAMPLES)], ...] = ()
    least_growth: NonNegative = 0.05
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.95


@record
class Median:
    """Median of the turns and its distribution-free interval; None: too few turns for one."""

    median: float
    low: float | None
    high: float | None


@record
class Increment:
    """A network beside its backbone at one batch size; energies in J per sample, of the whole board.

    Attributes:
        increment_J: network less backbone, idle power included.
        beyond_idle_J: the same without the idle power of the time that the network takes longer.
        counter_uncertainty_J: of one difference, from the counter's period, at most; chance makes it less over turns.
        coverage: of the intervals; None: too few turns.
        temperature_C, graphics_clock_MHz, memory_clock_MHz: least and greatest after the turns; None: not told.
        throttling: every reason seen.
        optimum: the batch size of this network's highest throughput.
    """

    model: Name
    batch: PositiveCount
    network_J: Median
    backbone_J: Median
    increment_J: Median
    beyond_idle_J: Median
    counter_uncertainty_J: NonNegative
    coverage: float | None
    samples_per_s: Positive
    backbone_samples_per_s: Positive
    power_W: Positive
    backbone_power_W: Positive
    temperature_C: tuple[float, float] | None
    graphics_clock_MHz: tuple[float, float] | None
    memory_clock_MHz: tuple[float, float] | None
    throttling: tuple[Name, ...]
    optimum: bool


@record
class Increments:
    """All increments, and the board's power without work before and after."""

    rows: tuple[Increment, ...]
    idle_before_W: Positive
    idle_after_W: Positive


@dataclass
class _Turns:
    """Windows by network, and the board's state after each turn, at one batch size."""

    batch: int
    windows: dict[str, list[EnergyWindow]]
    states: list[BoardState]

    def throughput(self, name: str) -> float:
        """Samples per second."""
        return self.batch / median(window.time_per_run_s for window in self.windows[name])


def measure_increments(
    board: Board,
    make: Callable[[str, int], Workload],
    backbone: str,
    models: Sequence[str],
    protocol: Protocol,
    progress: Progress | None = None,
) -> Increments:
    """Increment of each model over the backbone, at each batch size.

    Args:
        make: of a network's name and a batch size the workload: one run, which returns when the GPU has finished. It,
            and its runs, may raise `GpuMemoryError`: that network is not measured at this or a larger size.
        progress: called after each turn; the total grows with the batch sizes.

    Raises:
        InputError: not even the first batch size fits.
        MissingDependencyError: the counter cannot be read. Never 0 J.
    """
    before = board.idle(protocol.idle_s).power_W
    turns = list(_batches(board, make, backbone, models, protocol, progress))
    if not turns:
        raise InputError(
            "out of GPU memory at the first batch size", allowed="a smaller network, frame or number of frames"
        )
    after = board.idle(protocol.idle_s).power_W
    best = {name: max(turns, key=lambda t: t.throughput(name) if name in t.windows else 0.0) for name in models}
    idle_W = fmean((before, after))
    rows = [
        _row(one, name, backbone, idle_W, protocol, optimum=one is best[name])
        for name in models
        for one in turns
        if name in one.windows
    ]
    return Increments(tuple(rows), before, after)


def _batches(
    board: Board,
    make: Callable[[str, int], Workload],
    backbone: str,
    models: Sequence[str],
    protocol: Protocol,
    progress: Progress | None,
) -> Iterator[_Turns]:
    """All turns of one batch size after the other, of the models that are still worth a larger one."""
    sizes = protocol.batches or tuple(2**i for i in range(MOST_SAMPLES.bit_length()))
    remaining, before = list(models), dict[str, float]()
    for number, batch in enumerate(sizes):
        done, total = number * protocol.repeats, (len(protocol.batches) or number + 1) * protocol.repeats
        told = None if progress is None else lambda turn, p=progress, d=done, t=total: p(d + turn, t)
        turns = _turns(board, make, [backbone, *remaining], batch, protocol, told)
        if len(turns.windows) < 2 or backbone not in turns.windows:
            return
        yield turns
        after = {name: turns.throughput(name) for name in remaining if name in turns.windows}
        least = 0.0 if protocol.batches else 1 + protocol.least_growth
        remaining = [name for name, now in after.items() if now > least * before.get(name, 0.0)]
        before = after
        if not remaining:
            return


def _turns(
    board: Board,
    make: Callable[[str, int], Workload],
    names: Sequence[str],
    batch: int,
    protocol: Protocol,
    told: Callable[[int], None] | None,
) -> _Turns:
    """Warm-up and all turns at one batch size, of the networks that fit."""
    workloads: dict[str, Workload] = {}
    for name in names:
        try:
            workload = make(name, batch)
            board.run(workload, protocol.warmup_s)
        except GpuMemoryError:
            continue
        workloads[name] = workload
    turns = _Turns(batch, {name: [] for name in workloads}, [])
    if len(workloads) < 2:
        return turns
    for turn in range(protocol.repeats):
        first = turn % len(workloads)
        for name in (*list(workloads)[first:], *list(workloads)[:first]):
            turns.windows[name].append(board.window(workloads[name], protocol.window_s))
        turns.states.append(board.state())
        if told is not None:
            told(turn + 1)
    return turns


def _row(turns: _Turns, name: str, backbone: str, idle_W: float, protocol: Protocol, *, optimum: bool) -> Increment:
    pairs = list(zip(turns.windows[name], turns.windows[backbone], strict=True))
    own, other = ([w.energy_per_run_J / turns.batch for w in windows] for windows in zip(*pairs, strict=True))
    longer_s = [(a.time_per_run_s - b.time_per_run_s) / turns.batch for a, b in pairs]
    differences = [a - b for a, b in zip(own, other, strict=True)]
    beyond = [d - idle_W * s for d, s in zip(differences, longer_s, strict=True)]
    errors = [
        a.relative_uncertainty * e + b.relative_uncertainty * f for (a, b), e, f in zip(pairs, own, other, strict=True)
    ]
    network, without, increment, beyond_idle = (
        median_interval(values, protocol.confidence) for values in (own, other, differences, beyond)
    )
    return Increment(
        name,
        turns.batch,
        *(Median(m.median, m.low, m.high) for m in (network, without, increment, beyond_idle)),
        counter_uncertainty_J=median(errors),
        coverage=increment.coverage,
        samples_per_s=turns.throughput(name),
        backbone_samples_per_s=turns.throughput(backbone),
        power_W=median(a.power_W for a, _ in pairs),
        backbone_power_W=median(b.power_W for _, b in pairs),
        **_ranges(turns.states),
        throttling=tuple(dict.fromkeys(reason for state in turns.states for reason in state.throttling)),
        optimum=optimum,
    )


def _ranges(states: Sequence[BoardState]) -> Mapping[str, tuple[float, float] | None]:
    """Least and greatest reading of each kind; None where there is none."""
    ranges = dict[str, tuple[float, float] | None]()
    for kind in ("temperature_C", "graphics_clock_MHz", "memory_clock_MHz"):
        values = [value for state in states if (value := getattr(state, kind)) is not None]
        ranges[kind] = (min(values), max(values)) if values else None
    return ranges
