"""LIF neuron whose spike is made, and ended, by a delayed feedback of its own output (Currie et al.).

Input spikes pull the gate of an ECRAM from the supply to ground (its channel hangs on the supply, so that the gate
voltage does not depend on the membrane) and open a switch behind it: the channel charges the membrane. A two-inverter
threshold stage watches the membrane; once it tips, a pull-up completes the membrane's swing, the output rises, and
after the delay the reset discharges the membrane, ends the spike and holds the reset for the refractory time.

Sizes and energies by hand: docs/physics/ecram_lif.md. Not published and therefore chosen: everything but the 2 pJ and
the 1.5 kΩ.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

from PySpice.Spice.Netlist import Netlist, SubCircuit

from circuits.cells.devices import add_device
from circuits.cells.layout import Cell, columns
from circuits.cells.static import LONG, NMOS, PMOS, SMALL, Inverter, Switch
from circuits.ecram_lif.neuron import (
    SYNAPSE_METERS,
    THERMAL_SLOPE,
    EcramNeuron,
    NeuronDesign,
    add_leak_bias,
    gate_energy,
)
from ipcircuit.declaration.device import Device
from ipcircuit.devices.ecram import device as ecram
from ipcircuit.errors import InputError

DELAY_PATHS = ("bias", "ecram")
# A per µm of width of the pull-up's two stacked transistors, harmonic mean over V_DD/2 … 0.9 V_DD at 1.0 V: dc sweeps
# give 0.13 mA at tt, 27 °C, and 0.10 mA at ss, 125 °C.
MIN_PULL_UP = 0.1e-3
DELAY_SWITCH_OHM = 0.8e3  # on-resistance of the 0.5 µm n transistor above the delay's ECRAM, dc sweep


@dataclass(frozen=True, kw_only=True)
class DelayedResetDesign(NeuronDesign):
    """A design whose spike a pull-up completes and a delayed reset ends, which holds for the refractory time.

    Attributes:
        delay_F: capacitor of the delay node.
        delay_s, refractory_s: the times aimed at.
        reset_width, pull_up_width: of the reset transistor, and of the pull-up's two, m.
    """

    delay_F: float = 10e-15
    delay_s: float = 10e-9
    refractory_s: float = 15e-9
    reset_width: float = 1e-6
    pull_up_width: float = 2e-6

    ended_by: ClassVar = "xneuron.reset"
    resets_to_ground: ClassVar = True

    @property
    def delay_capacitance(self) -> float:
        """Capacitor on the delay node, F."""
        return self.delay_F

    @property
    def capacitance_F(self) -> float:
        return self.membrane_F + self.delay_capacitance

    def bias_current(self, seconds: float, v_dd: float) -> float:
        """Current (A) that moves the delay node (with 1 fF of gates) by half the supply in that time."""
        return (self.delay_capacitance + 1e-15) * v_dd / 2 / seconds

    def reset_energy(self, v_dd: float) -> dict[str, float]:
        """Energy (J) of delay and reset per output spike by hand; docs/physics/ecram_lif.md."""
        edge = 4 * THERMAL_SLOPE / v_dd * (self.delay_s + self.refractory_s)  # time near the middle, both edges
        return {
            "short circuit, reset inverter": v_dd * 9e-6 * edge,  # current in the middle: dc sweep at 1.0 V
            "C V² of delay node and logic": (self.delay_capacitance + 11e-15) * v_dd**2,
        }


@dataclass(frozen=True, kw_only=True)
class LifDesign(DelayedResetDesign):
    """Sizes and settings, SI. All assumed.

    Attributes:
        membrane_F: MIM capacitor, from C·V² = 2 pJ at 1.0 V.
        delay_F: with the ECRAM in the path, the capacitor is set by its resistance instead.
        leak_A: saturation current of the leak transistor.
        delay_path: ``"bias"`` (a current sets the delay) or ``"ecram"`` (a second ECRAM's resistance does).
        synapse, delay_device: the two ECRAMs; gate pulses are negative at the first, positive at the second.
    """

    delay_path: str = "bias"
    delay_device: Device = field(default_factory=ecram.declare)

    circuit: ClassVar = "delay_feedback_lif"
    summary: ClassVar = "LIF neuron with an ECRAM synapse; its delayed output makes, ends and resets the spike"
    pins: ClassVar = ("input", "output", "membrane", "leak", "delay", "refractory", "vdd", "vss")
    meters: ClassVar = {
        **SYNAPSE_METERS,
        "membrane pull-up": "vpullup",
        "threshold stage": "vthreshold",
        "output buffer": "voutput",
        "delay and reset": "vdelay",
    }
    static: ClassVar = ("threshold stage",)
    swings: ClassVar = "membrane"
    incomplete: ClassVar = (
        "delay shorter than the loop can hold: the membrane does not complete its swing",
        "longer delay_s or refractory_s",
    )

    @property
    def name(self) -> str:
        return "delay_feedback_lif" if self.delay_path == "bias" else "delay_feedback_lif_ecram"

    @property
    def devices(self) -> dict[str, tuple[str, Device]]:
        delay = {"delay": ("xdelay.xecram", self.delay_device)} if self.delay_path == "ecram" else {}
        return {**super().devices, **delay}

    @property
    def ecrams(self) -> tuple[str, ...]:
        return (*super().ecrams, "delay_device") if self.delay_path == "ecram" else super().ecrams

    @property
    def gate_suppliers(self) -> dict[str, str]:
        return {**super().gate_suppliers, "output buffer": "delay"}

    def build(self) -> SubCircuit:
        return DelayFeedbackLif(self)

    def add_bias(self, circuit: Netlist, v_dd: float) -> None:
        """Bias lines leak, delay and refractory: diode-connected copies that carry the design's currents."""
        add_leak_bias(circuit, self.leak_A)
        delay = self.bias_current(self.delay_s, v_dd) if self.delay_path == "bias" else 1e-9
        add_delay_bias(circuit, delay, self.bias_current(self.refractory_s, v_dd), v_dd, self.refractory_width)

    def estimate(self, v_dd: float, interval_s: float, input_spikes: float) -> dict[str, float]:
        """See `NeuronDesign.estimate`; docs/physics/ecram_lif.md for the numbers in it."""
        slope_V, ramp_A = THERMAL_SLOPE, 0.15e-6  # dc sweep of the inverter at 1.0 V
        gate = gate_energy(self.synapse, v_dd)
        return {
            "C V² of the membrane": self.membrane_F * v_dd**2,
            "short circuit, threshold stage": v_dd * ramp_A * slope_V * interval_s / (0.475 * v_dd),
            **self.reset_energy(v_dd),
            "gates": input_spikes * gate + (self.delay_path == "ecram") * gate * self.delay_s / 9.5e-9,
        }

    def with_devices(self, **values: float) -> Self:
        if not values:
            return self
        return replace(super().with_devices(**values), delay_device=self.delay_device.with_parameters(**values))

    def record(self) -> dict[str, float | str]:
        return {**super().record(), "delay_path": self.delay_path}

    @property
    def delay_capacitance(self) -> float:
        """Capacitor on the delay node, F; ln 2 · R · C is the delay where R, not a current, discharges it."""
        if self.delay_path == "bias":
            return self.delay_F
        return self.delay_s / (0.6931 * (ecram.base_resistance(self.delay_device) + DELAY_SWITCH_OHM))

    @property
    def refractory_width(self) -> float:
        """Width (m) of the transistors that end the reset; they carry some 5 µA per µm at the default."""
        return SMALL if self.delay_path == "bias" else 2e-6

    def check(self, v_dd: float, drive: float | None = 1.0) -> None:
        """Raise InputError for a delay that the loop cannot hold, or an impossible size."""
        if self.delay_path not in DELAY_PATHS:
            raise InputError("unknown delay path", found=self.delay_path, allowed=", ".join(DELAY_PATHS))
        self.require_positive("delay_F", "delay_s", "refractory_s", "reset_width", "pull_up_width")
        if drive is None:
            return
        swing = self.membrane_F * v_dd / 2 / (drive * MIN_PULL_UP * self.pull_up_width * 1e6)
        for name in ("delay_s", "refractory_s"):
            if getattr(self, name) < swing:
                message = "delay shorter than the loop can hold: the membrane does not complete its swing within it"
                allowed = f"{swing:.3g} s or more at {self.membrane_F:g} F"
                raise InputError(message, where=name, found=getattr(self, name), allowed=allowed)


class ThresholdStage(Cell):
    """Nodes: input, output, vdd, vss. An inverter of stacked long devices: its short-circuit current stays small
    while the membrane lingers below the threshold."""

    def __init__(self) -> None:
        super().__init__("threshold_stage", "input", "output", "vdd", "vss", width_cpp=5.0)
        self.M("n0", "output", "input", "n", "vss", model=NMOS, w=SMALL, l=LONG)
        self.M("n1", "n", "input", "vss", "vss", model=NMOS, w=SMALL, l=LONG)
        nodes = ("output", "p0", "p1", "p2", "vdd")
        for i in range(4):
            self.M(f"p{i}", nodes[i], "input", nodes[i + 1], "vdd", model=PMOS, w=SMALL, l=LONG)


class DelayStage(Cell):
    """Nodes: input, output, delay, refractory, vdd, vss. A starved inverter: `delay` limits its fall, `refractory`
    its rise; an ECRAM (`device`) takes the place of the lower starving transistor in the second mode. `width` (m) is
    that of the transistors that make it rise."""

    def __init__(self, capacitance_F: float, width: float = SMALL, device: Device | None = None) -> None:
        name = "delay_stage" if device is None else "delay_stage_ecram"
        nodes = ("input", "output", "delay", "refractory", "vdd", "vss")
        super().__init__(name, *nodes, width_cpp=columns(width, width))
        if device is None:
            self.M("n", "output", "input", "tail", "vss", model=NMOS, w=SMALL, l=LONG)
            self.M("tail", "tail", "delay", "vss", "vss", model=NMOS, w=SMALL, l=LONG)
        else:
            self.M("n", "output", "input", "tail", "vss", model=NMOS, w=500e-9, l=28e-9)
            add_device(self, "ecram", ("tail", "vss", "input"), ecram.declare(), device, ecram.MODE)
        self.M("p", "output", "input", "head", "vdd", model=PMOS, w=width, l=LONG)
        self.M("head", "head", "refractory", "vdd", "vdd", model=PMOS, w=width, l=LONG)
        self.C("delay", "output", "vss", capacitance_F)


class DelayFeedbackLif(EcramNeuron):
    """The neuron. Nodes as `LifDesign.pins`; ``reset`` and ``spike_bar`` are internal, the ECRAM is ``Xsynapse``."""

    def __init__(self, design: LifDesign) -> None:
        device = design.delay_device if design.delay_path == "ecram" else None
        delay = DelayStage(design.delay_capacitance, design.refractory_width, device)
        super().__init__(
            design,
            Inverter(300e-9, 600e-9, "reset_inverter"),
            ThresholdStage(),
            delay,
            Switch("pull_up_switch", PMOS, design.pull_up_width),
            Switch("reset_switch", NMOS, design.reset_width),
        )
        self.X("threshold", "threshold_stage", "membrane", "spike_bar", "vdd_threshold", "vss")
        self.X("output", "inverter", "spike_bar", "output", "vdd_output", "vss")
        add_delayed_reset(self, delay)


def add_delayed_reset(neuron: SubCircuit, delay: DelayStage) -> None:
    """Pull-up and reset of the membrane. The reset opens the upper switch first, so that the two do not fight."""
    neuron.X("hold", "pull_up_switch", "vdd_pullup", "pull_up", "reset", "vdd")
    neuron.X("pull", "pull_up_switch", "pull_up", "membrane", "spike_bar", "vdd")
    neuron.X("delay", delay.name, "output", "delayed_bar", "delay", "refractory", "vdd_delay", "vss")
    neuron.X("reset", "reset_inverter", "delayed_bar", "reset", "vdd_delay", "vss")
    neuron.X("discharge", "reset_switch", "vss", "membrane", "reset", "vss")


def add_delay_bias(circuit: Netlist, delay_A: float, refractory_A: float, v_dd: float, width: float = SMALL) -> None:
    """The lines ``delay`` and ``refractory`` of a `DelayStage`, whose rising transistors are `width` (m) wide."""
    circuit.M("bias_delay", "delay", "delay", 0, 0, model=NMOS, w=SMALL, l=LONG)
    circuit.I("delay", 0, "delay", delay_A)
    circuit.V("bias", "vdd_bias", 0, v_dd)
    circuit.M("bias_refractory", "refractory", "refractory", "vdd_bias", "vdd_bias", model=PMOS, w=width, l=LONG)
    circuit.I("refractory", "refractory", 0, refractory_A)
