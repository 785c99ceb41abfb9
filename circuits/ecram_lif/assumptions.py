"""What the delay-feedback LIF neuron's numbers rest on besides its devices: sizes, settings and densities, with unit
and reason. Values are read from where the circuit takes them."""

from __future__ import annotations

from circuits.conditions import Conditions
from circuits.ecram_lif.delay_feedback import LifDesign
from circuits.ecram_lif.testbench import ECRAM_AREA, MIM_DENSITY
from ipcircuit.parameters import Parameter

#: Name to unit, description and reason; of `LifDesign` and `Conditions`.
REASONS: dict[str, tuple[str, str, str]] = {
    "membrane_F": ("F", "membrane capacitor", "C·V² is the published 2 pJ at 1.0 V"),
    "delay_F": ("F", "capacitor of the delay node", "ten times the gates that it drives, so that wire matters little"),
    "delay_s": ("s", "delay aimed at: the spike's width", "twice the 5 ns in which the pull-up fills 2 pF"),
    "refractory_s": ("s", "refractory time aimed at, after the spike", "of the order of the delay"),
    "leak_A": ("A", "saturation current of the leak", "empties the membrane in 0.1 ms, the device's slow constant"),
    "reset_width": ("m", "width of the reset transistor", "1 pC in 1.4 ns, short beside the delay"),
    "pull_up_width": ("m", "width of the pull-up's two transistors", "1 pC in 4 ns, which the delay must cover"),
    "v_dd": ("V", "supply", "with the membrane, the published 2 pJ; nominal of the low-power card"),
    "output_load_F": ("F", "load on the output", "one gate and some 5 µm of wire"),
}


def assumed_parameters() -> tuple[Parameter, ...]:
    """Every chosen value of the neuron at its default, with its reason."""
    values = {**vars(LifDesign()), **vars(Conditions())}
    chosen = [
        Parameter(name, values[name], unit, text, f"assumed: {why}", "assumed", 0.0)
        for name, (unit, text, why) in REASONS.items()
    ]
    densities = (
        Parameter(
            "mim_density",
            MIM_DENSITY,
            "F/m²",
            "capacitance per area",
            "assumed: a common single MIM layer; high-density stacks reach ten times that",
            "assumed",
            0.0,
        ),
        Parameter(
            "ecram_area",
            ECRAM_AREA,
            "m²",
            "area of an ECRAM",
            "assumed: one µm² of gate stack, to which g_ion's 10 fJ per pulse belongs",
            "assumed",
            0.0,
        ),
    )
    return (*chosen, *densities)
