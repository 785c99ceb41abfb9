"""Parameter sets of the two thermal junctions: Liu et al., "Emergent human-like working memory from artificial neurons
with intrinsic plasticity".

Values marked `fitted` come from `python -m ipcircuit.devices.thermal_mtj.fit`, which prints them beside the published
figures they were fitted to; a test re-runs that fit.
"""

from __future__ import annotations

from dataclasses import replace

from ipcircuit.declaration.variation import Variation
from ipcircuit.parameters import Parameter

_METHODS = "Liu et al., Methods, experimental energy estimation"
_FIT = "python -m ipcircuit.devices.thermal_mtj.fit"

#: Between junctions of one wafer. The source gives none.
RESISTANCE_SPREAD = Variation(
    "resistance-area product",
    ("r_parallel", "r_antiparallel"),
    0.05,
    "assumed: a few percent each from the barrier's thickness (exponential in it) and the pillar's area",
    "assumed",
)
SPREADS = (
    RESISTANCE_SPREAD,
    Variation(
        "tunnel magnetoresistance",
        ("r_antiparallel",),
        0.02,
        "assumed: less than the resistance, whose area cancels in it",
        "assumed",
    ),
    Variation(
        "switching voltage",
        ("x0_set", "x0_reset"),
        0.02,
        "assumed: that of set and reset moves with the anisotropy; 17 mV, less than the sigmoid's width of 21 mV",
        "assumed",
    ),
)


_p = Parameter  # name, value, unit, description, source, basis, minimum, maximum


THERMAL_200NM: tuple[Parameter, ...] = (
    _p("r_parallel", 230.0, "ohm", "P-state resistance", _METHODS, "measured", 1.0, 1e7),
    _p(
        "r_antiparallel",
        410.0,
        "ohm",
        "AP-state resistance at low bias",
        _METHODS + "; the bias is not stated, taken as low",
        "measured",
        1.0,
        1e7,
    ),
    _p(
        "v_half",
        0.5,
        "V",
        "bias at which TMR has halved",
        "assumed: typical of CoFeB/MgO junctions; 0.4-0.6 V keeps Fig. S1 within 5 %",
        "assumed",
        0.1,
        10.0,
    ),
    _p(
        "k_set",
        48.0548,
        "1/V",
        "slope of the firing sigmoid",
        f"{_FIT}: 9.5 to 27.4 % (text, Fig. 2f)",
        "fitted",
        1.0,
        1e3,
    ),
    _p(
        "x0_set",
        0.84204,
        "V",
        "midpoint of the firing sigmoid at ambient temperature",
        f"{_FIT}: P_sw = 19.72 % at 0.80 V (Methods)",
        "fitted",
        0.0,
        5.0,
    ),
    _p(
        "t_set",
        150e-9,
        "s",
        "plateau for which k_set and x0_set hold",
        "Liu et al., Methods, device characterization",
        "published",
        1e-12,
        1.0,
    ),
    _p("k_reset", 44.0, "1/V", "slope of the reset sigmoid", "assumed equal to k_set's order", "assumed", 1.0, 1e3),
    _p(
        "x0_reset",
        0.5,
        "V",
        "midpoint of the reset sigmoid",
        "assumed: -0.8 V for 20 ns must reset surely (error 2e-6 here)",
        "assumed",
        0.0,
        5.0,
    ),
    _p(
        "t_reset",
        20e-9,
        "s",
        "pulse for which k_reset and x0_reset hold",
        "Liu et al., Methods, device characterization",
        "published",
        1e-12,
        1.0,
    ),
    _p(
        "midpoint_shift",
        1.9669e-3,
        "V/K",
        "fall of the midpoint per kelvin",
        f"{_FIT}: Fig. S1; only midpoint_shift · r_thermal is identified",
        "fitted",
        0.0,
        0.1,
    ),
    _p(
        "r_thermal",
        1e4,
        "K/W",
        "thermal resistance, both poles together",
        "assumed: 30 K at 3 mW; only its product with midpoint_shift matters to firing",
        "assumed",
        1.0,
        1e8,
    ),
    _p(
        "slow_share",
        0.32187,
        "",
        "share of the slow pole in r_thermal",
        f"{_FIT}: break at 500 ns (Fig. S2)",
        "fitted",
        0.0,
        1.0,
    ),
    _p(
        "tau_fast",
        213.791e-9,
        "s",
        "time constant of the fast pole",
        f"{_FIT}: 27.4 to 16.3 % in 200 ns (text, Fig. 2g)",
        "fitted",
        1e-12,
        1.0,
    ),
    _p(
        "tau_slow",
        1500e-9,
        "s",
        "time constant of the slow pole",
        "assumed: Fig. S2 shows a second segment from 500 ns to 5 µs, its slope is not stated",
        "assumed",
        1e-12,
        1.0,
    ),
    _p(
        "r_series",
        0.0,
        "ohm",
        "resistance of the divider that feeds the device (mean-field mode)",
        "set by the circuit",
        "derived",
        0.0,
        1e8,
    ),
    _p("initial_ap", 0.0, "", "AP state (or its probability) at t = 0", "set by the testbench", "derived", 0.0, 1.0),
)


def _reference_100nm() -> tuple[Parameter, ...]:
    """The heat-insensitive junction: the published ratio of energies gives its resistance, equal RA would give 4x."""
    ratio = 450.0 / 82.0
    energy_ratio = f"{_METHODS}: 450 pJ / 82 pJ at equal protocol, R_200nm x {ratio:.3f}; equal RA would give x 4"
    changes = {
        "r_parallel": (230.0 * ratio, energy_ratio, "derived"),
        "r_antiparallel": (410.0 * ratio, energy_ratio, "derived"),
        "k_set": (48.964, f"{_FIT}: the effective slope of the 200 nm device (Methods: same baseline)", "fitted"),
        "x0_set": (0.82871, f"{_FIT}: the effective midpoint of the 200 nm device (Methods: same baseline)", "fitted"),
        "midpoint_shift": (0.0, "Liu et al., Fig. S9 and Eqs. 13-15: insensitive to heat", "published"),
    }
    return tuple(
        replace(p, value=changes[p.name][0], source=changes[p.name][1], basis=changes[p.name][2])  # type: ignore[arg-type]
        if p.name in changes
        else p
        for p in THERMAL_200NM
    )


REFERENCE_100NM: tuple[Parameter, ...] = _reference_100nm()
