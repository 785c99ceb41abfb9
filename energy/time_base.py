"""Time base of a network on a circuit: its memory against a sensor's rate, in real time or replayed in bursts.

A circuit remembers an input for as long as the trace that it left can be told from the noise of a read
(`circuits.memory.Trace`). Where the sensor's next frame comes later, nothing is left in real time: frames are stored,
and a sample is replayed in one burst. The store then costs accesses and standby, and the neurons idle between samples.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from circuits.testbench import Testbench
from energy.buffer import INTERVAL, BufferEstimate, FrameBuffer, buffer_energy
from energy.constants import DATA
from ipcircuit.errors import InputError
from ipcircuit.parameters import read_parameters
from ipcircuit.units import si

SENSORS = read_parameters(DATA / "sensors.toml")
NEURONS = 32  # with the same input, of the experiments with heat
SAME = 0.01  # relative: a step of this length is the sensor's


@dataclass(frozen=True)
class MemorySpan:
    """How long a circuit remembers one input.

    Attributes:
        circuit: its name. state: where the trace is kept.
        trace, noise: just after the input, and standard deviation of one read, in `unit`. noise_source: in words.
        neurons: that share the input. deviations: of the mean of their reads that the trace must exceed.
        span_s: 0: it never does; None: it always does.
        slowest_rate_Hz: frames per second at which one frame back is still remembered; None: at none, or at any.
        sensors: names of `SENSORS` whose frames come soon enough.
    """

    circuit: str
    state: str
    unit: str
    trace: float
    noise: float
    noise_source: str
    neurons: int
    deviations: float
    span_s: float | None
    slowest_rate_Hz: float | None
    sensors: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        return asdict(self)


def memory_spans(testbench: Testbench, neurons: int = NEURONS, deviations: float = 1.0) -> list[MemorySpan]:
    """Memory spans of a circuit, one for each state that it keeps; empty where its testbench states none.

    Args:
        neurons: that share an input and average the noise of their reads.
        deviations: standard deviations that a trace must exceed.

    Raises:
        InputError: no neuron, or no positive number of deviations.
    """
    spans = []
    for trace in getattr(testbench, "traces", ()):
        span = trace.span_s(neurons, deviations)
        finite = math.isfinite(span)
        spans.append(
            MemorySpan(
                testbench.name,
                trace.state,
                trace.unit,
                trace.left(0.0),
                trace.noise,
                trace.noise_source,
                neurons,
                deviations,
                span if finite else None,
                1 / span if finite and span > 0 else None,
                tuple(p.name for p in SENSORS if p.value <= span),
            )
        )
    return spans


@dataclass(frozen=True)
class TimeBase:
    """How a sensor's frames reach the neurons of a network.

    Attributes:
        mode: ``real time``, a step of the circuit is a frame of the sensor; ``replay``, frames are stored and run in a
            burst; ``too fast``, they come faster than the circuit's step; ``not stated``, the sensor's rate is not
            known, and the steps follow each other.
        text: what that means here, in words.
        step_s, frame_s: of the circuit and of the sensor; None: not known.
        span_s: longest memory of the circuit; None: not stated.
        buffer_bits: of the store; 0 in real time. accesses: words written and read per sample.
        buffer_J: energy of the accesses and of the store's standby per sample.
        sample_s: from the first frame to the last one; None: the sensor's rate is not known.
        standby_s: neuron-seconds between a burst and the end of the sample. standby_J: energy if they stay powered;
            None: the power of an idle neuron is not known.
    """

    mode: str
    text: str
    step_s: float
    frame_s: float | None
    span_s: float | None
    buffer_bits: float
    accesses: float
    buffer_J: float
    sample_s: float | None
    standby_s: float | None
    standby_J: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        return asdict(self)


def time_base(
    step_s: float,
    frame_s: float | None,
    buffer: FrameBuffer,
    *,
    neurons: int = 0,
    idle_W: float | None = None,
    spans: Sequence[MemorySpan] = (),
) -> TimeBase:
    """Time base of a network.

    Args:
        step_s: time step of the circuit. frame_s: time between frames of the sensor; None: not known.
        buffer: frames of a sample, as they are stored for a replay.
        neurons, idle_W: that stand by, and the power of one (`EventPrices.idle_W` of the system scope).
        spans: memory of the circuit, from `memory_spans`.

    Raises:
        InputError: a step or an interval that is no length of time.
    """
    for name, seconds in (("step_s", step_s), ("frame_s", frame_s)):
        if seconds is not None and not 0 < seconds < math.inf:
            raise InputError("no length of time", where=name, found=seconds, allowed="above 0 s")
    longest = max((math.inf if s.span_s is None else s.span_s for s in spans), default=None)
    span = longest if longest is not None and math.isfinite(longest) else None
    mode = _mode(step_s, frame_s)
    stored = mode == "replay"
    interval = INTERVAL if frame_s is None else INTERVAL.with_value(frame_s)
    store = buffer_energy(buffer, interval=interval) if stored else None
    standby = neurons * buffer.frames * (frame_s - step_s) if stored and frame_s is not None else None
    return TimeBase(
        mode,
        _text(mode, step_s, frame_s, longest, buffer),
        step_s,
        frame_s,
        span,
        buffer.bits if store else 0.0,
        store.accesses if store else 0.0,
        _energy(store),
        None if frame_s is None else buffer.frames * frame_s,
        standby,
        None if standby is None or idle_W is None else standby * idle_W,
    )


def _energy(store: BufferEstimate | None) -> float:
    return store.energy_28nm_J if store else 0.0


def _mode(step_s: float, frame_s: float | None) -> str:
    if frame_s is None:
        return "not stated"
    if abs(frame_s / step_s - 1) <= SAME:
        return "real time"
    return "replay" if frame_s > step_s else "too fast"


def _text(mode: str, step_s: float, frame_s: float | None, span_s: float | None, buffer: FrameBuffer) -> str:
    """The mode in a sentence."""
    step = si(step_s, "s", 3)
    if frame_s is None:
        return (
            f"time base: steps of {step} follow each other; the sensor's rate is not stated. A slower sensor needs a "
            "store that is replayed in a burst, and none is counted"
        )
    frame = si(frame_s, "s", 3)
    if mode == "real time":
        return f"time base: real time, a step is a frame of the sensor, {frame}; nothing is stored"
    if mode == "too fast":
        return f"time base: frames come every {frame}, faster than the circuit's step of {step}: they must be collected"
    remembered = ""
    if span_s is not None:
        left = "is gone" if span_s < frame_s else "would last"
        remembered = f"; in real time the memory, {si(span_s, 's', 3) if span_s else 'none'}, {left}"
    stored = f"{buffer.bits:,.0f} bits stored while frames come every {frame}"
    return f"time base: replay, {stored}, run in steps of {step}{remembered}"
