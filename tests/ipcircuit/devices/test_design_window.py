"""The design window: regimes of known devices, the band that theory predicts, edges, yield, temperature."""

import time
from dataclasses import replace

import numpy as np
import pytest

from ipcircuit.compact.signed_mtj.analytic import SUDDEN
from ipcircuit.devices.orthogonal_mtj.demagnetisation import Shape
from ipcircuit.devices.orthogonal_mtj.design_window import (
    REPRESENTATIVE,
    SLOPING,
    Criteria,
    Plane,
    Regime,
    Response,
    WindowMap,
    edges,
    pillar_parameters,
    point_yield,
    respond,
    saturation_at,
    window_map,
    yield_map,
)
from ipcircuit.devices.orthogonal_mtj.device import SPIN_TORQUE, MacrospinWarning, declare
from ipcircuit.errors import InputError

DEVICE = declare()
SHORT = Criteria(pulse_s=1.5e-9, relax_s=1.5e-9, relax_level=0.2)
BRIEF = Criteria(threshold=0.25, pulse_s=0.8e-9, relax_s=0.3e-9, window_s=0.1e-9, relax_level=0.24)
NM = 1e-9


def test_representative_design_passes_through_all_three_regimes() -> None:
    """Cylinder: 0.5, 1 and 5e12 A/m²; a negative current does the same. Prism: nothing at 2e12, saturated at 4e12."""
    parts = [pillar_parameters(DEVICE, REPRESENTATIVE, s) for s in ("cylinder", "prism")]
    which = [0, 0, 0, 0, 1, 1, 1]
    parameters = {name: np.array([parts[i][name] for i in which]) for name in parts[0]}
    levels = 1e12 * np.array([0.5, 1.0, -1.0, 5.0, 1.0, 2.0, 4.0])
    found = respond(DEVICE, parameters, levels, Criteria(pulse_s=2.5e-9, relax_s=2.5e-9))
    expected = ["CANNOT_REACH", *["REACHES_AND_RELAXES"] * 2, "CANNOT_RELAX", *["CANNOT_REACH"] * 2, "CANNOT_RELAX"]
    assert [Regime(r).name for r in found.regime] == expected
    assert found.reached[1] == pytest.approx(found.reached[2], abs=1e-9)
    assert found.left[3] > 0.9  # stays at the pinned axis


def test_what_reaches_lies_in_the_band_that_theory_gives() -> None:
    """Onset of a step (a > 0.362 |H_k|, of which damping takes up to 15 %) and steady state above the threshold."""
    plane = Plane(points=10)
    found = window_map(DEVICE, plane, (1e12,), replace(SHORT, pulse_s=4e-9))
    sizes, p = plane.sizes(), DEVICE.values()
    factors = pillar_parameters(DEVICE, sizes)
    a = SPIN_TORQUE * p["polarisation"] * 1e12 / (p["ms"] * sizes["height"])
    ratio = a / (p["ms"] * np.abs(factors["n_l"] - factors["n_t"]))
    steady = a / (p["alpha"] * p["ms"] * (factors["n_w"] - (factors["n_l"] + factors["n_t"]) / 2))
    reaches = found.regime[0] != Regime.CANNOT_REACH
    assert 5 < reaches.sum() < 40
    assert not reaches[(ratio < SUDDEN) | (steady < 0.37)].any()
    assert reaches[(ratio > 1.15 * SUDDEN) & (steady > 0.45)].all()


def synthetic(regime: np.ndarray) -> WindowMap:
    plane = Plane(points=regime.shape[0])
    response = Response(np.zeros((1, *regime.shape)), np.zeros((1, *regime.shape)), regime[None])
    return WindowMap(plane, (1e12,), Criteria(), Shape.CYLINDER, response)


def test_edges_of_a_drawn_band_are_its_lines() -> None:
    plane = Plane(points=60)
    x, y = plane.sizes()["length"], plane.sizes()["height"]
    regime = np.where(np.abs(y - (1.2 * x - 5 * NM)) < 4 * NM, 1, 0)
    regime = np.where((regime == 1) & (y < 48 * NM), 2, regime)
    found = {edge.kind: edge for edge in edges(synthetic(regime))}
    assert set(found) == {"lower", "upper", "relaxing"}
    for kind, intercept in (("lower", -9), ("upper", -1)):
        assert found[kind].slope == pytest.approx(1.2, abs=0.03)
        assert found[kind].slope * 45 * NM + found[kind].intercept == pytest.approx((54 + intercept) * NM, abs=0.4 * NM)
        assert found[kind].r2 > 0.99
    assert found["relaxing"].slope * 45 * NM + found["relaxing"].intercept == pytest.approx(48 * NM, abs=0.4 * NM)


def test_what_turns_over_but_falls_short_is_another_edge() -> None:
    """A band cut off level at 55 nm by what reaches 0.35 of 0.4: slope and ceiling are told apart."""
    found = synthetic(np.zeros((60, 60), int))
    x, y = found.plane.sizes()["length"], found.plane.sizes()["height"]
    band = np.abs(y - (1.2 * x - 5 * NM)) < 6 * NM
    reached = np.where(band, np.where(y < 55 * NM, 0.45, 0.35), 0.1)
    regime = np.where(reached > 0.4, 1, 0)
    found = replace(found, response=Response(reached[None], np.zeros((1, 60, 60)), regime[None]))
    lines = {edge.kind: edge for edge in edges(found)}
    assert set(lines) == {"lower", "upper", "ceiling"}
    assert lines["upper"].slope == pytest.approx(1.2, abs=0.05)
    assert lines["ceiling"].slope == pytest.approx(0.0, abs=1e-9)
    assert lines["ceiling"].intercept == pytest.approx(55 * NM, abs=0.4 * NM)
    assert edges(synthetic(np.zeros((20, 20), int))) == []
    assert edges(synthetic(np.ones((20, 20), int))) == []


def test_yield_repeats_with_its_seed_has_an_interval_and_falls_with_variation() -> None:
    first, again, other = (
        point_yield(DEVICE, 1e12, samples=40, sigma=2 * NM, seed=s, criteria=BRIEF) for s in (1, 1, 2)
    )
    assert first == again
    assert first != other
    assert first.working + first.cannot_reach + first.cannot_relax == 40
    assert first.interval[0] < first.working / 40 < first.interval[1]
    exact = point_yield(DEVICE, 1e12, samples=4, sigma=0.0, criteria=BRIEF)
    wide = point_yield(DEVICE, 1e12, samples=60, sigma=3 * NM, criteria=BRIEF)
    assert exact.working == 4
    assert wide.working / 60 < 0.7
    shares = yield_map(DEVICE, Plane(points=3), 1e12, samples=2, criteria=BRIEF)
    assert shares.shape == (3, 3)
    assert set(np.unique(shares)) <= {0.0, 0.5, 1.0}


def test_heat_lowers_ms_and_agitates() -> None:
    """At 300 K the thermal RMS of the projection is left at the end; Ms follows Bloch's law."""
    assert saturation_at(300.0, 1e6) == pytest.approx(1e6)
    assert saturation_at(0.0, 1e6) == pytest.approx(1e6 / (1 - (300 / 1300) ** 1.5))
    assert saturation_at(np.array([250.0, 400.0]), 1e6) == pytest.approx([1.0298e6, 0.9327e6], rel=1e-3)
    with pytest.raises(InputError, match="temperature out of range"):
        saturation_at(1300.0, 1e6)
    parameters = {n: np.full(60, v) for n, v in pillar_parameters(DEVICE, REPRESENTATIVE).items()}
    damped = DEVICE.with_parameters(alpha=0.1)  # in equilibrium within the 1 ns of this run
    cold = respond(damped, parameters, 0.0, BRIEF)
    warm = respond(damped, parameters, 0.0, BRIEF, temperature_K=300.0)
    assert cold.left.max() == 0.0
    assert np.sqrt(np.mean(warm.left**2)) == pytest.approx(0.018, rel=0.2)  # sqrt(kT / (µ0 Ms² volume (N_W - N_T)))
    assert (warm.regime == Regime.CANNOT_REACH).all()


def test_contradictions_are_refused_and_large_layers_warn() -> None:
    for changes in [{"threshold": 1.5}, {"relax_level": 0.5}, {"window_s": 5e-9}, {"pulse_s": 0.0}]:
        with pytest.raises(InputError, match="criteria contradict"):
            Criteria(**changes)
    for arguments, message in [
        (("length", "length"), "two different sides"),
        (("depth", "width"), "two different sides"),
        (("width", "length", 1), "too few points"),
    ]:
        with pytest.raises(InputError, match=message):
            Plane(*arguments)
    with pytest.warns(MacrospinWarning, match="exchange length"):
        pillar_parameters(DEVICE, {**REPRESENTATIVE, "height": np.array([50, 90]) * NM})


@pytest.mark.slow
def test_full_map_takes_less_than_a_minute_and_has_straight_edges() -> None:
    start = time.process_time()
    found = window_map(DEVICE)
    assert time.process_time() - start < 60
    assert found.regime.shape == (3, 40, 40)
    assert {int(r) for r in np.unique(found.regime)} == {0, 1, 2}
    for edge in edges(found):
        if edge.kind in SLOPING:
            assert edge.r2 > 0.995
        assert edge.rms < 0.6 * NM
