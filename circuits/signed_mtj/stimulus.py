"""Input of the signed MTJ neuron: time steps, their slots, and the pulses of both signs in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ipcircuit.errors import InputError

START = 0.1e-9  # s; a membrane at rest at t = 0
EDGE = 20e-12  # s, of the logic lines


@dataclass(frozen=True)
class Timing:
    """One time step: `slots` input slots of `slot_s`, then the read; s.

    Attributes:
        settle_s: end of the last slot to the start of the read; both terminals of the junction go to 0 V.
        strobe_s: start of the read to the comparators' strobe.
        read_s: length of the read.
        hold_s: end of the read to the fall of the strobe. The comparators keep what they have decided for as long,
            at no current; their latches have that much longer to take it over. May reach into the next step.
        period_s: of a time step.
    """

    slots: int = 3
    slot_s: float = 0.5e-9
    settle_s: float = 0.05e-9
    strobe_s: float = 0.15e-9
    read_s: float = 0.4e-9
    hold_s: float = EDGE
    period_s: float = 2e-9

    @property
    def read_start(self) -> float:
        """Start of the read after the start of a step, s."""
        return self.slots * self.slot_s + self.settle_s

    @property
    def strobe(self) -> float:
        """The strobe after the start of a step, s."""
        return self.read_start + self.strobe_s

    def strobes(self, steps: int) -> list[tuple[float, float]]:
        """Start and end of the strobe of each step, s."""
        begin, end = (START + i * self.period_s for i in range(steps)), self.read_start + self.read_s
        return [(t + self.strobe, t + end + self.hold_s) for t in begin]

    def check(self) -> None:
        """Raise InputError where read and strobe do not fit into a step."""
        lengths = (self.slot_s, self.settle_s, self.strobe_s, self.read_s - self.strobe_s)
        if self.slots < 1 or min(lengths) <= EDGE or self.read_start + self.read_s + 2 * EDGE > self.period_s:
            message = "slots, read and strobe do not fit into a time step"
            used = f"{self.read_start + self.read_s:.3g} s of {self.period_s:.3g} s"
            allowed = f"each longer than the {EDGE:g} s edges, in this order, within the period"
            raise InputError(message, where="signed_mtj: timing", found=used, allowed=allowed)
        longest = self.period_s - self.read_s - 2 * EDGE
        if not EDGE <= self.hold_s <= longest:
            where, allowed = "signed_mtj: hold_s", f"{EDGE:g} … {longest:g} s, to before the next read"
            raise InputError("hold out of range", where=where, found=self.hold_s, allowed=allowed)


@dataclass(frozen=True)
class Stimulus:
    """Input of each time step: the sign of the pulse in each of its slots, +1, -1 or 0."""

    steps: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        if not self.steps:
            raise InputError("no time step", where="signed_mtj: stimulus")
        for i, step in enumerate(self.steps):
            if any(sign not in (-1, 0, 1) for sign in step):
                raise InputError("not a sign", where=f"signed_mtj: stimulus, step {i}", found=step, allowed="-1, 0, 1")

    @classmethod
    def both_signs(cls, timing: Timing) -> Stimulus:
        """A full positive step, one to rest, a full negative step, one to rest: a spike of each sign."""
        full, none = (1,) * timing.slots, (0,) * timing.slots
        return cls((full, none, tuple(-s for s in full), none))

    @property
    def driven(self) -> np.ndarray:
        """Which steps have any input, shape (n,)."""
        return np.array([any(step) for step in self.steps])

    @property
    def wanted(self) -> np.ndarray:
        """The sign of each step's input: what `both_signs` should make the neuron say, shape (n,)."""
        return np.sign([sum(step) for step in self.steps]).astype(float)

    def intervals(self, sign: int, timing: Timing) -> list[tuple[float, float]]:
        """Start and end (s) of each pulse of one sign; neighbouring slots are one pulse."""
        pulses: list[tuple[float, float]] = []
        for i, step in enumerate(self.steps):
            if len(step) != timing.slots:
                where, allowed = f"signed_mtj: stimulus, step {i}", str(timing.slots)
                raise InputError("a step has another number of slots", where=where, found=len(step), allowed=allowed)
            for k, value in enumerate(step):
                begin = START + i * timing.period_s + k * timing.slot_s
                if value != sign:
                    continue
                if k and step[k - 1] == sign:
                    pulses[-1] = (pulses[-1][0], begin + timing.slot_s)
                else:
                    pulses.append((begin, begin + timing.slot_s))
        return pulses
