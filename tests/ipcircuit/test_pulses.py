"""Pulse protocols: values in time, refusals, and the text that ngspice reads."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipcircuit.devices.thermal_mtj.protocol import Cycle
from ipcircuit.errors import InputError
from ipcircuit.pulses import Idle, Pulse, Segment, Waveform, waveform
from ipcircuit.spice.jobs import Job, simulate

NS = 1e-9


def duration(segments: list[Segment]) -> float:
    return sum(segment.duration for segment in segments)


def test_trapezoid_values() -> None:
    wave = waveform([Idle(10 * NS), Pulse(0.8, 150 * NS, 20 * NS, 40 * NS)], start=5 * NS)
    times = np.array([0, 5, 15, 20, 35, 100, 185, 205, 225, 400]) * NS
    assert wave(times) == pytest.approx([0, 0, 0, 0.2, 0.8, 0.8, 0.8, 0.4, 0, 0], abs=1e-12)
    assert wave.times[-1] == pytest.approx(225 * NS, rel=1e-12)


def test_values_of_pulses_in_a_row_a_jump_and_nothing() -> None:
    wave = waveform([Pulse(1.0, NS, NS, NS), Pulse(-0.5, NS, NS, NS)])
    assert wave(np.array([1.5, 3.0, 4.5, 6.0]) * NS) == pytest.approx([1.0, 0.0, -0.5, 0.0], abs=1e-9)
    wave = waveform([Idle(3e-6), Pulse(0.7, 10 * NS, 0.0, 0.0)])
    assert wave(3e-6 - NS) == 0.0
    assert wave(3e-6 + NS) == pytest.approx(0.7)
    assert np.all(np.diff(wave.times) > 0)
    assert waveform([])(np.array([0.0, 1.0])) == pytest.approx([0.0, 0.0])
    assert waveform([Idle(0.0), Idle(0.0)]).times == (0.0,)
    wave = Waveform((0.0, 1.0), (0.0, 2.0)).scaled(-0.5)
    assert wave(0.5) == -0.5
    assert wave.times == (0.0, 1.0)


def test_negative_times_are_refused() -> None:
    for segment in [
        Idle(-NS),
        Pulse(0.8, -NS, NS, NS),
        Pulse(0.8, NS, -NS, NS),
        Pulse(0.8, NS, NS, -NS),
        Idle(math.nan),
    ]:
        with pytest.raises(InputError, match=r"negative time in a pulse protocol; found.*allowed: 0 s or more"):
            waveform([segment])
    with pytest.raises(InputError, match="negative time"):
        waveform([Idle(NS)], start=-NS)
    with pytest.raises(InputError, match="negative time"):
        waveform(replace(Cycle(), reset_edge=11 * NS).segments(0.8))


@pytest.mark.parametrize("read", [False, True])
def test_cycle_takes_230_ns_with_and_without_read(read: bool) -> None:
    cycle = Cycle(read=read)
    assert cycle.period == pytest.approx(230 * NS, rel=1e-12)
    for amplitude in (0.8, 0.0):
        assert duration(cycle.segments(amplitude, read_amplitude=0.8)) == pytest.approx(230 * NS, rel=1e-12)
    assert duration(cycle.train([0.8, 0.0, 0.9])) == pytest.approx(690 * NS, rel=1e-12)


def test_cycle_is_set_reset_delay_and_an_idle_one_drives_nothing() -> None:
    wave = waveform(Cycle().segments(0.83))
    assert wave(np.array([10, 20, 100, 170, 180]) * NS) == pytest.approx([0.415, 0.83, 0.83, 0.83, 0.415])
    assert wave(200 * NS) == pytest.approx(-0.8)
    assert wave(np.array([190, 210, 220, 230]) * NS) == pytest.approx([0, 0, 0, 0], abs=1e-9)
    cycle = Cycle()
    assert cycle.reset_pulse().amplitude == -0.8
    assert cycle.reset_pulse(-1.1).amplitude == -1.1
    assert waveform(cycle.segments(0.8, reset=-1.0))(200 * NS) == pytest.approx(-1.0)
    wave = waveform(Cycle(read=True).segments(0.0, read_amplitude=0.8))
    assert np.abs(wave(np.linspace(0, 230 * NS, 500))).max() == 0.0


def test_cycle_with_read_and_in_a_train() -> None:
    cycle = Cycle(read=True)
    wave = waveform(cycle.segments(0.83, read_amplitude=0.5))
    start, stop = cycle.read_window
    assert 190 * NS < start < stop < 210 * NS
    assert wave(np.linspace(start, stop, 11)) == pytest.approx(np.full(11, 0.5))
    assert wave(np.array([190.0, 210.0]) * NS) == pytest.approx([0.0, 0.0], abs=1e-9)
    assert wave(220 * NS) == pytest.approx(-0.8)
    cycle = Cycle()
    wave, single = waveform(cycle.train([0.7, 0.9])), waveform(cycle.segments(0.9))
    times = np.linspace(1, 229, 200) * NS
    assert wave(times + cycle.period) == pytest.approx(single(times), abs=1e-6)


def parsed(text: str) -> np.ndarray:
    inner = re.fullmatch(r"PWL\(([-+\d.e ]*)\)", text)  # plain floats only: no suffix, no operator
    assert inner is not None, text
    return np.array(inner[1].split(), dtype=float).reshape(-1, 2)


def test_text_that_ngspice_reads() -> None:
    assert waveform([Pulse(0.8, 150 * NS, 20 * NS, 20 * NS)]).spice() == "PWL(0 0 2e-08 0.8 1.7e-07 0.8 1.9e-07 0)"
    wave = waveform(Cycle().train([0.8, 0.9]))
    deck = f"* drive\nV1 a 0 {wave.spice()}\nR1 a 0 1000\n.tran 1n 460n 0 1n\n.end\n"
    run = simulate(Job("drive", "two cycles", deck))
    assert run["a"] == pytest.approx(wave(run.time), abs=1e-6)


positive = st.floats(1e-12, 1e-3)
segments = st.lists(
    st.one_of(positive.map(Idle), st.builds(Pulse, st.floats(-2, 2), positive, st.just(0.0) | positive, positive)),
    min_size=1,
    max_size=12,
)


@given(segments)
def test_pwl_text_keeps_values_and_order(protocol: list[Segment]) -> None:
    """Two points of a jump, 1 fs apart, stay apart however late they come."""
    wave = waveform(protocol)
    points = parsed(wave.spice())
    assert np.all(np.diff(points[:, 0]) > 0)
    assert points[:, 0] == pytest.approx(wave.times, rel=1e-14)
    assert points[:, 1] == pytest.approx(wave.values, rel=1e-14)
