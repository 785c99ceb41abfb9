"""The sweeps of the memory's capacity, and the front of accuracy against energy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from energy.cost import SCOPES
from network.experiments.memory.capacity import FRONT_N, SWEEPS
from reports.memory.memory_capacity import capacity
from reports.page.context import RunContext
from reports.tables.table import Table, default_text

QUANTITIES = {  # swept quantity: its words and unit
    "gamma": ("decay per step, one pole", ""),
    "period_s": ("pulse period", "s"),
    "neurons": ("N", ""),
    "slope_per_V": ("slope k, 1/V", ""),
    "item_V": ("amplitude", "V"),
    "midpoint_spread_V": ("σ of the midpoint", "V"),
    "heating_spread": ("relative σ of the heating", ""),
    "off": ("share of devices off", ""),
}
_SCORES = ("predicted", "PR", "low", "high")
_HEADINGS = {"predicted": "predicted PR", "low": "95 %, from", "high": "to"}
_FORMATS: Mapping[str, Callable[[Any], str]] = {name: lambda v: f"{v:.3f}" for name in _SCORES}


def sweeps(context: RunContext) -> Table:
    """Every trained network beside its prediction."""
    found, rows = capacity(context), list[dict[str, Any]]()
    for row in found.rows():
        quantity = SWEEPS[row["sweep"]].quantity
        words, unit = QUANTITIES[quantity]
        value = row[quantity]
        rows.append(
            {
                "quantity": words,
                "setting": default_text(f"x_{unit}", value) if value else "0",
                "value": value,
                "circuit's own": row["own"],
                "n": row["n"],
                **{name: row[name] for name in _SCORES},
                "seeds": row["seeds"],
            }
        )
    return Table(
        "memory_capacity",
        "Capacity of the heat memory",
        "PR on n-back when one quantity of the device or the network changes. Predicted: an ideal observer that knows "
        "the device, sees one step's spikes and decides by likelihood; computed before the training, nothing fitted. "
        f"Interval over the seeds where there are several. {found.origin}.",
        rows,
        _HEADINGS,
        _FORMATS,
        missing="",
        hidden=("value",),
    )


def front(context: RunContext) -> Table:
    """The grid of N, decay and amplitude."""
    found = capacity(context)
    rows = [
        {
            "neurons": row["neurons"],
            "gamma": row["gamma"],
            "item_V": row["item_V"],
            **{name: row[name] for name in _SCORES},
            "seeds": row["seeds"],
            **{f"{scope}_J": row[f"{scope}_J"] for scope in SCOPES},
            "best": ", ".join(scope for scope in SCOPES if row[f"{scope}_best"]),
        }
        for row in found.front()
    ]
    return Table(
        "memory_front",
        "Accuracy and energy over N, decay and amplitude",
        f"n-back, n = {FRONT_N}; energy of the memory per trial by scope, the neuron simulated cold at each amplitude. "
        f"Best in: scopes in which no other network of the grid is as cheap and as good. {found.origin}.",
        rows,
        {**_HEADINGS, "neurons": "N", "gamma": "γ per step", "item_V": "amplitude", "best": "best in"},
        _FORMATS,
        missing="",
    )
