"""How often the 95 % intervals of `ipcircuit fit` hold the truth, on data made from known parameters with 2 % noise.

    python benchmarks/fit_coverage.py [--repetitions N] [--seed S] [--only WORD]

Each device kind has its own measurements. `hidden` states no error bars: the fit finds the noise out; `counted` has
counted switching events in place of 2 %. The goal is 95 ± 3 % of 200 repetitions, for each parameter.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ipcircuit.declaration.device import Device
from ipcircuit.families import DEVICES
from ipcircuit.fitting.data import DataSet
from ipcircuit.fitting.plan import Bounded, Plan
from ipcircuit.fitting.synthetic import coverage, designed

GOAL = (0.92, 0.98)
NOISE = 0.02


@dataclass(frozen=True)
class Case:
    """A device, its free parameters, and its measurements with their noise."""

    device: str
    free: tuple[str, ...]
    measured: Callable[[Device], list[tuple[DataSet, float | None]]]

    def plan(self) -> tuple[Plan, tuple[float | None, ...]]:
        device = DEVICES.load(self.device)
        own = {p.name: p for p in device.parameters}
        free = tuple(Bounded(n, own[n].value, own[n].minimum, own[n].maximum, 6, "") for n in self.free)
        sets = self.measured(device)
        named = tuple(item for item, _ in sets)
        plan = Plan(device, "the truth", free, named, 0.95, "profile", 100, 0, "synthetic")
        return plan, tuple(noise for _, noise in sets)


def switching(device: Device, **noise: float | bool) -> list[tuple[DataSet, float | None]]:
    """Probability against amplitude at three widths."""
    volts, widths = np.tile(np.linspace(0.74, 0.94, 11), 3), np.repeat([80e-9, 150e-9, 300e-9], 11)
    return [designed(device, "switching_probability", {"amplitude": volts, "width": widths}, **noise)]  # type: ignore[arg-type]


def relaxation(device: Device) -> list[tuple[DataSet, float | None]]:
    """Resistance after three pulses, and the share that is left after one."""
    times = np.geomspace(1e-7, 5e-4, 25)
    pulses = {"time": times, "pulses": 3.0, "interval": 1e-6}
    return [
        designed(device, "retention", {"time": times}, sigma=NOISE),
        designed(device, "resistance_after_pulses", pulses, relative_sigma=NOISE),
    ]


def bias(device: Device, **noise: float | bool) -> list[tuple[DataSet, float | None]]:
    """Resistance of both states against bias."""
    volts, states = np.tile(np.linspace(0.05, 0.6, 12), 2), np.repeat([1.0, -1.0], 12)
    return [designed(device, "resistance", {"voltage": volts, "projection": states}, **noise)]  # type: ignore[arg-type]


CASES = {
    "thermal": Case("mtj_thermal", ("k_set", "x0_set"), lambda d: switching(d, sigma=NOISE)),
    "thermal, hidden": Case("mtj_thermal", ("k_set", "x0_set"), lambda d: switching(d, sigma=NOISE, hides_sigma=True)),
    "thermal, counted": Case("mtj_thermal", ("k_set", "x0_set"), lambda d: switching(d, trials=200)),
    "ecram": Case("ecram", ("weight", "volatile_gain", "slow_share", "tau_fast", "tau_slow"), relaxation),
    "orthogonal": Case("mtj_orthogonal", ("ra", "tmr", "v_half"), lambda d: bias(d, relative_sigma=NOISE)),
    "orthogonal, hidden": Case(
        "mtj_orthogonal", ("ra", "tmr", "v_half"), lambda d: bias(d, sigma=60.0, hides_sigma=True)
    ),
}


def main() -> None:
    """Print the share of intervals that hold the truth, by case and parameter."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="cases that contain this word")
    options = parser.parse_args()
    print(f"{'case':<20}{'parameter':<16}{'intervals':>10}{'held, %':>10}{'goal':>8}{'s per fit':>11}")
    for name, case in CASES.items():
        if options.only not in name:
            continue
        start = time.perf_counter()
        plan, noise = case.plan()
        result = coverage(plan, noise, options.repetitions, options.seed)
        seconds = (time.perf_counter() - start) / options.repetitions
        for parameter, count in result.repetitions.items():
            share = result.share(parameter) if count else 0.0
            verdict = "met" if GOAL[0] <= share <= GOAL[1] and count == options.repetitions else "missed"
            print(f"{name:<20}{parameter:<16}{count:>10}{100 * share:>10.1f}{verdict:>8}{seconds:>11.2f}", flush=True)


if __name__ == "__main__":
    main()
