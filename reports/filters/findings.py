"""Findings about temporal filters."""

from __future__ import annotations

from ipcircuit.units import si
from network.experiments.filters.comparison import TOLERANCE
from network.experiments.filters.experiment import BANKS, LSTM, TIMER, ModelRow
from reports.filters import results
from reports.filters.results import SCOPE
from reports.prose import Prose
from reports.section import Finding, Run

PROSE = Prose(__file__)


def prediction(run: Run) -> Finding:
    """C6: the preferred rates beside their prediction."""
    bank = results.selectivity(results.rates(run.jobs))
    if bank is None:
        return PROSE.finding("no_rate")
    worst = max(bank.deviation_events, bank.deviation_circuit)
    verb = (
        "prefer the rates that their constants say, within" if worst <= TOLERANCE else "miss their predicted rates by"
    )
    return PROSE.finding("prediction", verb=verb, worst=worst, bank=bank)


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
    return PROSE.finding(
        "task",
        plastic_percent=_percent(plastic),
        ablated=_percent(ablated),
        lead=lead,
        study=study,
        plain=_percent(plain),
        apart=apart,
        energy=energy,
        plastic=plastic,
        beside=beside,
    )


def _beats(row: ModelRow, other: ModelRow) -> bool:
    better = (row.accuracy or 0.0) > (other.accuracy or 0.0)
    return better and (row.energy_J[SCOPE] or 0.0) < (other.energy_J[SCOPE] or 0.0)
