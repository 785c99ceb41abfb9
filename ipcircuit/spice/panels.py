"""Waveforms of one run on paper: rows of related signals over one axis, and all of them as a table.

A row has signals of one unit and one stem, such as ``drive_p`` and ``drive_ap``, or ``x1.divider`` and ``x2.divider``.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ipcircuit.units import prefixed

if TYPE_CHECKING:
    import pandas

    from ipcircuit.spice.jobs import Result

_MOST_ROWS, _MOST_CURVES = 18, 8
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#444444", "#8c564b")
_LINES = ("-", "--", "-.", ":")  # signals that coincide are told apart
_LONG, _MANY = 12, 5  # letters of a name beside a row, curves whose names fit there
_FLAT = 1e-9  # of the value: a supply

#: Unit and scale of one volt on a node, by signal; of a signal that is not in it those of the simulator.
Quantities = Mapping[str, tuple[str, float]]


@dataclass(frozen=True)
class Row:
    """Signals of one row: their common name, unit, and values by what tells them apart."""

    name: str
    unit: str
    curves: Mapping[str, np.ndarray]


def rows(run: Result, signals: Sequence[str], quantities: Quantities) -> list[Row]:
    """Rows of some signals in their order; signals that do not move are left out."""
    groups: dict[tuple[str, str], dict[str, np.ndarray]] = {}
    for signal in dict.fromkeys(signals):
        unit, scale = quantities.get(signal, (run.unit(signal), 1.0))
        values = run[signal] * scale
        if np.ptp(values) > _FLAT * np.abs(values).max():
            name, which = _split(signal)
            curves = groups.setdefault((name, unit), {})
            if len(curves) < _MOST_CURVES:
                curves[which] = values
    return [Row(name, unit, curves) for (name, unit), curves in groups.items()][:_MOST_ROWS]


def _split(signal: str) -> tuple[str, str]:
    """What a signal has in common with its like, and the rest: ``i(vset_p)`` is ``i(vset)`` of ``p``."""
    current = signal.startswith("i(")
    path, _, last = (signal[2:-1] if current else signal).rpartition(".")
    stem, _, suffix = last.partition("_") if not path else (last, "", "")
    return f"i({stem})" if current else stem, path or suffix


def table(run: Result, quantities: Quantities) -> pandas.DataFrame:
    """A column for each signal, named with its unit, over ``time_s`` or the sweep.

    Currents of behavioural sources are left out: they carry no quantity.
    """
    frame = run.to_pandas()
    parts = {n: quantities.get(n, (run.unit(n), 1.0)) for n in run.signals if not n.startswith("i(b")}
    shown = frame.loc[:, list(parts)].mul([scale for _, scale in parts.values()], axis="columns")
    return shown.set_axis([f"{name}_{unit}" if unit else name for name, (unit, _) in parts.items()], axis="columns")


def drawn(run: Result, shown: Sequence[Row], title: str) -> bytes:
    """The rows as a PNG; time in ns."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context({"font.size": 8}):
        figure = Figure(figsize=(8.0, 0.9 + 1.05 * max(1, len(shown))), layout="constrained")
        FigureCanvasAgg(figure)
        axes: Any = figure.subplots(max(1, len(shown)), 1, sharex=True, squeeze=False)[:, 0]
        timed = run.axis_name == "time"
        x = run.axis * 1e9 if timed else run.axis
        for ax, row in zip(axes, shown, strict=False):
            _draw(ax, x, row)
        axes[-1].set_xlabel("time (ns)" if timed else "sweep (V)")
        axes[-1].set_xlim(x[0], x[-1])
        figure.suptitle(title, fontsize=9)
        figure.align_ylabels(axes)
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=150, metadata={"Software": None})
    return stream.getvalue()


def _draw(ax: Any, x: np.ndarray, row: Row) -> None:
    power, unit = _scale(row)
    for number, (which, values) in enumerate(row.curves.items()):
        style = {"color": _COLOURS[number % len(_COLOURS)], "linestyle": _LINES[number % len(_LINES)]}
        ax.plot(x, values / power, lw=1.1, label=which or row.name, **style)
    name = row.name.replace("_", "_\n", 1) if len(row.name) > _LONG else row.name
    ax.set_ylabel(f"{name}\n({unit})" if unit else name)
    ax.grid(visible=True, linewidth=0.3)
    if len(row.curves) > 1:
        size = 8 if len(row.curves) <= _MANY else 6
        place = {"loc": "center left", "bbox_to_anchor": (1.005, 0.5), "frameon": False}
        ax.legend(**place, handlelength=2.2, fontsize=size, labelspacing=0.03 * size)


def _scale(row: Row) -> tuple[float, str]:
    """What the values of a row are divided by, and their unit with the prefix that suits them."""
    largest = max(float(np.abs(values).max()) for values in row.curves.values())
    return prefixed(largest, row.unit) if row.unit and largest > 0 else (1.0, row.unit)
