"""A user's own circuit: one testbench for all, see docs/howto/your_own_neuron.md."""

from circuits.own.curves import Curve
from circuits.own.operation import Period, SpikeInterval
from circuits.own.stimulus import Current, Piecewise, Pulses, Spikes
from circuits.own.testbench import CircuitTestbench

__all__ = ["CircuitTestbench", "Current", "Curve", "Period", "Piecewise", "Pulses", "SpikeInterval", "Spikes"]
