"""Events of a neuron that energy is spent for."""

from __future__ import annotations

from enum import StrEnum


class Event(StrEnum):
    """Event that a component of a circuit is paid for.

    A cost record has energies per operation. Networks count inputs, steps and spikes in other proportions than the
    simulated operation had, so a testbench states for which of them each component spends its energy.
    """

    OPERATION = "operation"  # the simulated operation as a whole: nothing smaller is known
    INPUT = "input"  # a spike or pulse at the input
    DRIVE = "drive"  # an input in proportion to its strength, in a unit that the circuit states
    STEP = "step"  # a time step of a clocked circuit, with or without input
    SPIKE = "spike"  # an output spike
    TIME = "time"  # a static current, as long as the circuit works
