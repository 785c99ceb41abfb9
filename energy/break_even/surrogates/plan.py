"""Plan of a surrogate: parameters of a circuit, the box in which they are varied, and the points that are simulated."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from circuits.testbench import Testbench
from ipcircuit.errors import InputError
from ipcircuit.ranges import Law, Range
from ipcircuit.records import Name, parse, read_toml, record

PLANS = Path(__file__).parent / "plans"
TEMPERATURE = "temperature_C"  # an argument of `configured` beside the settings
MOST_COORDINATES = 16


@record
class Likely:
    """What a parameter might really be, within its box: fields as of `ipcircuit.ranges.Range`."""

    low: float
    high: float
    law: Law
    source: Name


@record
class Coordinate:
    """A parameter that is varied.

    Attributes:
        sets: names that `Testbench.configured` takes, all of which get its value.
        low, high: ends of the box. law: ``uniform`` or ``loguniform``, how points are spread between them.
        source: reason for the ends.
        unit, description: for tables. label: name in words with its symbol, for figures; ``""``: its own name.
        times: another coordinate by whose value it is multiplied; ``""``: none.
        nominal: its value in the circuit as designed, where the circuit does not say so itself.
        likely: what it might be; None: the box.

    Raises:
        InputError: ends that are no range, or what is likely is not within them.
    """

    sets: Annotated[tuple[Name, ...], Field(strict=False, min_length=1)]
    low: float
    high: float
    source: Name
    law: Literal["uniform", "loguniform"] = "uniform"
    unit: str = ""
    description: str = ""
    label: str = ""
    times: str = ""
    nominal: float | None = None
    likely: Likely | None = None

    def __post_init__(self) -> None:
        _ = self.box, self.range

    @property
    def box(self) -> Range:
        """All values that the fit covers."""
        return Range(self.low, self.high, self.law, self.source)

    @property
    def range(self) -> Range:
        """What the parameter might be."""
        if self.likely is None:
            return self.box
        limits = {"minimum": self.low, "maximum": self.high}
        return Range(self.likely.low, self.likely.high, self.likely.law, self.likely.source, **limits)

    def shares(self, values: np.ndarray) -> np.ndarray:
        """Places of values in the box: 0 at its low end, 1 at its high one, in the scale of its law."""
        if self.law == "loguniform":
            return np.log(values / self.low) / math.log(self.high / self.low)
        return (values - self.low) / (self.high - self.low)


@record
class Plan:
    """What is varied of a circuit, and how many points are simulated.

    Attributes:
        circuit: registry name.
        coordinates: by name.
        fitted, held_out: numbers of points that the fit sees, and of those that it is checked on.
        seed: of both.
        fidelity: of the points that the fit sees; those that are held out are simulated at reference.
        fixed: reasons by parameter why others that matter are not varied.
        model: ``module:attribute`` of an `OperationModel` whose constants are fitted in place of what it works out;
            ``""``: none.

    Raises:
        InputError: none or too many coordinates, or one times a coordinate that does not exist.
    """

    circuit: Name
    coordinates: Mapping[str, Coordinate]
    fitted: Annotated[int, Field(ge=16, le=4096)] = 256
    held_out: Annotated[int, Field(ge=8, le=4096)] = 200
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    fidelity: Literal["reference", "screening"] = "reference"
    fixed: Mapping[str, str] = field(default_factory=dict)
    model: str = ""

    def __post_init__(self) -> None:
        if not 1 <= len(self.coordinates) <= MOST_COORDINATES:
            allowed = f"1 … {MOST_COORDINATES}"
            raise InputError("too few or too many", where="coordinates", found=len(self.coordinates), allowed=allowed)
        for name, coordinate in self.coordinates.items():
            if coordinate.times and coordinate.times not in self.coordinates:
                where, allowed = f"coordinates.{name}.times", ", ".join(self.coordinates)
                raise InputError("no such coordinate", where=where, found=coordinate.times, allowed=allowed)

    @property
    def names(self) -> tuple[str, ...]:
        """Coordinates in order."""
        return tuple(self.coordinates)

    def settings(self, point: Mapping[str, float]) -> dict[str, float]:
        """What `Testbench.configured` takes for a point."""
        values: dict[str, float] = {}
        for name, coordinate in self.coordinates.items():
            value = point[name] * (point[coordinate.times] if coordinate.times else 1.0)
            values |= dict.fromkeys(coordinate.sets, value)
        return values

    def configured(self, testbench: Testbench, point: Mapping[str, float]) -> Testbench:
        """The circuit at a point. Raises InputError: one that it cannot have."""
        return testbench.configured(**self.settings(point))  # pyright: ignore[reportArgumentType]

    def nominal(self, testbench: Testbench) -> dict[str, float]:
        """The point of the circuit as designed.

        Raises:
            InputError: outside the box, or a parameter that does not say its value.
        """
        known = stated_values(testbench)
        point: dict[str, float] = {}
        for name, coordinate in self.coordinates.items():
            value = coordinate.nominal
            if value is None:
                value = known.get(coordinate.sets[0])
                if value is not None and coordinate.times:
                    value /= known[self.coordinates[coordinate.times].sets[0]]
            where = f"coordinates.{name}"
            if value is None:
                text = "the circuit has no parameter of this name that says its value"
                raise InputError(text, where=where, found=coordinate.sets[0], allowed=", ".join(known))
            if not coordinate.low <= value <= coordinate.high:
                allowed = f"{coordinate.low:g} … {coordinate.high:g} {coordinate.unit}".rstrip()
                raise InputError("value as designed is not within the box", where=where, found=value, allowed=allowed)
            point[name] = float(value)
        return point

    def shares(self, columns: Mapping[str, Any]) -> np.ndarray:
        """Places in the box, shape (points, coordinates)."""
        return np.stack([c.shares(np.asarray(columns[n], dtype=float)) for n, c in self.coordinates.items()], axis=-1)

    def fit_points(self) -> list[dict[str, float]]:
        """Points of a scrambled Sobol sequence, which cover the box evenly."""
        from scipy.stats import qmc

        make: Any = qmc.Sobol  # `seed` is named `rng` since scipy 1.15
        count = 2 ** math.ceil(math.log2(self.fitted))
        return self._at(make(len(self.coordinates), seed=self.seed).random(count)[: self.fitted])

    def held_out_points(self) -> list[dict[str, float]]:
        """Independent random points, uniform over the box, that no fit sees."""
        return self._at(np.random.default_rng([self.seed, 1]).random((self.held_out, len(self.coordinates))))

    def _at(self, shares: np.ndarray) -> list[dict[str, float]]:
        columns = [c.box.values(column) for c, column in zip(self.coordinates.values(), shares.T, strict=True)]
        return [dict(zip(self.names, map(float, row), strict=True)) for row in zip(*columns, strict=True)]


def stated_values(testbench: Testbench) -> dict[str, float]:
    """Numbers by the names that `configured` takes: settings, temperature, and parameters of the devices."""
    known: dict[str, Any] = {TEMPERATURE: testbench.conditions.temperature_C}
    for device in reversed(testbench.declared_devices):
        known |= device.values()
    for group in testbench.settings:
        known |= {name: value for name, value in group.values(testbench).items() if value is not None}
    return {name: float(value) for name, value in known.items() if isinstance(value, int | float)}


def read_plan(path: Path) -> Plan:
    """Plan of a TOML file. Raises InputError: unreadable, or no plan; names file and field."""
    return parse(Plan, read_toml(path), path.name)


def plan_of(circuit: str) -> Plan:
    """The plan that comes with the package. Raises InputError: there is none of this circuit."""
    path = PLANS / f"{circuit}.toml"
    if circuit not in (known := planned()):
        raise InputError("no plan of a surrogate of this circuit", found=circuit, allowed=", ".join(known))
    return read_plan(path)


def planned() -> tuple[str, ...]:
    """Circuits with a plan in the package."""
    return tuple(sorted(path.stem for path in PLANS.glob("*.toml")))


def columns_of(points: Sequence[Mapping[str, float]], names: Iterable[str]) -> dict[str, np.ndarray]:
    """Points as columns, arrays of shape (points,)."""
    return {name: np.array([point[name] for point in points]) for name in names}
