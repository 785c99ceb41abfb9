"""Claims C6: frequency-selective processing by temporal filters, and a task that needs it."""

from __future__ import annotations

from collections.abc import Mapping

from ipcircuit.units import si
from network.experiments.filters.experiment import BANKS, LSTM, TIMER
from reports.filters import results
from reports.filters.results import SCOPE
from reports.ledger.evaluate import Reproduction
from reports.section import Run

FLAT = 1e-6  # contrast of the ablation: rounding
LEAST_CONTRAST = 0.01
_NO_RATE = Reproduction(None, "a filter prefers no rate")


def selectivity(run: Run) -> Reproduction:
    """Each filter has its own preferred rate, and none with the volatile part off."""
    rows = results.rates(run.jobs)
    bank = results.selectivity(rows)
    if bank is None:
        return _NO_RATE
    tuned = bank.highest_Hz > 2 * bank.lowest_Hz
    return Reproduction(
        tuned and bank.contrast > LEAST_CONTRAST and bank.contrast_ablated < FLAT,
        f"{len(rows)} filters prefer {si(bank.lowest_Hz, 'Hz', 3)} to {si(bank.highest_Hz, 'Hz', 3)} with "
        f"{100 * bank.contrast:.1f} % more charge per spike ({100 * bank.contrast_circuit:.1f} % in ngspice), "
        f"{100 * bank.contrast_ablated:.2g} % with the volatile part off; a single facilitating synapse is a "
        "high-pass, so a filter is two synapses of opposite sign; time constants and the second sign are assumed",
    )


def preferred_rates(run: Run) -> Mapping[str, Reproduction]:
    """Largest deviation of a predicted preferred rate, by ``"events"`` and in the ``"circuit"``."""
    bank = results.selectivity(results.rates(run.jobs))
    if bank is None:
        return dict.fromkeys(("events", "circuit"), _NO_RATE)
    formula = "closed form (limit/step - 1/2) / sqrt(tau_1 tau_2) from the device's constants, against events"
    return {
        "events": Reproduction(bank.deviation_events, formula),
        "circuit": Reproduction(bank.deviation_circuit, "one filter in the report's run"),
    }


def task(run: Run) -> Reproduction:
    """The bank's accuracy above both the ablated bank's and non-plastic neurons', intervals apart."""
    study = results.models(run.jobs)
    plastic, ablated, plain, timer, lstm = (study.row(name) for name in (*BANKS, TIMER, LSTM))
    accuracy = {row.model: f"{100 * (row.accuracy or 0.0):.0f} %" for row in study.rows}
    energy = {row.model: si(row.energy_J[SCOPE] or 0.0, "J", 3) for row in study.rows}
    return Reproduction(
        results.stands_apart(study),
        f"accuracy {accuracy[plastic.model]}, {accuracy[ablated.model]} with the volatile part off, "
        f"{accuracy[plain.model]} with non-plastic neurons of different resistance, whose leak alone tells slow trains "
        f"apart; at {energy[plastic.model]} per sample, while a digital timer takes {energy[timer.model]} for "
        f"{accuracy[timer.model]} and a digital LSTM {energy[lstm.model]} for {accuracy[lstm.model]} (both estimated)",
    )
