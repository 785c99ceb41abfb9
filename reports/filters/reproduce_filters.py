"""The functions behind the rows C6 of the claims ledger: they pick numbers out of `ClaimContext.selectivity`."""

from __future__ import annotations

from collections.abc import Mapping

from ipcircuit.units import si
from reports.ledger.evaluate import ClaimContext, Reproduction

FLAT = 1e-6  # contrast of the ablation: rounding


def c6_selectivity(context: ClaimContext) -> Reproduction:
    """Each filter has its own preferred rate, and none with the volatile part off."""
    found = context.selectivity
    if "contrast" not in found:
        return Reproduction(None)
    tuned = found["highest_rate_Hz"] > 2 * found["lowest_rate_Hz"]
    holds = tuned and found["contrast"] > 0.01 and found["contrast_ablated"] < FLAT
    return Reproduction(
        bool(holds),
        f"{found['filters']:g} filters prefer {si(found['lowest_rate_Hz'], 'Hz', 3)} to "
        f"{si(found['highest_rate_Hz'], 'Hz', 3)} with {100 * found['contrast']:.1f} % more charge per spike "
        f"({100 * found['contrast_circuit']:.1f} % in ngspice), {100 * found['contrast_ablated']:.2g} % with the "
        "volatile part off; a single facilitating synapse is a high-pass, so a filter is two synapses of opposite "
        "sign; time constants and the second sign are assumed",
    )


def c6_rate_events(context: ClaimContext) -> Reproduction:
    """Largest deviation of a predicted preferred rate from that of the compact model by events."""
    return Reproduction(
        context.selectivity.get("deviation_events"),
        "closed form (limit/step - 1/2) / sqrt(tau_1 tau_2) from the device's constants, against events",
    )


def c6_rate_circuit(context: ClaimContext) -> Reproduction:
    """The same against ngspice, for the filters that went through it."""
    return Reproduction(context.selectivity.get("deviation_circuit"), "one filter in the report's run")


def c6_task(context: ClaimContext) -> Reproduction:
    """The bank's accuracy above both the ablated bank's and non-plastic neurons', intervals apart."""
    found = context.selectivity
    if "plastic_lower" not in found:
        return Reproduction(None)
    return Reproduction(
        not overlap(found),
        f"accuracy {100 * found['plastic_accuracy']:.0f} %, {100 * found['ablated_accuracy']:.0f} % with the volatile "
        f"part off, {100 * found['plain_accuracy']:.0f} % with non-plastic neurons of different resistance, whose leak "
        f"alone tells slow trains apart; at {si(found['plastic_J'], 'J', 3)} per sample, while a digital timer takes "
        f"{si(found['timer_J'], 'J', 3)} for {100 * found['timer_accuracy']:.0f} % and a digital LSTM "
        f"{si(found['lstm_J'], 'J', 3)} for {100 * found['lstm_accuracy']:.0f} % (both estimated)",
    )


def overlap(found: Mapping[str, float]) -> bool:
    """Whether the bank's accuracy interval reaches down to that of its ablation or of non-plastic neurons."""
    return not found["plastic_lower"] > max(found["ablated_upper"], found["plain_upper"])
