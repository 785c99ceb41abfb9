"""Leave-one-out refit of the thermal junction: what the rest of `liu2025`'s figures says about the one left out.

The calibration (`fit`) has five unknowns and five targets: A3 (P_sw at 0.80 V), two of A5 (probability after the
pre-pulse and after cooling), S1 (size of the midpoint shift, claim A6) and S2 (break of the cooling curve, claim A7).
Without one of them the rest leaves one combination of parameters free, and the figure with it: it is None, with the
reason. One further published number determines A3: the 0.83 V that Methods state for such probes, which the calibration
does not use. Numbers: docs/thermal_mtj.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.optimize import root

from ipcircuit.devices.thermal_mtj import fit, measure
from ipcircuit.devices.thermal_mtj.device import declare
from ipcircuit.errors import InputError

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
_SCALES = {"x0_set": 0.01, "k_set": 5.0, "midpoint_shift": 2e-4, "slow_share": 0.05, "tau_fast": 3e-8}
_SOLVED = 0.01  # largest relative distance from a target; the break moves in steps of 1 %

Figures = Mapping[str, float]


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


def refit(
    simulate: Callable[[Mapping[str, float]], Figures],
    targets: Figures,
    start: Mapping[str, float],
    scales: Mapping[str, float],
) -> dict[str, float]:
    """Values of the unknowns in `start` with which `simulate` meets `targets`, one each.

    Raises:
        InputError: more unknowns than targets or fewer, or targets that cannot be met.
    """
    if len(start) != len(targets):
        raise InputError(
            "the targets do not determine the unknowns",
            where="refit",
            found=f"{len(targets)} targets ({', '.join(targets)})",
            allowed=f"{len(start)}",
        )

    def values(q: np.ndarray) -> dict[str, float]:
        return {name: start[name] + float(x - 1) * scales[name] for name, x in zip(start, q, strict=True)}

    def residuals(q: np.ndarray) -> np.ndarray:
        figures = simulate(values(q))
        return np.array([figures[name] / target - 1 for name, target in targets.items()])

    # The variables start at 1, because the step of the derivatives, sqrt(eps), is relative to them.
    solution = root(residuals, np.ones(len(start)), options={"eps": 4e-4, "xtol": 2e-3})
    if not np.abs(solution.fun).max() < _SOLVED:
        raise InputError("the targets cannot be met", where="refit", found=float(np.abs(solution.fun).max()))
    return values(solution.x)


def simulated_figures(values: Mapping[str, float]) -> dict[str, float]:
    """The figures of `PUBLISHED` with other values of the junction; `base` is the cold probability at 0.83 V."""
    device = declare().with_parameters(**values)
    p_sw, base = measure.firing_probability(device, np.array([0.80, measure.PROBE_AMPLITUDE]))
    pre = measure.pre_pulse(device)
    ratio = measure.shift_after_pulse(device, fit.AMPLITUDES) / measure.published_shift(fit.AMPLITUDES)
    knee = measure.break_point(measure.BREAK_DELAYS, measure.cooling_curve(device, measure.BREAK_DELAYS))[0]
    return {
        "p_sw": float(p_sw),
        "base": float(base),
        "heated": pre.heated,
        "cooled": pre.cooled,
        "shift": float(ratio.max() + ratio.min()) / 2,
        "break": knee,
    }


def predicted_p_sw(
    published: Figures = PUBLISHED, simulate: Callable[[Mapping[str, float]], Figures] = simulated_figures
) -> float:
    """P_sw at 0.80 V by A5, S1 and S2, with A5's base at 0.83 V; `published["p_sw"]` is not looked at."""
    targets = {name: published[name] for name in ("base", "heated", "cooled", "shift", "break")}
    start = {name: declare().values()[name] for name in fit.UNKNOWNS}
    return simulate(refit(simulate, targets, start, _SCALES))["p_sw"]


@cache
def leave_one_out() -> Mapping[str, LeftOut]:
    """Every figure of the calibration, predicted by the others, by claim."""
    slope = "only the product of slope and shift enters probabilities, and only Fig. S1 states a shift in volts: "
    share = "any share of the slow pole fits the rest, with a time constant of the fast one to match"
    rows: Sequence[tuple[str, float, float | None, str]] = (
        (
            "A3.p_sw",
            PUBLISHED["p_sw"],
            PREDICTED_P_SW,
            "by A5, S1 and S2, with A5's base at the 0.83 V that Methods state; A3 and A5 contradict each other at "
            "their stated voltages, so that the calibration leaves A5's voltage free",
        ),
        ("A5.base", PUBLISHED["base"], None, f"{slope}without A5 the slope is free; at 0.83 V it is above A3 anyway"),
        ("A5.heated", PUBLISHED["heated"], None, f"{slope}without it the slope is free"),
        ("A5.cooled", PUBLISHED["cooled"], None, share),
        ("A6.shift_090", float(measure.published_shift(np.array(0.9))), None, f"{slope}without it the slope is free"),
        ("A7.break", PUBLISHED["break"], None, share),
    )
    return {row[0]: LeftOut(*row) for row in rows}
