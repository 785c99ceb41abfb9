"""A CMOS process as data: its card, its transistors and the figures that circuits, area, drivers and mismatch need.

The circuits of this project are written in units: a transistor of the reference devices (`REFERENCE_DEVICES`) that is
100 nm wide and 28 nm long has the minimum width and the length of whatever technology it is simulated in
(`ipcircuit.technology.retarget`). So lp28 is the technology in which the units are what they say.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, field, replace
from pathlib import Path

from ipcircuit.parameters import Parameter
from ipcircuit.spice.models import Card, card_sections, read_card

DEFAULT = "lp28"
#: Device names of the circuits, by what they stand for.
REFERENCE_DEVICES = {"nmos28lp": "n", "pmos28lp": "p"}
UNIT_WIDTH, UNIT_LENGTH = 100e-9, 28e-9  # m
UNIT_SUPPLY = 1.0  # V; the circuits' default supplies are for a technology whose nominal one it is


@dataclass(frozen=True)
class IoDevice:
    """I/O device: rated supply and, per metre of gate width, drive current, leakage and gate capacitance.

    `saturation` is the drain voltage at which the drive current is reached at full gate voltage; below it a switch
    carries the fraction x(2 - x), x = V_DS / saturation (square-law triode region).
    """

    supply: Parameter
    on_current_n: Parameter
    on_current_p: Parameter
    saturation: Parameter
    gate_length: Parameter
    gate_capacitance: Parameter
    off_current: Parameter

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Every constant of this device."""
        return tuple(getattr(self, name) for name in self.__dataclass_fields__)


@dataclass(frozen=True)
class IoTransistors:
    """I/O device by the names of its transistors in the library (`ipcircuit.technology.io_devices` measures them)."""

    n: str
    p: str
    supply: Parameter
    gate_length: Parameter


@dataclass(frozen=True, kw_only=True, repr=False)
class Technology:
    """A process. Values are SI; a range is the parameter's `minimum` … `maximum`.

    Attributes:
        name, summary: for lists and results.
        card: SPICE library; None: the project's own.
        root: folder in or below which the library's files lie; None: the library's own.
        corners: (name, section of the library) of each corner; empty: the library's own sections.
        unit_m: what ``w=1`` means in the library, m; None: what the library's ``.option scale`` says, else 1.
        n, p: names of the two transistors, models or subcircuits; None: found by polarity.
        length, width: channel length, and the minimum width, that the circuits' units stand for.
        v_dd: nominal supply; its range is what the devices stand.
        temperature: nominal temperature with its range, °C.
        a_vt: Pelgrom constant of the threshold, V m: of the difference of two equal devices.
        a_beta: Pelgrom constant of the relative current factor, m; None: it does not vary.
        feature_size: F of area rules in F².
        poly_pitch, row_height: contacted gate pitch and height of a row of standard cells.
        io: I/O devices of write drivers, in ascending supply; see `ipcircuit.technology.io_devices`.
        figures: what the file states of its devices, beside the supply at which it does.
    """

    name: str
    summary: str
    card: Path | None
    root: Path | None = None
    corners: tuple[tuple[str, str], ...] = ()
    unit_m: float | None = None
    n: str | None = None
    p: str | None = None
    length: Parameter
    width: Parameter
    v_dd: Parameter
    temperature: Parameter
    a_vt: Parameter
    a_beta: Parameter | None = None
    feature_size: Parameter
    poly_pitch: Parameter
    row_height: Parameter
    io: tuple[IoDevice | IoTransistors, ...]
    figures: tuple[Parameter, ...] = field(default=())

    def __repr__(self) -> str:
        """Short, but another one for each other content: it goes into keys of journals."""
        content = "\n".join(repr(getattr(self, name)) for name in self.__dataclass_fields__)
        return f"Technology({self.name!r}, {hashlib.sha256(content.encode()).hexdigest()[:12]})"

    @property
    def width_scale(self) -> float:
        """Width here over width in the circuits."""
        return self.width.value / UNIT_WIDTH

    @property
    def length_scale(self) -> float:
        """Length here over length in the circuits."""
        return self.length.value / UNIT_LENGTH

    @property
    def supply_scale(self) -> float:
        """Nominal supply over that for which the circuits' defaults are."""
        return self.v_dd.value / UNIT_SUPPLY

    @property
    def corner_names(self) -> tuple[str, ...]:
        """Corners that `models` takes; ``("tt",)`` for a library without sections. Raises InputError: unreadable."""
        names = tuple(name for name, _ in self.corners)
        return names or card_sections(self.card) or ("tt",)

    @property
    def card_label(self) -> str:
        """The card in results and messages."""
        return str(self.card) if self.card else "cmos28lp (own card)"

    @property
    def is_default(self) -> bool:
        """Whether it is lp28, which the circuits' hand calculations are for; its card may be another."""
        return self.name == DEFAULT

    def stated(self, figure: str) -> float | None:
        """A figure that the file states of its devices, SI; None where it does not."""
        return next((p.value for p in self.figures if p.name == figure), None)

    def models(self, corner: str = "tt", used: frozenset[str] = frozenset()) -> Card:
        """The card of one corner.

        Args:
            used: subcircuits of the library that a circuit uses beside the two transistors.

        Raises:
            InputError: a corner that the technology does not have, or what `ipcircuit.spice.models.read_card` refuses.
        """
        sections = dict(self.corners)
        return read_card(
            self.card,
            corner,
            section=sections.get(corner.lower()) if sections else None,
            sections=sections or None,
            names={"n": self.n, "p": self.p},
            unit_m=self.unit_m,
            root=self.root,
            used=used,
        )

    def with_card(self, card: Path) -> Technology:
        """The same process with another card: its own corners, its transistors found by polarity."""
        io = tuple(device for device in self.io if isinstance(device, IoDevice))  # the others are of the card
        return replace(self, card=card, root=None, corners=(), unit_m=None, n=None, p=None, io=io)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Every value of the record, without the I/O devices and the figures."""
        found = (getattr(self, name) for name in self.__dataclass_fields__)
        return tuple(p for p in found if isinstance(p, Parameter))


def with_bounds(parameter: Parameter) -> tuple[Parameter, Parameter, Parameter]:
    """Low end, value and high end of a parameter, each a parameter for lists."""
    low, high = (
        replace(parameter, name=f"{parameter.name}, {end}", value=value, minimum=-math.inf, maximum=math.inf)
        for end, value in zip(("min", "max"), bounds(parameter), strict=True)
    )
    return low, parameter, high


def bounds(parameter: Parameter) -> tuple[float, float]:
    """Range of a parameter; its value twice where it has none."""
    low, high = parameter.minimum, parameter.maximum
    return (low if math.isfinite(low) else parameter.value), (high if math.isfinite(high) else parameter.value)
