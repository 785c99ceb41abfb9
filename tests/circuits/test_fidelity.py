"""Two fidelities of every circuit: what changes in its decks, and what a result says of it."""

from dataclasses import replace

import pytest

from circuits.catalog import load
from circuits.conditions import SOLVER, Fidelity
from ipcircuit.families import CIRCUITS
from tests.circuits.test_own_circuit import OwnTestbench


@pytest.mark.parametrize("name", [*CIRCUITS.names(), "own"])
def test_every_circuit_has_a_screening_fidelity(name: str) -> None:
    testbench = OwnTestbench() if name == "own" else load(name)
    screening = testbench.at_fidelity(Fidelity.SCREENING)
    assert testbench.at_fidelity(Fidelity.REFERENCE) == testbench == screening.at_fidelity(Fidelity.REFERENCE)
    assert screening.conditions == replace(testbench.conditions, fidelity=Fidelity.SCREENING)
    exact, coarse = testbench.conditions.solver[0], screening.conditions.solver[0]
    assert exact == SOLVER[Fidelity.REFERENCE][0]
    assert all(exact in job.deck and coarse not in job.deck for job in testbench.jobs())
    assert all(coarse in job.deck and exact not in job.deck for job in screening.jobs())


def test_a_record_says_when_it_is_screening() -> None:
    conditions = OwnTestbench().conditions
    screening = replace(conditions, fidelity=Fidelity.SCREENING)
    assert "fidelity" not in conditions.record()
    assert screening.record() == {**conditions.record(), "fidelity": "screening"}


def test_generic_screening_of_an_own_circuit_costs_nothing_in_exactness() -> None:
    """Two inverters charge their lines once: C V² is independent of how finely the edge is resolved, within 1 %."""
    exact, coarse = (OwnTestbench().at_fidelity(fidelity).measure(n_jobs=1).energy_J["all"] for fidelity in Fidelity)
    assert coarse == pytest.approx(exact, rel=0.01)
    assert coarse != exact
