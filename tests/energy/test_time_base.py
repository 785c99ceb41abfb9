"""Memory spans by hand, and the time base of a network: real time, replay with its store, or too fast."""

import json
import math

import pytest

from circuits.catalog import load
from circuits.memory import Trace, leaked_V
from energy.buffer import LEAKAGE, FrameBuffer, buffer_energy
from energy.time_base import MemorySpan, memory_spans, time_base
from ipcircuit.cli import main as cli
from ipcircuit.errors import InputError
from ipcircuit.families import BUILT_IN, CIRCUITS, EXPERIMENTS

OWN = [entry.name for entry in CIRCUITS.entries() if entry.source == BUILT_IN]


def exponential(tau_s: float, noise: float, *, averaged: bool = True) -> Trace:
    return Trace("state", "V", lambda time_s: math.exp(-time_s / tau_s), noise, "by hand", averaged)


def test_span_is_where_the_trace_meets_the_noise() -> None:
    """exp(-t/tau) = d noise / sqrt(N), over fifteen decades of tau."""
    for tau in (1e-12, 1e-6, 1.0):
        assert exponential(tau, 0.01).span_s() == pytest.approx(tau * math.log(100), rel=1e-5)
        assert exponential(tau, 0.01).span_s(16, 2.0) == pytest.approx(tau * math.log(200), rel=1e-5)
        assert exponential(tau, 0.01, averaged=False).span_s(16) == pytest.approx(tau * math.log(100), rel=1e-5)
    assert exponential(1e-6, 2.0).span_s() == 0.0
    assert exponential(1e9, 0.01).span_s() == math.inf
    for neurons, deviations, field in ((0, 1.0, "neurons"), (1, 0.0, "deviations"), (1, math.nan, "deviations")):
        with pytest.raises(InputError, match=field):
            exponential(1.0, 0.1).span_s(neurons, deviations)


def test_leak_falls_along_a_line_and_then_exponentially() -> None:
    """20 nA from 2 pF: 10 mV/µs above k T/q; the closed form solves its own differential equation."""
    amperes, farad, thermal = 20e-9, 2e-12, 25.9e-3
    assert leaked_V(0.5, amperes, farad, thermal, 0.0) == pytest.approx(0.5)
    assert leaked_V(0.5, amperes, farad, thermal, 20e-6) == pytest.approx(0.3, rel=1e-3)
    assert leaked_V(0.0, amperes, farad, thermal, 1e-6) == 0.0
    late = [leaked_V(0.5, amperes, farad, thermal, t) for t in (80e-6, 80e-6 + farad * thermal / amperes)]
    assert late[1] / late[0] == pytest.approx(math.exp(-1), rel=0.01)
    volts, step = leaked_V(0.5, amperes, farad, thermal, 48e-6), 1e-10
    slope = (leaked_V(0.5, amperes, farad, thermal, 48e-6 + step) - volts) / step
    assert slope == pytest.approx(-amperes * (1 - math.exp(-volts / thermal)) / farad, rel=1e-4)


@pytest.mark.parametrize("circuit", OWN)
def test_every_circuit_of_ours_states_what_it_remembers(circuit: str) -> None:
    spans = memory_spans(load(circuit))
    assert spans
    for trace in load(circuit).traces:
        assert trace.left(0.0) > trace.left(1e-9) * (1 - 1e-12) > 0
    assert all(span.span_s and span.span_s < 1e-3 and "video camera" not in span.sensors for span in spans)


def test_spans_of_our_neurons_by_hand() -> None:
    (signed,) = memory_spans(load("signed_mtj"), 1)
    assert signed.span_s == pytest.approx(0.77e-9 * math.log(0.15 / 0.01785), rel=0.02)
    (alone,), (many,) = (memory_spans(load("comparator"), neurons) for neurons in (1, 32))
    assert (alone.span_s, alone.slowest_rate_Hz, alone.sensors) == (0.0, None, ())
    assert 0.23e-6 < (many.span_s or 0.0) < 1.5e-6  # a cycle, and the slow pole
    membrane, synapse = memory_spans(load("delay_feedback_lif"), 1)
    tail = 1.29e-6 * 2 * math.log(25.9e-3 / 45.5e-6)  # C kT/q / I_leak from the thermal voltage to the noise
    assert membrane.span_s == pytest.approx(50e-6 + tail, rel=0.03)
    assert "microphone" in membrane.sensors
    assert (synapse.span_s or 0.0) > (membrane.span_s or 0.0)


def test_replay_is_stored_and_neurons_stand_by() -> None:
    """Ten frames of 640 bits, one each 0.1 s, in steps of 1 µs; 100 neurons of 2 nW between them."""
    spans = [MemorySpan("c", "s", "V", 1.0, 0.1, "by hand", 1, 1.0, 2e-6, 5e5, ())]
    buffer = FrameBuffer(640, 10)
    replay = time_base(1e-6, 0.1, buffer, neurons=100, idle_W=2e-9, spans=spans)
    assert (replay.mode, replay.buffer_bits, replay.accesses) == ("replay", 6400, 200)
    assert replay.buffer_J == pytest.approx(buffer_energy(buffer).access_28nm_J + 6400 * LEAKAGE.value * 1.0)
    assert replay.standby_J == pytest.approx(100 * 10 * 0.1 * 2e-9, rel=1e-4)
    assert "in real time the memory, 2 µs, is gone" in replay.text
    real = time_base(1e-6, 1e-6, buffer, neurons=100, idle_W=2e-9, spans=spans)
    assert (real.mode, real.buffer_bits, real.buffer_J, real.standby_J) == ("real time", 0.0, 0.0, None)
    assert time_base(1e-6, 1e-7, buffer).mode == "too fast"
    unknown = time_base(1e-6, None, buffer)
    assert (unknown.mode, unknown.standby_s) == ("not stated", None)
    assert time_base(1e-6, 0.1, buffer, neurons=1).standby_J is None  # the power is not known
    with pytest.raises(InputError, match="frame_s: no length of time"):
        time_base(1e-6, 0.0, buffer)


def test_every_experiment_of_ours_states_its_time_base(capsys) -> None:
    assert [e.name for e in EXPERIMENTS.entries() if e.source == BUILT_IN and not e.time_base] == []
    assert cli.main(["study", "timebase", "comparator", "--neurons", "1", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["spans"][0]["span_s"] == 0.0
    assert "replay" in next(e["time_base"] for e in data["experiments"] if e["experiment"] == "vision")
    assert cli.main(["study", "timebase", "comparator", "signed_mtj"]) == 0
    out = capsys.readouterr().out
    assert "MHz" in out
    assert max(map(len, out.splitlines())) <= 80
