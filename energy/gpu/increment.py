"""Energy that a memory adds to a memoryless network on a GPU: the one measuring procedure, for networks of any kind.

Network and backbone take turns, a window of seconds each, on the same inputs and in an order that rotates, so that a
drift of the board's temperature meets both alike. An increment is the difference of the two windows of one turn; the
result is the median over the turns with its distribution-free interval.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean, median

from energy.gpu.nvml import Board
from energy.gpu.turns import Median, Progress, Protocol, Turns, Workload, board_ranges, out_of_memory, turns_by_batch
from ipcircuit.records import Name, NonNegative, Positive, PositiveCount, record
from ipcircuit.statistics import median_interval


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
    turns = list(turns_by_batch(board, make, models, protocol, progress, beside=(backbone,)))
    if not turns:
        raise out_of_memory()
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


def _row(turns: Turns, name: str, backbone: str, idle_W: float, protocol: Protocol, *, optimum: bool) -> Increment:
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
        *map(Median.of, (network, without, increment, beyond_idle)),
        counter_uncertainty_J=median(errors),
        coverage=increment.coverage,
        samples_per_s=turns.throughput(name),
        backbone_samples_per_s=turns.throughput(backbone),
        power_W=median(a.power_W for a, _ in pairs),
        backbone_power_W=median(b.power_W for _, b in pairs),
        **board_ranges(turns.states),
        throttling=turns.throttling,
        optimum=optimum,
    )
