"""Tables of working memory: n-back beside its energy by network, sweeps of the capacity, accuracy against energy."""

from __future__ import annotations

from typing import Any

from energy.cost import SCOPES
from energy.digital import NODE_SCALE
from network.experiments.memory.memory import N_BACK
from network.experiments.memory.sweeps import FRONT_N, SWEEPS
from reports.memory.networks import EnergyPoint, energy_points
from reports.memory.results import capacity, results
from reports.prose import Prose
from reports.section import Run
from reports.tables.table import Table, attributes, default_text

PROSE = Prose(__file__)

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


def n_back_energy(run: Run) -> Table:
    """PR by n; energy of the memory per trial."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for point in energy_points(run):
        row = rows.setdefault(
            (point.network, point.basis),
            {
                "network": point.network,
                "basis": point.basis,
                **dict.fromkeys([f"PR_n{n}" for n in N_BACK]),
                "energy_per_trial_J": point.energy_J and point.energy_J[0],
                "energy_45nm_J": point.energy_45nm_J,
            },
        )
        row[f"PR_n{point.n}"] = point.performance[0]
    return PROSE.table("memory_n_back", list(rows.values()), scale=NODE_SCALE, origin=results(run).origin)


def n_back_networks(run: Run) -> Table:
    """The points of the figure: performance with its interval beside energy with its interval, for each n."""
    return PROSE.table(
        "memory_networks", [_row(point) for point in energy_points(run)], scale=NODE_SCALE, origin=results(run).origin
    )


def _row(point: EnergyPoint) -> dict[str, Any]:
    pr, pr_low, pr_high = point.performance
    energy, low, high = point.energy_J or (None, None, None)
    return {
        **attributes(point, "n", "network", "basis", "seeds"),
        "PR": pr,
        "PR_low": pr_low,
        "PR_high": pr_high,
        "energy_per_trial_J": energy,
        "energy_low_J": low,
        "energy_high_J": high,
        "energy_45nm_J": point.energy_45nm_J,
    }


def sweeps(run: Run) -> Table:
    """Every trained network beside its prediction."""
    swept, rows = capacity(run), list[dict[str, Any]]()
    for row in swept.rows():
        quantity = SWEEPS[row["sweep"]].quantity
        words, unit = QUANTITIES[quantity]
        value = row[quantity]
        rows.append(
            {
                "quantity": words,
                "setting": default_text(f"x_{unit}", value) if value else "0",
                "value": value,
                "circuit's own": row["own"],
                **{name: row[name] for name in ("n", *_SCORES, "seeds")},
            }
        )
    return PROSE.table("memory_capacity", rows, swept=swept)


def front(run: Run) -> Table:
    """The grid of N, decay and amplitude."""
    swept, energies = capacity(run), [f"{scope}_J" for scope in SCOPES]
    rows = [
        {
            **{name: row[name] for name in ("neurons", "gamma", "item_V", *_SCORES, "seeds", *energies)},
            "best": ", ".join(scope for scope in SCOPES if row[f"{scope}_best"]),
        }
        for row in swept.front()
    ]
    return PROSE.table("memory_front", rows, front_n=FRONT_N, swept=swept)
