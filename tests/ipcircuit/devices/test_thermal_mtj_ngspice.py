"""The junction in ngspice against the same equations integrated by scipy and numpy, on set/reset trains."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from circuits.conditions import OPTIONS
from ipcircuit.declaration.integrate import integrate
from ipcircuit.declaration.python import initial_states, render_python
from ipcircuit.declaration.spice import node_scale, spice_subcircuit, subcircuit_name
from ipcircuit.devices.thermal_mtj.device import declare
from ipcircuit.devices.thermal_mtj.protocol import Cycle
from ipcircuit.pulses import Waveform, waveform
from ipcircuit.spice.jobs import Job, simulate, simulate_all
from ipcircuit.spice.transient import Transient

DEVICE, CYCLE, AMPLITUDE, CYCLES = declare(), Cycle(), 0.83, 3
DRIVE = waveform(CYCLE.train([AMPLITUDE] * CYCLES))
STOP = CYCLES * CYCLE.period
# The reset is fast (0.7 per ns): what it takes to follow it within 1e-3 at every instant.
STRICT = ".options method=gear reltol=1e-5 trtol=1"
TOLERANCE = 1e-3
NEVER = 50.0  # an exponential variate that no protocol here reaches


def variate_steps(variates: Sequence[float]) -> Waveform:
    """One variate per cycle; it changes in the middle of the delay, when the hazard is empty."""
    times, values = [0.0], [variates[0]]
    for k in range(1, len(variates)):
        change = k * CYCLE.period - CYCLE.delay / 2
        times += [change, change + 1e-9]
        values += [variates[k - 1], variates[k]]
    return Waveform((*times, STOP), (*values, variates[-1]))


def job(mode: str, variate: Waveform | None = None, options: str = STRICT) -> Job:
    terminal, source = ("variate", f"V2 variate 0 {variate.spice()}") if variate else ("", "* no variate")
    deck = [
        f"* {mode}",
        options,
        spice_subcircuit(DEVICE, mode),
        f"V1 p 0 {DRIVE.spice()}",
        source,
        f"X1 p 0 {terminal} {subcircuit_name(DEVICE, mode)}",
        f".tran 1n {STOP!r} 0 1n",
        ".end",
    ]
    return Job("mtj_thermal", mode, "\n".join(deck) + "\n")


def ngspice(mode: str, variate: Waveform | None = None, options: str = STRICT) -> Transient:
    return simulate(job(mode, variate, options))


def energy(run: Transient, start: float | None = None, stop: float | None = None) -> float:
    """What the source delivers to the device, J."""
    return -run.energy("p", "i(v1)", start, stop)


@dataclass(frozen=True)
class Reference:
    """Accurate solution, every 20 ps: states by name in SI, and the energy so far in J."""

    time: np.ndarray
    states: dict[str, np.ndarray]
    energy: np.ndarray


@cache
def reference(mode: str, variate: Waveform | None = None) -> Reference:
    """LSODA at tight tolerances, restarted at every corner of the drive."""
    rendering, values = render_python(DEVICE, mode), DEVICE.values()
    scales = np.array([s.scale for s in rendering.mode.states])

    def slope(t: float, y: np.ndarray) -> np.ndarray:
        volts = {"v(p,n)": DRIVE(t)} | ({"v(variate)": variate(t)} if variate else {})
        out = rendering.evaluate(volts, dict(zip(rendering.state_names, y[:-1] * scales, strict=True)), values)
        rates = np.array([out[f"d_{name}"] for name in rendering.state_names]) / scales
        return np.array([*rates, 1e9 * out["i_p_n"] * DRIVE(t)])

    start = initial_states(DEVICE, mode)
    y = np.array([*(start[name] for name in rendering.state_names), 0.0])
    times, rows = [np.zeros(1)], [y[:, None]]
    corners = np.unique(np.round([*DRIVE.times, *(variate.times if variate else ()), STOP], 14)).tolist()
    for left, right in pairwise(corners):
        points = np.linspace(left, right, max(3, round((right - left) / 20e-12)))
        part = solve_ivp(
            slope, (left, right), rows[-1][:, -1], "LSODA", points, rtol=1e-9, atol=1e-11, max_step=(right - left) / 20
        )
        assert part.success, part.message
        times.append(part.t[1:])
        rows.append(part.y[:, 1:])
    solution = np.concatenate(rows, axis=1)
    states = {name: solution[i] * scales[i] for i, name in enumerate(rendering.state_names)}
    return Reference(np.concatenate(times), states, 1e-9 * solution[-1])


def state(run: Transient, mode: str, name: str) -> np.ndarray:
    return run[f"x1.{name}"] * node_scale(DEVICE, mode, name)


RUNS = [
    ("mean_field", None),
    ("sampled", (0.2, NEVER, 0.5)),
    ("sampled", (0.3, 0.02, 1.0)),
    ("sampled", (NEVER, NEVER, NEVER)),
]


@pytest.mark.parametrize(("mode", "variates"), RUNS)
def test_states_and_energy_follow_the_reference(mode: str, variates: tuple[float, ...] | None) -> None:
    variate = variate_steps(variates) if variates else None
    run, exact = ngspice(mode, variate), reference(mode, variate)
    for name, values in exact.states.items():
        error = np.abs(state(run, mode, name) - np.interp(run.time, exact.time, values))
        assert error.max() <= TOLERANCE * np.abs(values).max(), f"{name} at {run.time[error.argmax()]:.4g} s"
    variate = variate_steps(variates) if variates else None
    run, exact = ngspice(mode, variate), reference(mode, variate)
    assert energy(run) == pytest.approx(exact.energy[-1], rel=TOLERANCE)
    for cycle in range(CYCLES):
        window = cycle * CYCLE.period, cycle * CYCLE.period + CYCLE.set_end
        expected = np.diff(np.interp(window, exact.time, exact.energy))[0]
        assert energy(run, *window) == pytest.approx(expected, rel=TOLERANCE)


def test_circuits_options_and_fixed_step_integrator_are_as_good() -> None:
    """The circuits' looser options may lag in the reset; at the end of each set pulse they are as good."""
    run, exact = ngspice("mean_field", options=OPTIONS), reference("mean_field")
    for cycle in range(CYCLES):
        at = cycle * CYCLE.period + CYCLE.set_end
        for name, values in exact.states.items():
            found = run.at(f"x1.{name}", at) * node_scale(DEVICE, "mean_field", name)
            assert found == pytest.approx(np.interp(at, exact.time, values), abs=TOLERANCE * np.abs(values).max()), name
    assert energy(run) == pytest.approx(exact.energy[-1], rel=TOLERANCE)
    # Two integrators of one rendering: the one that the other modules use is good to 1e-6 of full scale.
    run, exact = integrate(DEVICE, "mean_field", DRIVE, STOP, step=0.1e-9), reference("mean_field")
    for name, values in exact.states.items():
        assert run.states[name][-1] == pytest.approx(values[-1], rel=1e-6, abs=1e-6 * np.abs(values).max())
    assert run.energy == pytest.approx(exact.energy[-1], rel=1e-6)


def flips(run: Transient) -> list[tuple[float, int]]:
    """(time, direction) at which the state crosses one half."""
    above = (run["x1.ap"] > 0.5).astype(int)
    changes = np.flatnonzero(np.diff(above))
    return [(float(run.time[i + 1]), int(above[i + 1] - above[i])) for i in changes]


@cache
def hazard_of_first_pulse() -> float:
    """Hazard that the first set pulse accumulates in a device that does not switch."""
    run = integrate(
        DEVICE, "sampled", DRIVE, CYCLE.set_end, step=0.1e-9, extra_voltages={"v(variate)": np.asarray(NEVER)}
    )
    return float(run.states["hazard"][-1])


@pytest.mark.parametrize("share", [0.05, 0.5, 0.98, 1.02, 1.5])
def test_state_flips_once_if_the_hazard_passes_the_variate_and_not_otherwise(share: float) -> None:
    run = ngspice("sampled", variate_steps([share * hazard_of_first_pulse(), NEVER, NEVER]))
    found = flips(run)
    if share > 1:
        assert found == []
        assert run["x1.ap"].max() < 1e-3
        return
    assert [direction for _, direction in found] == [1, -1]
    assert found[0][0] < CYCLE.set_end + 1e-9
    assert CYCLE.set_end < found[1][0] < CYCLE.set_end + CYCLE.reset_width


def test_variates_decide_their_cycle_and_the_time_of_the_flip() -> None:
    hazard = hazard_of_first_pulse()  # later pulses find a warmer device: 0.5 of it is passed, NEVER is not
    run = ngspice("sampled", variate_steps([NEVER, 0.5 * hazard, 0.3 * hazard]))
    rises = [time for time, direction in flips(run) if direction > 0]
    assert [int(time // CYCLE.period) for time in rises] == [1, 2]
    assert len(flips(run)) == 4
    times = [flips(ngspice("sampled", variate_steps([v, NEVER, NEVER])))[0][0] for v in (0.05, 0.15, 0.3)]
    assert times == sorted(times)
    assert times[0] > CYCLE.rise / 2


def numpy_trains(variates: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fired (runs, cycles), distance of hazard from variate there, and energy (runs,) of the same trains in numpy."""
    states: dict[str, np.ndarray] = {}
    fired, margins, total = [], [], np.zeros(len(variates))
    for variate in variates.T:
        for segments in ([CYCLE.set_pulse(AMPLITUDE)], CYCLE.segments(AMPLITUDE)[1:]):
            run = integrate(
                DEVICE,
                "sampled",
                waveform(segments),
                sum(s.duration for s in segments),
                step=0.2e-9,
                states=states,
                extra_voltages={"v(variate)": variate},
            )
            states = {name: values[-1] for name, values in run.states.items()}
            total = total + run.energy
            if len(segments) == 1:
                fired.append(states["hazard"] > variate)
                margins.append(np.abs(states["hazard"] - variate))
    return np.stack(fired, 1), np.stack(margins, 1), total


def test_forty_random_trains_agree_one_by_one_with_numpy() -> None:
    variates = np.random.default_rng(40).exponential(size=(40, CYCLES))
    expected, margins, energies = numpy_trains(variates)
    assert margins.min() > 3e-3, "a variate too close to its hazard says nothing: choose another seed"
    runs = simulate_all([job("sampled", variate_steps(row)) for row in variates.tolist()], n_jobs=1)
    read = CYCLE.set_end + CYCLE.period * np.arange(CYCLES)
    found = np.array([[run.at("x1.ap", t) > 0.5 for t in read] for run in runs if isinstance(run, Transient)])
    assert (found == expected).all()
    assert 0.2 < expected.mean() < 0.8  # both outcomes occur
    assert np.array([energy(run) for run in runs if isinstance(run, Transient)]) == pytest.approx(
        energies, rel=TOLERANCE
    )
