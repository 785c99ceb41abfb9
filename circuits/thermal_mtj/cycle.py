"""One operation of an MTJ neuron, measured in a single deck.

The deck holds one replica with mean-field junctions, whose input source delivers the expected energy of set, read and
reset, and one replica per combination of junction states, whose supplies deliver what comparators and logic draw for
that outcome. (In a mean-field read the divider sits between both levels, where a real comparator never is; its replica
is there as a load and its supply is not counted.) The energy of one operation is

    E = E_input(mean field) + sum over outcomes of P(outcome) · E_supply(outcome)

and the deck's own ``.meas`` lines compute the same sum. All of it is paid per input event: without a set pulse there is
neither read nor reset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PySpice.Spice.Netlist import Circuit

from circuits.conditions import Analysis, transient_deck
from circuits.events import Event
from circuits.measurement import Component, Kind, PulseInput
from circuits.thermal_mtj.neuron import MtjNeuron, Probabilities, States, ThermalMtjConditions
from circuits.thermal_mtj.reading.decision import tag
from ipcircuit.declaration.spice import node_scale
from ipcircuit.pulses import Waveform, trapezoids, waveform
from ipcircuit.spice.jobs import Job
from ipcircuit.spice.transient import Transient

MEAN = "mean"
LADDERS = "ladders"
STROBE_EDGE = 20e-12  # s
_NEVER, _AT_ONCE = 1e3, 1.0  # variates: no hazard reaches 1000; `initial_ap` starts past 1


def drive(neuron: MtjNeuron, conditions: ThermalMtjConditions) -> Waveform:
    """The input voltage of one cycle with set, read and reset."""
    amplitude = neuron.input_amplitude(conditions.amplitude)
    return waveform(neuron.cycle.segments(amplitude, read_amplitude=conditions.v_read, reset=neuron.reset_amplitude()))


def add_replica(
    circuit: Circuit,
    neuron: MtjNeuron,
    mode: str,
    states: States,
    conditions: ThermalMtjConditions,
    wave: Waveform,
    name: str,
    variates: tuple[str, ...] | None = None,
    strobe: bool = False,
) -> None:
    """Add the neuron as ``X<name>`` with its own input source, supply, loads and (sampled) variate sources.

    Latches of it are idle, or strobed in the read of a cycle.

    `variates` are source texts; by default each junction stays in the state it starts in until the reset.
    """
    # Replicas differ in where their junctions start, so each is a subcircuit of its own.
    subcircuit = neuron.build(mode, states, conditions, f"{neuron.name}_{name}")
    circuit.subcircuit(subcircuit)
    pins = [f"drive_{name}", *(f"{output}_{name}" for output in neuron.outputs), f"vdd_{name}", 0]
    circuit.V(f"set_{name}", pins[0], 0, wave.spice())
    circuit.V(f"dd_{name}", f"vdd_{name}", 0, conditions.v_dd)
    if neuron.sizes.clocked:
        high = [neuron.cycle.strobe] if strobe else []
        circuit.V(f"strobe_{name}", f"strobe_{name}", 0, trapezoids(high, conditions.v_dd, STROBE_EDGE).spice())
        pins.append(f"strobe_{name}")
    if mode == "sampled":
        texts = variates or tuple(repr(_AT_ONCE if s else _NEVER) for s in states)
        for i, text in enumerate(texts):
            circuit.V(f"variate{i}_{name}", f"variate{i}_{name}", 0, text)
            pins.append(f"variate{i}_{name}")
    circuit.X(name, subcircuit.name, *pins)
    for output in neuron.outputs:
        circuit.C(f"{output}_{name}", f"{output}_{name}", 0, conditions.output_load_F)


def cycle_job(neuron: MtjNeuron, conditions: ThermalMtjConditions) -> Job:
    """The deck and the signals that `CycleResult` needs."""
    neuron.check(conditions)
    circuit, wave = Circuit(f"{neuron.name}: one operation"), drive(neuron, conditions)
    rest = tuple(False for _ in neuron.halves)
    add_replica(circuit, neuron, "mean_field", rest, conditions, wave, MEAN, strobe=True)
    for states in neuron.outcomes():
        add_replica(circuit, neuron, "sampled", states, conditions, wave, tag(states), strobe=True)
    analysis = Analysis(neuron.cycle.period, measures=_measures(neuron, conditions))
    deck = transient_deck(circuit, conditions, analysis, __doc__ or "")
    return Job(neuron.name, f"one operation, {conditions.label()}", deck, _saved(neuron))


def _saved(neuron: MtjNeuron) -> tuple[str, ...]:
    names = [f"drive_{MEAN}", f"i(vset_{MEAN})"]
    for half in neuron.halves:
        inner = f"x{MEAN}.xmtj{half.suffix}"
        names += [f"{inner}.{node}" for node in ("ap", "heat", "i_p", "i_ap")]
        names.append(f"x{MEAN}.divider{half.suffix}")
    for states in neuron.outcomes():
        t = tag(states)
        names += [f"i(v.x{t}.{meter})" for meter in neuron.supplies.values()]
        names += [f"x{t}.divider{half.suffix}" for half in neuron.halves]
        names += [f"{output}_{t}" for output in neuron.outputs]
        names += [f"i(vset_{t})", f"i(vdd_{t})"]
        names += [f"i(vstrobe_{t})"] if neuron.sizes.clocked else []
    return tuple(names)


def _measures(neuron: MtjNeuron, conditions: ThermalMtjConditions) -> tuple[str, ...]:
    """``.meas`` lines that repeat the energy sum of `CycleResult` in plain ngspice."""
    window = f"from=0 to={neuron.cycle.period!r}"
    lines = [f".meas tran e_input integ par('-v(drive_{MEAN})*i(vset_{MEAN})') {window}"]
    moment = sum(neuron.cycle.read_window) / 2
    names = []
    for half in neuron.halves:
        names.append(f"p_{half.label}")
        lines.append(f".meas tran p_{half.label} find v(x{MEAN}.xmtj{half.suffix}.ap) at={moment!r}")
    terms = ["e_input"]
    for states in neuron.outcomes():
        t = tag(states)
        line = f"+max(-i(vstrobe_{t}),0)*{conditions.v_dd!r}" if neuron.sizes.clocked else ""
        lines.append(f".meas tran e_supply_{t} integ par('-v(vdd_{t})*i(vdd_{t}){line}') {window}")
        weights = [name if s else f"(1-{name})" for s, name in zip(states, names, strict=True)]
        terms.append("*".join([*weights, f"e_supply_{t}"]))
    lines.append(f".meas tran energy_per_operation_j param='{'+'.join(terms)}'")
    return tuple(lines)


@dataclass(frozen=True)
class CycleResult:
    """What one operation costs and decides.

    Attributes:
        probabilities: firing (AP) probability per junction at the read.
        components: expected energy per operation.
        pulse_input: charge magnitude, energy and peaks at the input source (junctions and dividers must sum to the
            energy).
        outputs: outcome to the output voltages in the read window, V.
        levels: outcome to the divider voltages in the read window, V.
        latency_s: start of the operation to the last output settling, worst outcome.
        supply_J: outcome to energy by supply, J.
    """

    neuron: MtjNeuron
    conditions: ThermalMtjConditions
    run: Transient
    probabilities: Probabilities
    components: tuple[Component, ...]
    pulse_input: PulseInput
    outputs: Mapping[States, tuple[float, ...]]
    levels: Mapping[States, tuple[float, ...]]
    latency_s: float
    supply_J: Mapping[States, Mapping[str, float]]

    @property
    def energy_J(self) -> dict[str, float]:
        """Expected energy per operation by component."""
        return {c.name: c.energy_J for c in self.components}

    @property
    def energy_per_operation_J(self) -> float:
        return float(sum(self.energy_J.values()))

    @property
    def front_end_energy_J(self) -> float:
        """Heat of junctions and dividers, which the input source must have delivered."""
        return float(sum(c.energy_J for c in self.components if c.kind is not Kind.CMOS))


def evaluate_cycle(neuron: MtjNeuron, conditions: ThermalMtjConditions, run: Transient) -> CycleResult:
    """Integrate and weigh the run of `cycle_job`."""
    moment = sum(neuron.cycle.read_window) / 2
    probabilities = tuple(run.at(f"x{MEAN}.xmtj{half.suffix}.ap", moment) for half in neuron.halves)
    components: list[Component] = []
    for half in neuron.halves:
        label = f" {half.label}" if half.suffix else ""
        scale = node_scale(half.device, "mean_field", "heat")
        heat = scale * run.integral(f"x{MEAN}.xmtj{half.suffix}.heat")
        components += [
            Component(f"mtj{label}", heat, Kind.DEVICE, True, Event.INPUT),
            Component(
                f"divider{label}",
                _divider_energy(run, half.suffix, half.reference_ohm),
                Kind.DIVIDER,
                paid_per=Event.INPUT,
            ),
        ]
    if neuron.sizes.clocked:
        heat = ladder_heat(neuron, run.integral(run[f"drive_{MEAN}"] ** 2))
        components.append(Component(LADDERS, heat, Kind.DIVIDER, paid_per=Event.INPUT))
    supply = {s: _supply_energy(neuron, conditions, run, s) for s in neuron.outcomes()}
    for name in next(iter(supply.values())):
        joule = sum(neuron.weight(s, probabilities) * supply[s][name] for s in supply)
        components.append(Component(name, joule, paid_per=Event.INPUT))
    current = run[f"i(vset_{MEAN})"]
    return CycleResult(
        neuron,
        conditions,
        run,
        probabilities,
        tuple(components),
        PulseInput(
            run.integral(np.abs(current)),
            run.energy(f"drive_{MEAN}", -current),
            float(np.abs(current).max()),
            float(np.abs(run[f"drive_{MEAN}"]).max()),
        ),
        {s: tuple(run.at(f"{o}_{tag(s)}", moment) for o in neuron.outputs) for s in neuron.outcomes()},
        {s: tuple(run.at(f"x{tag(s)}.divider{h.suffix}", moment) for h in neuron.halves) for s in neuron.outcomes()},
        max(_settled(neuron, conditions, run, s) for s in neuron.outcomes()),
        supply,
    )


def _divider_energy(run: Transient, suffix: str, ohms: float) -> float:
    """Heat of the reference element: the mean over states of I²R, not the mean current's (node volts are mA)."""
    inner = f"x{MEAN}.xmtj{suffix}"
    ap, i_p, i_ap = run[f"{inner}.ap"], 1e-3 * run[f"{inner}.i_p"], 1e-3 * run[f"{inner}.i_ap"]
    return run.integral(((1 - ap) * i_p**2 + ap * i_ap**2) * ohms)


def _supply_energy(
    neuron: MtjNeuron, conditions: ThermalMtjConditions, run: Transient, states: States
) -> dict[str, float]:
    energy = {c: conditions.v_dd * run.integral(f"i(v.x{tag(states)}.{m})") for c, m in neuron.supplies.items()}
    if neuron.sizes.clocked:
        drawn = np.maximum(-run[f"i(vstrobe_{tag(states)})"], 0.0)
        energy["strobe line"] = conditions.v_dd * run.integral(drawn)
    return energy


def ladder_heat(neuron: MtjNeuron, volts_squared_s: float) -> float:
    """Heat (J) of the latches' ladders, from the integral of the squared input voltage, V² s."""
    return len(neuron.halves) * volts_squared_s / neuron.sizes.latch_ohm


def _settled(neuron: MtjNeuron, conditions: ThermalMtjConditions, run: Transient, states: States) -> float:
    """Last crossing of V_DD/2 by any output before the reset, or the start of the read when none moves after it."""
    start, half = neuron.cycle.set_end, conditions.v_dd / 2
    latest = start
    inside = (run.time >= start) & (run.time <= neuron.cycle.read_window[1])
    for output in neuron.outputs:
        level = run[f"{output}_{tag(states)}"][inside] - half
        crossings = np.flatnonzero(np.signbit(level[1:]) != np.signbit(level[:-1]))
        if crossings.size:
            latest = max(latest, float(run.time[inside][crossings[-1] + 1]))
    return latest
