"""Heat, input current and firing of the dividers over one operation, from the mean-field declaration in numpy.

Transistors draw 1e-5 of an operation's energy and load the dividers with their gates only: without them, what is left
are three states per junction, here integrated for many copies at once (fourth-order Runge-Kutta between the corners of
the drive). ngspice takes tens of milliseconds for the same equations of one copy.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from circuits.measurement import PulseInput
from circuits.thermal_mtj.half import Made
from ipcircuit.declaration.device import Branch, Device
from ipcircuit.declaration.python import initial_states, render_python
from ipcircuit.pulses import Waveform

#: Longest step (s), and how many steps at least between two corners of the drive.
LONGEST, FEWEST = 15e-9, 2
#: Longest step while the source moves or is negative: hazards rise by an e-fold in half a nanosecond, and a reset takes
#: some 1.5 ns.
LONGEST_FAST = 2.5e-9
# Arrays are filled up to multiples of this: numpy treats the last elements of other lengths differently, to the bit.
LANES = 64
_PASSES = 12  # each cuts the error of a divider's voltage about five-fold
_NO_SOURCE = 1e-9  # V, for 0: a resistance is a voltage over a current


@dataclass(frozen=True)
class FrontEnd:
    """One operation of one copy's dividers, by half: tuples in the order of the neuron's halves.

    Attributes:
        probabilities: firing (AP) probability at the read.
        heat_J, reference_J: heat of each junction and of its reference.
        antiparallel_V: largest voltage across each junction, were it AP.
        levels_V: voltages of each divider at the read, with its junction P and AP.
        pulse_input: at the input of all of them.
    """

    probabilities: tuple[float, ...]
    heat_J: tuple[float, ...]
    reference_J: tuple[float, ...]
    antiparallel_V: tuple[float, ...]
    levels_V: tuple[tuple[float, float], ...]
    pulse_input: PulseInput


def front_ends(device: Device, copies: Sequence[Sequence[Made]], wave: Waveform, moment: float) -> list[FrontEnd]:
    """One operation of each copy under the input voltage `wave`; firing is read at `moment` (s).

    A copy's result is the same, to the bit, in any company.

    Args:
        device: the junctions' declaration.
        copies: halves of each copy, as many in each.
    """
    if not copies:
        return []
    count, parts = len(copies), len(copies[0])
    halves, filled = _filled(copies)
    operation = _Operation(device, halves, wave, moment)
    operation.run()
    by_part = lambda values: values.reshape(parts, filled).T.tolist()  # noqa: E731
    probability, antiparallel = by_part(operation.probability), by_part(operation.antiparallel_V)
    heat, reference = by_part(operation.heat), by_part(operation.reference)
    low, high = (by_part(levels) for levels in operation.levels)
    currents = np.abs(operation.currents.reshape(-1, parts, filled).sum(1))
    widths = np.diff(operation.time)[:, None]
    # A running sum adds in one order whatever the number of copies; `sum` does not.
    charge = np.cumsum(widths / 2 * (currents[1:] + currents[:-1]), axis=0)[-1].tolist()
    peak, volts = currents.max(0).tolist(), max(map(abs, wave.values))
    return [
        FrontEnd(
            tuple(probability[i]),
            tuple(heat[i]),
            tuple(reference[i]),
            tuple(antiparallel[i]),
            tuple(zip(low[i], high[i], strict=True)),
            PulseInput(charge[i], math.fsum(heat[i] + reference[i]), peak[i], volts),
        )
        for i in range(count)
    ]


def grid(wave: Waveform, moment: float) -> np.ndarray:
    """Ends of the steps (s): corners of the drive, the moment of the read, and enough between them."""
    corners = sorted({*wave.times, moment})
    points = [corners[0]]
    for begin, end in itertools.pairwise(corners):
        first, last = wave(begin), wave(end)
        longest = LONGEST if first == last >= 0 else LONGEST_FAST
        steps = max(FEWEST, int(np.ceil((end - begin) / longest - 1e-9))) if end - begin > 1e-12 else 1
        points += np.linspace(begin, end, steps + 1)[1:].tolist()
    return np.array(points)


class _Operation:
    """Junctions under their references, integrated from rest; arrays over the batch have the number of junctions.

    Attributes:
        time: ends of the steps, s.
        currents: through each divider at each of them, A, shape (times, batch).
        probability: of the AP state when it is read.
        heat, reference: energy of junctions and references, J.
        antiparallel_V: largest voltage across a junction, were it AP.
        levels: voltages across the junctions when they are read, P and AP.
    """

    def __init__(self, device: Device, halves: Sequence[Made], wave: Waveform, moment: float) -> None:
        self.time: np.ndarray = grid(wave, moment)
        self._ohms = np.array([half.reference_ohm for half in halves])
        self._parameters = _columns(halves)
        self._parameters["r_series"] = self._ohms
        self._read = int(np.searchsorted(self.time, moment))
        rendering = render_python(device, "mean_field")
        self._evaluate, self._names = rendering.evaluate, rendering.state_names
        self._voltage, self._current = _names_of(rendering.mode.branches[0])
        moments = np.sort(np.concatenate((self.time, (self.time[1:] + self.time[:-1]) / 2)))
        volts = wave(moments)[:, None]
        self._parallel, self._antiparallel = (
            _divided(device, self._parameters, self._ohms, volts, state) for state in (0.0, 1.0)
        )
        start = initial_states(device, "mean_field", self._parameters)
        self._state = [np.broadcast_to(start[name], self._ohms.shape).astype(float) for name in self._names]
        self.antiparallel_V: np.ndarray = self._antiparallel.max(0)
        self.levels: list[np.ndarray] = [each[2 * self._read] for each in (self._parallel, self._antiparallel)]
        self.currents: np.ndarray = np.zeros((len(self.time), len(halves)))
        self.probability, self.heat, self.reference = np.zeros((3, len(halves)))

    def run(self) -> None:
        """Integrate over `time`."""
        for step, h in enumerate(np.diff(self.time).tolist()):
            y = self._state
            k1 = self._slopes(y, 2 * step)
            k2 = self._slopes(_moved(y, k1[0], h / 2), 2 * step + 1)
            k3 = self._slopes(_moved(y, k2[0], h / 2), 2 * step + 1)
            k4 = self._slopes(_moved(y, k3[0], h), 2 * step + 2)
            mean = [(b + 2 * (c + d) + e) / 6 for b, c, d, e in zip(*(k[0] for k in (k1, k2, k3, k4)), strict=True)]
            self._state = _moved(y, mean, h)
            self.heat = self.heat + h / 6 * (k1[1] + 2 * (k2[1] + k3[1]) + k4[1])
            self.reference = self.reference + h / 6 * (k1[2] + 2 * (k2[2] + k3[2]) + k4[2])
            self.currents[step], self.currents[step + 1] = k1[3], k4[3]
            if step + 1 == self._read:
                self.probability = self._state[self._names.index("ap")]

    def _slopes(
        self, state: list[np.ndarray], place: int
    ) -> tuple[list[np.ndarray], np.ndarray, np.ndarray, np.ndarray]:
        """Derivatives of the states, powers of junction and reference, current through the divider."""
        states = dict(zip(self._names, state, strict=True))
        ap = states["ap"]
        volts = (1 - ap) * self._parallel[place] + ap * self._antiparallel[place]
        out = self._evaluate({self._voltage: volts}, states, self._parameters)
        i_p, i_ap = out["i_p"], out["i_ap"]
        reference = ((1 - ap) * i_p * i_p + ap * i_ap * i_ap) * self._ohms
        return [out[f"d_{name}"] for name in self._names], out["heat"], reference, out[self._current]


def read_levels(device: Device, copies: Sequence[Sequence[Made]], v_read: float) -> list[list[tuple[float, float]]]:
    """Voltages of each copy's dividers under `v_read` (V), with their junctions P and AP, as of `front_ends`."""
    if not copies:
        return []
    halves, filled = _filled(copies)
    parameters, ohms = _columns(halves), np.array([half.reference_ohm for half in halves])
    source = np.full((1, 1), v_read)
    low, high = (
        _divided(device, parameters, ohms, source, state)[0].reshape(-1, filled).T.tolist() for state in (0.0, 1.0)
    )
    return [list(zip(low[i], high[i], strict=True)) for i in range(len(copies))]


def _filled(copies: Sequence[Sequence[Made]]) -> tuple[list[Made], int]:
    """Halves of all copies, half after half, with the last copy again up to a multiple of `LANES`; that number."""
    filled = -(-len(copies) // LANES) * LANES
    rows = [*copies, *[copies[-1]] * (filled - len(copies))]
    return [row[part] for part in range(len(copies[0])) for row in rows], filled


def _columns(halves: Sequence[Made]) -> dict[str, np.ndarray]:
    """Parameters of the junctions, of the batch's shape."""
    return {name: np.array([half.junction[name] for half in halves]) for name in halves[0].junction}


def _divided(
    device: Device, parameters: Mapping[str, np.ndarray], reference: np.ndarray, source: np.ndarray, state: float
) -> np.ndarray:
    """Voltage across the junctions in one state: V + R I(V) = V_source, where I(V) is nearly a straight line."""
    rendering = render_python(device, "static")
    voltage, current = _names_of(rendering.mode.branches[0])
    source, ohms = np.where(source == 0, _NO_SOURCE, source), parameters["r_parallel"]
    for _ in range(_PASSES):
        volts = source * ohms / (ohms + reference)
        amperes = rendering.currents({voltage: volts, "v(state)": state}, {}, parameters)[current]
        ohms = volts / amperes
    return source * ohms / (ohms + reference)


def _names_of(branch: Branch) -> tuple[str, str]:
    """Voltage and current of a branch, in a rendering."""
    return f"v({branch.positive},{branch.negative})", f"i_{branch.positive}_{branch.negative}"


def _moved(state: list[np.ndarray], slopes: list[np.ndarray], step: float) -> list[np.ndarray]:
    return [a + step * b for a, b in zip(state, slopes, strict=True)]
