"""Published figures of the 200 nm device, each predicted by the others where they determine it.

Five unknowns, five targets: A3 (P_sw = 19.72 % at 0.80 V), two of A5 (27.4 and 16.3 % around the pre-pulse), S1 (size
of Fig. S1's shift, claim A6; its shape is not fitted: it follows from V²/R heat, switching and the reset's heat) and S2
(500 ns break of the cooling curve, claim A7). Four of the unknowns come from ``ipcircuit fit mtj_thermal
measured/liu2025.toml``, which holds the share of the slow pole at S2's break.

Without one of them the rest leaves one combination of parameters free, and the figure with it: it is None, with the
reason. One further published number determines A3: the 0.83 V that Methods state for such probes, which the calibration
does not use. Numbers: docs/physics/thermal_mtj.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.optimize import root

from ipcircuit.devices.thermal_mtj import measure
from ipcircuit.devices.thermal_mtj.device import declare
from ipcircuit.errors import InputError

#: What is fitted, with the scale of a step.
UNKNOWNS = {"x0_set": 0.01, "k_set": 5.0, "midpoint_shift": 2e-4, "slow_share": 0.05, "tau_fast": 3e-8}
#: Published figures: probabilities, size of Fig. S1's shift relative to its polynomial, and break of Fig. S2 (s).
PUBLISHED: Mapping[str, float] = {
    "p_sw": 0.1972,
    "base": 0.095,
    "heated": 0.274,
    "cooled": 0.163,
    "shift": 1.0,
    "break": 500e-9,
}
#: A3's P_sw as `predicted_p_sw` finds it in a minute (a slow test holds it to be current).
PREDICTED_P_SW = 0.0232
AMPLITUDES = np.linspace(0.5, 0.95, 10)
_SOLVED = 0.01  # largest relative distance from a target; the break moves in steps of 1 %

Figures = Mapping[str, float]
Simulate = Callable[[Mapping[str, float]], Figures]


def simulated_figures(values: Mapping[str, float]) -> dict[str, float]:
    """The figures of `PUBLISHED` with other values of the junction; `base` is the cold probability at 0.83 V."""
    device = declare().with_parameters(**values)
    p_sw, base = measure.firing_probability(device, np.array([0.80, measure.PROBE_AMPLITUDE]))
    pre = measure.pre_pulse(device)
    ratio = measure.shift_after_pulse(device, AMPLITUDES) / measure.published_shift(AMPLITUDES)
    knee = measure.break_point(measure.BREAK_DELAYS, measure.cooling_curve(device, measure.BREAK_DELAYS))[0]
    return {
        "p_sw": float(p_sw),
        "base": float(base),
        "heated": pre.heated,
        "cooled": pre.cooled,
        "shift": float(ratio.max() + ratio.min()) / 2,
        "break": knee,
    }


def _declared() -> dict[str, float]:
    return {name: declare().values()[name] for name in UNKNOWNS}


def _moved(start: Mapping[str, float], q: np.ndarray) -> dict[str, float]:
    """Values of the unknowns for a solver's variables, which start at 1: the steps of derivatives are relative."""
    return {name: start[name] + float(x - 1) * UNKNOWNS[name] for name, x in zip(start, q, strict=True)}


def refit(simulate: Simulate, targets: Figures, start: Mapping[str, float]) -> dict[str, float]:
    """Values of the unknowns in `start` with which `simulate` meets `targets`, one each.

    Raises:
        InputError: more unknowns than targets or fewer, or targets that cannot be met.
    """
    if len(start) != len(targets):
        listed = f"{len(targets)} targets ({', '.join(targets)})"
        raise InputError(
            "the targets do not determine the unknowns", where="refit", found=listed, allowed=f"{len(start)}"
        )

    def distances(q: np.ndarray) -> np.ndarray:
        figures = simulate(_moved(start, q))
        return np.array([figures[name] / target - 1 for name, target in targets.items()])

    solution = root(distances, np.ones(len(start)), options={"eps": 4e-4, "xtol": 2e-3})
    if not np.abs(solution.fun).max() < _SOLVED:
        raise InputError("the targets cannot be met", where="refit", found=float(np.abs(solution.fun).max()))
    return _moved(start, solution.x)


def predicted_p_sw(published: Figures = PUBLISHED, simulate: Simulate = simulated_figures) -> float:
    """P_sw at 0.80 V by A5, S1 and S2, with A5's base at 0.83 V; `published["p_sw"]` is not looked at."""
    targets = {name: published[name] for name in ("base", "heated", "cooled", "shift", "break")}
    return simulate(refit(simulate, targets, _declared()))["p_sw"]


@dataclass(frozen=True)
class LeftOut:
    """One published figure against the calibration without it.

    Attributes:
        claim: row of the ledger.
        published: the figure, SI.
        predicted: by the rest; None where the rest does not determine it.
        reason: which published numbers predict it, or what they leave free.
    """

    claim: str
    published: float
    predicted: float | None
    reason: str

    @property
    def error(self) -> float | None:
        """Predicted over published, less 1; None where there is no prediction."""
        return None if self.predicted is None else self.predicted / self.published - 1


@cache
def leave_one_out() -> Mapping[str, LeftOut]:
    """Every figure of the calibration, predicted by the others, by claim."""
    slope = "only the product of slope and shift enters probabilities, and only Fig. S1 states a shift in volts: "
    share = "any share of the slow pole fits the rest, with a time constant of the fast one to match"
    a3 = (
        "by A5, S1 and S2, with A5's base at the 0.83 V that Methods state; A3 and A5 contradict each other at "
        "their stated voltages, so that the calibration leaves A5's voltage free"
    )
    shift = float(measure.published_shift(np.array(0.9)))
    rows = (
        LeftOut("A3.p_sw", PUBLISHED["p_sw"], PREDICTED_P_SW, a3),
        LeftOut("A5.base", 0.095, None, f"{slope}without A5 the slope is free; at 0.83 V it is above A3 anyway"),
        LeftOut("A5.heated", PUBLISHED["heated"], None, f"{slope}without it the slope is free"),
        LeftOut("A5.cooled", PUBLISHED["cooled"], None, share),
        LeftOut("A6.shift_090", shift, None, f"{slope}without it the slope is free"),
        LeftOut("A7.break", PUBLISHED["break"], None, share),
    )
    return {row.claim: row for row in rows}
