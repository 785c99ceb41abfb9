"""What the delay-feedback LIF neuron's numbers rest on besides its devices: sizes, settings and densities, with unit
and reason in ``assumptions.toml``. Values are read from where the circuit takes them."""

from __future__ import annotations

from pathlib import Path

from circuits.conditions import Conditions
from circuits.ecram_lif.delay_feedback import LifDesign
from circuits.ecram_lif.testbench import ECRAM_AREA, MIM_DENSITY
from ipcircuit.parameters import Parameter, read_parameters


def assumed_parameters() -> tuple[Parameter, ...]:
    """Every chosen value of the neuron at its default, with its reason."""
    chosen = {**vars(LifDesign()), **vars(Conditions()), "mim_density": MIM_DENSITY, "ecram_area": ECRAM_AREA}
    return read_parameters(Path(__file__).with_suffix(".toml"), **chosen)
