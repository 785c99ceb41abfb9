"""Findings about temporal filters."""

from __future__ import annotations

from ipcircuit.units import si
from network.experiments.filters.comparison import TOLERANCE
from network.experiments.filters.study import BANKS, LSTM, TIMER, ModelRow
from reports.filters import results
from reports.filters.results import SCOPE
from reports.section import Finding, Run


def prediction(run: Run) -> Finding:
    """C6: the preferred rates beside their prediction."""
    bank = results.selectivity(results.rates(run.jobs))
    if bank is None:
        return Finding("A filter of two ECRAM synapses prefers no rate", "So no rate can be compared.")
    worst = max(bank.deviation_events, bank.deviation_circuit)
    verb = (
        "prefer the rates that their constants say, within" if worst <= TOLERANCE else "miss their predicted rates by"
    )
    return Finding(
        f"Filters of two ECRAM synapses {verb} {100 * worst:.0f} %",
        "A facilitating synapse alone prefers nothing: it is a high-pass. Beside a faster one that depresses it makes "
        "a band. The rate is (limit/step − ½)/√(τ₁τ₂), from the device's constants alone: off by "
        f"{100 * bank.deviation_events:.1f} % from the compact model by events and by "
        f"{100 * bank.deviation_circuit:.1f} % from ngspice. The band is broad and its contrast small, "
        f"{100 * bank.contrast:.1f} % ({100 * bank.contrast_circuit:.1f} % in ngspice), and none with the volatile "
        "part off. The spread of time constants over the bank, and a channel of the other sign, are assumed.",
    )


def _percent(row: ModelRow) -> str:
    return f"{100 * (row.accuracy or 0.0):.0f} %"


def task(run: Run) -> Finding:
    """What the bank is good for, and what does it better."""
    study = results.models(run.jobs)
    plastic, ablated, plain, timer, lstm = (study.row(name) for name in (*BANKS, TIMER, LSTM))
    energy = plastic.energy_J[SCOPE] or 0.0
    beside = " and ".join(
        f"{row.model} {_percent(row)} for {si(row.energy_J[SCOPE], 'J', 3)}, "
        f"{(row.energy_J[SCOPE] or 0.0) / energy:.3g} times the bank's energy"
        for row in (timer, lstm)
    )
    apart = "do" if results.stands_apart(study) else "do not"
    lead = "; the timer is better and cheaper" if _beats(timer, plastic) else ""
    return Finding(
        f"The bank tells interval patterns apart at {_percent(plastic)}, its ablation at {_percent(ablated)}{lead}",
        f"Four patterns of equal spike count, chance {100 * study.options.task.chance:g} %. Non-plastic neurons of "
        f"different resistance reach {_percent(plain)}, by their leak; their interval and the bank's {apart} stand "
        f"apart. The bank takes {si(energy, 'J', 3)} per sample, of which {si(plastic.readout_J, 'J', 3)} are its "
        f"digital readout. Beside it, estimated: {beside}. What the filters do is no more than measure an interval, "
        "and a counter does that as well where a clock runs anyway.",
    )


def _beats(row: ModelRow, other: ModelRow) -> bool:
    better = (row.accuracy or 0.0) > (other.accuracy or 0.0)
    return better and (row.energy_J[SCOPE] or 0.0) < (other.energy_J[SCOPE] or 0.0)
