"""Windows of a GPU's energy counter that networks take in turns, at one batch size after the other.

Several networks take turns, a window of seconds each, in an order that rotates, so that a drift of the board's
temperature meets all alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Annotated

from pydantic import Field

from energy.gpu.nvml import Board, BoardState, EnergyWindow, MIN_WINDOW_s
from ipcircuit.errors import InputError
from ipcircuit.records import NonNegative, record
from ipcircuit.statistics import MedianInterval
from ipcircuit.units import si

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

    @classmethod
    def of(cls, interval: MedianInterval) -> Median:
        """Of a computed interval, without its coverage."""
        return cls(interval.median, interval.low, interval.high)

    def in_joules(self) -> str:
        """As text, with the interval where there is one."""
        ends = "" if self.low is None or self.high is None else f" ({si(self.low, 'J', 3)} to {si(self.high, 'J', 3)})"
        return si(self.median, "J", 3) + ends


@dataclass
class Turns:
    """Windows by network, and the board's state after each turn, at one batch size."""

    batch: int
    windows: dict[str, list[EnergyWindow]]
    states: list[BoardState]

    @property
    def throttling(self) -> tuple[str, ...]:
        """Every reason seen."""
        return tuple(dict.fromkeys(reason for state in self.states for reason in state.throttling))

    def throughput(self, name: str) -> float:
        """Samples per second."""
        return self.batch / median(window.time_per_run_s for window in self.windows[name])


def turns_by_batch(
    board: Board,
    make: Callable[[str, int], Workload],
    models: Sequence[str],
    protocol: Protocol,
    progress: Progress | None,
    beside: Sequence[str] = (),
) -> Iterator[Turns]:
    """All turns of one batch size after the other, of the models that are still worth a larger one.

    Args:
        make: of a network's name and a batch size the workload: one run, which returns when the GPU has finished. It,
            and its runs, may raise `GpuMemoryError`: that network is not measured at this or a larger size.
        progress: called after each turn; the total grows with the batch sizes.
        beside: networks that take their turns at every size; where one of them does not fit, that is the end.
    """
    sizes = protocol.batches or tuple(2**i for i in range(MOST_SAMPLES.bit_length()))
    remaining, before = list(models), dict[str, float]()
    for number, batch in enumerate(sizes):
        done, total = number * protocol.repeats, (len(protocol.batches) or number + 1) * protocol.repeats
        told = None if progress is None else lambda turn, p=progress, d=done, t=total: p(d + turn, t)
        turns = _turns(board, make, beside, remaining, batch, protocol, told)
        if not turns.states:
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
    beside: Sequence[str],
    models: Sequence[str],
    batch: int,
    protocol: Protocol,
    told: Callable[[int], None] | None,
) -> Turns:
    """Warm-up and all turns at one batch size, of the networks that fit; no turns where none is left."""
    workloads: dict[str, Workload] = {}
    for name in (*beside, *models):
        try:
            workload = make(name, batch)
            board.run(workload, protocol.warmup_s)
        except GpuMemoryError:
            continue
        workloads[name] = workload
    turns = Turns(batch, {name: [] for name in workloads}, [])
    if not workloads.keys() >= set(beside) or not workloads.keys() & set(models):
        return turns
    for turn in range(protocol.repeats):
        first = turn % len(workloads)
        for name in (*list(workloads)[first:], *list(workloads)[:first]):
            turns.windows[name].append(board.window(workloads[name], protocol.window_s))
        turns.states.append(board.state())
        if told is not None:
            told(turn + 1)
    return turns


def out_of_memory() -> InputError:
    """Error where not even the first batch size fits."""
    allowed = "a smaller network, frame or number of frames"
    return InputError("out of GPU memory at the first batch size", allowed=allowed)


def board_ranges(states: Sequence[BoardState]) -> Mapping[str, tuple[float, float] | None]:
    """Least and greatest reading of each kind; None where there is none."""
    ranges = dict[str, tuple[float, float] | None]()
    for kind in ("temperature_C", "graphics_clock_MHz", "memory_clock_MHz"):
        values = [value for state in states if (value := getattr(state, kind)) is not None]
        ranges[kind] = (min(values), max(values)) if values else None
    return ranges
