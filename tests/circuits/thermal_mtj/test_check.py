"""Circuit against compact model, within 0.01 in firing probability; the check itself can fail; first-order yield."""

import numpy as np
import pytest

from circuits.catalog import load
from circuits.measurement import CurveCheck
from circuits.thermal_mtj.reading.decision_yield import DecisionYield, device_sigma


@pytest.mark.parametrize("name", ["comparator", "differential"])
def test_compact_model_follows_the_circuit(name: str) -> None:
    checks = load(name).check()
    curves = {check.curve.split(",")[0] for check in checks}
    assert {"set amplitude", "pre-heating", "cooling", "sequence"} < curves
    for check in checks:
        assert check.tolerance == 0.01
        assert check.passed, f"{check.curve}: {check.max_error:.4f}"
        assert check.rms_error <= check.max_error
    voltage = next(check for check in checks if check.curve.startswith("set amplitude"))
    assert (voltage.x.min(), voltage.x.max()) == (0.5, 1.0)
    assert voltage.circuit.min() < 1e-4
    assert voltage.circuit.max() > 0.999
    sequence = next(check for check in checks if check.curve.startswith("sequence"))
    assert len(sequence.labels) == 16
    # memory: with the same last step, an earlier operation leaves the neuron more ready to fire
    p = dict(zip(sequence.labels, sequence.circuit, strict=True))
    assert p["0000"] < p["1000"] < p["0100"] < p["0010"] < p["0001"] < p["1111"]


def test_the_reference_half_has_no_memory_and_a_wrong_model_fails() -> None:
    checks = {check.curve: check for check in load("differential").check()}
    spread = np.ptp(checks["sequence, reference"].circuit)
    assert spread < 1e-3 < np.ptp(checks["sequence, temporal"].circuit)
    x = np.linspace(0, 1, 5)
    args = {"unit": "firing probability", "tolerance": 0.01}
    assert not CurveCheck("shifted", x, "V", x, x + 0.02, **args).passed
    assert not CurveCheck("not a number", x, "V", x, x * np.nan, **args).passed
    good = CurveCheck("close", x, "V", x, x + 0.005, **args)
    assert good.passed
    assert good.max_error == pytest.approx(0.005)


def test_yield_estimate_has_its_known_values() -> None:
    assert device_sigma(1e-6, 0.5e-6) == pytest.approx(2e-3)  # 2 W L = 1 µm²: A_VT itself
    assert DecisionYield(1.0, 1.0, 1.0).value == pytest.approx(0.6826894921)
    assert DecisionYield(1.0, 8.0, 0.0).value == pytest.approx(0.5)
    assert DecisionYield(1e-3, -0.1, 0.2).value == pytest.approx(0.0, abs=1e-12)  # threshold outside the window
    sigma = np.array([0.01, 0.02, 0.04])
    values = [DecisionYield(float(s), 0.037, 0.038).value for s in sigma]
    assert values == sorted(values, reverse=True)
