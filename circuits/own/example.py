"""My neuron; ipcircuit characterize, check, montecarlo, corners and netlist take this file, my_neuron.py."""

from PySpice.Spice.Netlist import SubCircuit

from circuits.cells.static import LENGTH, LONG, NMOS, PMOS
from circuits.own import CircuitTestbench, Current, Curve, SpikeInterval


class Neuron(SubCircuit):
    """Axon-hillock neuron: two inverters, a capacitor that feeds the spike back, a reset of limited current."""

    def __init__(self, membrane_F: float = 60e-15, feedback_F: float = 40e-15) -> None:
        super().__init__("my_neuron", "membrane", "output", "bias", "vdd", "vss")
        self.C("membrane", "membrane", "vss", membrane_F)
        self.C("feedback", "output", "membrane", feedback_F)
        self.M("n1", "bar", "membrane", "vss", "vss", model=NMOS, w=100e-9, l=LONG)
        self.M("p1", "bar", "membrane", "vdd", "vdd", model=PMOS, w=100e-9, l=LONG)
        self.M("n2", "output", "bar", "vss", "vss", model=NMOS, w=100e-9, l=LENGTH)
        self.M("p2", "output", "bar", "vdd", "vdd", model=PMOS, w=200e-9, l=LENGTH)
        self.M("reset", "membrane", "output", "lower", "vss", model=NMOS, w=200e-9, l=LONG)
        self.M("limit", "lower", "bias", "vss", "vss", model=NMOS, w=200e-9, l=LONG)


def rest_s(bench: CircuitTestbench) -> float:
    """By hand: the current brings back the charge that the falling output took, C_fb V_DD / I."""
    return bench.size("feedback_F") * bench.conditions.v_dd / bench.number("membrane_level_A")


CIRCUIT = CircuitTestbench(
    Neuron,
    supplies={"vdd": 0.8},  # V; their energy counts
    inputs={"membrane": Current(50e-9)},  # A; also Pulses, Spikes, Piecewise
    operation=SpikeInterval(4e-6),  # from spike to spike, in a run of 4 µs; or Period(seconds)
    biases={"bias": 0.5, "vss": 0.0},  # V; shared by many neurons, energy not counted
    initial_V={"membrane": 0.0},
    curves=(Curve("time between spikes", "membrane_level_A", (25e-9, 50e-9), "rest_s", rest_s, tolerance=0.1),),
)
