"""Signed LIF neuron: an MTJ with orthogonal easy axes in an H-bridge, read by a divider and two thresholds
(Zheng et al.).

Two logic lines carry input spikes of the two signs. A bridge of core transistors puts the supply across the junction
in one or the other direction (as bit line and source line do in STT-MRAM), so that ±1 V need one supply only; both
lines at once cancel. At the end of each time step the bridge lets go of the junction's upper terminal, a divider of the
junction under a reference junction is read, and two clocked comparators hold its output against two taps of a
resistive ladder on the same supply: low output (low resistance, u > 0) makes `plus`, high output `minus`. A latch keeps
the spike for one step, in which it blocks the bridge: the reset is the absence of drive.

Sizes, levels and times by hand: docs/physics/signed_circuit.md. Not published and therefore chosen: everything; the
published article has "voltage divider", "positive and negative thresholds" and the junction's dimensions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property

from PySpice.Spice.Netlist import SubCircuit

from circuits.cells.clocked import SENSE_LENGTH, ClockedComparator, HalfBridge, Nand2, Nor2, NSwitch, SetResetLatch
from circuits.cells.devices import add_device, add_reference
from circuits.cells.static import NMOS_WIDTH, Inverter
from circuits.cells.trim import PAIR, TrimmedClockedComparator, legs_of
from ipcircuit.compact.signed_mtj.onset import step_onset
from ipcircuit.declaration.device import Device
from ipcircuit.devices.orthogonal_mtj import device as mtj_orthogonal
from ipcircuit.devices.thermal_mtj import reference as mtj_reference
from ipcircuit.errors import InputError
from ipcircuit.technology.catalog import drive_ratio, technology
from ipcircuit.technology.record import Technology
from ipcircuit.technology.targets import VDD
from ipcircuit.units import NOMINAL_C

PINS = ("positive", "negative", "read", "strobe", "plus", "minus", "vdd", "vss")
INPUTS = PINS[:4]
#: Component to the ammeter that carries its supply current.
METERS = {"bridge": "vbridge", "divider": "vdivider", "comparators": "vcomparators", "logic": "vlogic"}
ON_OHM_UM = {"n": 345.0, "p": 669.0}  # 50 mV over the card's linear current per µm at 1.1 V (docs/physics/cmos28.md)
Celsius = float  # a condition, which is no size or level that could be set
_SIZES = ("bridge_n", "bridge_p", "read_width", "sense_width", "tail_width")


def resistance(device: Device, projection: float, volts: float) -> float:
    """Resistance (ohm) of the junction at a membrane potential and a bias (V)."""
    low, high = mtj_orthogonal.resistance_window(device, volts)
    return 1 / ((1 + projection) / (2 * low) + (1 - projection) / (2 * high))


def divided(device: Device, projection: float, supply: float, series_ohm: float) -> tuple[float, float]:
    """Share of a supply (V) across the junction in series with a resistance, and the junction's resistance (ohm)."""
    share, last, ohms = 0.0, math.nan, math.nan
    for _ in range(60):  # each step leaves a tenth of the error: the resistance hardly depends on the bias
        if share == last:
            break
        ohms = resistance(device, projection, share * supply)
        share, last = ohms / (ohms + series_ohm), share
    return share, ohms


@dataclass(frozen=True)
class SignedDesign:
    """Sizes and levels, SI. All assumed but for the junction's dimensions; see docs/physics/signed_circuit.md.

    Attributes:
        device: the junction.
        supply: nominal supply that the divider is designed for, V.
        read_bias: voltage across the junction at rest while it is read, V.
        threshold: |u| at the strobe beyond which the neuron spikes.
        bridge_n, bridge_p: widths of the bridge's transistors, m.
        read_width: of the switches that connect divider and ladder, m.
        sense_width, tail_width: of the comparators' input pair and tail, m.
        offset_plus, offset_minus: offset voltage of each comparator, V; positive ones make it fire less readily.
        reference_error: by what share the reference junction exceeds its design value.
        reference_rows: pillars in series in each of as many parallel strings that make the reference: their deviations
            average. The netlist has their resistance as a whole.
        trim_legs: legs beside each input of a comparator, switched on by its code (`circuits.cells.trim`); 0: none.
        trim_share: width of the smallest leg over that of the input transistor.
        trim: codes of the comparators of plus and minus; positive ones make them fire more readily.
        made: the junction as made, if it differs from the one that all is designed for.
        temperature_C: ambient temperature of both junctions, for which nothing is designed.
        technology: of the transistors.
    """

    device: Device = field(default_factory=mtj_orthogonal.declare)
    supply: float = VDD
    read_bias: float = 0.3
    threshold: float = 0.15
    bridge_n: float = 2e-6
    bridge_p: float = 4e-6
    read_width: float = 1e-6
    sense_width: float = 4e-6
    tail_width: float = 2e-7
    offset_plus: float = 0.0
    offset_minus: float = 0.0
    reference_error: float = 0.0
    reference_rows: float = 1.0
    trim_legs: float = 0.0
    trim_share: float = 0.125
    trim: tuple[int, int] = (0, 0)
    made: Device | None = None
    temperature_C: Celsius = NOMINAL_C
    technology: Technology = field(default_factory=technology)

    def switch_ohm(self, polarity: str, width: float) -> float:
        """On-resistance (ohm) of a transistor of a width (m) by hand: that of lp28, scaled by supply over on-current.

        Raises:
            InputError: a technology that does not state its currents.
        """
        ohms = ON_OHM_UM[polarity] / (1e6 * width)
        if self.technology.is_default:
            return ohms
        drive, supply = drive_ratio(self.technology, polarity), self.technology.stated("v_dd")
        if drive is None or supply is None:
            where, allowed = f"technology {self.technology.name}", "[figures] with v_dd, i_on_n, i_on_p"
            raise InputError("no on-resistance by hand without stated currents", where=where, allowed=allowed)
        return ohms * supply / VDD / drive

    @property
    def bridge_ohm(self) -> float:
        """Series resistance of one n and one p switch, ohm; raises InputError as `switch_ohm`."""
        return self.switch_ohm("n", self.bridge_n) + self.switch_ohm("p", self.bridge_p)

    @property
    def rest_ohm(self) -> float:
        """Junction at rest under the read bias, ohm."""
        return resistance(self.device, 0.0, self.read_bias)

    @property
    def reference_ohm(self) -> float:
        """The divider's reference: leaves `read_bias` of the supply to a junction at rest."""
        return self.rest_ohm * (self.supply / self.read_bias - 1)

    @property
    def read_current_density(self) -> float:
        """Through the junction at rest while it is read, A/m²."""
        return self.read_bias / self.rest_ohm / self.device.values()["area"]

    @property
    def offset_sigma(self) -> float:
        """σ of one comparator's offset (V): A_VT / sqrt(W L) of its input pair (Pelgrom)."""
        process = self.technology
        area = self.sense_width * process.width_scale * (SENSE_LENGTH * process.length_scale)
        return process.a_vt.value / math.sqrt(area)

    @property
    def junction(self) -> Device:
        """The junction in the circuit: as made, at the ambient temperature."""
        return (self.made or self.device).at_ambient(self.temperature_C)

    @property
    def legs(self) -> int:
        """Trim legs at each input of a comparator."""
        return round(self.trim_legs)

    @property
    def bit_lines(self) -> tuple[str, ...]:
        """Pins of the neuron for the bits of its trim, those of plus first."""
        legs = [f"trim_{line}_{leg}" for line in ("plus", "minus") for leg in legs_of(self.legs, PAIR)]
        return tuple(pin for leg in legs for pin in (leg, f"{leg}_bar"))

    @property
    def made_reference_ohm(self) -> float:
        """The reference junction in the circuit: with its error, at the ambient temperature."""
        ohms = self.reference_ohm * (1 + self.reference_error)
        if self.temperature_C == NOMINAL_C:
            return ohms
        reference = mtj_reference.declare().with_parameters(resistance=ohms)
        return reference.at_ambient(self.temperature_C).values()["resistance"]

    def level(self, projection: float) -> float:
        """The divider's output over its supply, settled, at a membrane potential."""
        return divided(self.device, projection, self.supply, self.reference_ohm)[0]

    @cached_property
    def ladder_ohm(self) -> tuple[float, float, float]:
        """Ladder from the supply down: to the tap of `minus`, between the taps, from that of `plus` to ground."""
        total = self.reference_ohm + self.rest_ohm
        upper, lower = self.level(-self.threshold), self.level(self.threshold)
        return (1 - upper) * total, (upper - lower) * total, lower * total

    def drive_point(self, v_dd: float, projection: float = 0.0) -> tuple[float, float]:
        """Voltage (V) and current (A) of the driven junction, by hand."""
        share, ohms = divided(self.device, projection, v_dd, self.bridge_ohm)
        return share * v_dd, share * v_dd / ohms

    def largest_ra(self, current_density: float, volts: float) -> float:
        """Resistance-area product (ohm m²) with which `volts` across a junction at rest drive `current_density`."""
        shape = resistance(self.device, 0.0, volts) / mtj_orthogonal.resistance_window(self.device)[0]
        return volts / (current_density * shape)

    def drive_ra(self, current_density: float, v_dd: float) -> float:
        """The same (ohm m²) for the bridge of this design, which takes its share of the supply.

        Raises:
            InputError: the bridge alone takes the supply at this current.
        """
        left = v_dd - current_density * self.device.values()["area"] * self.bridge_ohm
        if left <= 0:
            raise InputError(
                "the bridge is too narrow for this current", where="signed_mtj: bridge", found=f"{left:g} V"
            )
        return self.largest_ra(current_density, left)

    def check(self, v_dd: float) -> None:
        """Raise InputError for a supply, size or level that the circuit cannot work with."""
        low, high = (self.technology.supply_scale * limit for limit in (0.8, 1.2))
        high = min(high, self.technology.v_dd.maximum)
        if not low <= v_dd <= high:
            where, allowed = "signed_mtj: v_dd", f"{low:g} … {high:g} V"
            raise InputError("supply outside the circuit's range", where=where, found=v_dd, allowed=allowed)
        self.device.check_voltage(v_dd, where="signed_mtj: v_dd")
        for name in _SIZES:
            if not 0 < (size := getattr(self, name)) < math.inf:
                raise InputError("must be positive", where=f"signed_mtj: {name}", found=size)
        for name, low, high in (("reference_rows", 1, 10), ("trim_legs", 0, 6)):
            if (size := getattr(self, name)) not in range(low, high + 1):
                where, allowed = f"signed_mtj: {name}", f"a whole number, {low} … {high}"
                raise InputError("size out of range", where=where, found=size, allowed=allowed)
        if self.legs and not NMOS_WIDTH * (1 - 1e-9) <= self.trim_share * self.sense_width <= self.sense_width:
            where, allowed = "signed_mtj: trim_share", f"a leg of {NMOS_WIDTH:g} m to {self.sense_width:g} m"
            raise InputError("smallest leg out of range", where=where, found=self.trim_share, allowed=allowed)
        if not 0 < self.threshold < 1:
            where, allowed = "signed_mtj: threshold", "above 0, below 1"
            raise InputError("threshold out of range", where=where, found=self.threshold, allowed=allowed)
        if not 0 < self.read_bias < self.supply:
            where, allowed = "signed_mtj: read_bias", f"above 0, below {self.supply:g} V"
            raise InputError("read bias out of range", where=where, found=self.read_bias, allowed=allowed)
        onset = step_onset(self.device, where="signed_mtj: device")
        if self.read_current_density >= onset:
            message, where = "the read current would turn a membrane at rest", "signed_mtj: read_bias"
            most = f"below {onset:.3g} A/m²: about {self.read_bias * onset / self.read_current_density:.2g} V"
            found = f"{self.read_bias:g} V, {self.read_current_density:.3g} A/m²"
            raise InputError(message, where=where, found=found, allowed=most)


class SignedMtjNeuron(SubCircuit):
    """The neuron. Nodes as `PINS`; the junction is ``Xmtj`` between ``top`` and ``bottom``, the divider's output is
    ``top``, the ladder's taps are ``level_plus`` and ``level_minus``.

    Args:
        bits: those of a trim; without them (`TrimmedClockedComparator`) half of the transistors are left out.
    """

    def __init__(self, design: SignedDesign, name: str = "signed_mtj", *, bits: bool = True) -> None:
        super().__init__(name, *PINS, *design.bit_lines)
        sizes = design.sense_width, design.tail_width
        trim = design.trim_legs, design.trim_share
        for cell in (
            Nand2(),
            Nor2(),
            Inverter(200e-9, 400e-9, "small_driver"),
            Inverter(500e-9, 1e-6, "large_driver"),
            HalfBridge(design.bridge_n, design.bridge_p),
            NSwitch("read_switch", design.read_width),
            NSwitch("ladder_foot", design.bridge_n),
            TrimmedClockedComparator(*sizes, *trim, bits) if design.legs else ClockedComparator(*sizes),
            SetResetLatch(),
        ):
            self.subcircuit(cell)
        for meter in METERS.values():
            self.V(meter[1:], "vdd", f"vdd_{meter[1:]}", 0)
        self._bridge(design)
        self._divider(design)
        self._decision(design)

    def _bridge(self, design: SignedDesign) -> None:
        """Two half bridges, blocked for a step by a spike; while the divider is read, the upper one lets go."""
        logic = ("vdd_logic", "vss")
        self.X("enable", "nor2", "plus", "minus", "enable", *logic)
        for sign, side in (("positive", "top"), ("negative", "bottom")):
            self.X(f"nand_{side}", "nand2", sign, "enable", f"idle_{side}", *logic)
            self.X(f"small_{side}", "small_driver", f"idle_{side}", f"drive_{side}", *logic)
            self.X(f"large_{side}", "large_driver", f"drive_{side}", f"high_{side}", *logic)
        self.X("read_bar", "large_driver", "read", "read_bar", *logic)
        self.X("read_on", "small_driver", "read_bar", "read_on", *logic)
        self.X("release", "nand2", "idle_top", "read_bar", "release", *logic)
        self.X("low_top", "small_driver", "release", "low_top", *logic)
        self.X("top", "half_bridge", "high_top", "low_top", "top", "vdd_bridge", "vss")
        self.X("bottom", "half_bridge", "high_bottom", "high_bottom", "bottom", "vdd_bridge", "vss")
        add_device(self, "mtj", ("top", "bottom"), mtj_orthogonal.declare(), design.junction, mtj_orthogonal.MODE)

    def _divider(self, design: SignedDesign) -> None:
        """Reference junction over the junction, and the ladder with copies of the switches that this path has."""
        first, middle, last = design.ladder_ohm
        add_reference(self, "ref", "vdd_divider", "upper", design.made_reference_ohm, "mtj")
        self.X("read_mtj", "read_switch", "upper", "read_on", "top", "vss")
        self.R("first", "vdd_divider", "upper_ladder", first)
        self.X("read_ladder", "read_switch", "upper_ladder", "read_on", "level_minus", "vss")
        self.R("middle", "level_minus", "level_plus", middle)
        self.R("last", "level_plus", "foot", last)
        self.X("foot", "ladder_foot", "foot", "vdd_divider", "vss", "vss")
        self.X("copy", "half_bridge", "vdd_divider", "low_top", "level_plus", "vdd_divider", "vss")

    def _decision(self, design: SignedDesign) -> None:
        """Two comparators, two latches. An offset is a source in series with an input, and only there if asked for."""
        self.X("strobe_bar", "large_driver", "strobe", "strobe_bar", "vdd_logic", "vss")
        for sign, lower, upper in (("plus", "top", "level_plus"), ("minus", "level_minus", "top")):
            offset = getattr(design, f"offset_{sign}")
            if offset:
                self.V(f"offset_{sign}", f"input_{sign}", lower, offset)
                lower = f"input_{sign}"
            nodes = (lower, upper, "read_bar", "strobe_bar", f"yes_{sign}", f"no_{sign}")
            cell = "trimmed_clocked_comparator" if design.legs else "clocked_comparator"
            bits = (pin for pin in design.bit_lines if pin.startswith(f"trim_{sign}_"))
            self.X(f"sense_{sign}", cell, *nodes, "vdd_comparators", "vss", *bits)
            self.X(f"latch_{sign}", "set_reset_latch", f"yes_{sign}", f"no_{sign}", sign, "vdd_logic", "vss")
