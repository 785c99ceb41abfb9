"""The data file of a fit (TOML): which measurements, which parameters are free, from where and within what."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from ipcircuit.declaration.device import Device
from ipcircuit.errors import InputError
from ipcircuit.fitting.data import DataSet, MeasuredFile, read_data
from ipcircuit.fitting.observable import observables_of
from ipcircuit.parameters import Parameter
from ipcircuit.records import Name, Seed, parse, read_toml, record

MOST_FREE = 30
Method = Literal["profile", "bootstrap", "linear"]


@record
class Free:
    """A free parameter: `start`, `low` and `high` in SI units (default: value and range of the base set).

    `digits` are the significant digits that a parameter file states; `source` is its text there.
    """

    start: float | None = None
    low: float | None = None
    high: float | None = None
    digits: Annotated[int, Field(ge=2, le=17)] = 6
    source: str = ""


@record
class PlanFile:
    """Content of a data file.

    Attributes:
        device: must agree with the command's, where it is given.
        base: set of parameters by name or file: values of what is not free; default: the device's own.
        fixed: values that replace those of the base, SI.
        free: free parameters by name.
        data: what was measured.
        level: confidence of the intervals.
        intervals: how they are found.
        samples, seed: of the bootstrap.
    """

    device: str = ""
    base: str = ""
    fixed: Mapping[str, float] = field(default_factory=dict)
    free: Annotated[Mapping[str, Free], Field(max_length=MOST_FREE)] = field(default_factory=dict)
    data: tuple[MeasuredFile, ...] = ()
    level: Annotated[float, Field(gt=0, lt=1)] = 0.95
    intervals: Method = "profile"
    samples: Annotated[int, Field(ge=20, le=100_000)] = 400
    seed: Seed = 0


@dataclass(frozen=True)
class Bounded:
    """A free parameter, ready to be fitted."""

    name: str
    start: float
    low: float
    high: float
    digits: int
    source: str

    @property
    def scale(self) -> float:
        """Size of a unit step: of the start value, else of the range, else 1."""
        width = self.high - self.low
        return abs(self.start) or (width if math.isfinite(width) else 1.0)


@dataclass(frozen=True)
class Plan:
    """A fit that can be run: `device` has the base values and the fixed ones; `path` is the data file."""

    device: Device
    base: Name
    free: tuple[Bounded, ...]
    data: tuple[DataSet, ...]
    level: float
    method: Method
    samples: int
    seed: int
    path: str


def read_plan(path: Path, device: Device) -> Plan:
    """The fit that a data file describes for a device.

    Raises:
        InputError: an unreadable file, an unknown name, bounds that exclude the start, or data that are none: names
            file and field, or line and column.
    """
    file: PlanFile = parse(PlanFile, read_toml(path), path.name)
    if file.device not in ("", device.name):
        raise InputError("data of another device", where=f"{path.name}: device", found=file.device, allowed=device.name)
    base, name = _base(device, file.base, path)
    fixed = _fixed(base, file, path)
    free = tuple(_bounded(fixed, parameter, wish, path) for parameter, wish in file.free.items())
    data = _data(device, file, path) if file.data or free else ()
    count, points = len(free), sum(len(item) for item in data)
    if points < count:
        raise InputError(
            "fewer data than free parameters", where=path.name, found=points, allowed=f"at least {count} points"
        )
    return Plan(fixed, name, free, data, file.level, file.intervals, file.samples, file.seed, path.name)


def _base(device: Device, base: str, path: Path) -> tuple[Device, str]:
    """The device with its base values, and their name."""
    if not base:
        return device, "the device's own values"
    if base in device.parameter_sets:
        return device.with_set(device.parameter_sets[base]), base
    if not base.endswith(".toml"):
        allowed = ", ".join([*device.parameter_sets, "a parameter file (.toml)"])
        raise InputError("unknown parameter set", where=f"{path.name}: base", found=base, allowed=allowed)
    from ipcircuit.devices.parameter_file import read

    return read(path.parent / base).applied(device), base


def _fixed(base: Device, file: PlanFile, path: Path) -> Device:
    for name in file.fixed:
        if name in file.free:
            raise InputError("both fixed and free", where=f"{path.name}: fixed", found=name)
    try:
        return base.with_parameters(**dict(file.fixed))
    except InputError as error:
        raise InputError(str(error), where=f"{path.name}: fixed") from None


def _bounded(device: Device, name: str, wish: Free, path: Path) -> Bounded:
    """A free parameter within the range of both, file and device."""
    own = {p.name: p for p in device.parameters}.get(name)
    where = f"{path.name}: free: {name}"
    if own is None:
        raise InputError(
            f"device {device.name} has no parameter of this name",
            where=where,
            found=name,
            allowed=", ".join(p.name for p in device.parameters),
        )
    low, high = _limit(wish.low, own, where, "low"), _limit(wish.high, own, where, "high")
    if not low < high:
        raise InputError("empty range", where=where, found=[low, high], allowed="low below high")
    start = own.value if wish.start is None else wish.start
    if not low <= start <= high:
        raise InputError("the start is outside its bounds", where=where, found=start, allowed=f"{low:g} … {high:g}")
    return Bounded(name, start, low, high, wish.digits, wish.source)


def _limit(wish: float | None, own: Parameter, where: str, side: str) -> float:
    """A bound of the file, which must lie in the range in which the model holds, or that range's."""
    if wish is None:
        return own.minimum if side == "low" else own.maximum
    if not own.minimum <= wish <= own.maximum:
        allowed = f"{own.minimum:g} … {own.maximum:g} {own.unit}".rstrip()
        raise InputError(
            "outside the range in which the model holds", where=f"{where}: {side}", found=wish, allowed=allowed
        )
    return wish


def _data(device: Device, file: PlanFile, path: Path) -> tuple[DataSet, ...]:
    known = observables_of(device)
    if not file.data:
        raise InputError("no data", where=path.name, allowed="[[data]] with file and observable")
    sets = []
    for i, item in enumerate(file.data):
        where = f"{path.name}: data[{i}]"
        if item.observable not in known:
            raise InputError(
                "unknown observable", where=f"{where}: observable", found=item.observable, allowed=", ".join(known)
            )
        sets.append(read_data(item, known[item.observable], path, where))
    names = [item.name for item in sets]
    for name in names:
        if names.count(name) > 1:
            raise InputError("name given twice", where=f"{path.name}: data", found=name)
    return tuple(sets)
