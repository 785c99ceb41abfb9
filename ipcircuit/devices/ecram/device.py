"""Electrochemical RAM whose channel resistance has a non-volatile and a volatile, non-equilibrium part (Currie
et al., "Leveraging Non-Equilibrium ECRAM Dynamics for Short-Term Plasticity in Neuromorphic Circuits").

Channel between drain d and source s, electrolyte gate g against the source:

    R        = r_high (r_low / r_high)^weight + volatile · sign · (r_fast + r_slow)
    i_gate   = g_ion · [overdrive of v(g,s) above v_gate, of either polarity]
    d r_i/dt = -r_i / tau_i + share_i · gain · (i_gate - |i_gate| (r_fast + r_slow) / r_volatile_max)

The gate's ionic charge displaces ions from equilibrium; what it has displaced relaxes through two poles, and no more
than `r_volatile_max` can be displaced. One `GATE_PULSE` from rest moves the channel by 1.5 kΩ. Energy of the gate is
the integral of `gate_power`, of the channel of `channel_power`.

A stretched exponential is a sum of more poles: `ipcircuit.devices.ecram.relaxation` shows how good two of them are.
"""

from __future__ import annotations

import itertools
import math
from functools import cache
from typing import Any

import numpy as np
import sympy

from ipcircuit.declaration.ambient import NotModelled
from ipcircuit.declaration.device import Branch, Constraint, Definition, Device, Mode, State, softplus, symbol, voltage
from ipcircuit.declaration.python import render_python
from ipcircuit.declaration.spice import node_scale
from ipcircuit.devices.ecram.currie2026 import PARAMETERS, SPREADS
from ipcircuit.errors import InputError
from ipcircuit.pulses import Pulse, waveform
from ipcircuit.spice.transient import Transient

MODE = "dynamic"


def _definitions() -> tuple[Definition, ...]:
    v_channel, v_gate = voltage("d", "s"), voltage("g", "s")
    width, threshold = symbol("gate_width"), symbol("v_gate")
    above: Any = softplus(symbol("gate_above"))
    below: Any = softplus(symbol("gate_below"))
    base = symbol("r_high") * sympy.exp(symbol("weight") * sympy.log(symbol("r_low") / symbol("r_high")))
    change = symbol("volatile") * symbol("sign") * (symbol("r_fast") + symbol("r_slow"))
    ion, channel = symbol("ion_current"), symbol("channel_current")
    displaced = (symbol("r_fast") + symbol("r_slow")) / symbol("r_volatile_max")
    # The floor only keeps a run alive that has left the window; `check_window` then names time and value.
    floored = sympy.Max(symbol("resistance"), symbol("r_low") / 10)
    return (
        Definition("gate_above", (v_gate - threshold) / width, "", "reduced overdrive of the gate, positive"),
        Definition("gate_below", (-v_gate - threshold) / width, "", "reduced overdrive of the gate, negative"),
        Definition("ion_current", symbol("g_ion") * width * (above - below), "A", "ionic current of the gate", 1e-6),
        Definition("displacing", ion - sympy.Abs(ion) * displaced, "A", "ionic current that displaces ions", 1e-6),
        Definition("resistance", base + change, "ohm", "channel resistance", 1e4),
        Definition("channel_current", v_channel / floored, "A", "channel current, drain to source", 1e-6),
        Definition("gate_power", v_gate * ion, "W", "power into the gate", 1e-6),
        Definition("channel_power", v_channel * channel, "W", "Joule heat of the channel", 1e-6),
    )


def _state(name: str, share: sympy.Expr, description: str) -> State:
    drive = symbol("volatile_gain") * symbol("displacing")
    rate = share * drive - symbol(f"r_{name}") / symbol(f"tau_{name}")
    return State(f"r_{name}", rate, "ohm", description, symbol(f"initial_{name}"), 1e3)


def _dynamic() -> Mode:
    slow = symbol("slow_share")
    return Mode(
        MODE,
        "channel, gate current and two relaxing poles; the non-volatile weight stays as set",
        ("d", "s", "g"),
        _definitions(),
        (
            _state("fast", 1 - slow, "volatile change of the fast pole"),
            _state("slow", slow, "volatile change of the slow pole"),
        ),
        (Branch("g", "s", symbol("ion_current")), Branch("d", "s", symbol("channel_current"))),
    )


@cache
def declare() -> Device:
    """The declaration, with the published parameters and the assumptions that they leave to us."""
    return Device(
        name="ecram",
        summary="ECRAM: channel resistance with a non-volatile weight and a volatile part moved by the gate's ions",
        reference='Currie et al., "Leveraging Non-Equilibrium ECRAM Dynamics for Short-Term Plasticity in '
        'Neuromorphic Circuits", arXiv 2605.11243',
        leaves_out="change of the non-volatile weight during a run, electronic leakage and double-layer capacitance of "
        "the gate, dependence of ion motion on drain voltage and temperature, nonlinearity of the channel, noise "
        "and ageing",
        voltage_limit=1.5,
        parameters=PARAMETERS,
        constraints=(
            Constraint(symbol("r_high") > symbol("r_low"), "the resistance window is empty"),
            Constraint(symbol("tau_slow") > symbol("tau_fast"), "the slow pole must be slower than the fast one"),
            Constraint(sympy.Abs(symbol("sign")) >= 1, "the sign must be +1 or -1"),
        ),
        modes={MODE: _dynamic()},
        variations=SPREADS,
        parameter_sets={"currie2026": PARAMETERS},
        observables="ipcircuit.devices.ecram.observables:OBSERVABLES",
        ambient=NotModelled(
            "neither ion nor electrolyte of the published device is public, and activation energies of ECRAM "
            "electrolytes differ so much (0.1 to 1 eV) that its time constants would at 85 °C be 2 or 500 times shorter"
        ),
    )


def base_resistance(device: Device) -> float:
    """Channel resistance at rest, ohm."""
    p = device.values()
    return p["r_high"] * (p["r_low"] / p["r_high"]) ** p["weight"]


def with_resistance(device: Device, ohms: float) -> Device:
    """The same device with the non-volatile weight that gives `ohms` at rest.

    Raises:
        InputError: outside the window in which the model holds.
    """
    p = device.values()
    if not p["r_low"] <= ohms <= p["r_high"]:
        raise InputError(
            "channel resistance outside the model's window",
            where=device.name,
            found=ohms,
            allowed=f"{p['r_low']:g} … {p['r_high']:g} ohm",
        )
    return device.with_parameters(weight=math.log(p["r_high"] / ohms) / math.log(p["r_high"] / p["r_low"]))


def gate_charge(device: Device, pulse: Pulse) -> float:
    """Ionic charge (C) of one gate pulse with its edges."""
    wave = waveform([pulse])
    time = np.unique(np.concatenate([np.linspace(a, b, 4001) for a, b in itertools.pairwise(wave.times)]))
    states = {"r_fast": 0.0, "r_slow": 0.0}
    out = render_python(device, MODE).evaluate({"v(g,s)": wave(time), "v(d,s)": 0.0}, states, device.values())
    return float(np.trapezoid(out["ion_current"], time))


def gain_for(device: Device, step_ohm: float, pulse: Pulse) -> float:
    """`volatile_gain` (ohm/C) with which `pulse` moves a channel at rest by `step_ohm`, relaxation during it aside.

    Without relaxation r = r_max (1 - exp(-gain Q / r_max)).

    Raises:
        InputError: the step is not below the largest displacement.
    """
    largest = device.values()["r_volatile_max"]
    if not 0 < step_ohm < largest:
        raise InputError("no gain gives this step", where="step_ohm", found=step_ohm, allowed=f"0 … {largest:g} ohm")
    return -largest * math.log1p(-step_ohm / largest) / gate_charge(device, pulse)


def resistance(run: Transient, instance: str) -> np.ndarray:
    """Channel resistance (ohm) over a run of instance `instance` (``"x1"``), shape of `run.time`."""
    return run[f"{instance}.resistance"] * node_scale(declare(), MODE, "resistance")


def check_window(run: Transient, instance: str, device: Device | None = None) -> None:
    """Raise InputError with time and value where the channel resistance first leaves the model's window."""
    p, ohms = (device or declare()).values(), resistance(run, instance)
    outside = np.flatnonzero(~((ohms >= p["r_low"]) & (ohms <= p["r_high"])))  # also true of NaN
    if outside.size:
        first = int(outside[0])
        raise InputError(
            f"ECRAM resistance leaves the model's window at {run.time[first]:.6g} s",
            where=f"{run.circuit} ({run.condition}), {instance}",
            found=f"{ohms[first]:.6g} ohm",
            allowed=f"{p['r_low']:g} … {p['r_high']:g} ohm",
        )
