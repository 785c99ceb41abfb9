"""Rebuild the 28 nm card from its targets: ``python -m ipcircuit.technology.calibrate``.

Runs real ngspice and scipy's least squares (a few seconds), writes `netlists/models/cmos28lp.lib` and `docs/cmos28.md`.
With ngspice 39.3 it reproduces the committed text of both exactly: start values and targets are all there is to know.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ipcircuit.errors import IpcircuitError
from ipcircuit.files import write_text_atomic
from ipcircuit.technology.card import card_text
from ipcircuit.technology.datasheet import datasheet_text
from ipcircuit.technology.fit import fit_shifted, fit_typical
from ipcircuit.technology.parameters import POLARITIES, start_values

_ROOT = Path(__file__).resolve().parents[2]
CARD_PATH = _ROOT / "netlists" / "models" / "cmos28lp.lib"
DOCS_PATH = _ROOT / "docs" / "cmos28.md"


def calibrated_card() -> str:
    """Text of the card, derived from start values and targets alone.

    Raises:
        InputError: a target cannot be reached. SimulationError: ngspice failed.
    """
    devices = {}
    for polarity in POLARITIES:
        typical = fit_typical(polarity, start_values(polarity))
        devices[polarity] = {"t": typical, **{speed: fit_shifted(polarity, typical, speed) for speed in "fs"}}
    return card_text(devices)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: calibrate, then write the card and its datasheet. Returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m ipcircuit.technology.calibrate", description="Rebuild the 28 nm card."
    )
    parser.add_argument("-o", "--card", type=Path, default=CARD_PATH, help="where the card goes (default: %(default)s)")
    parser.add_argument("--docs", type=Path, default=DOCS_PATH, help="where the table goes (default: %(default)s)")
    options = parser.parse_args(arguments)
    try:
        card = calibrated_card()
        docs = datasheet_text(card)
        write_text_atomic(options.card, card)
        write_text_atomic(options.docs, docs)
    except IpcircuitError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    print(f"wrote {options.card} and {options.docs}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
