"""Magnetic tunnel junction whose firing midpoint follows its own Joule heat.

Liu et al., "Emergent human-like working memory from artificial neurons with intrinsic plasticity", Eqs. 1-6. Switching
P to AP (set, V > 0) and AP to P (reset, V < 0) are Poisson processes with a hazard rate

    h_set(V, T)  = softplus(k_set (V - x0 + s (T_fast + T_slow))) / t_set
    h_reset(V)   = softplus(-k_reset (V + x0_reset)) / t_reset

so that a plateau of length t_set at constant temperature gives exactly the sigmoid of Eq. 3 (with the sign corrected:
1 + e^..., the printed 1 - e^... is singular at x0). Heat V·I warms two thermal poles, Eq. 6 with the physical V²/R:

    tau_i dT_i/dt = -T_i + w_i R_th V I

The modes, and what each of them neglects: docs/physics/thermal_mtj.md.
"""

from __future__ import annotations

from functools import cache

import sympy

from ipcircuit.declaration.device import (
    Branch,
    Constraint,
    Definition,
    Device,
    Mode,
    State,
    smooth_step,
    softplus,
    symbol,
    voltage,
)
from ipcircuit.devices.thermal_mtj.ambient import LAWS
from ipcircuit.devices.thermal_mtj.liu2025 import REFERENCE_100NM, SPREADS, THERMAL_200NM

# Of the exponential variate's unit mean: narrow against the spread of the variates, wide enough to integrate.
_FLIP_WIDTH = 2e-3


def _lost_conductance(v: sympy.Expr) -> sympy.Expr:
    """1/R_P - 1/R_AP: the AP resistance falls with bias as TMR(V) = TMR(0) / (1 + (V/V_half)²)."""
    r_p, r_ap, v_half = symbol("r_parallel"), symbol("r_antiparallel"), symbol("v_half")
    return (r_ap - r_p) / r_p / (r_ap + r_p / (v_half * v_half) * v * v)


def _hazards(v_set: sympy.Expr, v_reset: sympy.Expr) -> tuple[Definition, ...]:
    shift = symbol("midpoint_shift") * (symbol("t_fast") + symbol("t_slow"))
    overdrive_set = symbol("k_set") * (v_set - symbol("x0_set") + shift)
    overdrive_reset = -symbol("k_reset") * (v_reset + symbol("x0_reset"))
    h_set, h_reset = softplus(symbol("overdrive_set")), softplus(symbol("overdrive_reset"))
    return (
        Definition("overdrive_set", overdrive_set, "", "reduced distance from the set midpoint"),
        Definition("overdrive_reset", overdrive_reset, "", "reduced distance from the reset midpoint"),
        Definition("h_set", h_set / symbol("t_set"), "1/s", "hazard of P to AP", 1e9),
        Definition("h_reset", h_reset / symbol("t_reset"), "1/s", "hazard of AP to P", 1e9),
    )


def _thermal_states() -> tuple[State, State]:
    heat, r_th, slow = symbol("heat"), symbol("r_thermal"), symbol("slow_share")
    fast_rate = (-symbol("t_fast") + (1 - slow) * r_th * heat) / symbol("tau_fast")
    slow_rate = (-symbol("t_slow") + slow * r_th * heat) / symbol("tau_slow")
    zero = sympy.Integer(0)
    return (
        State("t_fast", fast_rate, "K", "temperature rise of the fast pole", zero, 10.0),
        State("t_slow", slow_rate, "K", "temperature rise of the slow pole", zero, 10.0),
    )


def _mean_field() -> Mode:
    v, ap, r_p, r_s = voltage("p", "n"), symbol("ap"), symbol("r_parallel"), symbol("r_series")
    v_p, v_ap, i_p, i_ap = symbol("v_p"), symbol("v_ap"), symbol("i_p"), symbol("i_ap")
    # Each state has its own current through the series resistance; the branch's voltage is the mean of both:
    # v_ap = v + (1 - ap) r_s (i_p - i_ap), where (r_p + r_s) (i_p - i_ap) = v_ap - r_p i_ap.
    share = (1 - ap) * r_s * r_p / (r_p + r_s)
    across = v + symbol("share") * v_ap * _lost_conductance(v_ap)
    start = v + symbol("share") * v * _lost_conductance(v)
    definitions = (
        Definition("share", share, "ohm", "of the series resistance in the difference of both states", inline=True),
        Definition("v_ap", across, "V", "voltage across the device while AP", start=start),
        Definition("i_ap", v_ap * (1 / r_p - _lost_conductance(v_ap)), "A", "current while AP", 1e-3),
        Definition("i_p", (v_ap + r_s * i_ap) / (r_p + r_s), "A", "current while P", 1e-3),
        Definition("v_p", r_p * i_p, "V", "voltage across the device while P", inline=True),
        Definition("heat", (1 - ap) * v_p * i_p + ap * v_ap * i_ap, "W", "mean Joule heat", 1e-3),
        *_hazards(v_p, v_ap),
    )
    rate = symbol("h_set") * (1 - ap) - symbol("h_reset") * ap
    state = State("ap", rate, "", "probability of the AP state", symbol("initial_ap"))
    current = Branch("p", "n", (1 - ap) * i_p + ap * i_ap)
    return Mode(
        "mean_field",
        "one deterministic transient gives switching probability and expected energy",
        ("p", "n"),
        definitions,
        (state, *_thermal_states()),
        (current,),
    )


def _sampled() -> Mode:
    v, hazard, variate = voltage("p", "n"), symbol("hazard"), voltage("variate")
    ap, r_p, current, width = symbol("ap"), symbol("r_parallel"), symbol("current"), _FLIP_WIDTH
    # `initial_ap` = 1 starts past any variate below 2: the state is AP until the first reset.
    definitions = (
        Definition("surplus", hazard - variate, "", "hazard beyond the variate"),
        Definition("ap", smooth_step(symbol("surplus"), width), "", "state: 0 is P, 1 is AP"),
        Definition("current", v * (1 / r_p - ap * _lost_conductance(v)), "A", "device current", 1e-3),
        Definition("heat", v * current, "W", "Joule heat", 1e-3),
        *_hazards(v, v),
    )
    # Accumulation stops well past the flip (where `ap` is 1 to 1e-7), so that a reset starts from there at once.
    rate = symbol("h_set") * (1 - smooth_step(symbol("surplus") - 10 * width, width)) - symbol("h_reset") * hazard
    accumulated = State("hazard", rate, "", "integrated set hazard since the last reset", 2 * symbol("initial_ap"))
    return Mode(
        "sampled",
        "one random trajectory, decided by the exponential variate on its third terminal",
        ("p", "n", "variate"),
        definitions,
        (accumulated, *_thermal_states()),
        (Branch("p", "n", current),),
    )


def _static() -> Mode:
    v, state = voltage("p", "n"), voltage("state")
    current = v * (1 / symbol("r_parallel") - state * _lost_conductance(v))
    return Mode(
        "static",
        "held in the state that its third terminal says, 0 V for P and 1 V for AP: for dc sweeps over states",
        ("p", "n", "state"),
        (),
        (),
        (Branch("p", "n", current),),
    )


@cache
def declare() -> Device:
    """The declaration, with the parameters of the heat-sensitive 200 nm device."""
    return Device(
        name="mtj_thermal",
        summary="MTJ with hazard-based set/reset and Joule-heat midpoint shift (two thermal poles)",
        reference='Liu et al., "Emergent human-like working memory from artificial neurons with intrinsic plasticity", '
        "Eqs. 1-6",
        leaves_out="precession and incubation within the first nanoseconds, back-hopping, change of resistance and "
        "slope with its own heat, heat exchange with neighbours, breakdown; in sampled mode, reset errors",
        voltage_limit=1.3,
        parameters=THERMAL_200NM,
        constraints=(
            Constraint(
                symbol("r_antiparallel") > symbol("r_parallel"), "R_AP must be larger than R_P (a positive TMR)"
            ),
            Constraint(symbol("tau_slow") > symbol("tau_fast"), "the slow pole must be slower than the fast one"),
        ),
        modes={mode.name: mode for mode in (_mean_field(), _sampled(), _static())},
        variations=SPREADS,
        parameter_sets={"liu2025": THERMAL_200NM, "liu2025_100nm": REFERENCE_100NM},
        observables="ipcircuit.devices.thermal_mtj.observables:OBSERVABLES",
        ambient=LAWS,
    )
