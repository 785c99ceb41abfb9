"""Heat, input current and firing of the dividers over one operation, from the mean-field declaration in numpy.

Transistors draw 1e-5 of an operation's energy and load the dividers with their gates only: without them, what is left
are three states per junction, here integrated for many copies at once (fourth-order Runge-Kutta between the corners of
the drive). ngspice takes tens of milliseconds for the same equations of one copy.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from circuits.thermal_mtj.half import MadeCopies
from ipcircuit.declaration.device import Branch, Device, Mode, symbol_names
from ipcircuit.declaration.python import initial_states, render_python
from ipcircuit.pulses import Waveform
from ipcircuit.sampling.columns import exact_sum

#: Longest step (s), and how many steps at least between two corners of the drive.
LONGEST, FEWEST = 15e-9, 2
#: Longest step while the source moves or is negative: hazards rise by an e-fold in half a nanosecond, and a reset takes
#: some 1.5 ns.
LONGEST_FAST = 2.5e-9
# Arrays are filled up to multiples of this: numpy treats the last elements of other lengths differently, to the bit.
LANES = 64
_SECANTS = 4  # leave 1e-14 V
_ACROSS = "v_ap"  # voltage across the junction, were it AP
_NO_SOURCE = 1e-9  # V, for 0: a resistance is a voltage over a current


@dataclass(frozen=True)
class FrontEnds:
    """One operation of many copies' dividers; arrays of shape (halves, copies), those of the input (copies,).

    Attributes:
        probabilities: firing (AP) probability at the read.
        heat_J, reference_J: heat of each junction and of its reference.
        antiparallel_V: largest voltage across each junction, were it AP.
        levels_V: voltages of each divider at the read, with its junction P and AP, shape (halves, 2, copies).
        charge_C, energy_J, peak_current_A: at the input of all of a copy's dividers.
        peak_voltage_V: of the drive.
    """

    probabilities: np.ndarray
    heat_J: np.ndarray
    reference_J: np.ndarray
    antiparallel_V: np.ndarray
    levels_V: np.ndarray
    charge_C: np.ndarray
    energy_J: np.ndarray
    peak_current_A: np.ndarray
    peak_voltage_V: float

    def some(self, places: Sequence[int]) -> FrontEnds:
        """Those of some copies."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return replace(self, **{name: v[..., [*places]] for name, v in values.items() if isinstance(v, np.ndarray)})


def front_ends(device: Device, halves: Sequence[MadeCopies], wave: Waveform, moment: float) -> FrontEnds:
    """One operation of each copy under the input voltage `wave`; firing is read at `moment` (s).

    A copy's result is the same, to the bit, in any company.

    Args:
        device: the junctions' declaration.
        halves: those of the copies, at least one.
    """
    count, parts = len(halves[0]), len(halves)
    batch, filled = _filled(halves)
    operation = _Operation(device, batch, wave, moment)
    operation.run()
    by_half = lambda values: values.reshape(parts, filled)[:, :count]  # noqa: E731
    heat, reference = by_half(operation.heat), by_half(operation.reference)
    currents = np.abs(operation.currents.reshape(-1, parts, filled).sum(1))[:, :count]
    widths = np.diff(operation.time)[:, None]
    return FrontEnds(
        by_half(operation.probability),
        heat,
        reference,
        by_half(operation.antiparallel_V),
        np.stack([by_half(levels) for levels in operation.levels], 1),
        # A running sum adds in one order whatever the number of copies; `sum` does not.
        np.cumsum(widths / 2 * (currents[1:] + currents[:-1]), axis=0)[-1],
        exact_sum([*heat, *reference]),
        currents.max(0),
        max(map(abs, wave.values)),
    )


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
        levels: voltages across the junctions when they are read, P and AP, shape (2, batch).
    """

    def __init__(self, device: Device, batch: MadeCopies, wave: Waveform, moment: float) -> None:
        self.time: np.ndarray = grid(wave, moment)
        self._ohms = batch.reference_ohm
        self._parameters = {**batch.junction, "r_series": self._ohms}
        self._read = int(np.searchsorted(self.time, moment))
        mode = device.mode("mean_field")
        _, self._current = _names_of(mode.branches[0])
        decided = _of_source(mode)
        self._evaluate = render_python(device, "mean_field", known=decided).evaluate
        self._names = tuple(state.name for state in mode.states)
        moments = np.sort(np.concatenate((self.time, (self.time[1:] + self.time[:-1]) / 2)))
        volts, places = np.unique(wave(moments), return_inverse=True)
        self._places = places.tolist()
        antiparallel = _divided(device, self._parameters, self._ohms, volts, 1.0)
        self._known = self._decided(device, antiparallel, decided)
        self._heat_of_reference = [[i * i * self._ohms for i in (at["i_p"], at["i_ap"])] for at in self._known]
        start = initial_states(device, "mean_field", self._parameters)
        self._state = [np.broadcast_to(start[name], self._ohms.shape).astype(float) for name in self._names]
        self.antiparallel_V: np.ndarray = antiparallel.max(0)
        self.levels: np.ndarray = _levels(device, batch, float(wave(moment)))
        self.currents: np.ndarray = np.zeros((len(self.time), len(batch)))
        self.probability, self.heat, self.reference = np.zeros((3, len(batch)))

    def _decided(self, device: Device, antiparallel: np.ndarray, names: Sequence[str]) -> list[dict[str, np.ndarray]]:
        """What of `_of_source` is named, for each voltage of the source, from what an AP junction gets of it."""
        evaluate = render_python(device, "mean_field", known=(_ACROSS,)).evaluate
        rest = dict.fromkeys(self._names, 0.0)
        rows = (evaluate({}, {**rest, _ACROSS: volts}, self._parameters) | {_ACROSS: volts} for volts in antiparallel)
        return [{name: row[name] for name in names} for row in rows]

    def run(self) -> None:
        """Integrate over `time`."""
        for step, h in enumerate(np.diff(self.time).tolist()):
            y = self._state
            k1 = self._slopes(y, 2 * step)
            k2 = self._slopes(_moved(y, k1[0], h / 2), 2 * step + 1)
            k3 = self._slopes(_moved(y, k2[0], h / 2), 2 * step + 1)
            k4 = self._slopes(_moved(y, k3[0], h), 2 * step + 2)
            mean = [b + 2 * (c + d) + e for b, c, d, e in zip(*(k[0] for k in (k1, k2, k3, k4)), strict=True)]
            self._state = _moved(y, mean, h / 6)
            self.heat = self.heat + h / 6 * (k1[1] + 2 * (k2[1] + k3[1]) + k4[1])
            self.reference = self.reference + h / 6 * (k1[2] + 2 * (k2[2] + k3[2]) + k4[2])
            self.currents[step], self.currents[step + 1] = k1[3], k4[3]
            if step + 1 == self._read:
                self.probability = self._state[self._names.index("ap")]

    def _slopes(
        self, state: list[np.ndarray], place: int
    ) -> tuple[list[np.ndarray], np.ndarray, np.ndarray, np.ndarray]:
        """Derivatives of the states, powers of junction and reference, current through the divider."""
        volts = self._places[place]
        states = dict(zip(self._names, state, strict=True))
        out = self._evaluate({}, {**states, **self._known[volts]}, self._parameters)
        parallel, antiparallel = self._heat_of_reference[volts]
        reference = parallel + states["ap"] * (antiparallel - parallel)
        return [out[f"d_{name}"] for name in self._names], out["heat"], reference, out[self._current]


def _of_source(mode: Mode) -> tuple[str, ...]:
    """Definitions that the source's voltage decides alone, whatever the states: each state of the junction has a
    current and a voltage of its own, and with the one across it while AP there is no other unknown."""
    changing, decided = {*(v.name for v in mode.voltages()), *(state.name for state in mode.states)}, [_ACROSS]
    for definition in mode.definitions:
        if definition.name not in decided:
            of_source = changing.isdisjoint(symbol_names(definition.expression))
            decided.append(definition.name) if of_source else changing.add(definition.name)
    return tuple(decided)


def read_levels(device: Device, halves: Sequence[MadeCopies], v_read: float) -> np.ndarray:
    """`FrontEnds.levels_V` of copies' dividers under `v_read` (V)."""
    batch, filled = _filled(halves)
    by_half = _levels(device, batch, v_read).reshape(2, len(halves), filled)
    return by_half.swapaxes(0, 1)[..., : len(halves[0])]


def _levels(device: Device, batch: MadeCopies, v_read: float) -> np.ndarray:
    """Voltages across the junctions under `v_read` (V), P and AP, shape (2, batch)."""
    source = np.array([v_read])
    return np.concatenate([_divided(device, batch.junction, batch.reference_ohm, source, s) for s in (0.0, 1.0)])


def _filled(halves: Sequence[MadeCopies]) -> tuple[MadeCopies, int]:
    """Halves of all copies, half after half, with the last copy again up to a multiple of `LANES`; that number."""
    count = len(halves[0])
    filled = -(-count // LANES) * LANES
    places = np.minimum(np.arange(filled), count - 1)
    rows = [half.some(places) for half in halves]
    junction = {name: np.concatenate([row.junction[name] for row in rows]) for name in rows[0].junction}
    return MadeCopies(junction, np.concatenate([row.reference_ohm for row in rows])), filled


def _divided(
    device: Device, parameters: Mapping[str, np.ndarray], reference: np.ndarray, source: np.ndarray, state: float
) -> np.ndarray:
    """Voltage across the junctions in one state: V + R I(V) = V_source, where I(V) is nearly a straight line; of
    each voltage of the source, shape (voltages, batch).

    The junction's resistance is that at the voltage which it gives: a fixed point, found by secants.
    """
    rendering = render_python(device, "static")
    voltage, current = _names_of(rendering.mode.branches[0])
    volts = np.where(source == 0, _NO_SOURCE, source)[:, None]

    def divided(ohms: np.ndarray) -> np.ndarray:
        return volts * ohms / (ohms + reference)

    def miss(ohms: np.ndarray) -> np.ndarray:
        across = divided(ohms)
        return across / rendering.currents({voltage: across, "v(state)": state}, {}, parameters)[current] - ohms

    ohms = np.broadcast_to(parameters["r_parallel"], (len(volts), len(reference)))
    step = missed = miss(ohms)
    for _ in range(_SECANTS):
        ohms = ohms + step
        before, missed = missed, miss(ohms)
        with np.errstate(divide="ignore", invalid="ignore"):  # of a straight line
            step = missed * np.clip(np.nan_to_num(step / (before - missed), nan=1.0), 0.5, 2.0)
    return divided(ohms + step)


def _names_of(branch: Branch) -> tuple[str, str]:
    """Voltage and current of a branch, in a rendering."""
    return f"v({branch.positive},{branch.negative})", f"i_{branch.positive}_{branch.negative}"


def _moved(state: list[np.ndarray], slopes: list[np.ndarray], step: float) -> list[np.ndarray]:
    return [a + step * b for a, b in zip(state, slopes, strict=True)]
