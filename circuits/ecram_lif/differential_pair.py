"""Leaky integrate-and-fire neuron with an ECRAM synapse whose threshold is a differential pair (after van Schaik,
"Building blocks for electronic spiking neural networks", Neural Networks 14, 617, 2001).

Input spikes charge the membrane through the synapse of `circuits.ecram_lif.neuron`. A differential pair compares it
with a threshold voltage; a second stage and two inverters make logic levels of that. The output opens a weak pull-up,
so that the membrane leaves the threshold behind it, and after the delay of a `DelayStage` the reset, which holds the
membrane at ground until the refractory time is over.

Sizes and energies by hand: docs/physics/ecram_lif.md. All sizes are chosen here. The threshold voltage costs nothing:
it drives one gate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from PySpice.Spice.Netlist import Netlist, SubCircuit

from circuits.cells.layout import Cell
from circuits.cells.static import LONG, NMOS, PMOS, SMALL, Inverter, Switch
from circuits.ecram_lif.delay_feedback import DelayedResetDesign, DelayStage, add_delay_bias, add_delayed_reset
from circuits.ecram_lif.neuron import (
    SYNAPSE_METERS,
    THERMAL_SLOPE,
    AnalyticDesign,
    EcramNeuron,
    add_leak_bias,
    gate_energy,
)
from ipcircuit.errors import InputError

TAIL_SHARE = 0.69  # of its copy's current, at the 0.09 V that the pair leaves it: dc sweep at the default
NODE_F = 0.6e-15  # F, on the outputs of pair and second stage each: 1 fF per µm of gates and drains
STEP_C = 0.14e-12  # C, one input spike into an empty membrane, as in the delay-feedback neuron
TIP_V = 0.45  # V below the supply at which the second stage's p transistor carries its sink's current, dc sweep
PULL_UP_A = 13e-6 / 100e-9  # A per m of width of the two stacked p transistors, dc sweep at 1.0 V
RESET_A = 0.7e-3 / 1e-6  # A per m of width of the reset transistor
LOWEST, HEADROOM = 0.35, 0.25  # V: the pair and its tail need as much below, the synapse's switch above the threshold


@dataclass(frozen=True, kw_only=True)
class DifferentialPairDesign(DelayedResetDesign, AnalyticDesign):
    """Sizes and settings, SI; all assumed. The pull-up is a weak one.

    Attributes:
        threshold_V: voltage that the membrane is compared with.
        tail_A: current of the differential pair, and of the second stage's sink.
    """

    threshold_V: float = 0.5
    tail_A: float = 0.2e-6
    pull_up_width: float = SMALL

    circuit: ClassVar = "differential_pair_lif"
    summary: ClassVar = "leaky integrator with an ECRAM synapse and a differential pair as its threshold"
    pins: ClassVar = ("input", "output", "membrane", "leak", "tail", "threshold", "delay", "refractory", "vdd", "vss")
    meters: ClassVar = {
        **SYNAPSE_METERS,
        "weak pull-up": "vpullup",
        "differential pair": "vpair",
        "second stage": "vsecond",
        "output buffer": "voutput",
        "delay and reset": "vdelay",
    }
    static: ClassVar = ("differential pair",)
    swings: ClassVar = "output"
    incomplete: ClassVar = (
        "the spike is not completed: output or reset do not finish their swing",
        "longer delay_s or refractory_s",
    )

    def tipping(self, slope: float) -> float:
        """Time (s) from the pass of the threshold at `slope` (V/s) to the second stage's start."""
        gm = TAIL_SHARE * self.tail_A / (4 * THERMAL_SLOPE)
        return math.sqrt(2 * NODE_F * TIP_V / (gm * slope))

    def width(self, v_dd: float) -> float:
        """Spike width (s) by hand."""
        back = NODE_F * (TIP_V / TAIL_SHARE + v_dd / 2) / self.tail_A
        return self.delay_s + self.membrane_F * self.threshold_V / (RESET_A * self.reset_width) + back

    def dead(self, v_dd: float) -> float:
        """Time (s) by hand from the output's rise to the end of the reset."""
        width = self.width(v_dd)
        return width + (width / self.delay_s - 1) * self.refractory_s

    def pull_up_charge(self) -> float:
        """Charge (C) that the weak pull-up adds within the delay."""
        return PULL_UP_A * self.pull_up_width * self.delay_s

    def interval(self, current_A: float, v_dd: float) -> float:
        """Inter-spike interval (s) by hand under a current into the membrane (A), above the leak."""
        net = current_A - self.leak_A
        ramp = self.membrane_F * self.threshold_V / net + self.tipping(net / self.membrane_F)
        return ramp + self.dead(v_dd)

    def check(self, v_dd: float, drive: float | None = 1.0) -> None:
        self.require_positive(
            "threshold_V", "tail_A", "delay_F", "delay_s", "refractory_s", "reset_width", "pull_up_width"
        )
        if not LOWEST <= self.threshold_V <= v_dd - HEADROOM:
            message = "threshold outside the differential pair's input range"
            allowed = f"{LOWEST:g} … {v_dd - HEADROOM:g} V at {v_dd:g} V"
            raise InputError(message, where="threshold_V", found=self.threshold_V, allowed=allowed)
        if drive is None:
            return
        discharge = self.membrane_F * v_dd / (drive * RESET_A * self.reset_width)
        if self.refractory_s < discharge:
            message = "reset shorter than the membrane needs to fall to ground"
            allowed = f"{discharge:.3g} s or more at {self.membrane_F:g} F"
            raise InputError(message, where="refractory_s", found=self.refractory_s, allowed=allowed)

    def build(self) -> SubCircuit:
        return DifferentialPairLif(self)

    def add_bias(self, circuit: Netlist, v_dd: float) -> None:
        add_leak_bias(circuit, self.leak_A)
        circuit.M("bias_tail", "tail", "tail", 0, 0, model=NMOS, w=SMALL, l=LONG)
        circuit.I("tail", 0, "tail", self.tail_A)
        circuit.V("threshold", "threshold", 0, self.threshold_V)
        add_delay_bias(circuit, self.bias_current(self.delay_s, v_dd), self.bias_current(self.refractory_s, v_dd), v_dd)

    def estimate(self, v_dd: float, interval_s: float, input_spikes: float) -> dict[str, float]:
        swing = self.membrane_F * self.threshold_V + self.pull_up_charge() + (STEP_C / 2 if input_spikes else 0.0)
        return {
            "C V² of the membrane's swing": swing * v_dd,
            "static, differential pair": v_dd * TAIL_SHARE * self.tail_A * interval_s,
            "second stage, within the spike": v_dd * self.tail_A * self.width(v_dd),
            **self.reset_energy(v_dd),
            "gates": input_spikes * gate_energy(self.synapse, v_dd),
        }

    def record(self) -> dict[str, float | str]:
        return {**super().record(), "threshold_V": self.threshold_V, "tail_A": self.tail_A}


class DifferentialPair(Cell):
    """Nodes: plus, minus, output, tail, vdd, vss. n pair with a p mirror and a tail; the output falls with `plus`."""

    def __init__(self) -> None:
        super().__init__("differential_pair", "plus", "minus", "output", "tail", "vdd", "vss", width_cpp=5.0)
        self.M("plus", "output", "plus", "common", "vss", model=NMOS, w=2 * SMALL, l=LONG)
        self.M("minus", "mirror", "minus", "common", "vss", model=NMOS, w=2 * SMALL, l=LONG)
        self.M("tail", "common", "tail", "vss", "vss", model=NMOS, w=SMALL, l=LONG)
        self.M("diode", "mirror", "mirror", "vdd", "vdd", model=PMOS, w=2 * SMALL, l=LONG)
        self.M("copy", "output", "mirror", "vdd", "vdd", model=PMOS, w=2 * SMALL, l=LONG)


class SecondStage(Cell):
    """Nodes: input, output, tail, vdd, vss. A p transistor above a sink that carries the tail's current."""

    def __init__(self) -> None:
        super().__init__("second_stage", "input", "output", "tail", "vdd", "vss", width_cpp=2.0)
        self.M("p", "output", "input", "vdd", "vdd", model=PMOS, w=2 * SMALL, l=LONG)
        self.M("sink", "output", "tail", "vss", "vss", model=NMOS, w=SMALL, l=LONG)


class DifferentialPairLif(EcramNeuron):
    """The neuron. Nodes as `DifferentialPairDesign.pins`; internal: compared, tipped, spike_bar, reset."""

    def __init__(self, design: DifferentialPairDesign) -> None:
        delay = DelayStage(design.delay_F)
        super().__init__(
            design,
            DifferentialPair(),
            SecondStage(),
            delay,
            Inverter(300e-9, 600e-9, "reset_inverter"),
            Switch("pull_up_switch", PMOS, design.pull_up_width),
            Switch("reset_switch", NMOS, design.reset_width),
        )
        self.X("compare", "differential_pair", "membrane", "threshold", "compared", "tail", "vdd_pair", "vss")
        self.X("second", "second_stage", "compared", "tipped", "tail", "vdd_second", "vss")
        self.X("spike", "inverter", "tipped", "spike_bar", "vdd_output", "vss")
        self.X("output", "inverter", "spike_bar", "output", "vdd_output", "vss")
        add_delayed_reset(self, delay)
