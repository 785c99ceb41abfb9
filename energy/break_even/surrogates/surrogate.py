"""Energies of a circuit as functions of its parameters, with the error that simulations measured.

A surrogate answers within the box of its plan and refuses points outside. It holds for the circuit that it was fitted
to: its key is a digest of the decks of that circuit as designed, with their card, devices and options.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from circuits.catalog import load
from circuits.testbench import Testbench
from energy.break_even.problem import Factor
from energy.break_even.surrogates.model import FittedModel
from energy.break_even.surrogates.plan import Plan, stated_values
from energy.break_even.surrogates.points import PULSE
from energy.break_even.surrogates.recent import Recent
from energy.break_even.surrogates.regression import Floats, Regression
from energy.compare import EventWorkload
from energy.cost import SCOPES
from energy.driver import driver_columns, idle_leakage_energy
from ipcircuit.errors import InputError
from ipcircuit.families import CIRCUITS
from ipcircuit.files import write_text_atomic
from ipcircuit.parameters import Parameter
from ipcircuit.records import Count, Name, NonNegative, parse, read_json, record
from ipcircuit.technology.catalog import technology
from ipcircuit.technology.io_devices import io_devices
from ipcircuit.technology.record import IoDevice

FITTED = Path(__file__).parent / "fitted"
COMMAND = "ipcircuit study surrogate"
_NEEDED = {
    "paper": ("paper_J",),
    "circuit": ("paper_J", "others_J"),
    "system": ("paper_J", "others_J", "idle_W", *PULSE),
}
_REMEMBERED = 1 << 25  # bytes of values at points
Columns = Mapping[str, Any]


@record
class Deviation:
    """Relative deviation of a surrogate from simulations that it was not fitted to: largest, root mean square."""

    largest: NonNegative
    rms: NonNegative


@dataclass(frozen=True)
class Operation:
    """One operation at points: numbers, or arrays of shape (n,).

    Attributes:
        energy_J: without leakage of idle neurons.
        idle_W, driver_idle_W: power between operations, of the neuron and of a write driver of its own; 0 in a scope
            that counts none.
    """

    energy_J: Any
    idle_W: Any
    driver_idle_W: Any


@record
class Surrogate:
    """A fitted circuit.

    Attributes:
        plan: its coordinates and points.
        key: of what was simulated, `key_of`. simulator: name and version.
        design: the point of the circuit as designed.
        fitted: places of the points in the box, shape (points, coordinates).
        quantities: regression by name, of `energy.break_even.surrogates.points.quantities`.
        deviations: by quantity, and by scope of its energy per operation, at the points that were held out.
        held_out: number of those.
        left_out: causes of points that were not used, with how many there are: the circuit did not work there.
        constants: regression by name, of the plan's model; a quantity that this works out has what it misses in
            `quantities`, as a factor.
    """

    plan: Plan
    key: Name
    simulator: Name
    design: Mapping[str, float]
    fitted: Annotated[tuple[Floats, ...], Field(strict=False)]
    quantities: Mapping[str, Regression]
    deviations: Mapping[str, Deviation]
    held_out: Count
    left_out: Mapping[str, Count]
    constants: Mapping[str, Regression] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if any(len(point) != len(self.plan.coordinates) for point in self.fitted):
            raise InputError("a point has not one number for each coordinate", where="fitted")
        for kind in ("quantities", "constants"):
            for name, regression in getattr(self, kind).items():
                try:
                    regression.check(len(self.plan.coordinates), len(self.fitted))
                except InputError as error:
                    raise InputError(str(error), where=f"{kind}.{name}") from None
        if "period_s" not in self.quantities or not {"paper_J", "others_J"} & set(self.quantities):
            raise InputError("missing quantities", where="quantities", found=", ".join(self.quantities))
        if missing := [name for name in self.plan.coordinates if name not in self.design]:
            raise InputError("missing coordinates", where="design", found=", ".join(missing))

    @property
    def circuit(self) -> str:
        """Registry name."""
        return self.plan.circuit

    @cached_property
    def _places(self) -> np.ndarray:
        return np.array(self.fitted)

    @cached_property
    def _recent(self) -> Recent:
        return Recent(_REMEMBERED)

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """Coordinates as parameters: as designed, the box as their range, and what each might be."""
        return tuple(
            Parameter(
                *(name, self.design[name], c.unit, c.description, c.source, "assumed", c.low, c.high),
                likely=c.range,
                label=c.label,
            )
            for name, c in self.plan.coordinates.items()
        )

    @cached_property
    def factors(self) -> tuple[Factor, ...]:
        """Coordinates as factors of a ratio."""
        return tuple(factor for p in self.parameters if (factor := Factor.of(p)) is not None)

    def values(self, columns: Columns, names: Collection[str] | None = None) -> dict[str, Any]:
        """Quantities at points.

        Args:
            names: those that are wanted; None: all.
            columns: values by coordinate, numbers or arrays of shape (n,); others are as designed. What is no
                coordinate is left alone.

        Returns:
            Arrays of shape (n,); numbers where all columns are.

        Raises:
            InputError: a point outside the box.
        """
        at, shape = self._within(columns)
        places = hashlib.blake2b(at.tobytes()).digest()
        wanted = [name for name in self.quantities if names is None or name in names]
        return {
            name: self._recent.get((name, places), partial(self._value, name, at, places)).reshape(shape)[()]
            for name in wanted
        }

    def _value(self, name: str, at: np.ndarray, places: bytes) -> np.ndarray:
        value, model = self.quantities[name].values(at, self._places), self._model
        if model is None or name not in model.names:
            return value
        rows = self._recent.get(("", places), partial(model.values, at))  # all that the model gives, once
        return value * rows[model.names.index(name)]

    @cached_property
    def _model(self) -> FittedModel | None:
        if not self.constants:
            return None
        one = self.plan.shares({name: np.array([value]) for name, value in self.design.items()})
        return FittedModel(self.plan.model, self.constants, self._places, one)

    def operation(self, scope: str, columns: Columns, devices: tuple[IoDevice, ...] | None = None) -> Operation:
        """One operation at points, as `values` takes them. The write driver of the `system` scope is calculated.

        Args:
            devices: of the write driver; None: those of the circuit's technology, of a circuit in no registry lp28's.

        Raises:
            InputError: a point outside the box, an unknown scope, or one of which there is no energy.
        """
        if scope not in SCOPES:
            raise InputError("unknown scope", where="scope", found=scope, allowed=", ".join(SCOPES))
        values = self.values(columns, _NEEDED[scope])
        if scope == "paper":
            if "paper_J" not in values:
                raise InputError("the circuit's source counts no energy", where=self.circuit, found=scope)
            return Operation(values["paper_J"], 0.0, 0.0)
        energy, leakage = values.get("paper_J", 0.0) + values.get("others_J", 0.0), 0.0
        if scope == "circuit":
            return Operation(energy, 0.0, 0.0)
        if PULSE[0] in values:
            charge, pulse, current, volts = (np.atleast_1d(values[name]) for name in PULSE)
            added, leakage = driver_columns(current, volts, charge, pulse, devices or _io_devices(self.circuit))
            energy, leakage = energy + added.reshape(np.shape(energy))[()], leakage.reshape(np.shape(energy))[()]
        return Operation(energy, values.get("idle_W", 0.0), leakage)

    def energy_J(
        self,
        scope: str,
        columns: Columns,
        density: float | None = None,
        devices: tuple[IoDevice, ...] | None = None,
    ) -> Any:
        """Energy per operation at points, leakage of idle neurons included; density as `characterize`.

        Raises InputError as `operation`.
        """
        one = self.operation(scope, columns, devices)
        share = EventWorkload().density if density is None else density
        period = self.values(columns, ["period_s"])["period_s"]
        return one.energy_J + idle_leakage_energy(1.0, 1.0, share) * (one.idle_W + one.driver_idle_W) * period

    def _within(self, columns: Columns) -> tuple[np.ndarray, tuple[int, ...]]:
        """Places in the box, shape (n, coordinates), and the shape of the columns."""
        known = {name: np.asarray(columns.get(name, value), dtype=float) for name, value in self.design.items()}
        shape = np.broadcast_shapes(*(values.shape for values in known.values()))
        for name, coordinate in self.plan.coordinates.items():
            slack = 1e-9 * (coordinate.high - coordinate.low)
            inside = (known[name] >= coordinate.low - slack) & (known[name] <= coordinate.high + slack)
            if not np.all(inside):
                text = f"outside the range in which the surrogate of {self.circuit} holds"
                found, allowed = known[name][~inside].flat[0], f"{coordinate.low:g} … {coordinate.high:g}"
                raise InputError(text, where=name, found=float(found), allowed=f"{allowed} {coordinate.unit}".rstrip())
        whole = {name: np.broadcast_to(values, shape).ravel() for name, values in known.items()}
        return self.plan.shares(whole), shape

    def check_current(self, testbench: Testbench | None = None) -> None:
        """Raise InputError if the circuit is another one than was fitted: its decks have changed."""
        bench = load(self.circuit).configured() if testbench is None else testbench
        if key_of(self.plan, bench) != self.key:
            text = f"the surrogate of {self.circuit} is of other decks: circuit, card or device have changed"
            raise InputError(f"{text}; fit it anew with `{COMMAND} {self.circuit}`", where="surrogate")

    def to_json(self) -> dict[str, Any]:
        """What a file holds; `from_json` reads it."""
        return asdict(self)

    def written(self, folder: Path) -> Path:
        """The file of the circuit in a folder, written. Raises InputError: it cannot be."""
        return write_text_atomic(folder / f"{self.circuit}.json", json.dumps(self.to_json(), ensure_ascii=False) + "\n")


@functools.lru_cache(maxsize=8)
def _io_devices(circuit: str) -> tuple[IoDevice, ...]:
    known = circuit in CIRCUITS.names()
    return io_devices(load(circuit).conditions.technology if known else technology())


def key_of(plan: Plan, testbench: Testbench) -> str:
    """Digest of what decides the simulated points: plan, and decks of the circuit as designed without comments."""
    decks = [line for job in testbench.jobs() for line in job.deck.splitlines() if not line.startswith("*")]
    stated = asdict(plan)
    for coordinate in stated["coordinates"].values():
        del coordinate["label"]  # a word in figures
    if not plan.model:
        del stated["model"]
    what = [json.dumps(stated), json.dumps(stated_values(testbench)), *decks]
    return hashlib.sha256("\n".join(what).encode()).hexdigest()


def read_surrogate(path: Path) -> Surrogate:
    """Surrogate of a file. Raises InputError: unreadable, or no surrogate; names file and field."""
    return parse(Surrogate, read_json(path), path.name)


def surrogate_of(circuit: str) -> Surrogate:
    """The surrogate that comes with the package, found current.

    Raises:
        InputError: there is none of this circuit, or the circuit has changed since it was fitted.
    """
    if circuit not in (known := fitted_circuits()):
        allowed = f"{', '.join(known) or 'none'}; others after `{COMMAND}`"
        raise InputError("no surrogate of this circuit", found=circuit, allowed=allowed)
    surrogate = _stored(circuit)
    surrogate.check_current()
    return surrogate


@functools.lru_cache(maxsize=8)
def _stored(circuit: str) -> Surrogate:
    return read_surrogate(FITTED / f"{circuit}.json")


def fitted_circuits() -> tuple[str, ...]:
    """Circuits with a surrogate in the package."""
    return tuple(sorted(path.stem for path in FITTED.glob("*.json")))
