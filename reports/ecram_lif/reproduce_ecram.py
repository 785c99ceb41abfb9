"""The functions behind the rows C1-C5 of the claims ledger (ECRAM delay-feedback LIF neuron).

They pick numbers out of a run (`ClaimContext.plasticity`, cost records); what the run does not offer is not obtained.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ipcircuit.units import si
from reports.ledger.evaluate import ClaimContext, Reproduction

CIRCUIT = "delay_feedback_lif"
LEAST_TOPOLOGIES = 3  # our reading of "several"
STEADY = 0.02  # of an interval: what a neuron's first spike, from an empty membrane, may differ from its later ones
ABLATION = 1e-3  # a ratio this close to 1 is no plasticity: above the solver's 1e-4, far below the effect's 4 %


def c1_step(context: ClaimContext) -> Reproduction:
    """Change of the synapse's resistance by one spike at the neuron's input, ohm."""
    return Reproduction(
        context.plasticity.get("step_ohm"),
        "a model input (the gain is derived from it), read back from the simulated neuron, whose input stage widens "
        "the spike; base resistance, sign, pulse and time constants are assumed",
    )


def c2_energy(context: ClaimContext) -> Reproduction:
    """Energy per spike in the circuit scope, J."""
    cost = context.cost(CIRCUIT)
    paper = cost.conditions.get("on paper: energy per spike, J")
    beside = "" if paper is None else f"; on paper, untouched by simulation, {si(float(paper), 'J')}"
    return Reproduction(
        cost.scopes["circuit"].energy_per_spike_J,
        f"2 pF at 1.0 V were chosen so that C·V² is the published 2 pJ; the rest is simulated{beside}",
    )


def c3_facilitation(context: ClaimContext) -> Reproduction:
    """Paired-pulse ratio above 1, falling with the interval, and 1 without the volatile part."""
    found = context.plasticity
    if "ppr_near" not in found:
        return Reproduction(None)
    near, middle, late, without = (found[f"ppr_{name}"] for name in ("near", "middle", "late", "ablated"))
    holds = near > middle > late and near > 1 + ABLATION > late and abs(without - 1) < ABLATION
    return Reproduction(
        bool(holds),
        f"paired-pulse ratio {near:.4f} at 1 µs, {middle:.4f} at 30 µs, {late:.4f} at 600 µs; {without:.4f} at 1 µs "
        "with the volatile part off",
    )


def c4_excitability(context: ClaimContext) -> Reproduction:
    """Rate after activity over the rate at rest: above 1, falling with the pause, and 1 without the volatile part."""
    found = context.plasticity
    if "gain_near" not in found:
        return Reproduction(None)
    near, late, without = (found[f"gain_{name}"] for name in ("near", "late", "ablated"))
    holds = near > 1 + ABLATION > late and abs(without - 1) < ABLATION
    return Reproduction(
        bool(holds),
        f"firing rate {100 * abs(near - 1):.2f} % higher 1 µs after a burst, within {100 * abs(late - 1):.2f} % of "
        f"rest after 600 µs; {100 * abs(without - 1):.2f} % with the volatile part off",
    )


def c5_topologies(context: ClaimContext) -> Reproduction:
    """At least three topologies that fire, facilitate and fire faster for it; none of it with the volatile part off."""
    rows = context.topologies
    if not rows:
        return Reproduction(None)
    working = [row for row in rows if _plastic(row)]
    shown = "; ".join(
        f"{row['circuit']}: paired-pulse ratio {row['paired_pulse_ratio']:.4f} "
        f"({row['paired_pulse_ratio_ablated']:.4f} with the volatile part off), late firing rate "
        + ("not obtained" if row["rate_gain"] is None else f"{row['rate_gain']:.2f} times that without it")
        for row in rows
    )
    return Reproduction(
        len(working) >= LEAST_TOPOLOGIES,
        f"{len(working)} of {len(rows)} topologies with one and the same synapse; {shown}",
    )


def _plastic(row: Mapping[str, Any]) -> bool:
    """Whether a topology fires, and shows the effect only with the volatile part."""
    needed = ("energy_per_spike_circuit_J", "rate_gain", "drift_ablated")
    if any(row[name] is None for name in needed):
        return False
    facilitates = row["paired_pulse_ratio"] > 1 + ABLATION and row["train_growth"] > row["paired_pulse_ratio"]
    still = max(abs(row[f"{name}_ablated"] - 1) for name in ("paired_pulse_ratio", "train_growth")) < ABLATION
    return facilitates and still and row["rate_gain"] > 1 + STEADY and abs(row["drift_ablated"] - 1) < STEADY
