"""Parameter sets of the two thermal junctions: Liu et al., "Emergent human-like working memory from artificial neurons
with intrinsic plasticity".

The set of the 200 nm junction is the output of ``ipcircuit fit mtj_thermal measured/liu2025.toml``, from the figures
that the paper states; a test re-runs that fit.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ipcircuit.parameters import Parameter, Variation, read_parameters

_METHODS = "Liu et al., Methods, experimental energy estimation"
_SIGMOID = "thermal_mtj.measure.sigmoid_fit"

#: Between junctions of one wafer. The source gives none.
RESISTANCE_SPREAD = Variation(
    "resistance-area product",
    ("r_parallel", "r_antiparallel"),
    0.05,
    "assumed: a few percent each from the barrier's thickness (exponential in it) and the pillar's area",
    "assumed",
    short="resistance",
)
SPREADS = (
    RESISTANCE_SPREAD,
    Variation(
        "tunnel magnetoresistance",
        ("r_antiparallel",),
        0.02,
        "assumed: less than the resistance, whose area cancels in it",
        "assumed",
        short="tmr",
    ),
    Variation(
        "switching voltage",
        ("x0_set", "x0_reset"),
        0.02,
        "assumed: that of set and reset moves with the anisotropy; 17 mV, less than the sigmoid's width of 21 mV",
        "assumed",
        short="switching",
    ),
)

THERMAL_200NM = read_parameters(Path(__file__).with_suffix(".toml"))


def _reference_100nm() -> tuple[Parameter, ...]:
    """The heat-insensitive junction: the published ratio of energies gives its resistance, equal RA would give 4x."""
    ratio = 450.0 / 82.0
    shift = next(p.value for p in THERMAL_200NM if p.name == "midpoint_shift")
    energy_ratio = f"{_METHODS}: 450 pJ / 82 pJ at equal protocol, R_200nm x {ratio:.3f}; equal RA would give x 4"
    changes = {
        "r_parallel": (230.0 * ratio, energy_ratio, "derived"),
        "r_antiparallel": (410.0 * ratio, energy_ratio, "derived"),
        "k_set": (48.964, f"{_SIGMOID}: the effective slope of the 200 nm device (Methods: same baseline)", "fitted"),
        "x0_set": (
            0.82871,
            f"{_SIGMOID}: the effective midpoint of the 200 nm device (Methods: same baseline)",
            "fitted",
        ),
        "midpoint_shift": (0.0, "Liu et al., Fig. S9 and Eqs. 13-15: insensitive to heat", "published"),
        "ambient_shift": (
            shift,
            "assumed: slope and midpoint, and so barrier and critical voltage, are those of the 200 nm device "
            "(Methods: same baseline); that its own heat does not show says nothing of a warm room: not measured",
            "assumed",
        ),
    }
    return tuple(
        replace(p, value=changes[p.name][0], source=changes[p.name][1], basis=changes[p.name][2])  # type: ignore[arg-type]
        if p.name in changes
        else p
        for p in THERMAL_200NM
    )


REFERENCE_100NM: tuple[Parameter, ...] = _reference_100nm()
