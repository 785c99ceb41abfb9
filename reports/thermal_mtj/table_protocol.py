"""Protocol and circuit choices as parameters: values read from the objects that the simulations use."""

from __future__ import annotations

from circuits.cells.static import LENGTH, NMOS_WIDTH, PMOS_WIDTH
from circuits.conditions import Conditions
from circuits.thermal_mtj.comparator import SENSE_NMOS, SENSE_PMOS
from circuits.thermal_mtj.curves import PRE_HEAT_PROBE, SEQUENCE_AMPLITUDE
from ipcircuit.devices.thermal_mtj.measure import PRE_PULSE, PROBE_AMPLITUDE, SATURATING_AMPLITUDE
from ipcircuit.pulses import Cycle
from ipcircuit.technology.targets import MISMATCH
from reports.page.context import RunContext

Row = tuple[str, str, float, str, str, str]  # where, name, value, unit, basis, source

_CHARACTERIZATION = "Liu et al., Methods, device characterization"


def protocol_rows(context: RunContext) -> list[Row]:
    """Where, name, value, unit, basis and source of each."""
    testbench = context.mtj_testbench("differential")
    return [*_pulses(testbench.neuron.cycle), *_conditions(testbench.conditions), *_transistors()]


def _pulses(cycle: Cycle) -> list[Row]:
    where = "protocol"
    return [
        (where, "set rise", cycle.rise, "s", "published", _CHARACTERIZATION),
        (where, "set plateau", cycle.plateau, "s", "published", _CHARACTERIZATION),
        (where, "set fall", cycle.fall, "s", "published", _CHARACTERIZATION),
        (where, "reset amplitude", cycle.reset_amplitude, "V", "published", _CHARACTERIZATION),
        (where, "reset width, edges included", cycle.reset_width, "s", "published", _CHARACTERIZATION),
        (where, "delay, used for the read", cycle.delay, "s", "published", _CHARACTERIZATION),
        (
            where,
            "reset edge",
            cycle.reset_edge,
            "s",
            "assumed",
            "not stated; a rectangle and a triangle both fit the stated 20 ns; it moves the energy of a cycle",
        ),
        (where, "read edge", cycle.read_edge, "s", "assumed", "not stated; short against the 20 ns of the delay"),
        (where, "probe amplitude", PROBE_AMPLITUDE, "V", "published", "Liu et al., Methods: standard read pulse"),
        (where, "pre-pulse amplitude", PRE_PULSE.amplitude, "V", "published", "Liu et al., Fig. 2f,g"),
        (where, "pre-pulse plateau", PRE_PULSE.plateau, "s", "published", "Liu et al., Fig. 2f,g"),
        (where, "pre-pulse edges", PRE_PULSE.rise, "s", "assumed", "not stated; those of the set pulse"),
        (
            where,
            "probe after pre-heating",
            PRE_HEAT_PROBE,
            "V",
            "derived",
            "not stated; where a cold junction fires with the published 9.5 %",
        ),
        (where, "amplitude of sequence steps", SEQUENCE_AMPLITUDE, "V", "published", "Liu et al., Fig. S3"),
        (where, "saturating amplitude", SATURATING_AMPLITUDE, "V", "published", "Liu et al., Methods (Fig. S2: 0.9 V)"),
    ]


def _conditions(conditions: Conditions) -> list[Row]:
    where = "circuit"
    return [
        (
            where,
            "set amplitude",
            conditions.amplitude,
            "V",
            "published",
            "Liu et al., Methods, experimental energy estimation",
        ),
        (
            where,
            "read voltage",
            conditions.v_read,
            "V",
            "assumed",
            "not stated; with the reference at the geometric mean it puts the divider's levels around half the supply",
        ),
        (
            where,
            "supply of comparators and logic",
            conditions.v_dd,
            "V",
            "assumed",
            "not stated; equal to the read voltage, so that the threshold follows the divider's window",
        ),
        (where, "load on each output line", conditions.output_load_F, "F", "assumed", "one gate and some 5 µm of wire"),
    ]


def _transistors() -> list[Row]:
    where, sized = "circuit", "puts the comparator's threshold between the divider's levels"
    smallest = "smallest logic device; the widths of the card's ring oscillator"
    return [
        (where, "gate length, drawn", LENGTH, "m", "published", "28 nm node; published gate lengths are 24 to 33 nm"),
        (where, "logic n width", NMOS_WIDTH, "m", "assumed", smallest),
        (where, "logic p width", PMOS_WIDTH, "m", "assumed", smallest),
        (where, "sense inverter n width", SENSE_NMOS, "m", "assumed", sized),
        (where, "sense inverter p width", SENSE_PMOS, "m", "assumed", sized),
        ("mismatch", "A_VT", 1e-6 * MISMATCH.a_vt_V_um, "V m", MISMATCH.basis, MISMATCH.source),
    ]
