"""Cost of a circuit over a grid of settings: a row for each point, those that do not work among them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from circuits.measurement import Measurement
from circuits.testbench import Testbench
from energy.cost import SCOPES, NeuronCost
from energy.variation.copies.outcome import ENERGIES, Outcome, Status, outcome, quantities
from energy.variation.montecarlo.montecarlo import monte_carlo
from ipcircuit.errors import InputError, SimulationError
from ipcircuit.parallel import in_order
from ipcircuit.spice.jobs import Progress, part_of

if TYPE_CHECKING:
    import pandas

Configure = Callable[[Mapping[str, Any]], Testbench]
Point = tuple[str, Testbench | InputError]
MOST_POINTS = 1_000_000
#: Columns of a sweep's table after those of the settings.
QUANTITIES = (
    *(f"{scope}_{name}_J" for scope in SCOPES for name in ENERGIES),
    *(f"{scope}_area_um2" for scope in SCOPES),
    "latency_s",
    "spikes_per_operation",
)


def grid(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """All combinations of the settings' values, the last setting varying fastest.

    Args:
        settings: by name a list (or array, range …) of values, or one value. A text is one value.

    Raises:
        InputError: a setting without values, or more than `MOST_POINTS` combinations.
    """
    values = {name: _values(name, value) for name, value in settings.items()}
    count = 1
    for choices in values.values():
        count *= len(choices)
    if count > MOST_POINTS:
        raise InputError("too many points", where="sweep", found=count, allowed=f"up to {MOST_POINTS}")
    return [dict(zip(values, point, strict=True)) for point in itertools.product(*values.values())]


def _values(name: str, value: Any) -> list[Any]:
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        return [value]
    # Arrays hold numbers of their own, which no record and no JSON takes.
    values = [item.item() if hasattr(item, "dtype") and hasattr(item, "item") else item for item in value]
    if not values:
        raise InputError("no values", where=name, allowed="one value or a list of them")
    return values


def sweep_rows(
    points: Sequence[Mapping[str, Any]],
    configure: Configure,
    *,
    copies: int | None = None,
    seed: int = 0,
    density: float | None = None,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> list[dict[str, Any]]:
    """A row for each point, or for each copy at each point: settings, `QUANTITIES`, status, cause, deck.

    Args:
        points: from `grid`.
        configure: the testbench of a point.
        copies, seed: random copies of `monte_carlo` at each point, all at reference; None: the design.
        density: as `energy.characterize.characterize`.
        n_jobs: points at a time; default one per core.

    Raises:
        InputError: settings that no point can have, or no copies.
    """
    testbenches = [_configured(configure, point) for point in points]
    if all(isinstance(refused, InputError) for _, refused in testbenches):
        raise next(refused for _, refused in testbenches if isinstance(refused, InputError))
    if copies is None:
        results = in_order(partial(_design, density=density), testbenches, n_jobs)
        rows: list[dict[str, Any]] = []
        for point, result in zip(points, results, strict=True):
            rows.append(_row(point, result))
            if progress is not None:
                progress(len(rows), len(points))
        return rows
    if copies < 1:
        raise InputError("no copies", where="copies", found=copies, allowed="1, 2, …")
    rows = []
    for number, (point, bench) in enumerate(zip(points, testbenches, strict=True)):
        outcomes = _copies(bench, copies, seed, n_jobs, part_of(progress, number * copies, len(points) * copies))
        rows += [_row({**point, "copy": index}, result) for index, result in enumerate(outcomes)]
    return rows


def _configured(configure: Configure, point: Mapping[str, Any]) -> Point:
    label = ", ".join(f"{name} {cell(value)}" for name, value in point.items())
    try:
        return label, configure(point)
    except InputError as refused:
        return label, refused


def _design(point: Point, *, density: float | None) -> Outcome:
    label, testbench = point
    if isinstance(testbench, InputError):
        return Outcome("", label, Status.FAILED, {}, str(testbench))
    return outcome(testbench, label, density=density, values=_costs)


def _costs(cost: NeuronCost, measurement: Measurement) -> dict[str, float | None]:
    return {**quantities(cost, measurement), **_areas(cost)}


def _areas(cost: NeuronCost) -> dict[str, float | None]:
    return {f"{scope}_area_um2": cost.scopes[scope].area_um2 for scope in SCOPES}


def _copies(point: Point, copies: int, seed: int, n_jobs: int | None, progress: Progress | None) -> list[Outcome]:
    label, testbench = point
    if isinstance(testbench, InputError):
        return [Outcome("", label, Status.FAILED, {}, str(testbench))] * copies
    try:
        result = monte_carlo(testbench, copies, seed, fidelity="reference", n_jobs=n_jobs, progress=progress)
    except (InputError, SimulationError) as error:  # the design does not work here
        return [Outcome(testbench.name, label, Status.FAILED, {}, str(error))] * copies
    areas = _areas(result.typical.cost)
    return [replace(o, values={**o.values, **areas}) if o.values else o for o in result.outcomes]


def _row(point: Mapping[str, Any], result: Outcome) -> dict[str, Any]:
    return {
        **{name: cell(value) for name, value in point.items()},
        **{name: result.values.get(name) for name in QUANTITIES},
        "status": result.status.value,
        "cause": result.cause,
        "deck": result.deck,
    }


def cell(value: Any) -> Any:
    """A setting's value in a table: numbers and words as they are, a record by its name."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    name = getattr(value, "name", None)
    return name if isinstance(name, str) else str(value)


def to_frame(rows: Sequence[Mapping[str, Any]], **attributes: Any) -> pandas.DataFrame:
    """The rows as a pandas frame: NaN where a value was not obtained; `attributes` in ``attrs``."""
    import pandas

    frame = pandas.DataFrame(list(rows))
    frame = frame.astype(dict.fromkeys((name for name in QUANTITIES if name in frame), float))
    frame.attrs |= attributes
    return frame
