"""Start values of the BSIM4 parameters, in groups: what the calibration does not fit is set here on purpose.

Values are SI as BSIM4 takes them (doping in cm^-3, `rdsw` in ohm*um, `u0` in m^2/Vs). All of them are assumed:
physically plausible for a planar 28 nm low-power process with high-k dielectric and metal gate, chosen for this project
and taken from no foundry or predictive card. The calibrated ones (`FITTED`) are only starting points here; the card on
disk holds the result.
"""

from __future__ import annotations

from pathlib import Path

from ipcircuit.records import parse, read_toml, record

POLARITIES = ("n", "p")
MODEL_NAMES = {"n": "nmos28lp", "p": "pmos28lp"}

#: Parameters that the calibration solves for, each tied to the figure it moves most.
FITTED = {
    "vth0": "I_off",
    "vsat": "I_on",
    "eta0": "DIBL",
    "nfactor": "subthreshold slope",
    "u0": "I_lin / I_on",
}


@record
class Group:
    """Parameters that belong together: `values` maps a BSIM4 name to its (n, p) start values."""

    title: str
    values: dict[str, tuple[float, float]]


GROUPS = tuple(
    parse(Group, table, "parameters.toml") for table in read_toml(Path(__file__).with_suffix(".toml"))["group"]
)


def start_values(polarity: str) -> dict[str, float]:
    """Every parameter of one device at its start value, by BSIM4 name (`polarity` is ``"n"`` or ``"p"``)."""
    column = POLARITIES.index(polarity)
    return {name: float(pair[column]) for group in GROUPS for name, pair in group.values.items()}
