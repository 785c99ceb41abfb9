"""Device-steps per second of the vectorised macrospin, beside a loop over devices and beside scipy's solve_ivp.

    python benchmarks/macrospin.py [--most 100000] [--plot FILE.png]

The problem is the same for all: the representative junction of Zheng et al., each device with its own current density
between 0.8 and 1.2e12 A/m², for 0.5 ns (0.05 ns from 10,000 devices on in the second table). Time is CPU time of one
thread. The error is the largest difference of m from solve_ivp at a tolerance of 1e-10. The second table is the cost
against the number of devices: with few it is torch's overhead per operation, with many it grows in proportion.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from scipy.integrate import solve_ivp

from ipcircuit.declaration.python import render_python
from ipcircuit.devices.orthogonal_mtj.device import MODE, declare, voltage_for
from ipcircuit.devices.orthogonal_mtj.macrospin import Ensemble
from ipcircuit.files import write_bytes_atomic

STOP, SHORT, STEP = 0.5e-9, 0.05e-9, 1e-12
FEW = 4  # devices that are also integrated one by one
DEVICE = declare().with_parameters(tmr=0.0, restoring_rate=0.0, initial_polar=0.7)  # J = V / RA at any angle


def currents(n: int) -> torch.Tensor:
    """Current densities of n devices, A/m²."""
    return torch.linspace(0.8e12, 1.2e12, n, dtype=torch.float64)


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """CPU time (s) of a call, and its result."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def vectorised(n: int, stop: float = STOP) -> torch.Tensor:
    """m of all devices at the end, shape (3, n)."""
    level = currents(n)
    return Ensemble(DEVICE).run(lambda t: level, stop, step=STEP).last


def one_by_one(n: int) -> torch.Tensor:
    """The same method in Python's floats, device after device."""
    ensemble = Ensemble(DEVICE)
    return torch.stack([ensemble.run(lambda t, j=j: j, STOP, step=STEP).last for j in currents(n).tolist()], 1)


def by_scipy(n: int, tolerance: float) -> tuple[np.ndarray, int]:
    """DOP853 on the numpy rendering, device after device: m at the end, and the number of steps taken."""
    rendering, values, ends, steps = render_python(DEVICE, MODE), DEVICE.values(), [], 0
    start = Ensemble(DEVICE).rest().numpy()
    for density in currents(n).tolist():
        volts = {"v(p,n)": voltage_for(DEVICE, density)}

        def slope(t: float, m: np.ndarray, volts: dict[str, float] = volts) -> list[float]:
            out = rendering.evaluate(volts, {"m_w": m[0], "m_l": m[1], "m_t": m[2]}, values)
            return [out["d_m_w"], out["d_m_l"], out["d_m_t"]]

        solution = solve_ivp(slope, (0, STOP), start, "DOP853", rtol=tolerance, atol=tolerance)
        ends.append(solution.y[:, -1])
        steps += solution.t.size - 1
    return np.stack(ends, 1), steps


def compare() -> None:
    """First table."""
    exact, _ = by_scipy(FEW, 1e-10)
    per_device = round(STOP / STEP)
    print(f"{'method':34s} {'devices':>8s} {'device-steps/s':>15s} {'device-ns/s':>12s} {'error':>9s}")

    def row(name: str, n: int, seconds: float, steps: int, solution: np.ndarray) -> None:
        error = np.abs(solution - exact).max() if solution.shape == exact.shape else float("nan")
        shown = f"{error:9.1e}" if np.isfinite(error) else "        -"
        print(f"{name:34s} {n:8d} {steps / seconds:15.3g} {1e9 * STOP * n / seconds:12.3g} {shown}")

    vectorised(FEW)  # compiles the equation
    for n in (FEW, 1000, 10_000):
        seconds, m = timed(lambda n=n: vectorised(n))
        row("vectorised torch, 1 ps", n, seconds, n * per_device, np.asarray(m))
    seconds, m = timed(lambda: one_by_one(FEW))
    row("loop over devices, Python floats", FEW, seconds, FEW * per_device, np.asarray(m))
    for tolerance in (1e-3, 1e-6):
        seconds, result = timed(lambda tolerance=tolerance: by_scipy(FEW, tolerance))
        assert isinstance(result, tuple)
        row(f"loop, solve_ivp DOP853, {tolerance:g}", FEW, seconds, result[1], result[0])


def scaling(most: int) -> list[tuple[int, float]]:
    """Second table: devices and CPU seconds per step of all of them."""
    rows = []
    print(f"\n{'devices':>8s} {'s per step':>11s} {'device-steps/s':>15s}")
    for n in [n for n in (1, 10, 100, 1000, 3000, 10_000, 30_000, 100_000) if n <= most]:
        stop = STOP if n < 10_000 else SHORT
        seconds, _ = timed(lambda n=n, stop=stop: vectorised(n, stop))
        per_step = seconds / round(stop / STEP)
        rows.append((n, per_step))
        print(f"{n:8d} {per_step:11.3g} {n / per_step:15.3g}")
    return rows


def plot(rows: list[tuple[int, float]], path: str) -> None:
    """Cost against devices, with the straight line through the largest."""
    from reports.figures import style

    devices, seconds = np.array(rows).T
    with style.style():
        figure, (axes,) = style.panels(1, 3.8)
        axes.loglog(devices, 1e6 * seconds, "o-", color=style.BLUE, label="vectorised torch, one thread")
        axes.loglog(devices, 1e6 * seconds[-1] * devices / devices[-1], "--", color=style.GREY, label="proportional")
        axes.set(title="cost of one step of all devices", xlabel="devices", ylabel="CPU time (µs)", ylim=(20, None))
        axes.legend(loc="upper left")
        write_bytes_atomic(Path(path), style.render(figure)["png"])


def main() -> None:
    """Print both tables, draw the second."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--most", type=int, default=100_000, help="largest number of devices (default 100000)")
    parser.add_argument("--plot", help="PNG file for the cost against devices")
    options = parser.parse_args()
    torch.set_num_threads(1)
    compare()
    rows = scaling(options.most)
    if options.plot:
        plot(rows, options.plot)


if __name__ == "__main__":
    main()
