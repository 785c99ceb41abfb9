"""Junction that replaces the divider's resistor (Liu et al., Methods: "the voltage-dividing resistors were
replaced by MTJ devices of equivalent resistance").

It must not switch although it sees more voltage than the active junction (1.07 V at the 0.80 V operating point), so it
is declared as held in P, whose resistance does not depend on bias in this model.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from ipcircuit.declaration.ambient import Law
from ipcircuit.declaration.device import Branch, Definition, Device, Mode, symbol, voltage
from ipcircuit.devices.temperature import COLDEST_K, HOTTEST_K, STRATTON_SOURCE, resistance_factor
from ipcircuit.devices.thermal_mtj.liu2025 import RESISTANCE_SPREAD
from ipcircuit.parameters import Parameter


@cache
def declare() -> Device:
    """The declaration; the default resistance is the geometric mean of the 200 nm device."""
    v = voltage("p", "n")
    current = symbol("current")
    mode = Mode(
        "fixed",
        "held in the P state",
        ("p", "n"),
        (
            Definition("current", v / symbol("resistance"), "A", "device current", inline=True),
            Definition("heat", v * current, "W", "Joule heat", inline=True),
        ),
        (),
        (Branch("p", "n", current),),
    )
    resistance = Parameter(
        "resistance",
        (230.0 * 410.0) ** 0.5,
        "ohm",
        "resistance of the fixed P state",
        "derived: geometric mean of R_P and R_AP centres the comparator window",
        "derived",
        1.0,
        1e8,
    )
    return Device(
        name="mtj_reference",
        summary="MTJ held in the P state, the reference of a resistive divider",
        reference='Liu et al., "Emergent human-like working memory …", Methods, circuit design',
        leaves_out="switching (its free layer must be held: assumed), bias dependence, heating",
        voltage_limit=1.6,
        parameters=(resistance,),
        modes={"fixed": mode},
        variations=(replace(RESISTANCE_SPREAD, parameters=("resistance",)),),
        ambient=(
            Law(
                "resistance",
                symbol("resistance") * resistance_factor(),
                STRATTON_SOURCE,
                "assumed",
                COLDEST_K,
                HOTTEST_K,
            ),
        ),
    )
