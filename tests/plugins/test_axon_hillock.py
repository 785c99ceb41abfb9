"""Physics of the plug-in's neuron against hand calculations, and its compact model as circuit and layer use it."""

import math
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch

from tests.plugins.conftest import SOURCE


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(SOURCE))
    yield
    for name in [name for name in sys.modules if name.startswith("axon_hillock_cmos")]:
        del sys.modules[name]


@pytest.fixture
def bench() -> Any:
    from axon_hillock_cmos.testbench import TESTBENCH

    return TESTBENCH


def respond(bench: Any, current_A: float) -> Any:
    """Measurement under a current."""
    return bench.driven(current_A).measure(n_jobs=1)


def test_interval_and_width_are_those_of_the_feedback_capacitor(bench: Any) -> None:
    """t_L = C_fb V_DD / I: 1.6 µs at 20 nA; the membrane's own capacitor only sets the jump."""
    for membrane_F in (45e-15, 90e-15):
        response = respond(bench.configured(membrane_F=membrane_F), 20e-9)
        assert response.details["rest_s"] == pytest.approx(40e-15 * 0.8 / 20e-9, rel=0.02)
    assert respond(bench.configured(feedback_F=20e-15), 20e-9).details["rest_s"] == pytest.approx(0.8e-6, rel=0.04)
    # t_H - C_fb V_DD / (I_r - I) is the inverters' time to react: about the same whatever the reset's strength.
    late = []
    for reset_A in (100e-9, 200e-9):
        response = respond(bench.configured(reset_A=reset_A), 20e-9)
        late.append(response.details["spike_width_s"] - 32e-15 / (reset_A - 20e-9))
    assert all(5e-9 < t < 30e-9 for t in late)


def test_energy_is_that_of_the_feedback_plus_what_flows_through_the_first_inverter(bench: Any) -> None:
    """C_fb V² from the output; the first inverter's part halves when the current doubles."""
    slow, fast = (respond(bench, current).energy_J for current in (5e-9, 10e-9))
    assert slow["second inverter"] == pytest.approx(40e-15 * 0.8**2, rel=0.2)
    assert slow["first inverter"] / fast["first inverter"] == pytest.approx(2.0, rel=0.1)
    estimate = bench.design.estimate_J(0.8)
    simulated = respond(bench, 20e-9).energy_J
    assert math.fsum(estimate.values()) == pytest.approx(math.fsum(simulated.values()), rel=0.1)
    assert estimate["short circuit, first inverter"] == pytest.approx(simulated["first inverter"], rel=0.15)


def test_short_circuit_constants_are_those_of_a_dc_sweep(bench: Any) -> None:
    from axon_hillock_cmos.circuit import PASSAGE, SHORT_CIRCUIT, Amplifier
    from PySpice.Spice.Netlist import Circuit

    from circuits.conditions import dc_deck
    from ipcircuit.spice.jobs import Job, simulate

    circuit = Circuit("first inverter")
    circuit.subcircuit(Amplifier())
    for name, node, volts in (("m", "membrane", 0), ("dd", "vdd", 0.8)):
        circuit.V(name, node, 0, volts)
    circuit.V("first", "vdd", "vdd_first", 0)
    circuit.X("amplifier", "axon_hillock_amplifier", "membrane", "output", "vdd_first", "vdd", 0)
    deck = dc_deck(circuit, bench.conditions, "Vm", 0.0, 0.8, 2e-3)
    sweep: Any = simulate(Job("first inverter", "dc", deck, ("output", "i(vfirst)")))
    current, threshold = sweep["i(vfirst)"], int(np.argmax(sweep["output"] > 0.4))
    below = np.trapezoid(current[: threshold + 1], sweep.sweep[: threshold + 1])
    assert current[threshold] == pytest.approx(SHORT_CIRCUIT.value, rel=0.03)
    assert below / current[threshold] == pytest.approx(PASSAGE.value, rel=0.05)


def test_an_idle_neuron_leaks_and_parameters_are_the_design(bench: Any) -> None:
    measurement = bench.configured(current_A=1e-15).measure()
    assert measurement.spikes_per_operation is None
    assert "no two spikes" in measurement.warnings[0]
    assert 0 < measurement.idle_power_W < 1e-9
    from axon_hillock_cmos.circuit import PARAMETERS

    values = {p.name: p.value for p in PARAMETERS}
    assert vars(bench.design).items() <= values.items()
    assert bench.conditions.v_dd == values["v_dd"]


@pytest.mark.parametrize("current_A", [0.0, 5e-9, 80e-9])
def test_compact_model_counts_the_turns(bench: Any, current_A: float) -> None:
    phase, spikes = 0.0, 0.0
    for _ in range(1000):
        made, phase = bench.compact.step(phase, current_A, 1e-6)
        spikes += made
    assert spikes + phase == pytest.approx(1e-3 * bench.compact.rate(current_A), rel=1e-9)
    if current_A:
        charge, reset_A = bench.compact.charge_C, bench.compact.reset_A
        assert bench.compact.rate(current_A) == pytest.approx(1 / (charge / current_A + charge / (reset_A - current_A)))


def test_layer_steps_with_the_checked_model(bench: Any) -> None:
    from axon_hillock_cmos.layer import AxonHillockLayer

    from network.neurons.stepping import reset

    layer = AxonHillockLayer()
    assert layer.neuron == bench.compact
    x = torch.rand((50, 3, 4), generator=torch.Generator().manual_seed(0), dtype=torch.float64).requires_grad_()
    spikes = layer(x)
    phase = np.zeros((3, 4))
    for current, found in zip(80e-9 * x.detach().numpy(), spikes.detach().numpy(), strict=True):
        made, phase = bench.compact.step(phase, current, layer.dt)
        assert np.array_equal(made, np.round(found, 9))
    spikes.sum().backward()
    slope = 80e-9 * layer.dt * (1 - 2 * 80e-9 * x.detach() / bench.compact.reset_A) / bench.compact.charge_C
    assert torch.allclose(x.grad, slope)  # d(rate dt)/dx: each step counts once
    reset(layer)
    single = AxonHillockLayer(step_mode="s")
    assert torch.equal(torch.stack([single(step) for step in x.detach()]), layer(x.detach()))
    assert layer.count_events(x, spikes.detach()).spikes == spikes.detach().sum().item()
