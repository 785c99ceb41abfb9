"""Start values of the BSIM4 parameters, in groups: what the calibration does not fit is set here on purpose.

Values are SI as BSIM4 takes them (doping in cm^-3, `rdsw` in ohm*um, `u0` in m^2/Vs). All of them are assumed:
physically plausible for a planar 28 nm low-power process with high-k dielectric and metal gate, chosen for this project
and taken from no foundry or predictive card. The calibrated ones (`FITTED`) are only starting points here; the card on
disk holds the result.
"""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Group:
    """Parameters that belong together: `values` maps a BSIM4 name to its (n, p) start values."""

    title: str
    values: dict[str, tuple[float, float]]


GROUPS = (
    Group(
        "model selectors: charge-thickness C-V, internal source/drain resistance, no gate leakage, quasi-static",
        {
            "binunit": (1, 1),
            "paramchk": (1, 1),
            "mobmod": (0, 0),
            "capmod": (2, 2),
            "rdsmod": (0, 0),
            "igcmod": (0, 0),
            "igbmod": (0, 0),
            "diomod": (1, 1),
            "rbodymod": (0, 0),
            "rgatemod": (0, 0),
            "permod": (1, 1),
            "acnqsmod": (0, 0),
            "trnqsmod": (0, 0),
            "tempmod": (0, 0),
            "tnom": (27, 27),
        },
    ),
    Group(
        "geometry: drawn to effective length, and the diffusion a device gets when AS/AD/PS/PD are not given",
        {
            "lint": (2e-9, 2e-9),
            "wint": (0, 0),
            "dlc": (2e-9, 2e-9),
            "dwc": (0, 0),
            "dmcg": (45e-9, 45e-9),
            "dmci": (45e-9, 45e-9),
            "dmdg": (0, 0),
            "dmcgt": (0, 0),
        },
    ),
    Group(
        "gate stack: high-k and metal gate, so ngate = 0 means no poly depletion",
        {
            "toxe": (1.5e-9, 1.55e-9),
            "toxp": (1.3e-9, 1.35e-9),
            "toxm": (1.5e-9, 1.55e-9),
            "epsrox": (3.9, 3.9),
            "ngate": (0, 0),
        },
    ),
    Group(
        "doping, threshold and body effect",
        {
            "xj": (1.4e-8, 1.4e-8),
            "ndep": (3.6e18, 2.8e18),
            "nsd": (2e20, 2e20),
            "vth0": (0.52, -0.50),
            "k1": (0.35, 0.35),
            "k2": (0.0, 0.0),
            "k3": (0, 0),
            "k3b": (0, 0),
            "w0": (0, 0),
            "lpe0": (0, 0),
            "lpeb": (0, 0),
            "phin": (0, 0),
            "vbm": (-3, -3),
        },
    ),
    Group(
        "short channel: roll-off (dvt), drain-induced barrier lowering (eta0, dsub), subthreshold swing",
        {
            "dvt0": (0.8, 0.8),
            "dvt1": (0.8, 0.8),
            "dvt2": (0, 0),
            "dvt0w": (0, 0),
            "dvt1w": (0, 0),
            "dvt2w": (0, 0),
            "dsub": (0.6, 0.6),
            "eta0": (0.4, 0.4),
            "etab": (0, 0),
            "minv": (0.1, 0.1),
            "voff": (-0.12, -0.12),
            "voffl": (0, 0),
            "nfactor": (1.3, 1.3),
            "cit": (1e-3, 1e-3),
            "cdsc": (0, 0),
            "cdscb": (0, 0),
            "cdscd": (0, 0),
        },
    ),
    Group(
        "mobility, velocity saturation and series resistance",
        {
            "u0": (0.03, 0.012),
            "ua": (6e-10, 1e-9),
            "ub": (1.5e-18, 1.2e-18),
            "uc": (0, 0),
            "vsat": (1.3e5, 1.1e5),
            "a0": (1, 1),
            "ags": (0, 0),
            "a1": (0, 0),
            "a2": (1, 1),
            "b0": (0, 0),
            "b1": (0, 0),
            "keta": (0, 0),
            "dwg": (0, 0),
            "dwb": (0, 0),
            "rdsw": (130, 190),
            "rdswmin": (0, 0),
            "prwg": (0, 0),
            "prwb": (0, 0),
            "wr": (1, 1),
        },
    ),
    Group(
        "output resistance: channel-length modulation; substrate-current effect switched off by pscbe",
        {
            "pclm": (0.3, 0.3),
            "pdiblc1": (0.01, 0.01),
            "pdiblc2": (0.001, 0.001),
            "pdiblcb": (0, 0),
            "drout": (0.5, 0.5),
            "pvag": (0, 0),
            "delta": (0.01, 0.01),
            "pscbe1": (8e8, 8e8),
            "pscbe2": (1e-9, 1e-9),
            "fprout": (0, 0),
            "pdits": (0, 0),
            "pditsl": (0, 0),
        },
    ),
    Group(
        "overlap and fringe capacitance, 40/60 charge partition (xpart = 0)",
        {
            "xpart": (0, 0),
            "cgso": (2e-10, 2e-10),
            "cgdo": (2e-10, 2e-10),
            "cgbo": (0, 0),
            "cgsl": (5e-11, 5e-11),
            "cgdl": (5e-11, 5e-11),
            "ckappas": (0.6, 0.6),
            "ckappad": (0.6, 0.6),
            "cf": (8e-11, 8e-11),
            "acde": (1, 1),
            "moin": (15, 15),
            "noff": (1, 1),
            "voffcv": (0, 0),
        },
    ),
    Group(
        "source and drain junctions",
        {
            "cjs": (1.2e-3, 1.2e-3),
            "mjs": (0.5, 0.5),
            "pbs": (1, 1),
            "cjsws": (8e-11, 8e-11),
            "mjsws": (0.33, 0.33),
            "pbsws": (1, 1),
            "cjswgs": (1.5e-10, 1.5e-10),
            "mjswgs": (0.33, 0.33),
            "pbswgs": (1, 1),
            "jss": (1e-6, 1e-6),
            "jsws": (1e-13, 1e-13),
            "jswgs": (1e-13, 1e-13),
            "njs": (1, 1),
            "xtis": (3, 3),
        },
    ),
    Group(
        "temperature",
        {
            "kt1": (-0.16, -0.16),
            "kt1l": (0, 0),
            "kt2": (-0.02, -0.02),
            "ute": (-1.3, -1.1),
            "ua1": (1e-9, 1e-9),
            "ub1": (-1e-18, -1e-18),
            "uc1": (0, 0),
            "at": (2e4, 2e4),
            "prt": (0, 0),
            "tpb": (5e-4, 5e-4),
            "tcj": (6e-4, 6e-4),
            "tpbsw": (5e-4, 5e-4),
            "tcjsw": (6e-4, 6e-4),
            "tpbswg": (5e-4, 5e-4),
            "tcjswg": (6e-4, 6e-4),
        },
    ),
)


def start_values(polarity: str) -> dict[str, float]:
    """Every parameter of one device at its start value, by BSIM4 name (`polarity` is ``"n"`` or ``"p"``)."""
    column = POLARITIES.index(polarity)
    return {name: float(pair[column]) for group in GROUPS for name, pair in group.values.items()}
