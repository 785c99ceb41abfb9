"""Laws of ambient temperature: nothing changes at 27 °C, known values elsewhere, and what a declaration may not say."""

import math
from dataclasses import replace

import numpy as np
import pytest
import sympy

from ipcircuit.declaration.ambient import AMBIENT, NOMINAL_K, UNDECLARED, Law, NotModelled
from ipcircuit.declaration.device import Device, symbol
from ipcircuit.devices.temperature import BLOCH, CURIE, barrier_constant
from ipcircuit.devices.thermal_mtj.ambient import agitation
from ipcircuit.devices.thermal_mtj.liu2025 import REFERENCE_100NM, THERMAL_200NM
from ipcircuit.errors import InputError
from ipcircuit.families import BUILT_IN, DEVICES
from ipcircuit.parameters import Parameter, Variation
from ipcircuit.sampling import Sample
from ipcircuit.units import NOMINAL_C

OURS = [entry.name for entry in DEVICES.entries() if entry.source == BUILT_IN]
JUNCTION = DEVICES.load("mtj_thermal").with_set(THERMAL_200NM)


def _resistor(*laws: Law) -> Device:
    ohms = Parameter("ohms", 100.0, "ohm", "", "a test", "derived", 1.0, 200.0)
    spread = Variation("ohms", ("ohms",), 0.1, "a test", "assumed")
    return Device("resistor", "", "", "", 1.0, (ohms,), variations=(spread,), ambient=laws or UNDECLARED)


def _law(value: sympy.Expr, name: str = "ohms", low: float = 200.0, high: float = 400.0) -> Law:
    return Law(name, value, "a test", "derived", low, high)


LINEAR = _law(symbol("ohms") * (1 + (AMBIENT - NOMINAL_K) / 100))


@pytest.mark.parametrize("name", OURS)
def test_nothing_changes_at_27_degrees_and_every_law_says_where_it_is_from(name: str) -> None:
    device = DEVICES.load(name)
    assert device.at_ambient(NOMINAL_C) is device
    hot = device.at_ambient(60.0)
    assert hot.at_ambient(NOMINAL_C) == device  # to the bit
    if isinstance(device.ambient, NotModelled):
        assert hot is device
        assert device.ambient.reason not in ("", UNDECLARED.reason)
        return
    changed = {law.parameter for law in device.ambient}
    for before, after in zip(device.parameters, hot.parameters, strict=True):
        assert (before == after) == (before.name not in changed)
        assert before.name not in changed or "at 60 °C" in after.source
    near = device.at_ambient(NOMINAL_C + 1e-6)  # continuous
    assert near.values() == pytest.approx(device.values(), rel=1e-7)


def test_values_are_those_of_27_degrees_whatever_the_device_is_at() -> None:
    """A setting, a parameter set and a random copy mean the parameter at 27 °C: the law acts on it, not before it."""
    device, hot = _resistor(LINEAR), _resistor(LINEAR).at_ambient(77.0)
    assert hot.values()["ohms"] == pytest.approx(150.0)
    assert hot.with_parameters(ohms=50.0).values()["ohms"] == pytest.approx(75.0)
    assert hot.with_set(device.parameters) == hot
    sample = Sample(3, 4)
    assert hot.varied(sample, "x") == device.varied(sample, "x").at_ambient(77.0)
    with pytest.raises(InputError, match="out of range"):
        hot.with_parameters(ohms=150.0)  # 225 ohm, beyond the parameter's range


def test_junction_s_resistances_follow_tunnelling_and_spin_waves() -> None:
    """Stratton: x / tan x - 1 = -0.0590 at x = C T = 0.416, so -0.0197 %/K; P falls as 1 - α T^1.5."""
    x = barrier_constant() * NOMINAL_K
    assert barrier_constant() == pytest.approx(1.387e-4 * 10, rel=1e-3)  # Stratton's 1.387e-4 d/√φ, 10 Å and 1 eV
    cold, hot = (JUNCTION.at_ambient(NOMINAL_C + d).values() for d in (-0.5, 0.5))
    slope = math.log(hot["r_parallel"] / cold["r_parallel"])
    assert slope == pytest.approx((x / math.tan(x) - 1) / NOMINAL_K, rel=1e-4)
    assert slope == pytest.approx(-1.95e-4, rel=0.01)

    def polarisation(values: dict[str, float]) -> float:
        tmr = values["r_antiparallel"] / values["r_parallel"] - 1
        return math.sqrt(tmr / (2 + tmr))

    ratio = polarisation(JUNCTION.at_ambient(100.0).values()) / polarisation(JUNCTION.values())
    known = [1 - BLOCH.value * kelvin**1.5 for kelvin in (373.15, NOMINAL_K)]
    assert ratio == pytest.approx(known[0] / known[1], rel=1e-12)
    # The data behind α: a TMR of 294 % at 20 K falls to 230 % at 300 K.
    squared = 2.94 / 4.94 * ((1 - BLOCH.value * 300**1.5) / (1 - BLOCH.value * 20**1.5)) ** 2
    assert 2 * squared / (1 - squared) == pytest.approx(2.30, rel=0.03)


def test_midpoint_falls_as_with_the_junction_s_own_heat_and_the_slope_as_1_over_t() -> None:
    for parameters, own in ((THERMAL_200NM, 1.9669e-3), (REFERENCE_100NM, 0.0)):
        device = JUNCTION.with_set(parameters)
        before, after = device.values(), device.at_ambient(NOMINAL_C + 10).values()
        assert before["midpoint_shift"] == own
        assert before["x0_set"] - after["x0_set"] == pytest.approx(19.669e-3)
        assert after["k_set"] / before["k_set"] == pytest.approx(NOMINAL_K / (NOMINAL_K + 10))
        assert after["x0_reset"] / before["x0_reset"] == pytest.approx(after["x0_set"] / before["x0_set"])


def test_thermally_activated_switching_beside_the_fitted_fall() -> None:
    """By hand: ln(150 / ln 2) = 5.377; V_c0 = 0.842 + 5.377/48.05 = 0.954 V, Δ = 45.8; k T alone: 5.377/48.05/300 K."""
    found = agitation(JUNCTION)
    assert (found.stability, found.critical_V) == (pytest.approx(45.8, rel=2e-3), pytest.approx(0.954, rel=1e-3))
    assert found.constant_barrier_V_K == pytest.approx(0.373e-3, rel=2e-3)
    m = (NOMINAL_K / CURIE.value) ** 1.5
    barrier = 2 * 1.5 * m / (1 - m) / NOMINAL_K  # of Ms², per kelvin
    p = math.sqrt(0.7826 / 2.7826)
    spin = 1.5 * BLOCH.value * NOMINAL_K**0.5 / (1 - BLOCH.value * NOMINAL_K**1.5) * (1 - p * p) / (1 + p * p)
    by_hand = 0.954 * barrier + 0.373e-3 - 0.842 * spin
    assert found.fall_V_K == pytest.approx(by_hand, rel=0.01)
    assert found.fall_V_K == pytest.approx(1.42e-3, rel=0.01)
    # Barriers of Ms² and Ms³ and attempts of 0.1 to 1 ns enclose the fitted 1.97 mV/K; k T alone does not come near.
    span = [agitation(JUNCTION, attempt_s=t, exponent=n).fall_V_K for t in (1e-10, 1e-9) for n in (2.0, 3.0)]
    assert min(span) < found.fitted_V_K < max(span)
    assert found.constant_barrier_V_K < 0.2 * found.fitted_V_K
    assert found.thermal_resistance(1e4) == pytest.approx(1.386e4, rel=0.01)


def test_orthogonal_junction_s_shape_anisotropy_follows_ms_squared() -> None:
    device = DEVICES.load("mtj_orthogonal").with_parameters(k_bulk=1e4, k_interface=1e-3)
    before, after = device.values(), device.at_ambient(125.0).values()
    m = after["ms"] / before["ms"]
    bloch = [1 - (kelvin / CURIE.value) ** 1.5 for kelvin in (398.15, NOMINAL_K)]
    assert m == pytest.approx(bloch[0] / bloch[1])
    assert (after["k_bulk"] / 1e4, after["k_interface"] / 1e-3) == (pytest.approx(m**3), pytest.approx(m**2.18))
    assert after["tmr"] == pytest.approx(2 * after["polarisation"] ** 2 / (1 - after["polarisation"] ** 2))
    assert [after[f"n_{axis}"] for axis in "wlt"] == [before[f"n_{axis}"] for axis in "wlt"]


def test_a_device_that_says_nothing_is_not_modelled() -> None:
    device = _resistor()
    assert device.ambient is UNDECLARED
    assert device.at_ambient(85.0) is device


def test_what_a_declaration_may_not_say() -> None:
    device = _resistor(LINEAR)
    with pytest.raises(InputError, match=r"does not hold.*-100 °C.*-73\.15 … 126\.9 °C"):
        device.at_ambient(-100.0)
    with pytest.raises(InputError, match="does not hold"):
        device.at_ambient(math.nan)
    with pytest.raises(InputError, match="does not give its parameter at 27"):
        _resistor(_law(symbol("ohms") * AMBIENT / 300)).at_ambient(85.0)
    for ambient, match in (
        ((), "no law of temperature"),
        ((LINEAR, LINEAR), "two laws"),
        ((_law(AMBIENT * 0 + symbol("ohms"), "farads"),), "what is no parameter.*farads"),
        ((_law(symbol("ohms") + symbol("volts")),), "volts"),
    ):
        with pytest.raises(InputError, match=match):
            replace(_resistor(), ambient=ambient)
    with pytest.raises(InputError, match="out of order"):
        _law(symbol("ohms"), low=310.0)
    with pytest.raises(InputError, match="source is missing"):
        replace(LINEAR, source="")


def test_laws_hold_over_the_whole_range_that_they_state() -> None:
    """Monotonic and finite: resistance, TMR, midpoint and slope fall from the coldest to the hottest temperature."""
    celsius = np.linspace(-55.0, 125.0, 19)
    for name in ("r_parallel", "r_antiparallel", "x0_set", "k_set", "x0_reset", "k_reset"):
        values = np.array([JUNCTION.at_ambient(float(t)).values()[name] for t in celsius])
        assert (np.diff(values) < 0).all()
