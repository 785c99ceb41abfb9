"""The pulse protocol of the thermal junctions, as published and with a read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ipcircuit.pulses import Idle, Pulse, Segment


@dataclass(frozen=True)
class Cycle:
    """The 230 ns operation of Liu et al. (Methods), times in s, amplitudes in V across the MTJ.

    Its order is set, reset, delay. A circuit that reads the state must do so between set and reset; it uses the 20 ns
    of the delay for that (`read=True`), so that the period stays 230 ns.
    """

    rise: float = 20e-9
    plateau: float = 150e-9
    fall: float = 20e-9
    reset_amplitude: float = -0.8
    reset_width: float = 20e-9
    # Assumed. Anything from 0 (rectangle) to 10 ns (triangle) fits the stated 20 ns of a 230 ns period, while the
    # instrument's own 20 ns edges do not; each ns takes 3.7 pJ (0.7 %) off a cycle of the 200 nm device.
    reset_edge: float = 2e-9
    delay: float = 20e-9
    read: bool = False
    read_edge: float = 0.5e-9  # assumed

    @property
    def period(self) -> float:
        return self.rise + self.plateau + self.fall + self.reset_width + self.delay

    @property
    def set_end(self) -> float:
        """End of the set pulse, s after the cycle's start."""
        return self.rise + self.plateau + self.fall

    @property
    def read_window(self) -> tuple[float, float]:
        """When the output is valid: the second half of the read plateau."""
        start = self.set_end
        return start + self.delay / 2, start + self.delay - 2 * self.read_edge

    @property
    def read_at_half(self) -> float:
        """Length of the read pulse at half its height, s."""
        return self.delay - 3 * self.read_edge

    @property
    def strobe(self) -> tuple[float, float]:
        """Strobe of a clocked comparator: from a quarter of the read on, to the end of its window."""
        return self.set_end + self.delay / 4, self.read_window[1]

    def set_pulse(self, amplitude: float) -> Pulse:
        return Pulse(amplitude, self.plateau, self.rise, self.fall)

    def reset_pulse(self, amplitude: float | None = None) -> Pulse:
        peak = self.reset_amplitude if amplitude is None else amplitude
        return Pulse(peak, self.reset_width - 2 * self.reset_edge, self.reset_edge, self.reset_edge)

    def segments(self, amplitude: float, *, read_amplitude: float = 0.0, reset: float | None = None) -> list[Segment]:
        """One cycle at `amplitude` (V); amplitude 0 is an idle step: no set, no read, no reset."""
        if amplitude == 0:
            return [Idle(self.period)]
        if not self.read:
            return [self.set_pulse(amplitude), self.reset_pulse(reset), Idle(self.delay)]
        gap = self.read_edge
        read = Pulse(read_amplitude, self.delay - 4 * gap, gap, gap)
        return [self.set_pulse(amplitude), Idle(gap), read, Idle(gap), self.reset_pulse(reset)]

    def train(self, amplitudes: Sequence[float]) -> list[Segment]:
        """Cycles one after the other, without reads."""
        return [segment for amplitude in amplitudes for segment in self.segments(amplitude)]
