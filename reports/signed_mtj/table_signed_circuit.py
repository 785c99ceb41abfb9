"""The signed neuron's circuit: energy per spike in three scopes, the barrier that it needs, and what it assumes."""

from __future__ import annotations

from typing import Any

from circuits.signed_mtj.testbench import LADDER_UM2, TARGET, SignedMtjTestbench
from energy.cost import SCOPES
from ipcircuit.devices.orthogonal_mtj.device import voltage_for
from reports.page.context import RunContext
from reports.signed_mtj.signed_circuit import CIRCUIT
from reports.tables.table import Table


def spike_energy(context: RunContext) -> Table:
    """Energy per spike with its breakdown, area and transistors, by scope."""
    cost, rows = context.cost(CIRCUIT), []
    for name in SCOPES:
        scope = cost.scopes[name]
        spikes = _spikes_per_operation(scope.energy_per_operation_J, scope.energy_per_spike_J)
        parts = {
            f"{part.replace(' ', '_')}_J": None if spikes is None else energy / spikes
            for part, energy in scope.energy_breakdown_J.items()
        }
        rows.append(
            {
                "scope": name,
                "energy_per_spike_J": scope.energy_per_spike_J,
                **parts,
                "area_um2": scope.area_um2,
                "transistors": cost.transistors,
            }
        )
    columns = dict.fromkeys(name for row in reversed(rows) for name in row)
    order = [*(c for c in columns if c not in ("area_um2", "transistors")), "area_um2", "transistors"]
    return Table(
        "signed_spike_energy",
        "A spike of the signed neuron, by scope",
        "Mean of a positive and a negative spike, each with the step to rest that it forces, two reads in all. paper: "
        "junction, divider and thresholds, which the source names, and 80 F² per transistor; circuit: all that is "
        "simulated, the bridge that drives the junction included; system: also leakage of idle neurons.",
        [{name: row.get(name) for name in order} for row in rows],
        missing="–",
    )


def _spikes_per_operation(operation: float | None, spike: float | None) -> float | None:
    return None if operation is None or not spike else operation / spike


def barrier(context: RunContext) -> Table:
    """Current density and resistance-area product."""
    conditions, testbench = context.cost(CIRCUIT).conditions, SignedMtjTestbench()
    device, v_dd = testbench.design.device, float(conditions["v_dd_V"])
    left = v_dd - TARGET * device.values()["area"] * testbench.design.bridge_ohm
    cases = {
        "1 V across the junction": ("at_1_V", 1.0),
        f"this bridge at {v_dd:g} V": ("in_the_bridge", left),
        f"through a divider that halves {v_dd:g} V": ("through_a_divider", v_dd / 2),
    }
    rows: list[dict[str, Any]] = [
        {
            "drive": drive,
            "junction_V": volts,
            "current_density_A_per_m2": TARGET,
            "largest_ra_ohm_um2": 1e12 * float(conditions[f"largest_RA_{key}_ohm_m2"]),
        }
        for drive, (key, volts) in cases.items()
    ]
    ra = 1e12 * device.values()["ra"]
    rows += [
        {
            "drive": "this circuit, simulated (peak)",
            "junction_V": float(conditions["drive_junction_V"]),
            "largest_ra_ohm_um2": ra,
            "current_density_A_per_m2": float(conditions["drive_current_density_A_m2"]),
        },
        {
            "drive": "needed at the default barrier",
            "junction_V": voltage_for(device, TARGET),
            "largest_ra_ohm_um2": ra,
            "current_density_A_per_m2": TARGET,
        },
    ]
    return Table(
        "signed_barrier",
        "Current density and the barrier that it needs",
        "On paper, junction at rest, but for the simulated row. The barrier breaks down near "
        f"{device.voltage_limit:g} V (assumed). A sudden current below "
        f"{1e-12 * float(conditions['onset_current_density_A_m2']):.2f} TA/m² does nothing at all.",
        rows,
        {
            "junction_V": "across the junction",
            "largest_ra_ohm_um2": "RA (Ω·µm²)",
            "current_density_A_per_m2": "J (A/m²)",
        },
        dict.fromkeys(("largest_ra_ohm_um2", "current_density_A_per_m2"), lambda v: f"{v:.3g}"),
    )


def circuit_rows() -> list[tuple[str, float, str, str, str, str]]:
    """Name, value, unit, basis, source and meaning of what the circuit assumes."""
    testbench = SignedMtjTestbench()
    d, timing = testbench.design, testbench.conditions.timing
    drop = "340 Ω in all, a tenth of the junction's resistance"
    nominal, optimum = "the card's nominal supply: ±1 V at the junction", "near the divider's largest signal at 1.1 V"
    return [
        ("supply", testbench.conditions.v_dd, "V", "assumed", nominal, "supply"),
        ("bridge n", d.bridge_n, "m", "assumed", drop, "width of the bridge's n transistors"),
        ("bridge p", d.bridge_p, "m", "assumed", drop, "width of the bridge's p transistors"),
        ("read bias", d.read_bias, "V", "assumed", f"{optimum}, under half the onset", "across the junction"),
        (
            "spike threshold",
            d.threshold,
            "",
            "assumed",
            "between libration (0.09) and a full drive's membrane (0.3)",
            "|u| at the strobe",
        ),
        ("input pair", d.sense_width, "m", "assumed", "offset against load on the divider", "width"),
        ("tail", d.tail_width, "m", "assumed", "kickback on the divider against speed", "width"),
        ("drive", timing.slots * timing.slot_s, "s", "assumed", "two membrane time constants", "drive of a step"),
        ("time step", timing.period_s, "s", "assumed", "drive, read, and a rest in which a spike fades", "period"),
        (
            "ladder area",
            1e-12 * LADDER_UM2,
            "m²",
            "assumed",
            "13.4 kΩ of 500 Ω/square, 0.2 µm wide, above the logic",
            "area of the ladder's resistors",
        ),
    ]
