"""Sweeps of the device and the size of an IPNet on n-back, as a list of networks.

Beyond Liu et al., who show one device. A sweep changes one quantity of the network of `study memory`; the last one, the
front, changes three at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from ipcircuit.errors import InputError
from network.experiments.memory.memory import Cell
from network.models.encoding import ITEM_AMPLITUDE
from network.models.memory import IPNET
from network.neurons.thermal_mtj.device import load_device

ONE_POLE = {"device": "circuit-one-pole"}  # one decay factor can be set freely only where there is one
SPREAD_NEURONS = 8  # every device is drawn on its own where they differ: 32 of them take five times as long
FRONT_N = 2  # as hard as it gets while N and amplitude still show


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

    @property
    def cell(self) -> Cell:
        """The same as a cell of a study."""
        return Cell(self.sweep, "nback", "ipnet", {"n": self.n}, dict(self.options))


@dataclass(frozen=True)
class Sweep:
    """One quantity.

    Attributes:
        quantity: name of the value. option: the model option that sets it.
        own: returns the circuit's own value.
        trained, quick: values to train, beside the circuit's own; predicted: values of the prediction's line.
        n: values of n; quick_n: in a quick run.
        base: options that the sweep does not change.
    """

    quantity: str
    option: str
    own: Callable[[], float]
    trained: tuple[float, ...]
    quick: tuple[float, ...]
    predicted: tuple[float, ...]
    n: tuple[int, ...] = (1, 2)
    quick_n: tuple[int, ...] = (2,)
    base: Mapping[str, Any] = field(default_factory=dict)

    def point(self, name: str, n: int, value: float | None) -> Point:
        """The network at a value; None is the circuit's own."""
        if value is None:
            return Point(name, n, {self.quantity: self.own()}, self.base, own=True)
        option = [value] if self.option == "decay" else value
        return Point(name, n, {self.quantity: value}, {**self.base, self.option: option})

    def points(self, name: str, values: Sequence[float], n: Sequence[int]) -> list[Point]:
        """The circuit's own value and `values`, at every n."""
        return [self.point(name, each, value) for each in n for value in (None, *values)]


SWEEPS: Mapping[str, Sweep] = {
    "decay": Sweep(
        "gamma",
        "decay",
        lambda: load_device("circuit-one-pole").temporal.decay[0],
        (0.2, 0.6, 0.8),
        (0.2, 0.8),
        (0.05, 0.1, 0.2, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95),
        (1, 2, 3, 4),
        (1, 2),
        ONE_POLE,
    ),
    "period": Sweep(
        "period_s",
        "period_s",
        lambda: load_device().temporal.period,
        (345e-9, 460e-9),
        (460e-9,),
        (290e-9, 345e-9, 460e-9, 575e-9, 690e-9, 920e-9, 1150e-9),
        (1, 2, 3),
        (1, 2),
    ),
    "neurons": Sweep(
        "neurons",
        "neurons",
        lambda: float(IPNET.options["neurons"]),
        (1, 4, 8, 16, 64),
        (4, 8),
        (1, 2, 4, 8, 16, 64),
    ),
    "slope": Sweep(
        "slope_per_V",
        "slope",
        lambda: load_device().temporal.slope,
        (25.0, 75.0, 100.0),
        (25.0, 100.0),
        (15.0, 25.0, 35.0, 75.0, 100.0, 150.0),
    ),
    "amplitude": Sweep(
        "item_V",
        "item_V",
        lambda: ITEM_AMPLITUDE,
        (0.78, 0.81, 0.90),
        (0.81,),
        (0.75, 0.78, 0.80, 0.81, 0.83, 0.87, 0.90, 0.93),
        (2,),
        (2,),
    ),
    "midpoint": Sweep(
        "midpoint_spread_V",
        "midpoint_spread_V",
        lambda: 0.0,
        (0.01, 0.02, 0.04),
        (0.02,),
        (0.01, 0.02, 0.03, 0.04, 0.06),
        (2,),
        (2,),
        {"neurons": SPREAD_NEURONS},
    ),
    "heating": Sweep(
        "heating_spread",
        "heating_spread",
        lambda: 0.0,
        (0.25, 0.5),
        (0.5,),
        (0.25, 0.5),
        (2,),
        (2,),
        {"neurons": SPREAD_NEURONS},
    ),
    "off": Sweep(
        "off",
        "off",
        lambda: 0.0,
        (0.1, 0.3),
        (0.3,),
        (0.1, 0.2, 0.3, 0.4, 0.5),
        (2,),
        (2,),
        {"neurons": SPREAD_NEURONS},
    ),
}
FRONT = "front"
NAMES = (*SWEEPS, FRONT)
FRONT_NEURONS, FRONT_DECAY, FRONT_V = (2, 8, 32), (0.2, None, 0.6), (0.75, 0.80, 0.85)
QUICK_NEURONS, QUICK_DECAY, QUICK_V = (8, 32), (0.2, None), (0.80, 0.85)


def front_points(*, quick: bool) -> list[Point]:
    """The grid of the front: N, decay per step (None: the circuit's own) and amplitude of an item's pulse."""
    default, own = IPNET.options["neurons"], SWEEPS["decay"].own()
    axes = (QUICK_NEURONS, QUICK_DECAY, QUICK_V) if quick else (FRONT_NEURONS, FRONT_DECAY, FRONT_V)
    points = []
    for neurons, decay, volts in product(*axes):
        options: dict[str, Any] = {**ONE_POLE}  # defaults are left out: the other sweeps then share the run
        options |= {} if neurons == default else {"neurons": neurons}
        options |= {} if decay is None else {"decay": [decay]}
        options |= {} if volts == ITEM_AMPLITUDE else {"item_V": volts}
        values = {"neurons": float(neurons), "gamma": own if decay is None else decay, "item_V": volts}
        points.append(Point(FRONT, FRONT_N, values, options, own=options == ONE_POLE))
    return points


def check_names(names: Sequence[str] | None) -> tuple[str, ...]:
    """The sweeps to run, in their order; all for None. Raises InputError for an unknown one."""
    if unknown := sorted(set(names or ()) - set(NAMES)):
        raise InputError("unknown sweep", where="--sweep", found=unknown[0], allowed=", ".join(NAMES))
    return tuple(name for name in NAMES if not names or name in names)


def trained_points(names: Sequence[str], *, quick: bool) -> list[Point]:
    """Every network that the sweeps train; a network that several of them share comes once for each."""
    points = []
    for name in names:
        if name == FRONT:
            points += front_points(quick=quick)
        else:
            sweep = SWEEPS[name]
            points += sweep.points(name, sweep.quick if quick else sweep.trained, sweep.quick_n if quick else sweep.n)
    return points


def predicted_points(names: Sequence[str]) -> list[Point]:
    """Every network that is predicted: the lines of the sweeps, at all n, and the whole grid of the front."""
    points = []
    for name in names:
        if name == FRONT:
            points += front_points(quick=False) + front_points(quick=True)
        else:
            sweep = SWEEPS[name]
            points += sweep.points(name, sorted({*sweep.predicted, *sweep.trained, *sweep.quick}), sweep.n)
    return points
