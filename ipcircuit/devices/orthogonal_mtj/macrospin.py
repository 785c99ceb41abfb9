"""Many macrospins at once: float64, second order, with thermal agitation if asked for.

The equation is the declaration's rotation ω (`macrospin_equation`). A step is Heun's method on the sphere: ω at the
start and at the end of a full trial turn are averaged, and m is turned by Cayley's formula. Turning keeps |m| = 1 to
rounding whatever the step, with nothing to renormalise, costs two evaluations and no solve (the implicit midpoint keeps
energy better, but iterates), and with a random field it converges to the Stratonovich solution, which the thermal field
needs (W. F. Brown, Phys. Rev. 130, 1677 (1963); J. L. García-Palacios and F. J. Lázaro, Phys. Rev. B 58, 14937 (1998)).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from scipy import constants

from ipcircuit.declaration.device import Device
from ipcircuit.declaration.python import initial_states
from ipcircuit.devices.orthogonal_mtj.device import AXES, MODE
from ipcircuit.devices.orthogonal_mtj.macrospin_equation import CURRENT_DENSITY, MOVING, Equation, compile_equation
from ipcircuit.errors import InputError

Drive = Callable[[float], Any]
Vector = tuple[Any, ...]
_FIELDS = MOVING[4:]
DRIVES = (CURRENT_DENSITY, "voltage")
#: rad; largest turn of m in one step. Heun's second-order rotations then follow a precession to 4e-3 of its phase.
LARGEST_TURN = 0.15


@dataclass(frozen=True)
class MacrospinRun:
    """`time` (s, shape (n,)) and `m` (shape (n, 3, *batch), components W, L, T); `projection` is m · p, (n, *batch)."""

    time: torch.Tensor
    m: torch.Tensor
    projection: torch.Tensor

    @property
    def last(self) -> torch.Tensor:
        """m at the end, shape (3, *batch): the `start` of a run that goes on."""
        return self.m[-1]


@dataclass(frozen=True)
class Ensemble:
    """Macrospin devices that run together.

    Args:
        device: `mtj_orthogonal` with any parameters.
        parameters: values that replace the device's, scalars or arrays that broadcast to the batch.
        driven_by: what the drive means: ``"current_density"`` (A/m²) or ``"voltage"`` (V, through the readout's
            conductance).
    """

    device: Device
    parameters: Mapping[str, Any] | None = None
    driven_by: str = CURRENT_DENSITY

    def __post_init__(self) -> None:
        unknown = sorted(set(self.parameters or {}) - set(self.device.values()))
        if unknown:
            raise InputError("no such parameter", where=self.device.name, found=unknown[0])
        if self.driven_by not in DRIVES:
            raise InputError("no such drive", where="driven_by", found=self.driven_by, allowed=", ".join(DRIVES))

    @cached_property
    def values(self) -> dict[str, Any]:
        """Parameter values, floats or float64 tensors."""
        merged = {**self.device.values(), **(self.parameters or {})}
        return {
            name: torch.as_tensor(value, dtype=torch.float64) if np.ndim(value) else float(value)
            for name, value in merged.items()
        }

    @cached_property
    def numbers(self) -> dict[str, Any]:
        """The same as floats and numpy arrays."""
        return {name: np.asarray(v) if isinstance(v, torch.Tensor) else v for name, v in self.values.items()}

    @property
    def shape(self) -> tuple[int, ...]:
        """Batch shape of the parameters."""
        return np.broadcast_shapes(*(np.shape(v) for v in self.numbers.values()))

    def rest(self, batch: tuple[int, ...] | None = None) -> torch.Tensor:
        """m at t = 0 as the declaration has it, shape (3, *batch)."""
        start = initial_states(self.device, MODE, self.numbers)
        shape = np.broadcast_shapes(self.shape, batch or ())
        columns = [np.broadcast_to(np.asarray(start[f"m_{axis}"], float), shape) for axis in AXES]
        return torch.tensor(np.stack(columns))

    def torque(self, drive: Any) -> Any:
        """Spin torque a_j (A/m) of a drive, with m across the pinned layer."""
        return self._equation(thermal=False).torque(0.0, 0.0, 0.0, drive, self.values)

    def _equation(self, *, thermal: bool) -> Equation:
        zero = {name for name, v in self.values.items() if isinstance(v, float) and v == 0.0}
        return compile_equation(self.device, self.driven_by, frozenset(zero - set(_FIELDS) if thermal else zero))

    def run(
        self,
        drive: Drive,
        stop: float,
        *,
        step: float = 1e-12,
        start: torch.Tensor | None = None,
        temperature_K: Any = 0.0,
        generator: torch.Generator | None = None,
        keep_every: int | None = None,
    ) -> MacrospinRun:
        """Integrate all devices.

        Args:
            drive: of time (s); scalar or of the batch's shape, in the unit of `driven_by`. A `pulses.Waveform` will do.
            stop, step: s; the number of steps is rounded.
            start: m at t = 0, shape (3, *batch), unit length; default `rest`.
            temperature_K: of the thermal field, scalar or batch; 0 is none.
            generator: of the thermal field; required with a temperature.
            keep_every: keep each n-th step (default: only the first and the last).

        Raises:
            InputError: a step that the dynamics outrun (with the largest allowed), a temperature without generator, a
                voltage beyond breakdown, or a start that is not of unit length.
        """
        hot = bool(np.any(np.asarray(temperature_K) > 0))
        if hot and generator is None:
            raise InputError("thermal agitation needs a generator", where="generator", allowed="a seeded one")
        count = max(1, round(stop / step))
        h = stop / count
        levels = [drive(t) for t in np.linspace(0.0, stop, 257)]
        if self.driven_by != CURRENT_DENSITY:
            self.device.check_voltage(max(float(torch.as_tensor(v).abs().max()) for v in levels), where="drive")
        largest = max(float(torch.as_tensor(self.torque(level)).abs().max()) for level in levels)
        check_step(h, self.numbers, largest)
        batch = np.broadcast_shapes(np.shape(levels[0]), np.shape(temperature_K))
        m = self.rest(batch) if start is None else start.to(torch.float64)
        if not bool(((m * m).sum(0) - 1).abs().max() < 1e-9):
            raise InputError("magnetisation is not of unit length", where="start", allowed="|m| = 1")
        noise = self._noise(m, temperature_K, h, generator) if hot else None
        return self._integrate(drive, m, count, h, keep_every, noise)

    def _noise(
        self, m: torch.Tensor, temperature_K: Any, h: float, generator: torch.Generator | None
    ) -> Callable[[], Vector]:
        kelvin = torch.as_tensor(temperature_K, dtype=torch.float64)
        sigma, applied = thermal_field(self.values, kelvin, h), [self.numbers[name] for name in _FIELDS]

        def draw() -> Vector:
            field = (torch.randn(m.shape, generator=generator, dtype=torch.float64) * sigma).numpy()
            return tuple(f if isinstance(a, float) and a == 0 else f + a for f, a in zip(field, applied, strict=True))

        return draw

    def _integrate(
        self,
        drive: Drive,
        start: torch.Tensor,
        count: int,
        h: float,
        keep_every: int | None,
        noise: Callable[[], Vector] | None,
    ) -> MacrospinRun:
        # Components are Python's own floats for one device, numpy arrays for more: some 20 and 5 times faster than
        # tensors of so few elements.
        single = start.dim() == 1 and noise is None and all(isinstance(v, float) for v in self.values.values())
        number: Callable[[Any], Any] = float if single else np.asarray
        rotation = self._rotation(noise)
        m: Vector = tuple(start.tolist()) if single else tuple(start.numpy())
        times, kept = [0.0], [m]
        now = number(drive(0.0))
        for i in range(count):
            following = number(drive((i + 1) * h))
            first = rotation(m, now, True)
            second = rotation(_turn(m, first, h), following, False)
            m = _turn(m, tuple(a + b for a, b in zip(first, second, strict=True)), h / 2)
            now = following
            if (keep_every and (i + 1) % keep_every == 0) or i + 1 == count:
                times.append((i + 1) * h)
                kept.append(m)
        parts = np.broadcast_arrays(*(part for row in kept for part in row))
        stacked = torch.from_numpy(np.stack(parts).reshape(len(kept), 3, *parts[0].shape))
        pinned = [self.values[f"pinned_{axis}"] for axis in AXES]
        projection = sum(stacked[:, i] * part for i, part in enumerate(pinned))
        return MacrospinRun(torch.tensor(times, dtype=torch.float64), stacked, torch.as_tensor(projection))

    def _rotation(self, noise: Callable[[], Vector] | None) -> Callable[[Vector, Any, bool], Vector]:
        """ω of (m, drive, whether a new step begins), by component."""
        equation, values = self._equation(thermal=noise is not None), self.numbers
        coefficients = equation.coefficients(_centred(self.values))
        c = [float(part) if np.ndim(part) == 0 else np.asarray(part) for part in coefficients]
        field: list[Any] = [values[name] for name in _FIELDS]
        per_drive = equation.torque(0.0, 0.0, 0.0, 1.0, values)  # all of it where the torque does not depend on m

        def rotation(m: Vector, level: Any, begins: bool) -> Vector:
            if noise is not None and begins:
                field[:] = noise()
            torque = equation.torque(*m, level, values) if equation.torque_turns else per_drive * level
            return equation.rotation((*m, torque, *field), c)

        return rotation


def _centred(values: Mapping[str, Any]) -> dict[str, Any]:
    """The same torques with the middle demagnetisation factor as zero: -Ms N m along m turns nothing but rounding."""
    factors = [torch.as_tensor(values[f"n_{axis}"], dtype=torch.float64) for axis in AXES]
    middle = torch.stack(torch.broadcast_tensors(*factors)).median(0).values
    return {**values, **{f"n_{axis}": n - middle for axis, n in zip(AXES, factors, strict=True)}}


def _turn(m: Vector, rate: Vector, h: float) -> Vector:
    """m turned about `rate` (rad/s) for `h` s: Cayley's rotation, equal to the exact one up to h³."""
    x, y, z = rate[0] * h, rate[1] * h, rate[2] * h
    a, b, c = y * m[2] - z * m[1], z * m[0] - x * m[2], x * m[1] - y * m[0]
    share = 1 / (1 + (x * x + y * y + z * z) / 4)
    half = share / 2
    return (
        m[0] + share * a + half * (y * c - z * b),
        m[1] + share * b + half * (z * a - x * c),
        m[2] + share * c + half * (x * b - y * a),
    )


def largest_step(values: Mapping[str, Any], largest_torque: float) -> float:
    """Largest time step (s) for parameter `values` (scalars or arrays) and a spin torque of up to `largest_torque` A/m.

    The turn per step is bounded by γ h (anisotropy of the shape and of the material, applied field and torque).
    """
    factors = [np.asarray(values[f"n_{axis}"], float) for axis in "wlt"]
    middle = np.median(np.stack(np.broadcast_arrays(*factors)), axis=0)
    spread = np.max(np.stack([np.abs(n - middle) for n in factors]), axis=0)
    material = 2 * abs(values["k_bulk"] + values["k_interface"] / values["height"]) / (constants.mu_0 * values["ms"])
    applied = sum(np.asarray(values[f"field_{axis}"], float) ** 2 for axis in "wlt") ** 0.5
    field = values["ms"] * spread + material + applied + abs(largest_torque)
    return float(np.min(LARGEST_TURN / (np.asarray(values["gyromagnetic"], float) * field)))


def check_step(step: float, values: Mapping[str, Any], largest_torque: float) -> None:
    """Raise InputError, with the largest step allowed, for a time step that the dynamics outrun."""
    limit = largest_step(values, largest_torque)
    if not 0 < step <= limit:
        allowed = f"above 0, up to {limit:.4g} s"
        raise InputError("time step out of range for these dynamics", where="step", found=step, allowed=allowed)


def thermal_field(values: Mapping[str, Any], temperature_K: Any, step: float) -> Any:
    """Standard deviation (A/m) of each component of the thermal field, held over a step of `step` s.

    sqrt(2 α k T / (γ µ0 Ms V h)): W. F. Brown, Phys. Rev. 130, 1677 (1963), with the field in the Gilbert equation and
    γ in m/(A s).
    """
    volume = values["area"] * values["height"]
    power = 2 * values["alpha"] * constants.k * temperature_K
    return (power / (values["gyromagnetic"] * constants.mu_0 * values["ms"] * volume * step)) ** 0.5
