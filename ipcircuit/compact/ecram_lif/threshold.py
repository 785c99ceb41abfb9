"""The threshold stage of the LIF neuron in time: membrane and stage output as two states, from measured currents.

    C dV/dt     = I_membrane(V, B) + injection        pull-up, which B opens, less the leak
    dB/dt       = slew(V, B)                          the stage's own output B, at the supply at rest

Near its threshold the first inverter moves at some mV/ns: a membrane that has just crossed hesitates for ten to a
hundred nanoseconds, or sinks back. A threshold with a fixed latency cannot tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch

from ipcircuit.errors import InputError

LONGEST = 1.25e-9  # s, of a substep; the stage moves less than 40 mV in it until the spike is certain
PULSE_SUBSTEPS = 8


@dataclass(frozen=True)
class ThresholdStageTable:
    """Currents of stage, pull-up and leak, measured with both nodes held.

    Attributes:
        membrane_V, bar_V: grids, ascending; `bar_V` ends at the supply.
        membrane_A: current into the membrane, a row per `membrane_V`, a column per `bar_V`.
        slew_V_per_s: of the stage's output, the same shape.
        rest_V, rest_A: membrane from 0 V, and current into it with the stage settled.
        near_V: membrane above which the stage is followed; below, it has settled at the supply.
        fired_V: output of the stage at which the spike is out, but for the parameters' latency.
    """

    membrane_V: tuple[float, ...]
    bar_V: tuple[float, ...]
    membrane_A: tuple[tuple[float, ...], ...]
    slew_V_per_s: tuple[tuple[float, ...], ...]
    rest_V: tuple[float, ...]
    rest_A: tuple[float, ...]
    near_V: float
    fired_V: float

    def __post_init__(self) -> None:
        shape = (len(self.membrane_V), len(self.bar_V))
        for name in ("membrane_A", "slew_V_per_s"):
            size = np.shape(getattr(self, name))
            if size != shape:
                raise InputError("a table needs one value per membrane and stage voltage", where=name, found=size)
        if len(self.rest_V) != len(self.rest_A):
            raise InputError("one current per voltage", where="rest_A", found=len(self.rest_A))
        for name in ("membrane_V", "bar_V", "rest_V"):
            grid = np.array(getattr(self, name))
            if grid.size < 2 or not (np.diff(grid) > 0).all():
                raise InputError("a grid must ascend", where=name, found=getattr(self, name))
        if not self.bar_V[0] <= self.fired_V < self.bar_V[-1]:
            raise InputError("outside the table", where="fired_V", found=self.fired_V)

    @property
    def supply_V(self) -> float:
        return self.bar_V[-1]

    @cached_property
    def rest_arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """`rest_V` and `rest_A`; kept, because every time step of every neuron looks them up."""
        return np.array(self.rest_V), np.array(self.rest_A)

    @cached_property
    def stage_arrays(self) -> tuple[np.ndarray, ...]:
        """`membrane_V`, `bar_V`, `membrane_A` and `slew_V_per_s`, kept likewise."""
        return tuple(np.array(x) for x in (self.membrane_V, self.bar_V, self.membrane_A, self.slew_V_per_s))


class Injection(NamedTuple):
    """Input spikes: current (drive - coupling V - curvature V²)/ohms from `start` for `time` (s); tensors of the
    membrane's shape."""

    drive_V: float
    coupling: float
    curvature: float
    ohms: torch.Tensor
    start: torch.Tensor
    time: torch.Tensor

    def current(self, membrane: torch.Tensor) -> torch.Tensor:
        """Into a membrane (V), A."""
        return (self.drive_V - (self.coupling + self.curvature * membrane) * membrane) / self.ohms


def rest_current(table: ThresholdStageTable, membrane: torch.Tensor) -> torch.Tensor:
    """Current (A) into the membrane with the stage settled, shape of `membrane`; constant outside the table."""
    volts, current = (torch.from_numpy(values).to(membrane) for values in table.rest_arrays)
    index, share = _cell(volts, membrane)
    return torch.lerp(current[index], current[index + 1], share)


def drift(table: ThresholdStageTable, membrane_F: float, membrane: torch.Tensor, time: torch.Tensor) -> torch.Tensor:
    """Membrane (V) after `time` (s) of leak alone, second order."""
    half = membrane + rest_current(table, membrane) * time / (2 * membrane_F)
    return membrane + rest_current(table, half) * time / membrane_F


def charge(table: ThresholdStageTable, membrane_F: float, membrane: torch.Tensor, injection: Injection) -> torch.Tensor:
    """Membrane (V) after an input spike below the threshold, second order."""
    half = membrane + (rest_current(table, membrane) + injection.current(membrane)) * injection.time / (2 * membrane_F)
    return membrane + (rest_current(table, half) + injection.current(half)) * injection.time / membrane_F


def follow(
    table: ThresholdStageTable,
    membrane_F: float,
    membrane: torch.Tensor,
    bar: torch.Tensor,
    injection: Injection,
    dt_s: float,
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Both states, each (n,), through one step, substep by substep.

    Returns:
        Membrane and stage output (V) after the step, and when the stage fired (s after the step's beginning; infinite
        where it did not); each (n,).
    """
    fired, grids = torch.full_like(membrane, torch.inf), _grids(table, membrane)
    now = injection.start.clone()
    left = (dt_s - injection.start - injection.time).clamp(min=0.0)
    rests = max(1, int(np.ceil(float(left.max()) / LONGEST)))
    injecting = PULSE_SUBSTEPS if bool((injection.time > 0).any()) else 0
    for i in range(injecting + rests):
        h = injection.time / PULSE_SUBSTEPS if i < injecting else left / rests
        into, slew, slope = _currents(grids, membrane, bar)
        # Exact for the stage's own relaxation, which is faster than a substep near the supply.
        x = (slope * h).clamp(-50.0, 5.0)
        moved = slew * h * torch.where(x.abs() < 1e-6, torch.ones_like(x), torch.expm1(x) / x)
        following = (bar + moved).clamp(max=table.supply_V)
        if i < injecting:
            into = into + injection.current(membrane)
        ahead = membrane + into * h / membrane_F
        again, _, _ = _currents(grids, ahead, following)
        if i < injecting:
            again = again + injection.current(ahead)
        crossed = (following <= table.fired_V) & torch.isinf(fired) & (h > 0)
        share = (bar - table.fired_V) / (bar - following).clamp(min=1e-12)
        fired = torch.where(crossed, now + share * h, fired)
        membrane, bar, now = membrane + (into + again) * h / (2 * membrane_F), following, now + h
        if bool(torch.isfinite(fired).all()):
            break
    return membrane, bar, fired


def _cell(grid: torch.Tensor, values: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Index of the grid cell, and the position within it (0 … 1), of each value."""
    index = (torch.searchsorted(grid, values.contiguous()) - 1).clamp(0, len(grid) - 2)
    return index, ((values - grid[index]) / (grid[index + 1] - grid[index])).clamp(0.0, 1.0)


class _Grids(NamedTuple):
    volts: torch.Tensor
    bars: torch.Tensor
    current: torch.Tensor
    slews: torch.Tensor


def _grids(table: ThresholdStageTable, like: torch.Tensor) -> _Grids:
    return _Grids(*(torch.from_numpy(values).to(like) for values in table.stage_arrays))


def _currents(
    grids: _Grids, membrane: torch.Tensor, bar: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Current into the membrane (A), slew of the stage (V/s) and the slew's slope (1/s), bilinear."""
    volts, bars, current, slews = grids
    i, a = _cell(volts, membrane)
    j, b = _cell(bars, bar)
    low, high = (torch.lerp(slews[i, k], slews[i + 1, k], a) for k in (j, j + 1))
    left, right = (torch.lerp(current[i, k], current[i + 1, k], a) for k in (j, j + 1))
    slope = (high - low) / (bars[j + 1] - bars[j])
    return torch.lerp(left, right, b), torch.lerp(low, high, b), slope
