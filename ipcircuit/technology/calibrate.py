"""Rebuild a card from its targets: ``python -m ipcircuit.technology.calibrate [NODE]``.

As many knobs as figures, measured by ngspice and matched by scipy's least squares (a few seconds). Writes the card of a
node of `nodes.py` below `netlists/models/` (default: lp28, and with it its datasheet `docs/physics/cmos28.md`); with
ngspice 39.3 it reproduces the committed text exactly: start values and targets are all there is to know.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ipcircuit.errors import InputError, IpcircuitError
from ipcircuit.files import write_text_atomic
from ipcircuit.spice.cards.devices import CardDevice
from ipcircuit.spice.models import Card
from ipcircuit.technology.card import FITTED, POLARITIES, card_text, model_lines, rounded
from ipcircuit.technology.datasheet import datasheet_text
from ipcircuit.technology.measure import DeviceFigures, Process, device_figures
from ipcircuit.technology.nodes import LP28, NODES, Node, node
from ipcircuit.technology.targets import CORNER_SHIFT

Parameters = dict[str, float]

_ROOT = Path(__file__).resolve().parents[2]
CARDS = _ROOT / "netlists" / "models"
DOCS_PATH = _ROOT / "docs" / "physics" / "cmos28.md"
_CONVERGED = 1e-4  # largest relative error of a figure that counts as solved


def calibrated_card(process: Node = LP28) -> str:
    """Text of the card, derived from start values and targets alone.

    Raises:
        InputError: a target cannot be reached. SimulationError: ngspice failed.
    """
    devices = {}
    for polarity in POLARITIES:
        typical = fit_typical(polarity, process.start(polarity), process)
        devices[polarity] = {
            "t": typical,
            "f": fit_shifted(polarity, typical, 1.0, process),
            "s": fit_shifted(polarity, typical, -1.0, process),
        }
    return card_text(devices, process.header, process.models)


def fit_typical(polarity: str, start: Parameters, process: Node = LP28) -> Parameters:
    """Typical device: `FITTED` parameters solved for the node's targets."""
    goals = {target.figure: target.value for target in process.targets[polarity]}
    return solve(polarity, start, [(name,) for name in FITTED], goals, process)


def fit_shifted(polarity: str, typical: Parameters, sign: float, process: Node = LP28) -> Parameters:
    """Fast (1) or slow (-1) device: oxide moved, threshold and drive solved for `CORNER_SHIFT`."""
    oxide = {name: rounded(typical[name] * (1 + sign * CORNER_SHIFT.oxide)) for name in ("toxe", "toxp", "toxm")}
    nominal = _measure(polarity, typical, process)
    goals = {
        "v_th_sat": nominal.v_th_sat + sign * CORNER_SHIFT.v_th,
        "i_on": nominal.i_on * (1 + sign * CORNER_SHIFT.i_on),
    }
    return solve(polarity, typical | oxide, [("vth0",), ("u0", "vsat")], goals, process)


def _measure(polarity: str, parameters: Parameters, process: Node) -> DeviceFigures:
    models = model_lines(polarity, parameters, name=process.models[polarity], comments=False)
    card = Card(models, CardDevice(process.models["n"]), CardDevice(process.models["p"]))
    length, supply = process.length_m, process.v_dd
    return device_figures(Process(card, f"card of {process.name}", length, v_dd=supply), polarity)


def solve(
    polarity: str,
    start: Parameters,
    knobs: Sequence[tuple[str, ...]],
    goals: Mapping[str, float],
    process: Node = LP28,
) -> Parameters:
    """Scale the knobs until the goals are met.

    Args:
        start: all parameters; signs are kept, magnitudes of the knobs change.
        knobs: groups of parameters that are scaled together, as many groups as goals.
        goals: by field name of `DeviceFigures`.

    Raises:
        InputError: the goals cannot be met with these knobs.
    """
    from scipy.optimize import least_squares

    def scaled(logs: np.ndarray) -> Parameters:
        factors = {name: math.exp(x) for group, x in zip(knobs, logs, strict=True) for name in group}
        return {name: value * factors.get(name, 1.0) for name, value in start.items()}

    def residuals(logs: np.ndarray) -> np.ndarray:
        figures = _measure(polarity, scaled(logs), process)
        return np.array([math.log(max(getattr(figures, name), 1e-30) / goal) for name, goal in goals.items()])

    limit = math.log(50.0)
    fit = least_squares(
        residuals,
        np.zeros(len(knobs)),
        bounds=(-limit, limit),
        diff_step=1e-4,
        xtol=1e-12,
        ftol=1e-12,
        gtol=1e-12,
        max_nfev=60,
    )
    if not np.abs(fit.fun).max() < _CONVERGED:
        errors = ", ".join(f"{name} {100 * error:+.2f} %" for name, error in zip(goals, fit.fun, strict=True))
        raise InputError(f"the calibration of the {polarity}-channel device does not reach its targets: {errors}")
    return {name: rounded(value) for name, value in scaled(fit.x).items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: calibrate, then write the card and, for lp28, its datasheet. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m ipcircuit.technology.calibrate", description="Rebuild a card from its targets."
    )
    parser.add_argument("node", nargs="?", default=LP28.name, choices=tuple(NODES), help="(default: %(default)s)")
    parser.add_argument("-o", "--card", type=Path, help="where the card goes (default: netlists/models/)")
    parser.add_argument("--docs", type=Path, default=DOCS_PATH, help="where lp28's table goes (default: %(default)s)")
    options = parser.parse_args(arguments)
    process = node(options.node)
    written = [options.card or CARDS / process.file]
    try:
        card = calibrated_card(process)
        docs = datasheet_text(card) if process is LP28 else None
        write_text_atomic(written[0], card)
        if docs is not None:
            written.append(options.docs)
            write_text_atomic(options.docs, docs)
    except IpcircuitError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    print(f"wrote {' and '.join(map(str, written))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
