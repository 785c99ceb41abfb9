"""The neuron that `ipcircuit new neuron` writes, against calculations by hand."""

from dataclasses import replace

import pytest

from circuits.own.curves import quantities, with_settings
from circuits.own.example import CIRCUIT

FEEDBACK, MEMBRANE, V_DD = 40e-15, 60e-15, 0.8


@pytest.fixture(scope="module")
def measured() -> dict[float, dict[str, float]]:
    """Numbers and energies by input current."""
    currents = (25e-9, 50e-9, 100e-9)
    measurements = (with_settings(CIRCUIT, {"membrane_level_A": current}).measure(n_jobs=1) for current in currents)
    return {i: {**quantities(m), **m.energy_J} for i, m in zip(currents, measurements, strict=True)}


def test_the_current_brings_back_the_charge_that_the_falling_output_took(measured) -> None:
    """C_fb V_DD / I, and 54 ns more at 50 nA: the reset goes on while the inverters tip back."""
    for current, numbers in measured.items():
        assert numbers["rest_s"] == pytest.approx(FEEDBACK * V_DD / current, rel=0.1)
        assert numbers["latency_s"] == pytest.approx((FEEDBACK + MEMBRANE) * V_DD / 2 / current, rel=0.05)
        assert numbers["period_s"] == pytest.approx(
            numbers["rest_s"] + numbers["spike_width_s"], rel=1e-3
        )  # of all spikes


def test_energy_is_c_v_squared_and_a_short_circuit_inversely_proportional_to_the_current(measured) -> None:
    extra = {current: numbers["vdd"] - FEEDBACK * V_DD**2 for current, numbers in measured.items()}
    assert all(joule > 0 for joule in extra.values())
    assert extra[25e-9] - extra[50e-9] == pytest.approx(2 * (extra[50e-9] - extra[100e-9]), rel=0.05)
    # The input lifts its charge to the membrane's mean voltage, half a jump below the threshold.
    by_hand = FEEDBACK * V_DD * (V_DD / 2 - V_DD * FEEDBACK / (FEEDBACK + MEMBRANE) / 2)
    assert measured[50e-9]["membrane"] == pytest.approx(by_hand, rel=0.2)
    assert all(abs(numbers["energy_balance_error"]) < 2e-3 for numbers in measured.values())


def test_without_two_spikes_the_operation_is_the_whole_run() -> None:
    m = replace(CIRCUIT, inputs={"membrane": replace(CIRCUIT.inputs["membrane"], level_A=1e-12)}).measure(n_jobs=1)
    assert (m.spikes_per_operation, m.latency_s, m.period_s) == (None, None, pytest.approx(4e-6))
    assert "no two spikes" in m.warnings[0]
