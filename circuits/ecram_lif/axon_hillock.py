"""Axon-hillock neuron with an ECRAM synapse: capacitive positive feedback makes the spike (Mead, "Analog VLSI and
Neural Systems", Addison-Wesley 1989, chapter 12).

Input spikes charge the membrane through the synapse of `circuits.ecram_lif.neuron`. Two inverters watch it; once the
second one rises, a capacitor from output to membrane lifts the membrane further, which latches the spike. The output
also opens the reset path: a transistor that carries a bias current, behind one that the output gates. It pulls the
membrane down until the inverters tip back, and the falling output takes with it what its rise had added.

Sizes and energies by hand: docs/physics/ecram_lif.md. All sizes are chosen here; capacitors add up to the 2 pF of the
other topologies, so that areas compare.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from PySpice.Spice.Netlist import Netlist, SubCircuit

from circuits.cells.static import LONG, NMOS, Inverter, Switch
from circuits.ecram_lif.delay_feedback import ThresholdStage
from circuits.ecram_lif.neuron import (
    SYNAPSE_METERS,
    THERMAL_SLOPE,
    AnalyticDesign,
    EcramNeuron,
    add_leak_bias,
    gate_energy,
)
from ipcircuit.devices.ecram.device import base_resistance
from ipcircuit.errors import InputError

GAIN = 400.0  # of both inverters at the threshold, dc sweep: 404 (ff, 125 °C) to 489 (ss, -40 °C)
THRESHOLD = 0.475  # of the supply
STAGE_A = 0.16e-6  # A, short-circuit current of the first inverter at its threshold, dc sweep at 1.0 V
OUTPUT_A = 15e-6  # A, the same of the second inverter
FALL_A = 0.22e3  # A per m of width: n transistor, 0.7 V at the gate, 0.5 V at the drain, dc sweep
OUTPUT_GATE_F = 1.7e-15  # F, on the node between both: 1.5 µm of gates at 1 fF/µm, and drains
MIRROR = 10  # the reset transistor is this many times as wide as its bias copy


@dataclass(frozen=True, kw_only=True)
class AxonHillockDesign(AnalyticDesign):
    """Sizes and settings, SI; all assumed.

    Attributes:
        feedback_F: capacitor from output to membrane.
        width_s: spike width by design, without reaction and fall of the inverters; it sets the reset current.
        output_width: of the second inverter's n transistor, m; the p transistor is twice as wide.
        reset_width: of both reset transistors, m.
    """

    membrane_F: float = 1.2e-12
    feedback_F: float = 0.8e-12
    width_s: float = 10e-9
    output_width: float = 0.5e-6
    reset_width: float = 1e-6

    circuit: ClassVar = "axon_hillock_lif"
    summary: ClassVar = "axon-hillock neuron with an ECRAM synapse: a capacitor from output to membrane"
    pins: ClassVar = ("input", "output", "membrane", "leak", "reset_bias", "vdd", "vss")
    meters: ClassVar = {**SYNAPSE_METERS, "first inverter": "vthreshold", "second inverter": "voutput"}
    static: ClassVar = ("first inverter",)
    ended_by: ClassVar = "output"
    swings: ClassVar = "output"
    resets_to_ground: ClassVar = False
    incomplete: ClassVar = (
        "feedback too small to latch: the output does not complete its swing",
        "a larger feedback_F or width_s",
    )

    @property
    def capacitance_F(self) -> float:
        return self.membrane_F + self.feedback_F

    def jump(self, v_dd: float) -> float:
        """Step (V) of the membrane when the output rises or falls by the supply."""
        return v_dd * self.feedback_F / self.capacitance_F

    def reset_current(self, v_dd: float) -> float:
        """Current (A) that takes the jump off the membrane in `width_s`."""
        return self.feedback_F * v_dd / self.width_s

    def reaction(self, v_dd: float) -> float:
        """Time (s) from the falling membrane's pass of the threshold to the output's fall."""
        fold = THERMAL_SLOPE * self.capacitance_F / self.reset_current(v_dd)
        return fold * math.log1p(OUTPUT_GATE_F * v_dd / 2 / (STAGE_A * fold))

    def fall(self, v_dd: float) -> float:
        """Time (s) in which the output falls by half the supply."""
        series = self.membrane_F * self.feedback_F / self.capacitance_F
        return series * v_dd / 2 / (FALL_A * self.output_width)

    def swing_charge(self, v_dd: float) -> float:
        """Charge (C) that the membrane needs from the end of a spike to the next one."""
        late = self.reaction(v_dd) + self.fall(v_dd) / 2
        return self.feedback_F * v_dd + self.reset_current(v_dd) * late

    def interval(self, current_A: float, v_dd: float) -> float:
        """Inter-spike interval (s) by hand under a current into the membrane (A), above the leak."""
        width = self.feedback_F * v_dd / (self.reset_current(v_dd) - current_A)
        return self.swing_charge(v_dd) / (current_A - self.leak_A) + width + self.reaction(v_dd) + self.fall(v_dd)

    def check(self, v_dd: float, drive: float | None = 1.0) -> None:
        self.require_positive("feedback_F", "width_s", "output_width", "reset_width")
        share = self.feedback_F / self.capacitance_F
        if share * GAIN <= 1:
            message = "feedback too small to latch: the loop gain does not exceed 1"
            allowed = f"above {self.membrane_F / (GAIN - 1):.3g} F at {self.membrane_F:g} F"
            raise InputError(message, where="feedback_F", found=self.feedback_F, allowed=allowed)
        if share > 0.5:
            message = "feedback too large: the membrane would leave the supply's range"
            allowed = f"at most membrane_F, {self.membrane_F:g} F"
            raise InputError(message, where="feedback_F", found=self.feedback_F, allowed=allowed)
        most = v_dd / 2 / base_resistance(self.synapse)
        if self.reset_current(v_dd) <= most:
            message = "the reset is weaker than the synapse: a spike would not end"
            allowed = f"below {self.feedback_F * v_dd / most:.3g} s at {self.feedback_F:g} F"
            raise InputError(message, where="width_s", found=self.width_s, allowed=allowed)

    def build(self) -> SubCircuit:
        return AxonHillock(self)

    def add_bias(self, circuit: Netlist, v_dd: float) -> None:
        add_leak_bias(circuit, self.leak_A)
        width = self.reset_width / MIRROR
        circuit.M("bias_reset", "reset_bias", "reset_bias", 0, 0, model=NMOS, w=width, l=LONG)
        circuit.I("reset", 0, "reset_bias", self.reset_current(v_dd) / MIRROR)

    def estimate(self, v_dd: float, interval_s: float, input_spikes: float) -> dict[str, float]:
        edges = 2 * 4 * THERMAL_SLOPE / v_dd * self.reaction(v_dd)
        return {
            "C V² of the feedback, from the output": self.feedback_F * v_dd**2,
            "C V² of the membrane's return": self.swing_charge(v_dd) * v_dd,
            "short circuit, first inverter": v_dd * STAGE_A * THERMAL_SLOPE * interval_s / (THRESHOLD * v_dd),
            "short circuit, second inverter": v_dd * OUTPUT_A * edges,
            "gates": input_spikes * gate_energy(self.synapse, v_dd),
        }

    def record(self) -> dict[str, float | str]:
        return {**super().record(), "feedback_F": self.feedback_F}


class AxonHillock(EcramNeuron):
    """The neuron. Nodes as `AxonHillockDesign.pins`; ``spike_bar`` is between the two inverters."""

    def __init__(self, design: AxonHillockDesign) -> None:
        super().__init__(
            design,
            ThresholdStage(),
            Inverter(design.output_width, 2 * design.output_width, "output_inverter"),
            Switch("reset_switch", NMOS, design.reset_width),
            Switch("reset_source", NMOS, design.reset_width, LONG),
        )
        self.X("threshold", "threshold_stage", "membrane", "spike_bar", "vdd_threshold", "vss")
        self.X("output", "output_inverter", "spike_bar", "output", "vdd_output", "vss")
        self.C("feedback", "output", "membrane", design.feedback_F)
        self.X("discharge", "reset_switch", "lower", "membrane", "output", "vss")
        self.X("limit", "reset_source", "vss", "lower", "reset_bias", "vss")
