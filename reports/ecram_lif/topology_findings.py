"""What the run says about the ECRAM synapse before different neurons, in words."""

from __future__ import annotations

from ipcircuit.units import si
from reports.ecram_lif.topology_runs import NAMES
from reports.page.context import RunContext
from reports.section import Finding


def static_power(context: RunContext) -> Finding:
    """Cheapest per spike against cheapest in a system that mostly waits."""
    rows = {row["circuit"]: row for row in context.topologies if row["energy_per_spike_circuit_J"] is not None}
    best = {s: min(rows, key=lambda n: rows[n][f"energy_per_spike_{s}_J"]) for s in ("circuit", "system")}
    busy, waiting = rows[best["circuit"]], rows[best["system"]]
    same = best["circuit"] == best["system"]
    title = f"The {NAMES[best['circuit']]} takes least energy per spike" + (
        ", idle or not" if same else f"; counting idle time, the {NAMES[best['system']]} does"
    )
    listed = ", ".join(
        f"{NAMES[name]} {si(row['energy_per_spike_circuit_J'], 'J', 3)} and "
        f"{si(row['energy_per_spike_system_J'], 'J', 3)}"
        for name, row in rows.items()
    )
    idle = [si(row["idle_power_W"], "W", 3) for row in (busy, waiting)]
    return Finding(
        title,
        f"Per spike in circuit and system scope: {listed}. With the same synapse and the same capacitor area, what "
        "differs is how far the membrane swings and what flows while nothing happens: "
        f"{idle[0]} in an idle {NAMES[best['circuit']]} neuron, {idle[1]} in an idle "
        f"{NAMES[best['system']]} one.",
    )


MAKERS = (static_power,)
