"""Waveforms as objects of other libraries: a pandas frame, an xarray data set, a matplotlib plot.

Imported by the methods of `Waveforms`, so that a simulation needs none of the three.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ipcircuit.errors import InputError, MissingDependencyError
from ipcircuit.units import prefixed

if TYPE_CHECKING:
    import pandas
    import xarray
    from matplotlib.axes import Axes

    from ipcircuit.spice.transient import Waveforms

_LINES = ("-", "--", "-.", ":")
_QUANTITIES = {"V": "voltage", "A": "current", "": "value"}


def to_pandas(run: Waveforms) -> pandas.DataFrame:
    """See `Waveforms.to_pandas`."""
    import pandas

    name, _ = _axis(run)
    frame = pandas.DataFrame(dict(run.signals), index=pandas.Index(run.axis, name=name))
    frame.attrs |= {**_origin(run), "units": {signal: run.unit(signal) for signal in run.signals}}
    return frame


def to_xarray(run: Waveforms) -> xarray.Dataset:
    """See `Waveforms.to_xarray`."""
    try:
        import xarray
    except ImportError:
        raise MissingDependencyError(
            "xarray is not installed: pip install 'ipcircuit[xarray]', or pip install xarray"
        ) from None
    axis, unit = run.axis_name, _axis(run)[1]
    variables: dict[str, Any] = {
        name: (axis, values, {"units": run.unit(name)} if run.unit(name) else {})
        for name, values in run.signals.items()
    }
    coordinates: dict[str, Any] = {axis: (axis, run.axis, {"units": unit} if unit else {})}
    return xarray.Dataset(variables, coordinates, _origin(run))


def _axis(run: Waveforms) -> tuple[str, str]:
    """Name with unit, and unit of the axis; that of a sweep is not known."""
    return ("time_s", "s") if run.axis_name == "time" else (run.axis_name, "")


def _origin(run: Waveforms) -> dict[str, str]:
    """What and how was simulated; the cause of a failed run."""
    record = {"circuit": run.circuit, "condition": run.condition, "simulator": run.simulator, "status": str(run.status)}
    return record if run.cause is None else {**record, "cause": run.cause}


def plot(run: Waveforms, signals: str | Iterable[str] | None, ax: Axes | None) -> Axes:
    """See `Waveforms.plot`."""
    if not run.ok:
        raise InputError("nothing to plot: the run failed", where=f"{run.circuit} ({run.condition})", found=run.cause)
    names = [signals] if isinstance(signals, str) else _outer(run) if signals is None else list(signals)
    curves = {name: run[name] for name in names}
    units = list(dict.fromkeys(run.unit(name) for name in names))
    if len(units) > 2:
        raise InputError("more than two units in one plot", where="signals", found=", ".join(units))
    ax = ax or _titled_axes(f"{run.circuit}: {run.condition}")
    sides = dict(zip(units, (ax, *(ax.twinx() for _ in units[1:])), strict=False))
    for position, (name, values) in enumerate(curves.items()):
        side = sides[run.unit(name)]
        right = side is not ax
        line = _LINES[(position // 10 + right) % 4]
        label = f"{name} (right)" if right else name
        side.plot(run.axis, values, label=label, color=f"C{position % 10}", linestyle=line)
    _scaled(ax.xaxis, run.axis_name, _axis(run)[1], run.axis)
    for unit, side in sides.items():
        _scaled(side.yaxis, _QUANTITIES[unit], unit, *(curves[name] for name in names if run.unit(name) == unit))
    lines = [line for side in sides.values() for line in side.get_lines()]
    if len(curves) > 1 or len(lines) > 1:
        ax.legend(handles=lines, fontsize="small", **_place(len(lines), two_sides=len(sides) > 1))
    elif names:
        ax.yaxis.label.set_text(f"{names[0]}: {ax.yaxis.label.get_text()}")
    return ax


def _titled_axes(title: str) -> Axes:
    """Axes in a new figure."""
    from matplotlib import pyplot

    ax = pyplot.figure(layout="constrained").add_subplot()
    ax.set_title(title, fontsize="medium", wrap=True)
    return ax


def _outer(run: Waveforms) -> list[str]:
    """Nodes outside subcircuits; without any, all signals."""
    return [name for name in run.signals if run.unit(name) == "V" and "." not in name] or list(run.signals)


def _place(entries: int, *, two_sides: bool) -> dict[str, Any]:
    """Keywords of a legend: a short one lies within the plot; a long one, or that of two axes, beside it."""
    if entries <= 6 and not two_sides:
        return {}
    return {"loc": "upper left", "bbox_to_anchor": (1.14 if two_sides else 1.01, 1.0)}


def _scaled(axis: Any, quantity: str, unit: str, *data: Sequence[float] | np.ndarray) -> None:
    """Label an axis with the SI prefix that suits its data, which stay in SI: only the numbers beside it are scaled."""
    from matplotlib.ticker import FuncFormatter

    largest = max((float(np.abs(values).max()) for values in data if np.size(values)), default=0.0)
    if not unit or largest == 0:
        axis.set_label_text(f"{quantity} ({unit})" if unit else quantity)
        return
    power, label = prefixed(largest, unit)
    axis.set_label_text(f"{quantity} ({label})")
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value / power:.10g}"))
