"""Known answers of the thermal junction, the published figures it was fitted to, and sampled against mean-field."""

from functools import cache

import numpy as np
import pytest
from scipy.optimize import brentq

from ipcircuit.declaration.integrate import integrate
from ipcircuit.declaration.python import render_python
from ipcircuit.devices.thermal_mtj import measure as mtj_measure
from ipcircuit.devices.thermal_mtj.device import declare
from ipcircuit.devices.thermal_mtj.liu2025 import REFERENCE_100NM
from ipcircuit.devices.thermal_mtj.measure import SampledPrePulse, sampled_pre_pulse
from ipcircuit.devices.thermal_mtj.protocol import Cycle
from ipcircuit.errors import InputError
from ipcircuit.pulses import waveform
from ipcircuit.statistics import wilson_interval

DEVICE, CYCLE = declare(), Cycle()
VALUES = DEVICE.values()
COLD = DEVICE.with_parameters(midpoint_shift=0.0)
PINNED = DEVICE.with_parameters(x0_set=5.0, x0_reset=5.0)  # no voltage here switches it


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def constant(volts: float) -> object:
    return lambda t: np.asarray(volts)


def test_cold_plateau_and_nominal_reset_follow_their_sigmoids() -> None:
    volts = np.linspace(0.70, 1.0, 31)
    run = integrate(COLD, "mean_field", lambda t: volts, VALUES["t_set"])
    assert run.states["ap"][-1] == pytest.approx(sigmoid(VALUES["k_set"] * (volts - VALUES["x0_set"])), abs=1e-6)
    volts = np.linspace(-0.6, -0.4, 21)
    run = integrate(COLD, "mean_field", lambda t: volts, VALUES["t_reset"], step=0.05e-9, states={"ap": 1.0})
    expected = sigmoid(VALUES["k_reset"] * (-volts - VALUES["x0_reset"]))
    assert 1 - run.states["ap"][-1] == pytest.approx(expected, abs=1e-6)
    # 1 - exp(-softplus(x)) is the sigmoid, so half the time at the same voltage is half the hazard.
    volts = np.linspace(0.3, 1.2, 91)
    point = {"ap": 0.0, "t_fast": 0.0, "t_slow": 0.0}
    rates = render_python(DEVICE, "mean_field").evaluate({"v(p,n)": volts}, point, VALUES)["h_set"]
    expected = sigmoid(VALUES["k_set"] * (volts - VALUES["x0_set"]))
    assert -np.expm1(-rates * VALUES["t_set"]) == pytest.approx(expected, rel=1e-12)


def test_drive_sets_resets_or_does_nothing_and_heat_helps() -> None:
    run = integrate(DEVICE, "mean_field", constant(0.0), 10e-6, step=10e-9, states={"ap": 0.4})
    assert run.states["ap"][-1] == pytest.approx(0.4, abs=1e-6)  # the reset hazard at 0 V is 1 in 70 s
    assert run.states["t_fast"][-1] == 0.0
    assert run.energy == 0.0
    set_run = integrate(DEVICE, "mean_field", constant(1.2), 150e-9)
    assert set_run.states["ap"][-1] > 0.9999
    reset_run = integrate(DEVICE, "mean_field", constant(-1.2), 150e-9, states={"ap": 0.5})
    assert reset_run.states["ap"][-1] < 1e-4
    probe = np.full(3, 0.80)
    warm = {"ap": np.zeros(3), "t_fast": np.array([0.0, 5.0, 10.0]), "t_slow": np.zeros(3)}
    p = mtj_measure.firing_probability(DEVICE, probe, warm)
    assert p[0] < p[1] < p[2]
    assert p[0] == pytest.approx(float(mtj_measure.firing_probability(DEVICE, 0.80)), rel=1e-12)


def test_energy_of_a_pulse_in_p() -> None:
    """The ramps carry a third of the plateau's power."""
    run = integrate(PINNED, "mean_field", constant(0.8), CYCLE.plateau)
    assert run.energy == pytest.approx(417.4e-12, rel=1e-4)
    assert run.energy == pytest.approx(0.8**2 / 230 * 150e-9, rel=1e-12)
    run = integrate(PINNED, "mean_field", waveform([CYCLE.set_pulse(0.8)]), CYCLE.set_end, step=0.1e-9)
    assert run.energy == pytest.approx(0.8**2 / 230 * (150e-9 + 40e-9 / 3), rel=1e-6)


@pytest.mark.parametrize(("ap", "resistance"), [(0.0, 230.0), (1.0, 230.0 + 180.0 / (1 + (0.6 / 0.5) ** 2))])
def test_thermal_steady_state(ap: float, resistance: float) -> None:
    """T = R_th V²/R, shared between the poles; R_AP falls with bias."""
    run = integrate(PINNED, "mean_field", constant(0.6), 40e-6, step=5e-9, states={"ap": ap})
    total = VALUES["r_thermal"] * 0.6**2 / resistance
    slow = VALUES["slow_share"]
    assert run.states["t_fast"][-1] == pytest.approx((1 - slow) * total, rel=1e-6)
    assert run.states["t_slow"][-1] == pytest.approx(slow * total, rel=1e-6)


def test_each_pole_decays_with_its_own_time_constant() -> None:
    for pole, tau in [("t_fast", "tau_fast"), ("t_slow", "tau_slow")]:
        run = integrate(DEVICE, "mean_field", constant(0.0), VALUES[tau], step=0.5e-9, states={pole: 20.0})
        assert run.states[pole][-1] == pytest.approx(20.0 / np.e, rel=1e-9)
        states = {name: np.zeros(1) for name in ("ap", "t_fast", "t_slow")} | {pole: np.full(1, 20.0)}
        exact = mtj_measure.cool(DEVICE, states, VALUES[tau])
        assert exact[pole] == pytest.approx(20.0 / np.e, rel=1e-14)
    point = {"ap": 1.0, "t_fast": 0.0, "t_slow": 0.0}
    out = render_python(DEVICE, "mean_field").evaluate({"v(p,n)": VALUES["v_half"]}, point, VALUES)
    assert out["i_p_n"] == pytest.approx(VALUES["v_half"] / (230 + 180 / 2), rel=1e-14)


def test_integrator_converges_with_fourth_order() -> None:
    stop = 150e-9

    def final(step: float) -> np.ndarray:
        run = integrate(DEVICE, "mean_field", lambda t: 0.86 * np.sin(np.pi * t / stop) ** 2, stop, step=step)
        return np.array([run.states["ap"][-1], run.states["t_fast"][-1], float(run.energy) * 1e9])

    exact = final(0.05e-9)
    order = np.log2(np.abs(final(5e-9) - exact) / np.abs(final(2.5e-9) - exact))
    assert order.min() >= 3.8, order


def test_integrator_keeps_every_nth_step_and_starts_from_given_parameters() -> None:
    run = integrate(DEVICE, "mean_field", constant(0.8), 10e-9, step=1e-9, keep_every=4)
    assert run.time == pytest.approx([0.0, 4e-9, 8e-9, 10e-9], rel=1e-12)
    assert run.states["ap"].shape == (4,)
    start = integrate(DEVICE, "mean_field", constant(0.0), 1e-9, parameters={"initial_ap": np.array([0.0, 0.7])})
    assert start.states["ap"][0] == pytest.approx([0.0, 0.7])


R_SERIES, SOURCE = 307.0, 1.8


def antiparallel(v: float) -> float:
    return 230 + 180 / (1 + (v / 0.5) ** 2)


@cache
def branch_voltages() -> tuple[float, float]:
    """Voltage across the device while P and while AP, behind `R_SERIES` at `SOURCE`, by bisection."""
    return SOURCE * 230 / (230 + R_SERIES), float(
        brentq(lambda v: v + R_SERIES * v / antiparallel(v) - SOURCE, 0, SOURCE, xtol=1e-14)
    )


def series_outputs(ap: float, volts: float) -> dict[str, float]:
    point = {"ap": ap, "t_fast": 0.0, "t_slow": 0.0}
    return render_python(DEVICE, "mean_field").evaluate({"v(p,n)": volts}, point, {**VALUES, "r_series": R_SERIES})


@pytest.mark.parametrize("ap", [0.0, 1.0])
def test_pinned_state_sees_exactly_the_divider(ap: float) -> None:
    v_p, v_ap = branch_voltages()
    own = v_ap if ap else v_p
    out = series_outputs(ap, own)
    assert out["i_ap" if ap else "i_p"] == pytest.approx((SOURCE - own) / R_SERIES, rel=1e-12)
    assert out["v_ap" if ap else "v_p"] == pytest.approx(own, rel=1e-12)
    assert out["i_p_n"] == pytest.approx((SOURCE - own) / R_SERIES, rel=1e-12)


@pytest.mark.parametrize("ap", [0.05, 0.2, 0.5, 0.8, 0.95])
def test_mixed_state_carries_the_mixture_of_the_two_branches(ap: float) -> None:
    """Each device of the ensemble has the divider to itself: not the divider of a mean resistance."""
    v_p, v_ap = branch_voltages()
    expected = (1 - ap) * v_p / 230 + ap * v_ap / antiparallel(v_ap)
    out = series_outputs(ap, SOURCE - R_SERIES * expected)
    assert out["i_p_n"] == pytest.approx(expected, rel=1e-10)
    assert (out["v_p"], out["v_ap"]) == pytest.approx((v_p, v_ap), rel=1e-10)
    heat = (1 - ap) * v_p**2 / 230 + ap * v_ap**2 / antiparallel(v_ap)
    assert out["heat"] == pytest.approx(heat, rel=1e-10)


@pytest.mark.parametrize("ap", [0.0, 0.3, 1.0])
def test_integrator_solves_the_divider(ap: float) -> None:
    """V·I of the terminals, with V = V_source - R I and I the mixture."""
    v_p, v_ap = branch_voltages()
    current = (1 - ap) * v_p / 230 + ap * v_ap / antiparallel(v_ap)
    run = integrate(
        PINNED,
        "mean_field",
        constant(SOURCE),
        1e-9,
        states={"ap": ap},
        parameters={"r_series": R_SERIES},
        source_resistance=R_SERIES,
    )
    assert run.energy == pytest.approx((SOURCE - R_SERIES * current) * current * 1e-9, rel=1e-3)


def test_published_probabilities_and_energy() -> None:
    assert float(mtj_measure.firing_probability(DEVICE, 0.80)) == pytest.approx(0.1972, abs=5e-4)
    # 9.5 %, 27.4 %, 16.3 % (text, Fig. 2f,g).
    pre = mtj_measure.pre_pulse(DEVICE)
    assert pre.base == pytest.approx(0.095, abs=1e-4)
    assert pre.heated == pytest.approx(0.274, abs=0.01)
    assert pre.cooled == pytest.approx(0.163, abs=0.01)
    # 450 pJ: more than the plateau in P, less than set and reset with their edges.
    stop = CYCLE.period
    full = integrate(DEVICE, "mean_field", waveform(CYCLE.segments(0.80)), stop).energy
    assert 0.8**2 / 230 * 150e-9 < 450e-12 < full < 520e-12


def test_shift_follows_the_published_polynomial_and_cooling_breaks_at_500_ns() -> None:
    """Fig. S1, 0.0082 V² + 0.0087 V, within 5 % from 0.5 to 0.95 V."""
    volts = np.linspace(0.5, 0.95, 19)
    ratio = mtj_measure.shift_after_pulse(DEVICE, volts) / mtj_measure.published_shift(volts)
    assert np.abs(ratio - 1).max() <= 0.05
    # Fig. S2: two exponential segments, the first the faster.
    delays = mtj_measure.BREAK_DELAYS
    knee, first, second = mtj_measure.break_point(delays, mtj_measure.cooling_curve(DEVICE, delays))
    assert knee == pytest.approx(500e-9, rel=0.05)
    assert first < second
    delays = np.arange(0, 5e-6, 0.1e-6)
    curve = 0.03 * np.exp(-np.minimum(delays, 0.7e-6) / 0.3e-6 - np.maximum(delays - 0.7e-6, 0) / 2e-6)
    assert mtj_measure.break_point(delays, curve) == pytest.approx((0.7e-6, 0.3e-6, 2e-6), rel=5e-3)


def test_heat_insensitive_junction_has_the_same_sigmoid_and_does_not_shift() -> None:
    thermal, reference = (mtj_measure.sigmoid_fit(d)[:2] for d in (DEVICE, DEVICE.with_set(REFERENCE_100NM)))
    assert reference[0] == pytest.approx(thermal[0], rel=0.03)
    assert reference[1] == pytest.approx(thermal[1], abs=0.003)
    reference = DEVICE.with_set(REFERENCE_100NM)
    # what is left is not heat: the reset leaves 1e-5 of the devices in AP
    assert mtj_measure.shift_after_pulse(reference, np.array([0.6, 0.9])) == pytest.approx(0.0, abs=2e-6)


@pytest.fixture(scope="module")
def sampled() -> SampledPrePulse:
    return sampled_pre_pulse(DEVICE)


def test_sampled_frequencies_agree_with_mean_field(sampled: SampledPrePulse) -> None:
    mean = mtj_measure.pre_pulse(DEVICE)
    assert sampled.amplitude == mean.amplitude
    for found, expected in ((sampled.base, mean.base), (sampled.heated, mean.heated), (sampled.cooled, mean.cooled)):
        assert found.samples == 10_000
        assert found.probability == found.fired / 10_000
        low, high = found.interval
        assert low < expected < high
        assert high - low < 0.03


def test_sampling_is_reproducible_and_follows_its_seed() -> None:
    first, again, other = (sampled_pre_pulse.__wrapped__(DEVICE, 200, seed) for seed in (1, 1, 2))
    assert first == again
    assert (first.heated, first.cooled) != (other.heated, other.cooled)
    with pytest.raises(InputError, match="0 of 0"):
        sampled_pre_pulse(DEVICE, 0)


def test_sampled_state_is_deterministic_either_side_of_its_hazard() -> None:
    variate = np.array([50.0, 1e-2])
    run = integrate(
        DEVICE, "sampled", waveform([CYCLE.set_pulse(0.83)]), CYCLE.set_end, extra_voltages={"v(variate)": variate}
    )
    ap = render_python(DEVICE, "sampled").evaluate(
        {"v(p,n)": 0.0, "v(variate)": variate}, {name: values[-1] for name, values in run.states.items()}, VALUES
    )["ap"]
    assert ap == pytest.approx([0.0, 1.0], abs=1e-4)
    assert run.states["t_fast"][-1][1] < run.states["t_fast"][-1][0]  # AP draws less current


@pytest.mark.parametrize(
    ("successes", "n", "confidence", "expected"),
    [
        (0, 10, 0.95, (0.0, 0.2775)),
        (5, 10, 0.95, (0.2366, 0.7634)),
        (10, 10, 0.95, (0.7225, 1.0)),
        (81, 263, 0.95, (0.2553, 0.3662)),  # Newcombe, Stat. Med. 17, 857 (1998), table I, method 3
        (15, 148, 0.95, (0.0624, 0.1605)),
        (1, 29, 0.95, (0.0061, 0.1718)),
    ],
)
def test_wilson_interval(successes: int, n: int, confidence: float, expected: tuple[float, float]) -> None:
    assert wilson_interval(successes, n, confidence) == pytest.approx(expected, abs=5e-5)


def test_wilson_interval_refuses_nonsense_and_covers_as_often_as_it_says() -> None:
    for successes, n, confidence in [(1, 0, 0.9), (3, 2, 0.9), (-1, 2, 0.9), (1, 2, 1.0), (1, 2, 0)]:
        with pytest.raises(InputError):
            wilson_interval(successes, n, confidence)
    counts, often = np.unique(np.random.default_rng(5).binomial(200, 0.1, size=4000), return_counts=True)
    inside = [low <= 0.1 <= high for low, high in (wilson_interval(int(c), 200, 0.9) for c in counts)]
    assert np.average(inside, weights=often) == pytest.approx(0.9, abs=0.03)
