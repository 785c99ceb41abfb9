"""What a model file may hold: an allow-list. What is not here is refused, whatever ngspice would make of it.

Levels and versions are those that ngspice 39 has a model for; at any other it falls back to another model's values with
no more than a warning, or ignores them.
"""

from __future__ import annotations

import re

STATEMENTS = (".model", ".param", ".func", ".subckt", ".ends", ".if", ".elseif", ".else", ".endif", ".option")
INCLUDES = (".include", ".inc", ".lib")
#: Statements without an effect here, left out: marks of encrypted regions in foundry files.
IGNORED = (".prot", ".protect", ".unprot", ".unprotect")
ALLOWED_STATEMENTS = ", ".join((*STATEMENTS, ".include", ".lib", ".endl", ".end"))

#: Elements of a subcircuit by their letter. Not: A (code models, which read files), N (OSDI), P, U, Y.
ELEMENTS = {
    "b": "B (behavioural source)",
    "c": "C",
    "d": "D",
    "e": "E",
    "f": "F",
    "g": "G",
    "h": "H",
    "i": "I",
    "j": "J",
    "k": "K",
    "l": "L",
    "m": "M",
    "q": "Q",
    "r": "R",
    "s": "S",
    "v": "V",
    "w": "W",
    "x": "X (subcircuit)",
    "z": "Z",
}
#: Waveforms of a V or I source. Not: EXTERNAL, TRNOISE, TRRANDOM, which are not reproducible.
WAVEFORMS = frozenset({"pulse", "sin", "exp", "pwl", "sffm", "am"})

_MOS_LEVELS = (1, 2, 3, 4, 5, 6, 8, 9, 10, 14, 49, 54, 55, 56, 57, 58, 68, 73)
#: Levels by type of model; 1 where ngspice has no other.
LEVELS: dict[str, tuple[int, ...]] = {
    "nmos": _MOS_LEVELS,
    "pmos": _MOS_LEVELS,
    "npn": (1, 2, 4, 8, 9),
    "pnp": (1, 2, 4, 8, 9),
    "d": (1, 3),
    "njf": (1, 2),
    "pjf": (1, 2),
    "nmf": (1, 2, 3, 4),
    "pmf": (1, 2, 3, 4),
    "nhfet": (5, 6),
    "phfet": (5, 6),
}
OTHER_LEVELS = (1,)
#: Versions by level of a MOSFET.
VERSIONS: dict[int, tuple[re.Pattern[str], str]] = {
    **dict.fromkeys((8, 49), (re.compile(r"3\.[0-3]\d?(\.\d)?"), "3.0 … 3.3.x (BSIM3)")),
    **dict.fromkeys((14, 54), (re.compile(r"4\.[0-8](\.\d)?"), "4.0 … 4.8.x (BSIM4)")),
}
#: `.model` types of ngspice 39.
DEVICE_TYPES = (
    *("r", "c", "l", "d", "npn", "pnp", "njf", "pjf", "nmf", "pmf", "nhfet", "phfet", "nmos", "pmos", "vdmos"),
    *("sw", "csw", "urc", "ltra", "txl", "cpl"),
)
#: Parameters of a model that stand alone, without a value.
FLAGS = frozenset({"nchan", "pchan"})

#: Functions of expressions.
FUNCTIONS = frozenset(
    (
        *(
            "abs",
            "acos",
            "acosh",
            "agauss",
            "asin",
            "asinh",
            "atan",
            "atanh",
            "aunif",
            "ceil",
            "cos",
            "cosh",
            "ddt",
            "exp",
        ),
        *(
            "floor",
            "gauss",
            "int",
            "limit",
            "ln",
            "log",
            "log10",
            "max",
            "min",
            "nint",
            "pow",
            "pwl",
            "pwr",
            "sgn",
            "sin",
        ),
        *("sinh", "sqrt", "tan", "tanh", "ternary_fcn", "u", "u2", "unif", "uramp"),
    )
)
#: Values that an expression may ask for inside a subcircuit: node voltages, branch currents.
PROBES = frozenset({"v", "i"})
