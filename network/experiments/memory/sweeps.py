"""Sweeps of the device and the size of an IPNet on n-back, as a list of networks.

Beyond Liu et al., who show one device. A sweep changes one quantity of the network of `study memory` (`sweeps.toml`);
the last one, the front, changes three at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from itertools import product
from typing import Any

from ipcircuit.errors import InputError
from ipcircuit.records import parse, read_toml, record
from network.models.ipnet import ITEM_AMPLITUDE
from network.models.memory import IPNET
from network.neurons.thermal_mtj.device import load_device

Values = tuple[int | float, ...]


@dataclass(frozen=True)
class Point:
    """One network of a sweep on n-back.

    Attributes:
        sweep: its name.
        n: of n-back.
        values: the swept quantities, SI units.
        options: of the model.
        own: whether these are the circuit's own values.
    """

    sweep: str
    n: int
    values: Mapping[str, float]
    options: Mapping[str, Any] = field(default_factory=dict)
    own: bool = False


@record
class Sweep:
    """One quantity, set by a model option; see `sweeps.toml`."""

    quantity: str
    option: str
    trained: Values
    quick: Values
    predicted: Values
    n: tuple[int, ...] = (1, 2)
    quick_n: tuple[int, ...] = (2,)
    base: Mapping[str, Any] = field(default_factory=dict)

    def own(self) -> float:
        """The circuit's own value."""
        device = load_device(self.base.get("device", "circuit")).temporal
        of_device: dict[str, Any] = {"decay": device.decay[0], "period_s": device.period, "slope": device.slope}
        return float(of_device.get(self.option, IPNET.options[self.option]))

    def line(self) -> list[float]:
        """Values of the prediction's line."""
        return sorted({*self.predicted, *self.trained, *self.quick})

    def points(self, name: str, values: Sequence[float], n: Sequence[int]) -> list[Point]:
        """The circuit's own value and `values`, at every n."""
        points = []
        for each in n:
            points.append(Point(name, each, {self.quantity: self.own()}, self.base, own=True))
            for value in values:
                options = {**self.base, self.option: [value] if self.option == "decay" else value}
                points.append(Point(name, each, {self.quantity: value}, options))
        return points


SWEEPS: Mapping[str, Sweep] = parse(
    dict[str, Sweep], read_toml(files("network.experiments.memory") / "sweeps.toml"), "sweeps.toml"
)
SPREAD_NEURONS = SWEEPS["midpoint"].base["neurons"]
FRONT, FRONT_N = "front", 2  # as hard as it gets while N and amplitude still show
NAMES = (*SWEEPS, FRONT)
FRONT_AXES = (2, 8, 32), (0.2, None, 0.6), (0.75, 0.80, 0.85)  # N, decay (None: the circuit's own), amplitude
QUICK_AXES = (8, 32), (0.2, None), (0.80, 0.85)


def front_points(*, quick: bool) -> list[Point]:
    """The grid of the front: N, decay per step and amplitude of an item's pulse."""
    one_pole, own = SWEEPS["decay"].base, SWEEPS["decay"].own()
    points = []
    for neurons, decay, volts in product(*(QUICK_AXES if quick else FRONT_AXES)):
        options = {**one_pole}  # defaults are left out: the other sweeps then share the run
        options |= {} if neurons == IPNET.options["neurons"] else {"neurons": neurons}
        options |= {} if decay is None else {"decay": [decay]}
        options |= {} if volts == ITEM_AMPLITUDE else {"item_V": volts}
        values = {"neurons": float(neurons), "gamma": own if decay is None else decay, "item_V": volts}
        points.append(Point(FRONT, FRONT_N, values, options, own=options == one_pole))
    return points


def check_names(names: Sequence[str] | None) -> tuple[str, ...]:
    """The sweeps to run, in their order; all for None. Raises InputError for an unknown one."""
    if unknown := sorted(set(names or ()) - set(NAMES)):
        raise InputError("unknown sweep", where="--sweep", found=unknown[0], allowed=", ".join(NAMES))
    return tuple(name for name in NAMES if not names or name in names)


def trained_points(names: Sequence[str], *, quick: bool) -> list[Point]:
    """Every network that the sweeps train; a network that several of them share comes once for each."""
    points = list[Point]()
    for name in names:
        if sweep := SWEEPS.get(name):
            points += sweep.points(name, sweep.quick if quick else sweep.trained, sweep.quick_n if quick else sweep.n)
    return points + (front_points(quick=quick) if FRONT in names else [])


def predicted_points(names: Sequence[str]) -> list[Point]:
    """Every network that is predicted: the lines of the sweeps, at all n, and the whole grid of the front."""
    swept = [(name, SWEEPS[name]) for name in names if name in SWEEPS]
    points = [point for name, sweep in swept for point in sweep.points(name, sweep.line(), sweep.n)]
    return points + (front_points(quick=False) + front_points(quick=True) if FRONT in names else [])
